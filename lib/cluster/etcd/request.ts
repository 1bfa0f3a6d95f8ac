import type { Alarm, AuthRequest, MemberInfo, Txn } from './kv';
import type { MvccStore } from './mvcc';

/** What a group agrees on: every member does it at the same place of the log. */
export type Request =
  | { readonly type: 'txn'; readonly txn: Txn }
  | { readonly type: 'compact'; readonly revision: number }
  | { readonly type: 'publish'; readonly member: string; readonly name: string; readonly clientUrls: readonly string[] }
  | { readonly type: 'lease-grant'; readonly lease: number; readonly ttl: number }
  | { readonly type: 'lease-revoke'; readonly lease: number }
  | { readonly type: 'lease-keep-alive'; readonly lease: number }
  | { readonly type: 'alarm'; readonly member: string; readonly alarm: Alarm; readonly isRaised: boolean }
  | { readonly type: 'member-update'; readonly member: string; readonly peerUrls: readonly string[] }
  | { readonly type: 'auth'; readonly auth: Exclude<AuthRequest, { type: 'authenticate' }> }
  | { readonly type: 'token'; readonly token: string; readonly user: string };

/** The data of a log entry: a request, and by what its proposer knows it again. */
export interface GroupEntry {
  readonly id: string;
  readonly request: Request;
}

/** The context of a configuration change. */
export interface MembershipChange {
  readonly id: string;
  readonly members:
    | { readonly type: 'add'; readonly member: MemberInfo }
    | { readonly type: 'remove' | 'promote'; readonly member: string };
}

/** What a leader sends to a member that is too far behind. The store is a fork: it shares everything with the leader's. */
export interface GroupSnapshot {
  readonly store: MvccStore;
  readonly members: readonly MemberInfo[];
  /** Ids of members that were removed: they never come back. */
  readonly removed: readonly string[];
}
