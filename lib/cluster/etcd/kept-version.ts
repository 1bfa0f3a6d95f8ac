import { assert, deepFreeze, differenceOf, withDifference, type Difference } from '@/lib/base';
import type { KeyValue } from './kv';

/** A version as a snapshot has it: whole, or by what is different from the version of its key before it. */
export type KeptVersion = KeyValue | ChangedVersion;

/** The next version of a key that lives on; with another lease where one is named. */
interface ChangedVersion {
  readonly key: string;
  readonly modRevision: KeyValue['modRevision'];
  /** Null where the value is as it was. */
  readonly change: Difference | null;
  readonly lease?: number;
}

/** One key's versions, oldest first: most of them say much the same as the one before. Frozen to its leaves. */
export function keptVersions(versions: readonly KeyValue[]): KeptVersion[] {
  return versions.map((kv, index) => deepFreeze(keptAfter(versions[index - 1], kv)));
}

function keptAfter(before: KeyValue | undefined, kv: KeyValue): KeptVersion {
  if (!before || kv.version !== before.version + 1 || kv.createRevision !== before.createRevision) return kv;
  const { key, modRevision, lease } = kv;
  const change = differenceOf(before.value, kv.value) ?? null;
  return lease === before.lease ? { key, modRevision, change } : { key, modRevision, change, lease };
}

/** The version that was kept; `before` is the one of its key before it. Not frozen. */
export function wholeVersion(kept: KeptVersion, before: KeyValue | undefined): KeyValue {
  if (!('change' in kept)) return kept;
  assert(before, `the first version of ${kept.key} is whole`);
  const { key, modRevision, change, lease = before.lease } = kept;
  const { value, createRevision, version } = before;
  return {
    key,
    value: change === null ? value : withDifference(value, change),
    lease,
    modRevision,
    createRevision,
    version: version + 1,
  };
}
