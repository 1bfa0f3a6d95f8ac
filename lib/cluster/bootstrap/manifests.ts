import { stringify } from 'yaml';
import type { MemberInfo } from '../etcd';
import { addresses, versions } from './addresses';

interface StaticPod {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly requests: Readonly<Record<string, string>>;
  readonly probes: Readonly<Record<string, object>>;
  readonly ports: readonly { readonly containerPort: number; readonly name: string; readonly protocol: 'TCP' }[];
  /** hostPath volumes: name to path, in mount order. */
  readonly mounts: readonly {
    readonly name: string;
    readonly path: string;
    readonly type: 'DirectoryOrCreate' | 'FileOrCreate';
    readonly readOnly: boolean;
  }[];
}

/** `/etc/kubernetes/manifests` of a control-plane node, as kubeadm writes it: file name to YAML. */
export function controlPlaneManifests(
  node: { readonly name: string; readonly ip: string },
  members: readonly MemberInfo[],
): Readonly<Record<string, string>> {
  const others = [apiServer(node), controllerManager(), scheduler()];
  return Object.fromEntries([
    ...(members.length > 0 ? [['etcd.yaml', etcdManifest(node, members)] as const] : []),
    ...others.map((pod) => [`${pod.name}.yaml`, render(pod)] as const),
  ]);
}

/** `etcd.yaml`: the node is the last of the members it knows. */
export function etcdManifest(node: { readonly name: string; readonly ip: string }, members: readonly MemberInfo[]): string {
  return render(etcd(node, members));
}

/** The first member begins a group, as `kubeadm init` has it; each later one joins those before it. */
function etcd({ name, ip }: { name: string; ip: string }, members: readonly MemberInfo[]): StaticPod {
  const known = members.slice(0, members.findIndex((member) => member.name === name) + 1);
  const cluster = known.flatMap((member) => member.peerUrls.map((url) => `${member.name}=${url}`)).join();
  return {
    name: 'etcd',
    image: `registry.k8s.io/etcd:${versions.etcd}`,
    annotations: { 'kubeadm.kubernetes.io/etcd.advertise-client-urls': `https://${ip}:2379` },
    command: [
      'etcd',
      `--advertise-client-urls=https://${ip}:2379`,
      '--cert-file=/etc/kubernetes/pki/etcd/server.crt',
      '--client-cert-auth=true',
      '--data-dir=/var/lib/etcd',
      `--initial-advertise-peer-urls=https://${ip}:2380`,
      `--initial-cluster=${cluster}`,
      ...(known.length > 1 ? ['--initial-cluster-state=existing'] : []),
      '--key-file=/etc/kubernetes/pki/etcd/server.key',
      `--listen-client-urls=https://127.0.0.1:2379,https://${ip}:2379`,
      '--listen-metrics-urls=http://127.0.0.1:2381',
      `--listen-peer-urls=https://${ip}:2380`,
      `--name=${name}`,
      '--peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt',
      '--peer-client-cert-auth=true',
      '--peer-key-file=/etc/kubernetes/pki/etcd/peer.key',
      '--peer-trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt',
      '--snapshot-count=10000',
      '--trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt',
      '--watch-progress-notify-interval=5s',
    ],
    requests: { cpu: '100m', memory: '100Mi' },
    probes: probes('127.0.0.1', 'probe-port', 'HTTP', { liveness: '/livez', readiness: '/readyz', startup: '/readyz' }),
    ports: [{ containerPort: 2381, name: 'probe-port', protocol: 'TCP' }],
    mounts: [
      { name: 'etcd-data', path: '/var/lib/etcd', type: 'DirectoryOrCreate', readOnly: false },
      { name: 'etcd-certs', path: '/etc/kubernetes/pki/etcd', type: 'DirectoryOrCreate', readOnly: false },
    ],
  };
}

function apiServer({ ip }: { ip: string }): StaticPod {
  return {
    name: 'kube-apiserver',
    image: `registry.k8s.io/kube-apiserver:${versions.kubernetes}`,
    annotations: { 'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': `${ip}:${addresses.apiPort}` },
    command: [
      'kube-apiserver',
      `--advertise-address=${ip}`,
      '--allow-privileged=true',
      '--authorization-mode=Node,RBAC',
      '--client-ca-file=/etc/kubernetes/pki/ca.crt',
      '--enable-admission-plugins=NodeRestriction',
      '--enable-bootstrap-token-auth=true',
      '--etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt',
      '--etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt',
      '--etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key',
      '--etcd-servers=https://127.0.0.1:2379',
      '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
      `--secure-port=${addresses.apiPort}`,
      `--service-account-issuer=https://kubernetes.default.svc.${addresses.clusterDomain}`,
      '--service-account-key-file=/etc/kubernetes/pki/sa.pub',
      '--service-account-signing-key-file=/etc/kubernetes/pki/sa.key',
      `--service-cluster-ip-range=${addresses.serviceCidr}`,
      '--tls-cert-file=/etc/kubernetes/pki/apiserver.crt',
      '--tls-private-key-file=/etc/kubernetes/pki/apiserver.key',
      '--token-auth-file=/etc/kubernetes/tokens.csv',
    ],
    requests: { cpu: '250m' },
    probes: probes(ip, 'probe-port', 'HTTPS', { liveness: '/livez', readiness: '/readyz', startup: '/livez' }),
    ports: [{ containerPort: addresses.apiPort, name: 'probe-port', protocol: 'TCP' }],
    mounts: [
      { name: 'k8s-certs', path: '/etc/kubernetes/pki', type: 'DirectoryOrCreate', readOnly: true },
      { name: 'tokens', path: '/etc/kubernetes/tokens.csv', type: 'FileOrCreate', readOnly: true },
    ],
  };
}

