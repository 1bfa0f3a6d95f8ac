import type { FlowcontrolV1Subject, V1FlowSchemaSpec, V1PriorityLevelConfigurationSpec } from '@/generated/kubernetes/types';
import type { KubeObject } from '../api';

// The mandatory and suggested objects of API priority and fairness (`apiserver/pkg/apis/flowcontrol/bootstrap`).

export function flowControlObjects(now: string): KubeObject[] {
  return [
    ...Object.entries(levels).map(([name, spec]) => draft('PriorityLevelConfiguration', name, spec, {})),
    ...schemas.map(([name, spec]) => draft('FlowSchema', name, spec, { conditions: [found(spec.priorityLevelConfiguration.name, now)] })),
  ];
}

function draft(kind: string, name: string, spec: object, status: object): KubeObject {
  return {
    kind,
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    metadata: { name, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } },
    spec,
    status,
  } as unknown as KubeObject;
}

function found(level: string, now: string): object {
  return {
    type: 'Dangling',
    status: 'False',
    lastTransitionTime: now,
    reason: 'Found',
    message: `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)} and it exists`,
  };
}

const queued = (shares: number, lendablePercent: number, queues: number, handSize: number): V1PriorityLevelConfigurationSpec => ({
  type: 'Limited',
  limited: {
    nominalConcurrencyShares: shares,
    limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } },
    lendablePercent,
  },
});

const levels: Readonly<Record<string, V1PriorityLevelConfigurationSpec>> = {
  exempt: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  'catch-all': { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' }, lendablePercent: 0 } },
  system: queued(30, 33, 64, 6),
  'node-high': queued(40, 25, 64, 6),
  'leader-election': queued(10, 0, 16, 4),
  'workload-high': queued(40, 50, 128, 6),
  'workload-low': queued(100, 90, 128, 6),
  'global-default': queued(20, 50, 128, 6),
};

type Rules = NonNullable<V1FlowSchemaSpec['rules']>[number];

const groups = (...names: string[]): FlowcontrolV1Subject[] => names.map((name) => ({ kind: 'Group', group: { name } }));
const users = (...names: string[]): FlowcontrolV1Subject[] => names.map((name) => ({ kind: 'User', user: { name } }));
const systemAccounts: FlowcontrolV1Subject = { kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: 'kube-system' } };
const everybody = groups('system:unauthenticated', 'system:authenticated');

const resources = (apiGroup: string, names: string[], isClusterScope: boolean, verbs = ['*']) => ({
  verbs,
  apiGroups: [apiGroup],
  resources: names,
  ...(isClusterScope ? { clusterScope: true } : {}),
  namespaces: ['*'],
});

const anything = (subjects: FlowcontrolV1Subject[]): Rules => ({
  subjects,
  resourceRules: [resources('*', ['*'], true)],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
});

const schema = (level: string, precedence: number, distinguisher: '' | 'ByUser' | 'ByNamespace', rules: Rules): V1FlowSchemaSpec => ({
  priorityLevelConfiguration: { name: level },
  matchingPrecedence: precedence,
  ...(distinguisher ? { distinguisherMethod: { type: distinguisher } } : {}),
  rules: [rules],
});

const controllerManager = 'system:kube-controller-manager';
const scheduler = 'system:kube-scheduler';

const schemas: readonly (readonly [string, V1FlowSchemaSpec])[] = [
  ['exempt', schema('exempt', 1, '', anything(groups('system:masters')))],
  ['catch-all', schema('catch-all', 10_000, 'ByUser', anything(everybody))],
  ['system-nodes', schema('system', 500, 'ByUser', anything(groups('system:nodes')))],
  [
    'system-node-high',
    schema('node-high', 400, 'ByUser', {
      subjects: groups('system:nodes'),
      resourceRules: [resources('', ['nodes', 'nodes/status'], true), resources('coordination.k8s.io', ['leases'], false)],
    }),
  ],
  [
    'probes',
    schema('exempt', 2, '', {
      subjects: everybody,
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
    }),
  ],
  [
    'system-leader-election',
    schema('leader-election', 100, 'ByUser', {
      subjects: [...users(controllerManager, scheduler), systemAccounts],
      resourceRules: [resources('coordination.k8s.io', ['leases'], false, ['get', 'create', 'update'])],
    }),
  ],
  ['kube-controller-manager', schema('workload-high', 800, 'ByNamespace', anything(users(controllerManager)))],
  ['kube-scheduler', schema('workload-high', 800, 'ByNamespace', anything(users(scheduler)))],
  ['kube-system-service-accounts', schema('workload-high', 900, 'ByNamespace', anything([systemAccounts]))],
  ['service-accounts', schema('workload-low', 9000, 'ByUser', anything(groups('system:serviceaccounts')))],
  ['global-default', schema('global-default', 9900, 'ByUser', anything(everybody))],
];
