import fc from 'fast-check';
import { RaftNode } from '@/lib/cluster/raft';
import { RaftChecker, RaftGroup, type GroupOptions } from '@/tests/support/raft-group';

/** One thing that happens to a group. Total: where it makes no sense, it does nothing. */
type Action =
  | { readonly type: 'tick'; readonly member: number; readonly times: number }
  | { readonly type: 'tick-all'; readonly times: number }
  | { readonly type: 'deliver' | 'drop' | 'duplicate'; readonly pick: number }
  | { readonly type: 'stabilize' }
  | { readonly type: 'cut'; readonly from: number; readonly to: number }
  | { readonly type: 'isolate'; readonly member: number }
  | { readonly type: 'heal' }
  | { readonly type: 'crash' | 'crash-before-save' | 'start' | 'compact' | 'propose' | 'campaign'; readonly member: number }
  | { readonly type: 'transfer'; readonly member: number; readonly to: number }
  | {
      readonly type: 'change';
      readonly member: number;
      readonly step: 'add-voter' | 'add-learner' | 'remove';
      readonly of: number;
      readonly isJoint: boolean;
    };

const member = fc.nat(4);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('tick' as const), member, times: fc.integer({ min: 1, max: 25 }) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('tick-all' as const), times: fc.integer({ min: 1, max: 25 }) }) },
  {
    weight: 12,
    arbitrary: fc.record({
      type: fc.constantFrom('deliver' as const, 'deliver' as const, 'drop' as const, 'duplicate' as const),
      pick: fc.nat(50),
    }),
  },
  { weight: 4, arbitrary: fc.constant<Action>({ type: 'stabilize' }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('cut' as const), from: member, to: member }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('isolate' as const), member }) },
  { weight: 1, arbitrary: fc.constant<Action>({ type: 'heal' }) },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constantFrom(
        'crash' as const,
        'crash-before-save' as const,
        'start' as const,
        'start' as const,
        'compact' as const,
        'propose' as const,
        'propose' as const,
        'propose' as const,
        'campaign' as const,
      ),
      member,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('transfer' as const), member, to: member }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('change' as const),
      member,
      step: fc.constantFrom('add-voter' as const, 'add-learner' as const, 'remove' as const),
      of: member,
      isJoint: fc.boolean(),
    }),
  },
);

function perform(group: RaftGroup, action: Action, count: number): void {
  const idOf = (index: number) => (group.members[index % group.members.length] as (typeof group.members)[number]).id;
  switch (action.type) {
    case 'tick':
      return group.tick(idOf(action.member), action.times);
    case 'tick-all':
      return group.members.forEach(({ id }) => group.tick(id, action.times));
    case 'deliver':
      return group.deliver(action.pick % (group.network.length || 1));
    case 'duplicate':
      return group.deliver(action.pick % (group.network.length || 1), { keep: true });
    case 'drop':
      return void group.network.splice(action.pick % (group.network.length || 1), 1);
    case 'stabilize':
      return group.stabilize();
    case 'cut':
      return void group.cut.add(`${idOf(action.from)}>${idOf(action.to)}`);
    case 'isolate': {
      const one = idOf(action.member);
      return group.partition(
        [one],
        group.members.map(({ id }) => id).filter((id) => id !== one),
      );
    }
    case 'heal':
      return group.heal();
    case 'crash':
      return group.crash(idOf(action.member));
    case 'crash-before-save':
      return group.crashBeforeSave(idOf(action.member));
    case 'start':
      group.start(idOf(action.member));
      return group.settle(idOf(action.member));
    case 'compact':
      return group.compact(idOf(action.member));
    case 'propose':
      return group.propose(idOf(action.member), `c${count}`);
    case 'campaign':
      return group.act(idOf(action.member), (node) => node.campaign());
    case 'transfer':
      return group.act(idOf(action.member), (node) => node.transferLeadership(idOf(action.to)));
    case 'change':
      return group.change(idOf(action.member), {
        steps: [{ type: action.step, member: idOf(action.of) }],
        transition: action.isJoint ? 'joint-implicit' : 'auto',
      });
  }
}

function play(options: GroupOptions, actions: readonly Action[]): RaftGroup {
  const group = new RaftGroup(options);
  const checker = new RaftChecker(group);
  actions.forEach((one, count) => {
    perform(group, one, count);
    checker.check();
  });
  return group;
}

