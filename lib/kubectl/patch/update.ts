import { deepEqual } from '@/lib/base';
import type { KubeObject } from '@/lib/cluster';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import type { Info } from '../resources';
import { definitionOf, twoWayJsonMergePatch, twoWayMergePatch } from './three-way';

/** The patch that turns one form of an object into another, and its content type. */
export function patchBetween(
  before: KubeObject,
  after: KubeObject,
): { readonly contentType: string; readonly patch: Record<string, unknown> } {
  const id = definitionOf(before.apiVersion, before.kind);
  return id
    ? { contentType: 'application/strategic-merge-patch+json', patch: twoWayMergePatch(before, after, id) }
    : { contentType: 'application/merge-patch+json', patch: twoWayJsonMergePatch(before, after) };
}

/** Sends what was changed about an object, if anything was. Returns the object as it then is. */
export async function sendChanges(context: Context, info: Info, after: KubeObject): Promise<KubeObject> {
  if (context.dryRun === 'client' || (context.flags.has('local') && context.flags.bool('local')) || deepEqual(info.object, after))
    return after;
  const { contentType, patch } = patchBetween(info.object, after);
  return context.client.patch(pathOf(info.resource, info.namespace, info.name), contentType, patch, context.writeQuery());
}
