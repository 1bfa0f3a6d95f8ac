import { prefixEnd } from '@/lib/base';
import { failure, type KubeObject, type ObjectList, type ResourceDefinition } from '../api';
import { EtcdError, type Etcd } from '../etcd';
import { encodeContinue } from './continue-token';
import { apiVersionOf } from './context';
import { isSelected, type ListOptions } from './options';
import { fromStorage, objectOf, spoken, storageRoot } from './storage';
import { tooLarge, type WatchCache } from './watch-cache';

/** Walks objects under a prefix in order of key, beginning at `from`. */
type Walk = (from: string, visit: (object: KubeObject, key: string) => boolean | void) => void;

/**
 * The objects of a kind in a namespace, or in all (`storage/cacher.GetList`, `etcd3.GetList`). Items are frozen and shared;
 * nothing is copied. The newest state comes from the cache, an older revision from etcd's history.
 */
export function listObjects(
  definition: ResourceDefinition,
  cache: WatchCache,
  etcd: Etcd,
  namespace: string,
  options: ListOptions,
): ObjectList {
  const prefix = `${storageRoot(definition)}${definition.scope === 'Namespaced' && namespace ? `${namespace}/` : ''}`;
  const revision = revisionOf(options, etcd);
  if (options.resourceVersion === undefined && !options.continue) confirmNewest(etcd);
  const isNewest = revision === undefined || revision === etcd.revision;
  const walk: Walk = isNewest ? (from, visit) => cache.forEach(prefix, visit, from) : historyWalk(etcd, prefix, revision, options);
  const page = readPage(definition, prefix, walk, options);
  const shown = revision ?? etcd.revision;
  const metadata = {
    resourceVersion: String(shown),
    ...(page.next === undefined
      ? {}
      : {
          continue: encodeContinue({ revision: shown, start: page.next }),
          ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
        }),
  };
  return { kind: definition.listKind ?? `${definition.kind}List`, apiVersion: apiVersionOf(definition), metadata, items: page.items };
}

/** A list of the newest state is worth what etcd's quorum says (`ConsistentListFromCache`): without one it fails rather than being stale. */
function confirmNewest(etcd: Etcd): void {
  spoken(() => etcd.range('compact_rev_key'));
}

/** Undefined means the newest. */
function revisionOf({ continue: token, resourceVersion, match, limit }: ListOptions, etcd: Etcd): number | undefined {
  if (token) return token.revision < 0 ? undefined : token.revision;
  if (resourceVersion === undefined || resourceVersion === 0) return undefined;
  if (resourceVersion > etcd.revision) throw tooLarge(resourceVersion, etcd.revision);
  return match === 'Exact' || (match === undefined && limit > 0) ? resourceVersion : undefined;
}

interface Page {
  readonly items: KubeObject[];
  /** Where the next page begins, when there is one. */
  readonly next: string | undefined;
  /** Unknown with a selector, as upstream. */
  readonly remaining: number | undefined;
}

function readPage(definition: ResourceDefinition, prefix: string, walk: Walk, options: ListOptions): Page {
  const { labels, fields, continue: token, resourceVersion } = options;
  const limit = resourceVersion === 0 ? 0 : options.limit;
  const isWhole = !labels && fields.length === 0;
  const from = token ? prefix + token.start.slice(1) : prefix;
  const items: KubeObject[] = [];
  let last = '';
  let remaining = 0;
  let hasMore = false;
  walk(from, (stored, key) => {
    const isFull = limit > 0 && items.length >= limit;
    if (isFull && isWhole) return void remaining++;
    const object = fromStorage(definition, stored);
    if (!isWhole && !isSelected(definition, object, options)) return;
    if (isFull) return !(hasMore = true);
    items.push(object);
    last = key;
  });
  if (!hasMore && remaining === 0) return { items, next: undefined, remaining: undefined };
  return { items, next: `/${last.slice(prefix.length)}\0`, remaining: isWhole ? remaining : undefined };
}

function historyWalk(etcd: Etcd, prefix: string, revision: number, { continue: token }: ListOptions): Walk {
  return (from, visit) => {
    for (const kv of rangeAt(etcd, from, prefix, revision, token !== undefined)) if (visit(objectOf(kv), kv.key) === false) return;
  };
}

function rangeAt(etcd: Etcd, from: string, prefix: string, revision: number, isContinued: boolean) {
  try {
    return etcd.range(from, { end: prefixEnd(prefix) ?? '\0', revision }).kvs;
  } catch (error) {
    if (!(error instanceof EtcdError) || error.code !== 'OutOfRange') throw error;
    throw isContinued
      ? expiredContinue(from.slice(prefix.length))
      : failure(410, 'Expired', 'The resourceVersion for the provided list is too old.');
  }
}

function expiredContinue(start: string) {
  const error = failure(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  );
  (error.status as { metadata: object }).metadata = { continue: encodeContinue({ revision: -1, start }) };
  return error;
}
