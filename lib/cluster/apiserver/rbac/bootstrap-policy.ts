import type { KubeObject } from '../../api';
import type { PolicyRule } from '../authorization';
import { controllerRules } from './bootstrap-controllers';
import { events, read, ruleOf, write } from './policy-text';

const group = 'rbac.authorization.k8s.io';

interface RoleText {
  readonly name: string;
  readonly rules?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** The role is the sum of those labelled `aggregate-to-<this>`. */
  readonly aggregates?: string;
}

const aggregatesTo = (role: string) => ({ [`${group}/aggregate-to-${role}`]: 'true' });

const appsWritten =
  'statefulsets,statefulsets/scale,daemonsets,deployments,deployments/scale,deployments/rollback,replicasets,replicasets/scale';
const extensionsWritten =
  'daemonsets,deployments,deployments/scale,deployments/rollback,ingresses,replicasets,replicasets/scale,replicationcontrollers/scale,networkpolicies';

/** What a kubelet may do, wherever that does not depend on the object; the Node authorizer and `system:node` share it (`NodeRules`). */
export const nodeRules: readonly string[] = [
  'create authentication.k8s.io tokenreviews',
  'create authorization.k8s.io subjectaccessreviews,localsubjectaccessreviews',
  `${read} core services`,
  `create,${read} core nodes`,
  'update,patch core nodes/status',
  'update,patch core nodes',
  'create,update,patch core events',
  `${read} core pods`,
  'create,delete core pods',
  'update,patch core pods/status',
  'create core pods/eviction',
  `${read} core secrets,configmaps`,
  'get core persistentvolumeclaims,persistentvolumes',
  'get core endpoints',
  `create,${read} certificates.k8s.io certificatesigningrequests`,
  'get,create,update,patch,delete coordination.k8s.io leases',
  'get storage.k8s.io volumeattachments',
  'create core serviceaccounts/token',
  'get,update,patch core persistentvolumeclaims/status',
  `${read} storage.k8s.io csidrivers`,
  'get,create,update,patch,delete storage.k8s.io csinodes',
  `${read} node.k8s.io runtimeclasses`,
  'get resource.k8s.io resourceclaims',
  `${read},create,update,patch,delete,deletecollection resource.k8s.io resourceslices`,
];

const signer = (name: string, role: string): RoleText => ({
  name: `system:certificates.k8s.io:${role}`,
  rules: [`approve certificates.k8s.io signers kubernetes.io/${name}`],
});