const runs = Number(process.env['RUNS'] ?? 300);
const group = fc.record({
  size: fc.integer({ min: 1, max: 5 }),
  learners: fc.nat(1),
  seed: fc.nat(1_000_000).map(String),
  raft: fc.record({ preVote: fc.boolean(), checkQuorum: fc.boolean(), appendMax: fc.constantFrom(1, 3, 256) }),
});
const withoutChanges = fc.array(
  action.filter(({ type }) => type !== 'change'),
  { maxLength: 150, size: 'max' },
);

test("the five properties of the paper's Figure 3 hold whatever happens to messages, links, clocks and members", () => {
  fc.assert(
    fc.property(group, fc.array(action, { maxLength: 150, size: 'max' }), (options, actions) => void play(options, actions)),
    { numRuns: runs },
  );
});

/** All faults stop: every link mended, every member up, clocks in step. */
function recover(group: RaftGroup): void {
  group.heal();
  for (const { id } of group.members) {
    group.start(id);
    group.settle(id);
  }
  for (let round = 0; round < 400; round++) {
    for (const { id } of group.members) group.tick(id);
    group.stabilize();
  }
}

test('once faults stop there is one leader, a proposal is committed, and all members have applied the same', () => {
  fc.assert(
    fc.property(group, withoutChanges, (options, actions) => {
      const group = play({ ...options, learners: 0 }, actions);
      recover(group);
      const leader = group.members.find(({ node }) => node?.role === 'leader');
      expect(leader).toBeDefined();
      group.propose(leader?.id as string, 'after');
      for (let round = 0; round < 20; round++) {
        for (const { id } of group.members) group.tick(id);
        group.stabilize();
      }
      const applied = group.members.map((one) => one.applied.map(({ data }) => data));
      for (const one of applied) expect(one).toEqual(applied[0]);
      expect(applied[0]?.at(-1)).toBe('after');
    }),
    { numRuns: Math.ceil(runs / 3) },
  );
});

test('once faults stop, whatever became of the members in between, those that are members agree', () => {
  const protective = fc.record({
    size: fc.integer({ min: 1, max: 5 }),
    learners: fc.nat(1),
    seed: fc.nat(1_000_000).map(String),
    raft: fc.constant({ preVote: true, checkQuorum: true, appendMax: 3 }),
  });
  fc.assert(
    fc.property(protective, fc.array(action, { maxLength: 150, size: 'max' }), (options, actions) => {
      const group = play(options, actions);
      recover(group);
      // Who was removed and does not know it may still believe in a leader of old.
      const leader = group.members
        .flatMap(({ id, node }) => (node?.role === 'leader' ? [{ id, node }] : []))
        .sort((one, other) => other.node.term - one.node.term)[0];
      if (!leader) throw new Error('nobody leads');
      group.propose(leader.id, 'after');
      for (let round = 0; round < 20; round++) {
        for (const { id } of group.members) group.tick(id);
        group.stabilize();
      }
      const { voters, learners, outgoing } = leader.node.configuration;
      expect(outgoing).toEqual([]);
      for (const id of [...voters, ...learners]) expect(group.member(id).applied).toEqual(group.member(leader.id).applied);
      expect(group.member(leader.id).applied.at(-1)?.data).toBe('after');
    }),
    { numRuns: Math.ceil(runs / 3) },
  );
});

test('a read index is never behind what was committed when it was asked for', () => {
  fc.assert(
    fc.property(group, withoutChanges, (options, actions) => {
      const group = new RaftGroup({ ...options, learners: 0 });
      const asked = new Map<string, number>();
      actions.forEach((one, count) => {
        if (count % 5 === 0) {
          const { id } = group.members[count % group.members.length] as (typeof group.members)[number];
          asked.set(`r${count}`, Math.max(0, ...group.committed.keys()));
          group.act(id, (node) => node.readIndex(`r${count}`));
        }
        perform(group, one, count);
        for (const { reads } of group.members)
          for (const { context, index } of reads) expect(index).toBeGreaterThanOrEqual(asked.get(context) as number);
      });
    }),
    { numRuns: Math.ceil(runs / 3) },
  );
});

/** Commits whatever a majority has, of whatever term: the mistake of the paper's Figure 8. */
class CountsOldTerms<D, S> extends RaftNode<D, S> {
  protected override mayCommit(): boolean {
    return true;
  }
}

/**
 * The paper's Figure 8: an entry of term 2 reaches a majority under the leader of term 4, which then dies,
 * and a member that has another entry at that index is elected.
 */
