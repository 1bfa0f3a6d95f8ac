import { EtcdError, type MemberInfo } from './kv';

/** What a member knows of its group when somebody wants to change it. */
export interface MembershipView {
  readonly self: string;
  readonly members: readonly MemberInfo[];
  readonly isConnected: (member: MemberInfo) => boolean;
}

/** The changes that `--strict-reconfig-check` refuses, since they would cost the group its quorum (`etcdserver/server.go`, `membership/cluster.go`). */
export function assertMayAdd(view: MembershipView, isLearner: boolean): void {
  const voters = votersOf(view);
  const isRestoring = voters.length === 2 && startedOf(voters) === 1;
  if (!isLearner && !isRestoring && startedOf(voters) < quorumOf(voters.length)) throw notEnoughStarted();
  if (!voters.every((member) => isActive(view, member))) throw unhealthy();
}

export function assertMayRemove(view: MembershipView, member: MemberInfo): void {
  if (member.isLearner) return;
  const voters = votersOf(view);
  const others = voters.filter(({ id }) => id !== member.id);
  if (startedOf(others) < quorumOf(others.length)) throw notEnoughStarted();
  // A member that is down is no part of the active quorum, so it may always go.
  if (!isActive(view, member)) return;
  const active = voters.filter((one) => isActive(view, one)).length;
  if (active - 1 < quorumOf(voters.length - 1)) throw unhealthy();
}

/** The learner counts as a voter that has not been started. */
export function assertMayPromote(view: MembershipView): void {
  const voters = votersOf(view);
  if (startedOf(voters) < quorumOf(voters.length + 1)) throw notEnoughStarted();
}

function votersOf({ members }: MembershipView): readonly MemberInfo[] {
  return members.filter(({ isLearner }) => !isLearner);
}

function startedOf(members: readonly MemberInfo[]): number {
  return members.filter(({ clientUrls }) => clientUrls.length > 0).length;
}

function quorumOf(count: number): number {
  return Math.floor(count / 2) + 1;
}

function isActive({ self, isConnected }: MembershipView, member: MemberInfo): boolean {
  return member.id === self || isConnected(member);
}

function notEnoughStarted(): EtcdError {
  return new EtcdError('FailedPrecondition', 'etcdserver: re-configuration failed due to not enough started members');
}

function unhealthy(): EtcdError {
  return new EtcdError('Unavailable', 'etcdserver: unhealthy cluster');
}
