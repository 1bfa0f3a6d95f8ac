export { changed, isJoint, isQuorum, isVoter, membersOf } from './configuration';
export { RaftNode, type RaftOptions } from './node';
export {
  configurationOf,
  emptyState,
  type Configuration,
  type ConfigurationChange,
  type Entry,
  type HardState,
  type MemberId,
  type Message,
  type PersistentState,
  type Ready,
  type Role,
  type Snapshot,
  type SnapshotPoint,
} from './types';
