import type { KubeObject } from '@/lib/cluster';
import type { Context } from './context';
import { apiVersionOf, pathOf } from './discovery';
import type { Info } from './resources';

/**
 * Follows one object by list and watch until `isDone` says so of what is there (undefined: nothing is).
 * `deadline` is simulated time; without one it waits for ever. A watch the server ends is begun again.
 */
export async function watchUntil(
  context: Context,
  { resource, namespace, name }: Pick<Info, 'resource' | 'namespace' | 'name'>,
  isDone: (object: KubeObject | undefined) => boolean,
  deadline?: number,
): Promise<'done' | 'timeout'> {
  const path = pathOf(resource, namespace);
  const fieldSelector = `metadata.name=${name}`;
  for (;;) {
    const list = await context.client.get(path, { query: { fieldSelector } });
    const [item] = list.items;
    if (isDone(item && { apiVersion: apiVersionOf(resource), kind: resource.kind, ...item })) return 'done';
    const left = deadline === undefined ? undefined : deadline - context.io.now();
    if (left !== undefined && left <= 0) return 'timeout';
    const events = context.client.watch(path, {
      query: { fieldSelector, resourceVersion: list.metadata.resourceVersion },
      ...(left === undefined ? {} : { timeoutMs: left }),
    });
    for await (const { type, object } of events) if (isDone(type === 'DELETED' ? undefined : object)) return 'done';
    if (deadline !== undefined && context.io.now() >= deadline) return 'timeout';
  }
}
