const group = 'rbac.authorization.k8s.io';
const root = `/apis/${group}/v1`;
const tokens = 'Group system:bootstrappers:kubeadm:default-node-token';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** The roles and bindings that kubeadm's phases leave, in their order, as objects to POST to their collections. */
export const kubeadmPolicy: readonly { readonly path: string; readonly body: object }[] = [
  clusterBinding('kubeadm:cluster-admins', 'cluster-admin', 'Group kubeadm:cluster-admins'),
  ...readable('kube-system', 'kubeadm:nodes-kubeadm-config', 'configmaps', 'kubeadm-config', tokens, 'Group system:nodes'),
  ...readable('kube-system', 'kubeadm:kubelet-config', 'configmaps', 'kubelet-config', 'Group system:nodes', tokens),
  clusterRole('kubeadm:get-nodes', [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }]),
  clusterBinding('kubeadm:get-nodes', 'kubeadm:get-nodes', tokens),
  clusterBinding('kubeadm:kubelet-bootstrap', 'system:node-bootstrapper', tokens),
  clusterBinding('kubeadm:node-autoapprove-bootstrap', 'system:certificates.k8s.io:certificatesigningrequests:nodeclient', tokens),
  clusterBinding(
    'kubeadm:node-autoapprove-certificate-rotation',
    'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
    'Group system:nodes',
  ),
  clusterBinding('kubeadm:apiserver-kubelet-client', 'system:kubelet-api-admin', 'User kube-apiserver-kubelet-client'),
  ...readable('kube-public', 'kubeadm:bootstrap-signer-clusterinfo', 'configmaps', 'cluster-info', 'User system:anonymous'),
  clusterRole('system:coredns', [
    { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
  ]),
  clusterBinding('system:coredns', 'system:coredns', 'ServiceAccount kube-system/coredns'),
  clusterBinding('kubeadm:node-proxier', 'system:node-proxier', 'ServiceAccount kube-system/kube-proxy'),
  ...readable('kube-system', 'kube-proxy', 'configmaps', 'kube-proxy', tokens),
];

function clusterRole(name: string, rules: readonly Rule[]) {
  return { path: `${root}/clusterroles`, body: { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name }, rules } };
}

function clusterBinding(name: string, role: string, ...subjects: readonly string[]) {
  return {
    path: `${root}/clusterrolebindings`,
    body: { apiVersion: `${group}/v1`, kind: 'ClusterRoleBinding', metadata: { name }, ...bound('ClusterRole', role, subjects) },
  };
}

/** A Role that reads one object, and the binding of its name. */
function readable(namespace: string, name: string, resource: string, object: string, ...subjects: readonly string[]) {
  const rule = { apiGroups: [''], resources: [resource], resourceNames: [object], verbs: ['get'] };
  const within = `${root}/namespaces/${namespace}`;
  const metadata = { name, namespace };
  return [
    { path: `${within}/roles`, body: { apiVersion: `${group}/v1`, kind: 'Role', metadata, rules: [rule] } },
    {
      path: `${within}/rolebindings`,
      body: { apiVersion: `${group}/v1`, kind: 'RoleBinding', metadata, ...bound('Role', name, subjects) },
    },
  ];
}

function bound(kind: string, role: string, subjects: readonly string[]): object {
  return { roleRef: { apiGroup: group, kind, name: role }, subjects: subjects.map(subjectOf) };
}

function subjectOf(text: string): object {
  const [kind = '', whom = ''] = text.split(' ');
  if (kind !== 'ServiceAccount') return { apiGroup: group, kind, name: whom };
  const [namespace, name] = whom.split('/');
  return { kind, name, namespace };
}
