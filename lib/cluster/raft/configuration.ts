import { assert, compareBytes } from '@/lib/base';
import type { Configuration, ConfigurationChange, ConfigurationStep, MemberId } from './types';

/** Everybody the leader sends to. */
export function membersOf({ voters, outgoing, learners }: Configuration): MemberId[] {
  return sorted([...voters, ...outgoing, ...learners]);
}

export function isJoint({ outgoing }: Configuration): boolean {
  return outgoing.length > 0;
}

export function isVoter({ voters, outgoing }: Configuration, member: MemberId): boolean {
  return voters.includes(member) || outgoing.includes(member);
}

/** Whether those for whom `holds` are a majority, of both halves in joint consensus. */
export function isQuorum({ voters, outgoing }: Configuration, holds: (member: MemberId) => boolean): boolean {
  return isMajority(voters, holds) && isMajority(outgoing, holds);
}

/** Whether no majority can come together any more without those for whom `holds`. */
export function isLost({ voters, outgoing }: Configuration, isRejected: (member: MemberId) => boolean): boolean {
  const cannot = (half: readonly MemberId[]) => half.length > 0 && half.filter(isRejected).length > half.length - majority(half);
  return cannot(voters) || cannot(outgoing);
}

/** The highest index that a majority, of both halves in joint consensus, has (`quorum/joint.go`). */
export function committedIndex({ voters, outgoing }: Configuration, match: (member: MemberId) => number): number {
  return Math.min(committedBy(voters, match), committedBy(outgoing, match));
}

/** The configuration after a change (`confchange/confchange.go`): directly for one voter, through joint consensus for more. */
export function changed(before: Configuration, change: ConfigurationChange): Configuration {
  if (change.steps.length === 0) return left(before);
  assert(!isJoint(before), 'a joint configuration must be left before it is changed again');
  const after = change.steps.reduce(stepped, before);
  const moved = [...after.voters, ...before.voters].filter(
    (member) => after.voters.includes(member) !== before.voters.includes(member),
  ).length;
  const transition = change.transition ?? 'auto';
  if (transition === 'auto' && moved <= 1) return after;
  const demoted = after.learners.filter((member) => before.voters.includes(member));
  return {
    voters: after.voters,
    outgoing: before.voters,
    learners: after.learners.filter((member) => !demoted.includes(member)),
    learnersNext: demoted,
    autoLeave: transition !== 'joint-explicit',
  };
}

function left(before: Configuration): Configuration {
  assert(isJoint(before), 'not a joint configuration');
  return {
    voters: before.voters,
    learners: sorted([...before.learners, ...before.learnersNext]),
    outgoing: [],
    learnersNext: [],
    autoLeave: false,
  };
}

function stepped(before: Configuration, { type, member }: ConfigurationStep): Configuration {
  const voters = before.voters.filter((one) => one !== member);
  const learners = before.learners.filter((one) => one !== member);
  switch (type) {
    case 'add-voter':
      return { ...before, voters: sorted([...voters, member]), learners };
    case 'add-learner':
      return { ...before, voters, learners: sorted([...learners, member]) };
    default:
      return { ...before, voters, learners };
  }
}

function majority(half: readonly MemberId[]): number {
  return Math.floor(half.length / 2) + 1;
}

function isMajority(half: readonly MemberId[], holds: (member: MemberId) => boolean): boolean {
  return half.length === 0 || half.filter(holds).length >= majority(half);
}

function committedBy(half: readonly MemberId[], match: (member: MemberId) => number): number {
  if (half.length === 0) return Infinity;
  const indexes = half.map(match).sort((a, b) => b - a);
  return indexes[majority(half) - 1] as number;
}

function sorted(members: readonly MemberId[]): MemberId[] {
  return [...new Set(members)].sort(compareBytes);
}
