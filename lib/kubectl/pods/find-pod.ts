import { labelSelectorAsSelector, selectorOfLabels, type KubeObject } from '@/lib/cluster';
import type { Context } from '../context';
import { pathOf, type ApiResource } from '../discovery';
import { CommandError } from '../errors';

export function podsResource({ discovery }: Context): Promise<ApiResource> {
  return discovery.get('pods');
}

/** The Pod that `POD` or `TYPE/NAME` means, and all Pods it might have been (`polymorphichelpers/helpers.go`). */
export async function findPod(context: Context, target: string): Promise<{ pod: KubeObject; candidates: KubeObject[] }> {
  const [type, name] = target.includes('/') ? (target.split('/') as [string, string]) : ['pods', target];
  if (target.split('/').length > 2) throw new CommandError('arguments in resource/name form may not have more than one slash');
  const resource = await context.discovery.get(type);
  const object: KubeObject = await context.client.get(pathOf(resource, context.namespace, name));
  if (resource.kind === 'Pod') return { pod: object, candidates: [object] };
  const candidates = await podsOf(context, object);
  const [first] = candidates;
  if (!first) throw new CommandError(`timed out waiting for the condition`);
  return { pod: first, candidates };
}

/** Pods behind a workload or Service, the best first: running and ready ones, longest ready first (`controller.ActivePods`). */
async function podsOf(context: Context, object: KubeObject): Promise<KubeObject[]> {
  const text = selectorText(object);
  const list = await context.client.get(pathOf(await podsResource(context), object.metadata.namespace), { query: { labelSelector: text } });
  const items = (list.items as KubeObject[]).map((item) => ({ ...item, apiVersion: 'v1', kind: 'Pod' }));
  return items.sort((a, b) => rank(a) - rank(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
}

function selectorText(object: KubeObject): string {
  const selector: unknown = object['spec']?.selector;
  if (!selector) throw new CommandError(`cannot get the logs from ${object.kind}: unsupported`.replace('unsupported', 'no selector'));
  return object.kind === 'Service'
    ? selectorOfLabels(selector as Record<string, string>).toString()
    : labelSelectorAsSelector(selector as never).toString();
}

function rank(pod: KubeObject): number {
  const { phase, conditions = [] } = pod['status'] ?? {};
  const isReady = conditions.some(({ type, status }: { type: string; status: string }) => type === 'Ready' && status === 'True');
  return (pod['spec'].nodeName ? 0 : 8) + (phase === 'Running' ? 0 : phase === 'Unknown' ? 2 : 4) + (isReady ? 0 : 1);
}
