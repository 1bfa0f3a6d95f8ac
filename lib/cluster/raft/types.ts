/** A member of a group: etcd writes it as sixteen hexadecimal digits. */
export type MemberId = string;

/** What the log holds at one index (`raftpb.Entry`). `data` is frozen plain data and is never looked into; null is a new leader's empty entry. */
export interface Entry<D = unknown> {
  readonly term: number;
  readonly index: number;
  readonly type: 'normal' | 'configuration';
  readonly data: D | ConfigurationChange | null;
}

/** Must be on disk before any message of the same `Ready` is sent. */
export interface HardState {
  readonly term: number;
  readonly vote: MemberId | undefined;
  readonly commit: number;
}

/** Who decides (`raftpb.ConfState`). While `outgoing` is not empty the group is in joint consensus: both majorities are needed. */
export interface Configuration {
  readonly voters: readonly MemberId[];
  readonly learners: readonly MemberId[];
  readonly outgoing: readonly MemberId[];
  /** Voters of `outgoing` that become learners when the joint configuration is left. */
  readonly learnersNext: readonly MemberId[];
  /** The leader leaves the joint configuration by itself once it is applied. */
  readonly autoLeave: boolean;
}

export interface ConfigurationStep {
  readonly type: 'add-voter' | 'add-learner' | 'remove';
  readonly member: MemberId;
}

/** One change of the configuration (`raftpb.ConfChangeV2`); no steps means: leave the joint configuration. `context` is the proposer's own. */
export interface ConfigurationChange {
  readonly steps: readonly ConfigurationStep[];
  /** `auto` uses joint consensus only when a single step would not do. */
  readonly transition?: 'auto' | 'joint-implicit' | 'joint-explicit';
  readonly context?: unknown;
}

/** What stands for all entries up to and including `index`. */
export interface SnapshotPoint {
  readonly index: number;
  readonly term: number;
  readonly configuration: Configuration;
}

/** `data` is the state machine's own and is never looked into. */
export interface Snapshot<S = unknown> extends SnapshotPoint {
  readonly data: S;
}

interface Header {
  readonly from: MemberId;
  readonly to: MemberId;
  readonly term: number;
}

/** What members say to each other (`raftpb.Message`). */
export type Message<D = unknown, S = unknown> = Header &
  (
    | { readonly type: 'vote' | 'pre-vote'; readonly lastIndex: number; readonly lastTerm: number; readonly isTransfer: boolean }
    | { readonly type: 'vote-response' | 'pre-vote-response'; readonly isRejected: boolean }
    | {
        readonly type: 'append';
        readonly previousIndex: number;
        readonly previousTerm: number;
        readonly entries: readonly Entry<D>[];
        readonly commit: number;
      }
    | {
        readonly type: 'append-response';
        readonly index: number;
        readonly isRejected: boolean;
        readonly hintIndex: number;
        readonly hintTerm: number;
      }
    | { readonly type: 'heartbeat'; readonly commit: number; readonly context: string | undefined }
    | { readonly type: 'heartbeat-response'; readonly context: string | undefined }
    | { readonly type: 'snapshot'; readonly snapshot: Snapshot<S> }
    | { readonly type: 'propose'; readonly entries: readonly Pick<Entry<D>, 'type' | 'data'>[] }
    | { readonly type: 'read-index'; readonly context: string }
    | { readonly type: 'read-index-response'; readonly context: string; readonly index: number }
    | { readonly type: 'transfer-leader'; readonly transferee: MemberId }
    | { readonly type: 'timeout-now' }
  );

/** A read asked for with `context` may be served once `index` is applied. */
export interface ReadState {
  readonly context: string;
  readonly index: number;
}

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/**
 * What a node wants done, in this order: persist `hardState`, `snapshot` and `entries`; send `messages`; install `snapshot`; apply `committed`; serve `reads`.
 * Whoever takes a `Ready` must do all of it or crash.
 */
export interface Ready<D = unknown, S = unknown> {
  readonly hardState: HardState | undefined;
  readonly snapshot: Snapshot<S> | undefined;
  /** To append to the log on disk, replacing whatever is there from the first one's index on. */
  readonly entries: readonly Entry<D>[];
  readonly messages: readonly Message<D, S>[];
  readonly committed: readonly Entry<D>[];
  readonly reads: readonly ReadState[];
}

/** What a member has on disk. */
export interface PersistentState<D = unknown> {
  readonly hardState: HardState;
  readonly snapshot: SnapshotPoint;
  /** From `snapshot.index + 1` on, without gaps. */
  readonly entries: readonly Entry<D>[];
}

export function configurationOf(voters: readonly MemberId[], rest: Partial<Configuration> = {}): Configuration {
  return { voters, learners: [], outgoing: [], learnersNext: [], autoLeave: false, ...rest };
}

/**
 * The disk of a first member of a new group, or, without voters, of one that will be added to a group.
 * First members begin at index 1, so that who comes later gets the configuration in a snapshot.
 */
export function emptyState<D>(voters: readonly MemberId[]): PersistentState<D> {
  const first = voters.length > 0 ? 1 : 0;
  return {
    hardState: { term: first, vote: undefined, commit: first },
    snapshot: { index: first, term: first, configuration: configurationOf(voters) },
    entries: [],
  };
}