function figure8(make?: GroupOptions['make']): void {
  const group = new RaftGroup({ size: 5, raft: { preVote: false, checkQuorum: false, appendMax: 1 }, ...(make ? { make } : {}) });
  const checker = new RaftChecker(group);
  elect(group, '1', ['2', '3', '4', '5']);
  group.stabilize();
  group.propose('1', 'old');
  roundTrip(group, '1', '2');
  group.crash('1');
  elect(group, '5', ['3', '4']);
  group.crash('5');
  elect(group, '1', ['2', '3', '4']);
  for (const to of ['2', '3', '3']) roundTrip(group, '1', to);
  expect(['1', '2', '3'].map((id) => group.node(id).log.findTerm(3))).toEqual([2, 2, 2]);
  group.crash('1');
  elect(group, '5', ['3', '4']);
  checker.check();
  group.heal();
  group.stabilize();
  checker.check();
}

/** Elects `id` with the votes of `voters`; whatever else it sends stays on its way. */
function elect(group: RaftGroup, id: string, voters: readonly string[]): void {
  group.network = [];
  group.heal();
  group.partition(
    [id],
    group.members.map((one) => one.id).filter((one) => one !== id && !voters.includes(one)),
  );
  for (const one of [id, ...voters]) group.start(one);
  for (let round = 0; round < 20 && group.node(id).role !== 'leader'; round++) {
    group.act(id, (node) => node.campaign());
    for (let at = findVote(group); at >= 0; at = findVote(group)) group.deliver(at);
  }
}

function findVote({ network }: RaftGroup): number {
  return network.findIndex(({ type }) => type === 'vote' || type === 'vote-response');
}

/** One message of `from` reaches `to`, and the answer comes back. */
function roundTrip(group: RaftGroup, from: string, to: string): void {
  for (const [sender, receiver] of [
    [from, to],
    [to, from],
  ])
    group.deliver(group.network.findIndex((message) => message.from === sender && message.to === receiver));
}

test('the checkers see a leader that commits an entry of an older term by counting', () => {
  expect(() => figure8()).not.toThrow();
  expect(() => figure8((options) => new CountsOldTerms(options))).toThrow(
    /^Leader Completeness: leader 5 of term 5 lacks committed 2\/3 "old"$/,
  );
});

/** What two of three members do while nothing else gets through: what the paper's Figure 8 is made of, in any order. */
interface Move {
  readonly type: 'elect' | 'round-trip' | 'beat' | 'propose' | 'restart';
  readonly one: number;
  readonly other: number;
}

const moves = fc.array(
  fc.record({
    type: fc.constantFrom(
      ...(['elect', 'elect', 'elect', 'round-trip', 'round-trip', 'round-trip', 'beat', 'propose', 'restart'] as const),
    ),
    one: fc.nat(2),
    other: fc.nat(1),
  }),
  { maxLength: 60, size: 'max' },
);

function playMoves(played: readonly Move[], make?: GroupOptions['make']): void {
  const group = new RaftGroup({ size: 3, raft: { preVote: false, checkQuorum: false, appendMax: 1 }, ...(make ? { make } : {}) });
  const checker = new RaftChecker(group);
  played.forEach(({ type, one, other }, count) => {
    const [first, second] = [one, one + 1 + other].map((at) => String((at % 3) + 1)) as [string, string];
    if (type === 'elect') group.network = [];
    if (type === 'elect') group.act(first, (node) => node.campaign());
    if (type === 'propose') group.propose(first, `c${count}`);
    if (type === 'beat') group.tick(first);
    if (type === 'restart') {
      group.crash(first);
      group.start(first);
    }
    for (let messages = 0; messages < 2 && ['elect', 'round-trip', 'beat'].includes(type); messages++) {
      const said = { elect: 'vote', beat: 'heartbeat' }[type as string] ?? '';
      group.deliver(
        group.network.findIndex(
          (message) => message.type.startsWith(said) && [message.from, message.to].every((id) => id === first || id === second),
        ),
      );
    }
    checker.check();
  });
}

test('the five properties hold however elections and appends among some cross each other, and the planted mistake is found so too', () => {
  fc.assert(
    fc.property(moves, (played) => playMoves(played)),
    { numRuns: 5 * runs },
  );
  const planted = fc.property(moves, (played) => playMoves(played, (options) => new CountsOldTerms(options)));
  const { failed, errorInstance } = fc.check(planted, { numRuns: 5_000, seed: 3, endOnFailure: true });
  expect([failed, (errorInstance as Error).message]).toEqual([
    true,
    expect.stringMatching(/^(Leader Completeness|State Machine Safety): /),
  ]);
});
