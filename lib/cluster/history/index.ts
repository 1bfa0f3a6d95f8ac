export type { Change, ChangeCause } from './change';
export { ClusterHistory, type ChangeQuery, type ObjectChange } from './cluster-history';
export {
  HistoryTrimmedError,
  Ledger,
  trimmedMessage,
  type HistoryReach,
  type LedgerOptions,
  type LedgerSnapshot,
  type Moment,
} from './ledger';
export { Past } from './past';
export { HistoryRecorder, replayCommit, replayEdit } from './recorder';
