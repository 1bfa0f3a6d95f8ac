import { pastViewOf, trimmedMessage, type Cluster, type ObjectChange } from '@/lib/cluster';
import type { HistoryState, PastChange, PastView } from '@/lib/realtime/events';

/** How long before the instant that is looked at changes are told of, and how many. */
const leadMs = 120_000;
const changesMax = 40;

export function historyState({ history, startedAt }: Cluster): HistoryState {
  const { reach } = history;
  return { from: reach.at ?? startedAt, ...(reach.isTrimmed ? { trimmed: trimmedMessage(reach) } : {}) };
}

/** The cluster as a page may look at it afterwards. Throws what a learner may read where the history does not reach. */
export function lookBack(cluster: Cluster, at: number): PastView {
  const { from } = historyState(cluster);
  const until = Math.max(from, Math.min(at, cluster.now));
  const changes = cluster.history.changes({ from: { at: Math.max(from, until - leadMs) }, to: { at: until } });
  return { view: pastViewOf(cluster, until), changes: changes.flatMap(told).reverse().slice(0, changesMax) };
}

function told({ revision, at, operation, object, cause }: ObjectChange): PastChange[] {
  if (object === undefined || /^(Lease|Event)\//.test(object)) return [];
  return [{ revision, at, operation, object, actor: cause?.actor ?? '', what: cause?.what ?? '' }];
}