function controllerManager(): StaticPod {
  return {
    name: 'kube-controller-manager',
    image: `registry.k8s.io/kube-controller-manager:${versions.kubernetes}`,
    command: [
      'kube-controller-manager',
      '--allocate-node-cidrs=true',
      '--authentication-kubeconfig=/etc/kubernetes/controller-manager.conf',
      '--authorization-kubeconfig=/etc/kubernetes/controller-manager.conf',
      '--bind-address=127.0.0.1',
      '--client-ca-file=/etc/kubernetes/pki/ca.crt',
      `--cluster-cidr=${addresses.podCidr}`,
      '--cluster-name=kubernetes',
      '--cluster-signing-cert-file=/etc/kubernetes/pki/ca.crt',
      '--cluster-signing-key-file=/etc/kubernetes/pki/ca.key',
      '--controllers=*,bootstrapsigner,tokencleaner',
      '--kubeconfig=/etc/kubernetes/controller-manager.conf',
      '--leader-elect=true',
      '--root-ca-file=/etc/kubernetes/pki/ca.crt',
      '--service-account-private-key-file=/etc/kubernetes/pki/sa.key',
      `--service-cluster-ip-range=${addresses.serviceCidr}`,
      '--use-service-account-credentials=true',
    ],
    requests: { cpu: '200m' },
    probes: probes('127.0.0.1', 'probe-port', 'HTTPS', { liveness: '/healthz', startup: '/healthz' }),
    ports: [{ containerPort: 10257, name: 'probe-port', protocol: 'TCP' }],
    mounts: [
      { name: 'k8s-certs', path: '/etc/kubernetes/pki', type: 'DirectoryOrCreate', readOnly: true },
      { name: 'kubeconfig', path: '/etc/kubernetes/controller-manager.conf', type: 'FileOrCreate', readOnly: true },
    ],
  };
}

function scheduler(): StaticPod {
  return {
    name: 'kube-scheduler',
    image: `registry.k8s.io/kube-scheduler:${versions.kubernetes}`,
    command: [
      'kube-scheduler',
      '--authentication-kubeconfig=/etc/kubernetes/scheduler.conf',
      '--authorization-kubeconfig=/etc/kubernetes/scheduler.conf',
      '--bind-address=127.0.0.1',
      '--kubeconfig=/etc/kubernetes/scheduler.conf',
      '--leader-elect=true',
    ],
    requests: { cpu: '100m' },
    probes: probes('127.0.0.1', 'probe-port', 'HTTPS', { liveness: '/livez', readiness: '/readyz', startup: '/livez' }),
    ports: [{ containerPort: 10259, name: 'probe-port', protocol: 'TCP' }],
    mounts: [{ name: 'kubeconfig', path: '/etc/kubernetes/scheduler.conf', type: 'FileOrCreate', readOnly: true }],
  };
}

function probes(
  host: string,
  port: string,
  scheme: 'HTTP' | 'HTTPS',
  paths: { liveness: string; readiness?: string; startup: string },
): Record<string, object> {
  const httpGet = (path: string) => ({ host, path, port, scheme });
  return {
    livenessProbe: {
      failureThreshold: 8,
      httpGet: httpGet(paths.liveness),
      initialDelaySeconds: 10,
      periodSeconds: 10,
      timeoutSeconds: 15,
    },
    ...(paths.readiness
      ? { readinessProbe: { failureThreshold: 3, httpGet: httpGet(paths.readiness), periodSeconds: 1, timeoutSeconds: 15 } }
      : {}),
    startupProbe: { failureThreshold: 24, httpGet: httpGet(paths.startup), initialDelaySeconds: 10, periodSeconds: 10, timeoutSeconds: 15 },
  };
}

function render(pod: StaticPod): string {
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...(pod.annotations ? { annotations: pod.annotations } : {}),
        labels: { component: pod.name, tier: 'control-plane' },
        name: pod.name,
        namespace: 'kube-system',
      },
      spec: {
        containers: [
          {
            command: pod.command,
            image: pod.image,
            imagePullPolicy: 'IfNotPresent',
            name: pod.name,
            ports: pod.ports,
            resources: { requests: pod.requests },
            ...pod.probes,
            volumeMounts: pod.mounts.map(({ name, path, readOnly }) => ({ mountPath: path, name, ...(readOnly ? { readOnly } : {}) })),
          },
        ],
        hostNetwork: true,
        priority: 2000001000,
        priorityClassName: 'system-node-critical',
        securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
        volumes: pod.mounts.map(({ name, path, type }) => ({ hostPath: { path, type }, name })),
      },
      status: {},
    },
    { lineWidth: 0 },
  );
}
