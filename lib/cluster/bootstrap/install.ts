import { stringify } from 'yaml';
import type { Disk } from '../kernel';
import { memberOf, type MemberInfo } from '../etcd';
import type { MachineSpec } from '../machine';
import type { StaticToken } from '../apiserver';
import { addresses } from './addresses';
import { authority, renderCertificate, renderKubeconfig, simulatedKey, type Subject } from './kubeconfig';
import { controlPlaneManifests } from './manifests';

/** What `kubeadm init` and `kubeadm join` leave on a node's disk before the kubelet starts. */
export function installNode(disk: Disk, spec: MachineSpec, server: string): void {
  const write = (path: string, text: string) => disk.set(path, text);
  write('/etc/hostname', `${spec.name}\n`);
  write('/etc/kubernetes/pki/ca.crt', authority);
  write(
    '/etc/kubernetes/kubelet.conf',
    kubeconfig(server, `system:node:${spec.name}`, { commonName: `system:node:${spec.name}`, organizations: ['system:nodes'] }),
  );
  write('/var/lib/kubelet/config.yaml', kubeletConfiguration(spec));
}

/** What only a control-plane node has: static Pods, certificates, and the components' kubeconfigs. */
export function installControlPlane(
  disk: Disk,
  spec: MachineSpec,
  {
    server,
    endpoint,
    members,
    tokens,
    seed,
  }: {
    /** Its own API server, which its components use. */
    readonly server: string;
    /** The one that people use. */
    readonly endpoint: string;
    readonly members: readonly MemberInfo[];
    readonly tokens: readonly StaticToken[];
    readonly seed: string | number;
  },
): void {
  const write = (path: string, text: string) => disk.set(path, text);
  for (const [name, commonName] of certificates) {
    write(`/etc/kubernetes/pki/${name}`, renderCertificate({ commonName, organizations: [] }));
    write(`/etc/kubernetes/pki/${name.replace(/crt$/, 'key')}`, simulatedKey);
  }
  // Tokens outlive the seed they were made under: a fork with a seed of its own must still honour them.
  write('/etc/kubernetes/pki/sa.key', `-----BEGIN RSA PRIVATE KEY-----\nsimulated/${seed}\n-----END RSA PRIVATE KEY-----\n`);
  write('/etc/kubernetes/tokens.csv', tokens.map(renderToken).join(''));
  write('/etc/kubernetes/admin.conf', adminKubeconfig(endpoint));
  write('/etc/kubernetes/super-admin.conf', kubeconfig(endpoint, 'kubernetes-super-admin', admin));
  write(
    '/etc/kubernetes/controller-manager.conf',
    kubeconfig(server, 'system:kube-controller-manager', { commonName: 'system:kube-controller-manager', organizations: [] }),
  );
  write(
    '/etc/kubernetes/scheduler.conf',
    kubeconfig(server, 'system:kube-scheduler', { commonName: 'system:kube-scheduler', organizations: [] }),
  );
  for (const [name, manifest] of Object.entries(controlPlaneManifests(spec, members))) write(`${manifests}/${name}`, manifest);
}

/** What must be the same on every control plane (`kubeadm join --certificate-key`). */
export const sharedPaths = ['/etc/kubernetes/pki/sa.key', '/etc/kubernetes/tokens.csv'];
export const manifests = '/etc/kubernetes/manifests';

/** The members that `kubeadm init` and `kubeadm join --control-plane` leave: one on each control-plane node. */
export function stackedEtcd(nodes: readonly MachineSpec[]): MemberInfo[] {
  return nodes.map(({ name, ip }) => ({ ...memberOf(name, [`https://${ip}:2380`]), clientUrls: [`https://${ip}:2379`] }));
}

/** Who kubeadm and graders are (`super-admin.conf`): the API server never refuses this group. */
export const admin: Subject = { commonName: 'kubernetes-super-admin', organizations: ['system:masters'] };

/** Who people are (`admin.conf`): a ClusterRoleBinding makes them cluster-admin, and its loss no longer. */
const clusterAdmin: Subject = { commonName: 'kubernetes-admin', organizations: ['kubeadm:cluster-admins'] };

export function adminKubeconfig(server: string): string {
  return kubeconfig(server, 'kubernetes-admin', clusterAdmin);
}

function kubeconfig(server: string, user: string, subject: Subject): string {
  return renderKubeconfig({ server, user, subject });
}

const certificates: readonly (readonly [string, string])[] = [
  ['apiserver.crt', 'kube-apiserver'],
  ['apiserver-etcd-client.crt', 'kube-apiserver-etcd-client'],
  ['apiserver-kubelet-client.crt', 'kube-apiserver-kubelet-client'],
  ['etcd/ca.crt', 'etcd-ca'],
  ['etcd/server.crt', 'etcd-server'],
  ['etcd/peer.crt', 'etcd-peer'],
  ['etcd/healthcheck-client.crt', 'kube-etcd-healthcheck-client'],
];

/** A row of `--token-auth-file`: token, user, uid and the groups in quotes. */
function renderToken({ token, user, uid, groups }: StaticToken): string {
  return `${token},${user},${uid}${groups.length > 0 ? `,"${groups.join(',')}"` : ''}\n`;
}

/** `/var/lib/kubelet/config.yaml` (`kubelet.config.k8s.io/v1beta1`); kubeadm taints a control plane through it. */
function kubeletConfiguration(spec: MachineSpec): string {
  return stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    clusterDNS: [addresses.dnsService],
    clusterDomain: addresses.clusterDomain,
    maxPods: spec.podsMax,
    staticPodPath: '/etc/kubernetes/manifests',
    ...(spec.role === 'control-plane'
      ? { registerWithTaints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] }
      : {}),
  });
}
