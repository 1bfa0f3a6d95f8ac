import { compareBytes } from '@/lib/base';
import type { Context } from '../context';
import { CommandError } from '../errors';
import { cut, flag, type FlagDefinition } from '../flags';
import { generator } from './create-generators';

const group = 'rbac.authorization.k8s.io';
const standardVerbs = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
  'use',
  'bind',
  'escalate',
  'impersonate',
  '*',
];

const roleFlags: readonly FlagDefinition[] = [
  flag.strings('verb', 'Verb that applies to the resources contained in the rule'),
  flag.strings('resource', 'Resource that the rule applies to'),
  flag.array('resource-name', 'Resource in the white list that the rule applies to, repeat this flag for multiple items'),
];

const subjectFlags: readonly FlagDefinition[] = [
  flag.strings('user', 'Usernames to bind to the role. The flag can be repeated to add multiple users.'),
  flag.strings('group', 'Groups to bind to the role. The flag can be repeated to add multiple groups.'),
  flag.strings(
    'serviceaccount',
    'Service accounts to bind to the role, in the format <namespace>:<name>. The flag can be repeated to add multiple service accounts.',
  ),
];

export const createRole = generator({
  name: 'role',
  short: 'Create a role with single rule',
  usage: 'NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none]',
  examples: [
    [
      'Create a role named "pod-reader" that allows user to perform "get", "watch" and "list" on pods',
      'kubectl create role pod-reader --verb=get --verb=list --verb=watch --resource=pods',
    ],
    ['Create a role named "foo" with SubResource specified', 'kubectl create role foo --verb=get,list,watch --resource=pods,pods/status'],
  ],
  flags: roleFlags,
  type: { group, version: 'v1', kind: 'Role', plural: 'roles', namespaced: true },
  build: async (context) => ({ rules: await resourceRules(context) }),
});

export const createClusterRole = generator({
  name: 'clusterrole',
  short: 'Create a cluster role',
  usage: 'NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none]',
  examples: [
    [
      'Create a cluster role named "pod-reader" that allows user to perform "get", "watch" and "list" on pods',
      'kubectl create clusterrole pod-reader --verb=get,list,watch --resource=pods',
    ],
    [
      'Create a cluster role name "monitoring" with AggregationRule specified',
      'kubectl create clusterrole monitoring --aggregation-rule="rbac.example.com/aggregate-to-monitoring=true"',
    ],
  ],
  flags: [
    ...roleFlags,
    flag.strings('non-resource-url', 'A partial url that user should have access to.'),
    flag.string('aggregation-rule', 'An aggregation label selector for combining ClusterRoles.'),
  ],
  type: { group, version: 'v1', kind: 'ClusterRole', plural: 'clusterroles', namespaced: false },
  async build(context) {
    const { flags } = context;
    const aggregation = flags.string('aggregation-rule');
    if (aggregation) {
      const matchLabels = Object.fromEntries(aggregation.split(',').map((pair) => cut(pair, '=')));
      return { aggregationRule: { clusterRoleSelectors: [{ matchLabels }] }, rules: null };
    }
    const urls = flags.list('non-resource-url');
    if (urls.length === 0) return { rules: await resourceRules(context) };
    const verbs = verbsOf(context);
    const rules = flags.list('resource').length > 0 ? await resourceRules(context) : [];
    return { rules: [...rules, { verbs, nonResourceURLs: urls }] };
  },
});

