import type { V1ResourceQuota } from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { keyOf, type KubeObject, type ResourceDefinition } from '../api';
import { requeueAfter, whenAllSynced, WorkQueue, type Outcome } from '../client';
import { builtInResources } from '../resources';
import { amountsOf, masked, sum, textsOf, type Amounts } from '../resources/quota/amounts';
import { evaluatorOf, isCounted, scopesOf } from '../resources/quota/evaluators';
import { ResourceQuota } from '../resources/resourcequota';
import type { Controller } from './controller';
import { followCustomKinds, type CustomKinds } from './custom-kinds';
import { afterDiscovery } from './discovery';

/** `--resource-quota-sync-period`. */
const resyncMs = 5 * 60_000;

const counted: readonly ResourceDefinition[] = builtInResources.filter(({ scope, storedAs }) => scope === 'Namespaced' && !storedAs);

/**
 * Keeps `status.used` of every ResourceQuota true (`pkg/controller/resourcequota`). Admission charges what is made; what goes, ends or
 * shrinks is found here.
 */
export const resourceQuotaController: Controller = {
  name: 'resourcequota-controller',
  start(environment) {
    const { kernel, client, informers, log } = environment;
    let custom: CustomKinds = new Map();
    const quotas = informers.for(ResourceQuota);
    const queue = new WorkQueue({
      kernel,
      actor: client.actor,
      startsClosed: true,
      reconcile(key): Outcome | void {
        const quota = quotas.get(key);
        if (!quota) return;
        const status = { hard: quota.spec?.hard ?? {}, used: textsOf(usageOf(quota)) };
        if (!deepEqual(status, { hard: quota.status?.hard ?? {}, used: quota.status?.used ?? {} })) {
          kernel.record('reconcile', client.actor, `reconcile ResourceQuota ${key}`, { object: `ResourceQuota/${key}` });
          client.updateStatus(ResourceQuota, { ...quota, status });
        }
        return requeueAfter(resyncMs, { background: true });
      },
      onError: (error, key) => log(`"Unhandled Error" err="error syncing resource quota ${key}: ${(error as Error).message}"`),
    });
    const usageOf = (quota: V1ResourceQuota): Amounts => {
      const names = Object.keys(quota.spec?.hard ?? {});
      let used: Amounts = amountsOf(Object.fromEntries(names.map((name) => [name, '0'])));
      for (const definition of [...counted, ...custom.values()]) used = sum(used, usageOfKind(quota, definition, names));
      return masked(used, names);
    };
    const usageOfKind = (quota: V1ResourceQuota, definition: ResourceDefinition, names: readonly string[]): Amounts => {
      const evaluator = evaluatorOf(definition);
      const own = evaluator.matching(names);
      if (own.length === 0) return {};
      const scopes = scopesOf(quota as unknown as KubeObject);
      let used: Amounts = {};
      for (const object of informers.for<KubeObject>(definition).list(quota.metadata?.namespace))
        if (scopes.every((scope) => evaluator.isInScope(object, scope))) used = sum(used, masked(evaluator.usage(object), own));
      return used;
    };
    const replenish = (definition: ResourceDefinition, namespace: string | undefined) => {
      for (const quota of quotas.list(namespace))
        if (evaluatorOf(definition).matching(Object.keys(quota.spec?.hard ?? {})).length > 0)
          queue.add(keyOf(quota as unknown as KubeObject));
    };
    quotas.addHandler({
      added: (quota) => queue.add(keyOf(quota)),
      updated: (old, quota) => void (deepEqual(old.spec?.hard, quota.spec?.hard) || queue.add(keyOf(quota))),
      deleted() {},
    });
    const monitor = (definition: ResourceDefinition) =>
      informers.for<KubeObject>(definition).addHandler({
        added() {},
        updated: (old, object) => void (frees(definition, old, object) && replenish(definition, object.metadata.namespace)),
        deleted: (object) => replenish(definition, object.metadata.namespace),
      });
    const discovery = afterDiscovery(environment, () => {
      counted.forEach(monitor);
      custom = followCustomKinds(informers, (definition) => {
        monitor(definition);
        informers.for<KubeObject>(definition).whenSynced(() => replenish(definition, undefined));
      });
      whenAllSynced([quotas, ...counted.map((definition) => informers.for<KubeObject>(definition))], () => queue.open());
    });
    return {
      stop() {
        discovery.cancel();
        queue.stop();
      },
    };
  },
};

/** What an update may give back without the object going (`DefaultUpdateFilter`). */
function frees({ group, kind }: ResourceDefinition, old: KubeObject, object: KubeObject): boolean {
  switch (`${group}/${kind}`) {
    case '/Pod':
      return isCounted(old) && !isCounted(object);
    case '/Service':
      return !deepEqual(usage(old), usage(object));
    case '/PersistentVolumeClaim':
      return !deepEqual(old.spec?.resources, object.spec?.resources) || !deepEqual(old.status, object.status);
    default:
      return false;
  }
}

function usage({ spec }: KubeObject): unknown {
  return [spec?.type, spec?.ports?.length];
}
