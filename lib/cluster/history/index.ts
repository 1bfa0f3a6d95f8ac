export type { Change, ChangeCause } from './change';
export {
  defaultHistoryBytes,
  HistoryTrimmedError,
  Ledger,
  PastKeys,
  trimmedMessage,
  type HistoryReach,
  type LedgerOptions,
  type LedgerSnapshot,
  type Moment,
} from './ledger';
