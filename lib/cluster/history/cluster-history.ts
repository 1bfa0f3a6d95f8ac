import type { KubeObject } from '../api';
import { objectOf } from '../apiserver/storage';
import type { KeyValue, MvccStore, WatchEvent } from '../etcd';
import type { Instant } from '../kernel';
import type { Change, ChangeCause } from './change';
import { PastKeys, type HistoryReach, type Ledger, type Moment } from './ledger';
import { Past } from './past';

/** One change of one object, or of a key that is none. */
export interface ObjectChange {
  readonly revision: number;
  readonly at: Instant;
  readonly cause: ChangeCause | undefined;
  readonly operation: 'create' | 'update' | 'delete';
  readonly key: string;
  /** `Pod/default/web`, where the key holds an object of the API. */
  readonly object: string | undefined;
  /** As the API showed it, and showed it afterwards. Frozen and shared. */
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

export interface ChangeQuery {
  /** The changes after this moment … */
  readonly from: Moment;
  /** … up to this one. */
  readonly to: Moment;
  /** Only of this object: `Pod/default/web`. */
  readonly object?: string;
}

/**
 * What was there before, and what changed it. Reaches behind etcd's compactions, which bound only what clients of the API may ask for.
 *
 *     cluster.history.at({ revision: 812 }).list(Pod, { namespace: 'default' });
 *     cluster.history.changes({ from: { at: sinceMs }, to: { revision: cluster.revision }, object: 'Deployment/default/web' });
 */
export class ClusterHistory {
  readonly #ledger: Ledger;
  readonly #storeOf: (machine: string) => MvccStore | undefined;

  constructor(ledger: Ledger, storeOf: (machine: string) => MvccStore | undefined) {
    this.#ledger = ledger;
    this.#storeOf = storeOf;
  }

  get reach(): HistoryReach {
    return this.#ledger.reach;
  }

  /** Told when the oldest part had to go. */
  set onTrim(listener: ((reach: HistoryReach) => void) | undefined) {
    this.#ledger.onTrim = listener;
  }

  /** The cluster as it was then. Throws `HistoryTrimmedError` where that is no longer kept, a `RangeError` where it is yet to come. */
  at(moment: Moment): Past {
    const present = this.#present();
    return new Past(present ? this.#ledger.stateAt(moment, present) : PastKeys.none());
  }

  /** What changed, oldest first. Throws as `at` does. */
  changes({ from, to, object }: ChangeQuery): ObjectChange[] {
    const present = this.#present();
    if (!present) return [];
    const changes = this.#ledger.changes(from, to, present).flatMap(objectChanges);
    return object === undefined ? changes : changes.filter((change) => change.object === object);
  }

  #present(): MvccStore | undefined {
    return this.#ledger.source === undefined ? undefined : this.#storeOf(this.#ledger.source);
  }
}

function objectChanges({ revision, at, cause, events }: Change): ObjectChange[] {
  return events.map((event) => ({ revision, at, cause, ...described(event) }));
}

function described({ type, kv, prevKv }: WatchEvent): Omit<ObjectChange, 'revision' | 'at' | 'cause'> {
  const object = nameOf(type === 'put' ? kv : prevKv);
  const isObject = object !== undefined;
  return {
    operation: type === 'delete' ? 'delete' : prevKv ? 'update' : 'create',
    key: kv.key,
    object,
    before: isObject && prevKv ? objectOf(prevKv) : undefined,
    after: isObject && type === 'put' ? objectOf(kv) : undefined,
  };
}

/** `Pod/default/web`. */
function nameOf(kv: KeyValue | undefined): string | undefined {
  const { kind, metadata } = (kv?.value ?? {}) as { kind?: string; metadata?: { name?: string; namespace?: string } };
  if (kind === undefined || metadata?.name === undefined) return undefined;
  return metadata.namespace ? `${kind}/${metadata.namespace}/${metadata.name}` : `${kind}/${metadata.name}`;
}
