import type {
  FlowcontrolV1Subject,
  V1FlowSchemaCondition,
  V1FlowSchemaSpec,
  V1PriorityLevelConfigurationSpec,
} from '@/generated/kubernetes/types';
import type { KubeObject } from '../api';
import { rfc3339 } from '../kernel';
import type { Lookup } from './admission/plugin';
import type { StoreHooks } from './store';

// The mandatory and suggested objects of API priority and fairness (`apiserver/pkg/apis/flowcontrol/bootstrap`).

export function flowControlObjects(): KubeObject[] {
  return [
    ...Object.entries(levels).map(([name, spec]) => draft('PriorityLevelConfiguration', name, spec)),
    ...schemas.map(([name, spec]) => draft('FlowSchema', name, spec)),
  ];
}

/**
 * Every FlowSchema says whether the priority level it names is there (`apiserver/pkg/util/flowcontrol/apf_controller.go`).
 * Upstream's controller says so moments after a write; here it is said with it.
 */
export function flowControlHooks(lookup: Lookup): readonly (readonly [string, StoreHooks])[] {
  const mark = (schema: KubeObject, isThere: boolean) => {
    const condition = dangling(schema.spec.priorityLevelConfiguration.name, isThere, rfc3339(lookup.kernel.now));
    const conditions: V1FlowSchemaCondition[] = schema.status?.conditions ?? [];
    const others = conditions.filter(({ type }) => type !== condition.type);
    const old = conditions.find(({ type }) => type === condition.type);
    if (old?.status === condition.status && old?.reason === condition.reason && old?.message === condition.message) return;
    lookup.updateStatus({ ...schema, status: { ...schema.status, conditions: [...others, condition] } } as KubeObject);
  };
  const markAll = ({ metadata: { name } }: KubeObject, isThere: boolean) => {
    for (const schema of lookup.list('FlowSchema')) if (schema.spec.priorityLevelConfiguration.name === name) mark(schema, isThere);
  };
  return [
    [
      'FlowSchema',
      {
        afterWrite(schema) {
          const isThere = lookup.find('PriorityLevelConfiguration', '', schema.spec.priorityLevelConfiguration.name) !== undefined;
          if (!schema.metadata.deletionTimestamp) mark(schema, isThere);
        },
      },
    ],
    [
      'PriorityLevelConfiguration',
      {
        afterWrite(level, old) {
          if (!old) markAll(level, true);
        },
        afterDeletion: (level) => markAll(level, false),
      },
    ],
  ];
}

function draft(kind: string, name: string, spec: object): KubeObject {
  return {
    kind,
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    metadata: { name, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } },
    spec,
  } as unknown as KubeObject;
}

function dangling(level: string, isThere: boolean, now: string): V1FlowSchemaCondition {
  const what = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
  return {
    type: 'Dangling',
    status: isThere ? 'False' : 'True',
    lastTransitionTime: now,
    reason: isThere ? 'Found' : 'NotFound',
    message: `${what} ${isThere ? 'and it exists' : 'but there is no such object'}`,
  } as unknown as V1FlowSchemaCondition;
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