/** `bootstrappolicy.ClusterRoles`, with v1.36's default feature gates. */
const roles: readonly RoleText[] = [
  { name: 'cluster-admin', rules: ['* * *', '* url *'] },
  {
    name: 'system:discovery',
    rules: ['get url /livez,/readyz,/healthz,/version,/version/,/openapi,/openapi/*,/api,/api/*,/apis,/apis/*'],
  },
  {
    name: 'system:monitoring',
    rules: ['get url /metrics,/metrics/slis,/livez,/readyz,/healthz,/livez/*,/readyz/*,/healthz/*'],
  },
  {
    name: 'system:basic-user',
    rules: [
      'create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews',
      'create authentication.k8s.io selfsubjectreviews',
    ],
  },
  { name: 'system:public-info-viewer', rules: ['get url /livez,/readyz,/healthz,/version,/version/'] },
  { name: 'admin', aggregates: 'admin' },
  { name: 'edit', aggregates: 'edit', labels: aggregatesTo('admin') },
  { name: 'view', aggregates: 'view', labels: aggregatesTo('edit') },
  {
    name: 'system:aggregate-to-admin',
    labels: aggregatesTo('admin'),
    rules: ['create authorization.k8s.io localsubjectaccessreviews', `${read},${write} rbac.authorization.k8s.io roles,rolebindings`],
  },
  {
    name: 'system:aggregate-to-edit',
    labels: aggregatesTo('edit'),
    rules: [
      `${read} core pods/attach,pods/proxy,pods/exec,pods/portforward,secrets,services/proxy`,
      'impersonate core serviceaccounts',
      `${write} core pods,pods/attach,pods/proxy,pods/exec,pods/portforward`,
      'create core pods/eviction',
      `${write} core replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/proxy,persistentvolumeclaims,configmaps,secrets,events`,
      'create core serviceaccounts/token',
      `${write} apps ${appsWritten}`,
      `${write} autoscaling horizontalpodautoscalers`,
      `${write} batch jobs,cronjobs`,
      `${write} extensions ${extensionsWritten}`,
      `${write} policy poddisruptionbudgets`,
      `${write} networking.k8s.io networkpolicies,ingresses`,
      `${read},${write} coordination.k8s.io leases`,
      `${write} resource.k8s.io resourceclaims,resourceclaimtemplates`,
    ],
  },
  {
    name: 'system:aggregate-to-view',
    labels: aggregatesTo('view'),
    rules: [
      `${read} core pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,configmaps`,
      `${read} core limitranges,resourcequotas,bindings,events,pods/status,resourcequotas/status,namespaces/status,replicationcontrollers/status,pods/log`,
      `${read} core namespaces`,
      `${read} discovery.k8s.io endpointslices`,
      `${read} apps controllerrevisions,statefulsets,statefulsets/status,statefulsets/scale,daemonsets,daemonsets/status,deployments,deployments/status,deployments/scale,replicasets,replicasets/status,replicasets/scale`,
      `${read} autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status`,
      `${read} batch jobs,cronjobs,cronjobs/status,jobs/status`,
      `${read} extensions daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale,networkpolicies`,
      `${read} policy poddisruptionbudgets,poddisruptionbudgets/status`,
      `${read} networking.k8s.io networkpolicies,ingresses,ingresses/status`,
      `${read} resource.k8s.io resourceclaims,resourceclaims/status,resourceclaimtemplates`,
    ],
  },
  { name: 'system:heapster', rules: [`${read} core events,pods,nodes,namespaces`, `${read} extensions deployments`] },
  { name: 'system:node', rules: nodeRules },
  { name: 'system:node-problem-detector', rules: ['get core nodes', 'patch core nodes/status', events] },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      `${read} core nodes`,
      'proxy core nodes',
      '* core nodes/proxy,nodes/metrics,nodes/stats,nodes/log,nodes/configz,nodes/healthz,nodes/pods',
    ],
  },
  { name: 'system:node-bootstrapper', rules: [`create,${read} certificates.k8s.io certificatesigningrequests`] },
  {
    name: 'system:auth-delegator',
    rules: ['create authentication.k8s.io tokenreviews', 'create authorization.k8s.io subjectaccessreviews'],
  },
  { name: 'system:kube-aggregator', rules: [`${read} core services,endpoints`] },
  {
    name: 'system:kube-controller-manager',
    rules: [
      events,
      'create coordination.k8s.io leases',
      'get,update coordination.k8s.io leases kube-controller-manager',
      'create core secrets,serviceaccounts',
      'delete core secrets',
      'get core namespaces,secrets,serviceaccounts,configmaps',
      'update core secrets,serviceaccounts',
      'create authentication.k8s.io tokenreviews',
      'create authorization.k8s.io subjectaccessreviews',
      'list,watch * *',
      'create core serviceaccounts/token',
    ],
  },
  { name: 'system:kube-dns', rules: ['list,watch core endpoints,services'] },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      `${read},create,delete core persistentvolumes`,
      `${read},update core persistentvolumeclaims`,
      `${read} storage.k8s.io storageclasses`,
      'watch core events',
      events,
    ],
  },
  ...['nodeclient', 'selfnodeclient'].map((what) => ({
    name: `system:certificates.k8s.io:certificatesigningrequests:${what}`,
    rules: [`create certificates.k8s.io certificatesigningrequests/${what}`],
  })),
  {
    name: 'system:volume-scheduler',
    rules: [
      `${read},patch,update core persistentvolumes`,
      `${read} storage.k8s.io storageclasses`,
      `${read},patch,update core persistentvolumeclaims`,
    ],
  },
  signer('legacy-unknown', 'legacy-unknown-approver'),
  signer('kubelet-serving', 'kubelet-serving-approver'),
  signer('kube-apiserver-client', 'kube-apiserver-client-approver'),
  signer('kube-apiserver-client-kubelet', 'kube-apiserver-client-kubelet-approver'),
  {
    name: 'system:service-account-issuer-discovery',
    rules: ['get url /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/'],
  },
  {
    name: 'system:node-proxier',
    rules: [
      'list,watch core services,endpoints',
      `${read} core nodes`,
      events,
      'list,watch networking.k8s.io servicecidrs',
      'list,watch discovery.k8s.io endpointslices',
    ],
  },
  {
    name: 'system:kube-scheduler',
    rules: [
      events,
      'create coordination.k8s.io leases',
      'get,update coordination.k8s.io leases kube-scheduler',
      `${read} core nodes`,
      `${read},delete core pods`,
      'create core pods/binding,bindings',
      'patch,update core pods/status',
      `${read} core services,replicationcontrollers`,
      `${read} apps,extensions replicasets`,
      `${read} apps statefulsets`,
      `${read} policy poddisruptionbudgets`,
      `${read} core persistentvolumeclaims,persistentvolumes`,
      'create authentication.k8s.io tokenreviews',
      'create authorization.k8s.io subjectaccessreviews',
      `${read} storage.k8s.io csinodes`,
      `${read} core namespaces`,
      `${read} storage.k8s.io csidrivers`,
      `${read} storage.k8s.io csistoragecapacities`,
      `${read} storage.k8s.io volumeattachments`,
      `${read} resource.k8s.io deviceclasses`,
      `${read},patch,update resource.k8s.io resourceclaims`,
      `${read},patch,update resource.k8s.io resourceclaims/status`,
      `${read},patch,update core pods/finalizers`,
      `${read} resource.k8s.io resourceslices`,
      `${read} resource.k8s.io devicetaintrules`,
    ],
  },
  ...Object.entries(controllerRules).map(([account, rules]) => ({ name: `system:controller:${account}`, rules })),
];

