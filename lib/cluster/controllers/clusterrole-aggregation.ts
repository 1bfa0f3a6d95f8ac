import type { V1ClusterRole, V1PolicyRule } from '@/generated/kubernetes/types';
import { compareBytes, deepEqual } from '@/lib/base';
import { labelSelectorAsSelector } from '../api';
import { done, whenAllSynced, WorkQueue, type Lister, type Outcome } from '../client';
import { ClusterRole } from '../resources/clusterrole';
import type { Controller } from './controller';

/**
 * Keeps the rules of every ClusterRole with an `aggregationRule` the sum of those its selectors pick
 * (`pkg/controller/clusterroleaggregation`). Which roles depend on which is not kept: a change of any looks at all that aggregate.
 */
export const clusterRoleAggregationController: Controller = {
  name: 'clusterrole-aggregation-controller',
  start({ kernel, client, informers, isResumed, log }) {
    const roles = informers.for(ClusterRole);
    const queue = new WorkQueue({
      kernel,
      actor: client.actor,
      startsClosed: true,
      reconcile(name): Outcome {
        const role = roles.get(name);
        const rules = role?.aggregationRule && aggregated(role, roles);
        if (!rules || deepEqual(rules, role.rules ?? [])) return done;
        kernel.record('reconcile', client.actor, `reconcile ClusterRole ${name}`, { object: `ClusterRole/${name}` });
        const body = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules };
        client.patch(ClusterRole, { name }, body, { type: 'apply', force: true, fieldManager: 'clusterrole-aggregation-controller' });
        return done;
      },
      onError: (error, name) => log(`"Unhandled Error" err="${name} failed with: ${(error as Error).message}"`),
    });
    const enqueueAll = () => {
      for (const role of roles.list()) if (role.aggregationRule) queue.add(role.metadata.name as string);
    };
    let isSynced = false;
    const changed = () => void (isSynced && enqueueAll());
    roles.addHandler({ added: changed, updated: changed, deleted: changed });
    whenAllSynced([roles], () => {
      isSynced = true;
      if (!isResumed) enqueueAll();
      queue.open();
    });
    return { stop: () => queue.stop() };
  },
};

/** Each rule once, role by role in order of name; nobody aggregates itself. */
function aggregated(role: V1ClusterRole, roles: Lister<V1ClusterRole>): V1PolicyRule[] {
  const rules: V1PolicyRule[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const matches = labelSelectorAsSelector(selector);
    const picked = roles
      .list()
      .filter(({ metadata }) => metadata?.name !== role.metadata?.name && matches.matches(metadata?.labels))
      .sort((a, b) => compareBytes(a.metadata?.name ?? '', b.metadata?.name ?? ''));
    for (const rule of picked.flatMap((one) => one.rules ?? [])) if (!rules.some((other) => deepEqual(other, rule))) rules.push(rule);
  }
  return rules;
}