export const createRoleBinding = generator({
  name: 'rolebinding',
  short: 'Create a role binding for a particular role or cluster role',
  usage:
    'NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  examples: [
    [
      'Create a role binding for user1, user2, and group1 using the admin cluster role',
      'kubectl create rolebinding admin --clusterrole=admin --user=user1 --user=user2 --group=group1',
    ],
    [
      'Create a role binding for service account monitoring:sa-dev using the admin role',
      'kubectl create rolebinding admin-binding --role=admin --serviceaccount=monitoring:sa-dev',
    ],
  ],
  flags: [
    flag.string('clusterrole', 'ClusterRole this RoleBinding should reference'),
    flag.string('role', 'Role this RoleBinding should reference'),
    ...subjectFlags,
  ],
  type: { group, version: 'v1', kind: 'RoleBinding', plural: 'rolebindings', namespaced: true },
  build(context) {
    const { flags } = context;
    const clusterRole = flags.string('clusterrole');
    const role = flags.string('role');
    if (Boolean(clusterRole) === Boolean(role)) throw new CommandError('exactly one of clusterrole or role must be specified');
    return binding(context, clusterRole ? 'ClusterRole' : 'Role', clusterRole || role);
  },
});

export const createClusterRoleBinding = generator({
  name: 'clusterrolebinding',
  short: 'Create a cluster role binding for a particular cluster role',
  usage:
    'NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  examples: [
    [
      'Create a cluster role binding for user1, user2, and group1 using the cluster-admin cluster role',
      'kubectl create clusterrolebinding cluster-admin --clusterrole=cluster-admin --user=user1 --user=user2 --group=group1',
    ],
  ],
  flags: [flag.string('clusterrole', 'ClusterRole this ClusterRoleBinding should reference'), ...subjectFlags],
  type: { group, version: 'v1', kind: 'ClusterRoleBinding', plural: 'clusterrolebindings', namespaced: false },
  build(context) {
    const clusterRole = context.flags.string('clusterrole');
    if (!clusterRole) throw new CommandError('required flag(s) "clusterrole" not set');
    return binding(context, 'ClusterRole', clusterRole);
  },
});

function binding({ flags }: Context, kind: string, name: string): Record<string, unknown> {
  const named = (what: string, list: readonly string[]) => list.map((one) => ({ kind: what, apiGroup: group, name: one }));
  const accounts = flags.list('serviceaccount').map((text) => {
    const [namespace, account, more] = text.split(':');
    if (!namespace || !account || more !== undefined) throw new CommandError('serviceaccount must be <namespace>:<name>');
    return { kind: 'ServiceAccount', name: account, namespace };
  });
  const subjects = [...named('User', flags.list('user')), ...named('Group', flags.list('group')), ...accounts];
  return { roleRef: { apiGroup: group, kind, name }, ...(subjects.length > 0 ? { subjects } : {}) };
}

function verbsOf(context: Context): string[] {
  const verbs = [...new Set(context.flags.list('verb'))];
  if (verbs.length === 0) throw new CommandError('at least one verb must be specified');
  for (const verb of verbs) if (!standardVerbs.includes(verb)) context.warn(`Warning: '${verb}' is not a standard resource verb\n`);
  return verbs.includes('*') ? ['*'] : verbs;
}

/** One rule for each group the resources are in (`generateResourcePolicyRules`). */
async function resourceRules(context: Context): Promise<object[]> {
  const verbs = verbsOf(context);
  const asked = context.flags.list('resource');
  if (asked.length === 0) throw new CommandError('at least one resource must be specified');
  const names = context.flags.list('resource-name');
  if (names.length > 0 && asked.length > 1) throw new CommandError('resource name can not be applied to multiple resources');
  const byGroup = new Map<string, string[]>();
  for (const text of asked) {
    const [type = '', subresource] = text.split('/');
    if (type === '*') {
      byGroup.set('*', ['*']);
      continue;
    }
    const resource = await context.discovery.find(type);
    if (!resource) throw new CommandError(`the server doesn't have a resource type ${JSON.stringify(type)}`);
    const whole = subresource ? `${resource.plural}/${subresource}` : resource.plural;
    const before = byGroup.get(resource.group) ?? [];
    if (!before.includes(whole)) byGroup.set(resource.group, [...before, whole]);
  }
  return [...byGroup.keys()].sort(compareBytes).map((apiGroup) => ({
    verbs,
    apiGroups: [apiGroup],
    resources: byGroup.get(apiGroup),
    ...(names.length > 0 ? { resourceNames: names } : {}),
  }));
}