/** Role and its subjects, each `Kind:name` or `ServiceAccount:namespace:name` (`bootstrappolicy.ClusterRoleBindings`). */
const bindings: readonly (readonly [role: string, ...subjects: string[]])[] = [
  ['cluster-admin', 'Group system:masters'],
  ['system:monitoring', 'Group system:monitoring'],
  ['system:discovery', 'Group system:authenticated'],
  ['system:basic-user', 'Group system:authenticated'],
  ['system:public-info-viewer', 'Group system:authenticated', 'Group system:unauthenticated'],
  ['system:node-proxier', 'User system:kube-proxy'],
  ['system:kube-controller-manager', 'User system:kube-controller-manager'],
  ['system:kube-dns', 'ServiceAccount kube-system/kube-dns'],
  ['system:kube-scheduler', 'User system:kube-scheduler'],
  ['system:volume-scheduler', 'User system:kube-scheduler'],
  ['system:node'],
  ['system:service-account-issuer-discovery', 'Group system:serviceaccounts'],
  ...Object.keys(controllerRules).map((account) => [`system:controller:${account}`, `ServiceAccount kube-system/${account}`] as const),
];

interface NamespacedText {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly string[];
  readonly binding?: string;
  readonly subjects: readonly string[];
}

const leaderLocking = (component: string, ...subjects: string[]): NamespacedText => ({
  namespace: 'kube-system',
  name: `system::leader-locking-${component}`,
  rules: [`${read},create,update coordination.k8s.io leases`, `${read},create,update coordination.k8s.io leasecandidates`],
  subjects: [`User system:${component}`, `ServiceAccount kube-system/${component}`, ...subjects],
});

/** `bootstrappolicy/namespace_policy.go`: each Role with the RoleBinding of its name. */
const namespaced: readonly NamespacedText[] = [
  {
    namespace: 'kube-system',
    name: 'extension-apiserver-authentication-reader',
    binding: 'system::extension-apiserver-authentication-reader',
    rules: [`${read} core configmaps extension-apiserver-authentication`],
    subjects: ['User system:kube-controller-manager', 'User system:kube-scheduler'],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:bootstrap-signer',
    rules: [`${read} core secrets`],
    subjects: ['ServiceAccount kube-system/bootstrap-signer'],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:cloud-provider',
    rules: [`create,${read} core configmaps`],
    subjects: ['ServiceAccount kube-system/cloud-provider'],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:token-cleaner',
    rules: [`${read},delete core secrets`, events],
    subjects: ['ServiceAccount kube-system/token-cleaner'],
  },
  leaderLocking('kube-controller-manager', 'ServiceAccount kube-system/leader-election-controller'),
  leaderLocking('kube-scheduler'),
  {
    namespace: 'kube-public',
    name: 'system:controller:bootstrap-signer',
    rules: [`${read} core configmaps`, 'update core configmaps cluster-info', events],
    subjects: ['ServiceAccount kube-system/bootstrap-signer'],
  },
];

/** Every object of the bootstrap policy, in the order the post-start hook makes them (`rbac/rest/storage_rbac.go`). */
export function bootstrapPolicy(): KubeObject[] {
  return [
    ...roles.map(clusterRole),
    ...bindings.map(([role, ...subjects]) => bindingOf('ClusterRoleBinding', role, undefined, { kind: 'ClusterRole', role }, subjects)),
    ...namespaced.map(({ namespace, name, rules }) => draft('Role', { name, namespace }, { rules: rules.map(ruleOf) })),
    ...namespaced.map(({ namespace, name, binding = name, subjects }) =>
      bindingOf('RoleBinding', binding, namespace, { kind: 'Role', role: name }, subjects),
    ),
  ];
}

function clusterRole({ name, rules, labels, aggregates }: RoleText): KubeObject {
  return draft(
    'ClusterRole',
    { name, ...(labels ? { labels } : {}) },
    {
      ...(aggregates ? { aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregatesTo(aggregates) }] } } : {}),
      ...(rules ? { rules: rules.map(ruleOf) } : {}),
    },
  );
}

function bindingOf(
  kind: string,
  name: string,
  namespace: string | undefined,
  { kind: roleKind, role }: { readonly kind: string; readonly role: string },
  subjects: readonly string[],
): KubeObject {
  return draft(
    kind,
    { name, ...(namespace ? { namespace } : {}) },
    {
      ...(subjects.length > 0 ? { subjects: subjects.map(subjectOf) } : {}),
      roleRef: { apiGroup: group, kind: roleKind, name: role },
    },
  );
}

function subjectOf(text: string): object {
  const [kind = '', whom = ''] = text.split(' ');
  if (kind !== 'ServiceAccount') return { kind, apiGroup: group, name: whom };
  const [namespace, name] = whom.split('/');
  return { kind, name, namespace };
}

function draft(kind: string, { labels, ...metadata }: { name: string; namespace?: string; labels?: object }, rest: object): KubeObject {
  return {
    kind,
    apiVersion: `${group}/v1`,
    metadata: {
      ...metadata,
      annotations: { [`rbac.authorization.kubernetes.io/autoupdate`]: 'true' },
      labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    },
    ...rest,
  } as unknown as KubeObject;
}

export const nodePolicy: readonly PolicyRule[] = nodeRules.map(ruleOf);
