import { readAuditEvents } from '@/lib/cluster/apiserver';
import { freshCluster } from '@/tests/support/template';
import type { ApiRequest, ApiResponse, Cluster, Transport } from '@/lib/cluster';

const core = '/api/v1/namespaces/default';
const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';

function send(transport: Transport) {
  return (method: ApiRequest['method'], url: string, body?: unknown): ApiResponse =>
    transport({ method, url, headers: { 'content-type': 'application/json' }, ...(body === undefined ? {} : { body }) });
}

const admin = (cluster: Cluster) => send(cluster.asAdmin('test'));

/** A client on a node with the credentials in one of its kubeconfigs. */
function withCertificate(cluster: Cluster, machine: string, commonName: string, organizations: string[]) {
  return send(cluster.dial(machine, { server: cluster.server, subject: { commonName, organizations } }));
}

const message = ({ body }: ApiResponse) => (body as { message?: string }).message ?? '';

/** Edits the API server's manifest and waits until its kubelet has started it again. */
function withManifest(cluster: Cluster, edit: (text: string) => string): void {
  const { disk } = cluster.machine('cp-1');
  disk.set(manifest, edit(disk.get<string>(manifest) as string));
  cluster.kernel.runFor(120_000);
}

const policy = [
  'apiVersion: audit.k8s.io/v1',
  'kind: Policy',
  'omitStages: [RequestReceived]',
  'rules:',
  '- {level: Metadata, verbs: [create], resources: [{group: "", resources: [pods, pods/binding]}]}',
  '- {level: None}',
  '',
].join('\n');

function withAuditLog(text: string): string {
  return text
    .replace(
      '- kube-apiserver\n',
      '- kube-apiserver\n        - --audit-policy-file=/etc/kubernetes/audit.yaml\n        - --audit-log-path=/var/log/kubernetes/audit/audit.log\n',
    )
    .replace(
      'volumeMounts:\n',
      'volumeMounts:\n        - {mountPath: /etc/kubernetes/audit.yaml, name: audit}\n        - {mountPath: /var/log/kubernetes/audit, name: audit-log}\n',
    )
    .replace(
      '  volumes:\n',
      '  volumes:\n    - {name: audit, hostPath: {path: /etc/kubernetes/audit.yaml, type: File}}\n    - {name: audit-log, hostPath: {path: /var/log/kubernetes/audit, type: DirectoryOrCreate}}\n',
    );
}

test('people are cluster-admin by a binding and no longer without it, graders always', () => {
  const cluster = freshCluster({ workers: 1 });
  const person = withCertificate(cluster, 'workstation', 'kubernetes-admin', ['kubeadm:cluster-admins']);
  expect(person('GET', '/api/v1/nodes').status).toBe(200);
  expect(person('DELETE', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/kubeadm:cluster-admins').status).toBe(200);
  expect(message(person('GET', '/api/v1/nodes'))).toBe(
    'nodes is forbidden: User "kubernetes-admin" cannot list resource "nodes" in API group "" at the cluster scope',
  );
  expect(admin(cluster)('GET', '/api/v1/nodes').status).toBe(200);
});

test("a kubelet's kubeconfig opens the Secrets of its node's Pods and no others", () => {
  const cluster = freshCluster({ workers: 2 });
  const api = admin(cluster);
  api('POST', `${core}/secrets`, { metadata: { name: 'used' } });
  api('POST', `${core}/secrets`, { metadata: { name: 'other' } });
  const volumes = [{ name: 'v', secret: { secretName: 'used' } }];
  const spec = { nodeName: 'worker-1', volumes, containers: [{ name: 'c', image: 'nginx:1.27' }] };
  api('POST', `${core}/pods`, { metadata: { name: 'web' }, spec });
  cluster.kernel.runFor(10_000);
  const kubelet = (node: string) => withCertificate(cluster, node, `system:node:${node}`, ['system:nodes']);
  const read = (node: string, name: string) => kubelet(node)('GET', `${core}/secrets/${name}`).status;
  expect([read('worker-1', 'used'), read('worker-1', 'other'), read('worker-2', 'used')]).toEqual([200, 403, 403]);
  const pod = api('GET', `${core}/pods/web`).body as { status: { phase: string } };
  expect(pod.status.phase).toBe('Running');
});

test('every part of the cluster acts under a name of its own, as the audit log on the control plane tells', () => {
  const cluster = freshCluster({ workers: 1 });
  const { disk } = cluster.machine('cp-1');
  disk.set('/etc/kubernetes/audit.yaml', policy);
  withManifest(cluster, withAuditLog);
  admin(cluster)('POST', '/apis/apps/v1/namespaces/default/deployments', {
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] } },
    },
  });
  cluster.kernel.runFor(20_000);
  const directory = '/var/log/kubernetes/audit';
  const files = {
    read: (path: string) => disk.get<string>(path),
    list: () => disk.list(`${directory}/`).map(([path]) => path.slice(directory.length + 1)),
  };
  const events = readAuditEvents(files, `${directory}/audit.log`).filter(({ objectRef }) => objectRef?.namespace === 'default');
  expect(events.map(({ user, objectRef }) => `${user.username} ${objectRef?.subresource ?? 'pod'}`)).toEqual([
    'system:serviceaccount:kube-system:replicaset-controller pod',
    'system:kube-scheduler binding',
  ]);
});

test('the flags of the manifest decide which authorizers and which plugins there are', () => {
  const cluster = freshCluster({ workers: 1 });
  const nobody = withCertificate(cluster, 'workstation', 'nobody', []);
  const restricted = { metadata: { name: 'strict', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } };
  admin(cluster)('POST', '/api/v1/namespaces', restricted);
  cluster.kernel.runFor(3_000);
  const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] } };
  const tries = () => [
    nobody('GET', '/api/v1/nodes').status,
    admin(cluster)('POST', '/api/v1/namespaces/strict/pods?dryRun=All', pod).status,
  ];
  expect(tries()).toEqual([403, 403]);
  withManifest(cluster, (text) =>
    text
      .replace('--authorization-mode=Node,RBAC', '--authorization-mode=AlwaysAllow')
      .replace('- kube-apiserver\n', '- kube-apiserver\n        - --disable-admission-plugins=PodSecurity\n'),
  );
  expect(tries()).toEqual([200, 201]);
});
