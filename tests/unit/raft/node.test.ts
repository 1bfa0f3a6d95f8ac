import { Random } from '@/lib/base';
import { configurationOf, RaftNode } from '@/lib/cluster/raft';
import { RaftGroup } from '@/tests/support/raft-group';

function led(size: number, learners = 0): RaftGroup {
  const group = new RaftGroup({ size, learners });
  group.act('1', (node) => node.campaign());
  group.stabilize();
  return group;
}

const applied = (group: RaftGroup, id: string) => group.member(id).applied.map(({ data }) => data);

test('a group of one elects itself and commits at once', () => {
  const group = led(1);
  group.propose('1', 'x');
  expect([group.node('1').role, applied(group, '1')]).toEqual(['leader', ['x']]);
});

test('a follower passes a proposal on to its leader', () => {
  const group = led(3);
  group.propose('3', 'x');
  group.stabilize();
  expect(applied(group, '3')).toEqual(['x']);
});

test('two of five may be lost, three may not', () => {
  const group = led(5);
  group.crash('4');
  group.crash('5');
  group.propose('1', 'kept');
  group.stabilize();
  expect(applied(group, '1')).toEqual(['kept']);
  group.crash('3');
  group.propose('1', 'waiting');
  group.stabilize();
  expect(applied(group, '1')).toEqual(['kept']);
  group.start('3');
  group.tick('1');
  group.stabilize();
  expect(applied(group, '1')).toEqual(['kept', 'waiting']);
});

test('a member that returns from a partition does not depose a leader that is well', () => {
  const group = led(3);
  const { term } = group.node('1');
  group.partition(['3'], ['1', '2']);
  group.tick('3', 100);
  group.heal();
  group.tick('3', 20);
  group.stabilize();
  expect([group.node('1').role, group.node('1').term]).toEqual(['leader', term]);
});

test('a leader that hears no majority for an election timeout steps down', () => {
  const group = led(3);
  group.partition(['1'], ['2', '3']);
  group.tick('1', 20);
  expect(group.node('1').role).toBe('follower');
});

test('a learner has every entry and no vote', () => {
  const group = led(3, 1);
  group.change('1', { steps: [{ type: 'add-learner', member: '4' }] });
  group.stabilize();
  group.propose('1', 'x');
  group.stabilize();
  expect(applied(group, '4')).toEqual(['x']);
  group.crash('2');
  group.crash('3');
  group.propose('1', 'y');
  group.stabilize();
  expect(applied(group, '1')).toEqual(['x']);
  group.tick('4', 100);
  expect(group.node('4').role).toBe('follower');
});

/** On the way from 1, 2, 3 to 1, 3, 4. */
function joint(): ReturnType<typeof led> {
  const group = led(3, 1);
  group.change('1', {
    steps: [
      { type: 'remove', member: '2' },
      { type: 'add-voter', member: '4' },
    ],
    transition: 'joint-explicit',
  });
  group.stabilize();
  return group;
}

test('a joint configuration needs both majorities', () => {
  const group = joint();
  expect(group.node('1').configuration).toMatchObject({ voters: ['1', '3', '4'], outgoing: ['1', '2', '3'] });
  group.partition(['1', '4'], ['2', '3']);
  group.propose('1', 'x');
  group.stabilize();
  expect(applied(group, '1')).toEqual([]);
  group.heal();
  group.tick('1');
  group.stabilize();
  expect(applied(group, '1')).toEqual(['x']);
});

test('a leader that a partition hides answers no read', () => {
  const group = led(3);
  group.partition(['1'], ['2', '3']);
  group.act('1', (node) => node.readIndex('stale'));
  group.stabilize();
  expect(group.member('1').reads).toEqual([]);
  group.heal();
  group.act('3', (node) => node.readIndex('fresh'));
  group.stabilize();
  expect(group.member('3').reads).toEqual([{ context: 'fresh', index: group.node('1').log.committed }]);
});

test('a vote is not given twice in one term, whatever a crash forgets', () => {
  const group = new RaftGroup({ size: 3, raft: { preVote: false } });
  group.act('1', (node) => node.campaign());
  group.deliver(group.network.findIndex(({ to }) => to === '2'));
  group.crash('2');
  group.network = [];
  group.start('2');
  group.act('3', (node) => node.campaign());
  group.deliver(group.network.findIndex(({ to }) => to === '2'));
  expect(group.network.at(-1)).toMatchObject({ type: 'vote-response', isRejected: true });
});

test('a disk that is copied and not crashed goes on in its role', () => {
  const group = led(3);
  group.propose('1', 'before');
  group.stabilize();
  for (const id of ['1', '2', '3']) {
    const { role, leader } = group.node(id);
    group.crash(id);
    group.start(id);
    group.act(id, (node) => node.resume(role, leader));
  }
  group.propose('2', 'after');
  group.stabilize();
  expect(applied(group, '3')).toEqual(['before', 'after']);
});

test('in a joint configuration one half alone elects nobody and answers no read', () => {
  const group = joint();
  group.partition(['1', '4'], ['2', '3']);
  group.act('1', (node) => node.readIndex('r'));
  group.stabilize();
  expect(group.member('1').reads).toEqual([]);
  for (let round = 0; round < 100; round++) {
    for (const id of ['1', '4']) group.tick(id);
    group.stabilize();
  }
  expect(['1', '4'].map((id) => group.node(id).role)).not.toContain('leader');
});

/** A follower whose log ends with what a leader of term 2 never got to the others. */
function divergent(): RaftNode<string, string> {
  const entry = (index: number) => ({ term: 2, index, type: 'normal', data: `old ${index}` }) as const;
  return new RaftNode<string, string>({
    id: '2',
    random: Random.of('1'),
    state: {
      hardState: { term: 2, vote: undefined, commit: 2 },
      snapshot: { index: 1, term: 1, configuration: configurationOf(['1', '2', '3']) },
      entries: [entry(2), entry(3), entry(4)],
    },
  });
}

test("a follower takes for committed only what it knows to be as in the leader's log", () => {
  const node = divergent();
  node.step({ type: 'append', from: '1', to: '2', term: 3, previousIndex: 2, previousTerm: 2, entries: [], commit: 4 });
  expect(node.log.committed).toBe(2);
  node.step({ type: 'append', from: '1', to: '2', term: 3, previousIndex: 3, previousTerm: 2, entries: [], commit: 4 });
  expect(node.log.committed).toBe(3);
});

test('a snapshot from before what is committed changes nothing', () => {
  const node = divergent();
  node.step({
    type: 'snapshot',
    from: '1',
    to: '2',
    term: 3,
    snapshot: { index: 2, term: 1, configuration: configurationOf(['1']), data: 'old' },
  });
  expect([node.log.firstIndex, node.log.lastIndex, node.configuration.voters.length, node.ready().snapshot]).toEqual([2, 4, 3, undefined]);
});

test('a new leader answers no read before something of its own term is committed', () => {
  const group = led(3);
  group.propose('1', 'x');
  group.stabilize();
  group.act('1', (node) => node.transferLeadership('2'));
  while (group.node('2').role !== 'leader') group.deliver(0);
  const withoutAppends = () => {
    group.network = group.network.filter(({ type }) => type !== 'append');
  };
  withoutAppends();
  group.act('2', (node) => node.readIndex('early'));
  for (let round = 0; round < 4; round++) {
    group.deliver(0);
    withoutAppends();
  }
  expect(group.member('2').reads).toEqual([]);
  group.tick('2');
  group.stabilize();
  expect(group.member('2').reads).toEqual([{ context: 'early', index: group.node('2').log.lastIndex }]);
});

test('a leader hands over once the other has everything', () => {
  const group = led(3);
  group.partition(['3'], ['1', '2']);
  group.propose('1', 'x');
  group.stabilize();
  group.heal();
  group.act('1', (node) => node.transferLeadership('3'));
  expect(group.network.map(({ type }) => type)).not.toContain('timeout-now');
  group.tick('1');
  group.stabilize();
  expect([group.node('3').role, applied(group, '3')]).toEqual(['leader', ['x']]);
});

test('no more than so many appends are on their way to a member that does not answer', () => {
  const group = led(3);
  for (let count = 0; count < 300; count++) group.propose('1', `c${count}`);
  const sent = () => group.network.filter(({ type, to }) => type === 'append' && to === '2').length;
  expect(sent()).toBe(256);
  group.tick('1');
  expect(sent()).toBe(256);
  group.stabilize();
  expect(applied(group, '2')).toHaveLength(300);
});

test('a snapshot that is lost is sent again', () => {
  const group = led(3);
  group.crash('3');
  for (const data of ['a', 'b', 'c']) group.propose('1', data);
  group.stabilize();
  group.compact('1');
  group.compact('2');
  group.start('3');
  let lost = 0;
  for (let round = 0; round < 100 && applied(group, '3').length === 0; round++) {
    group.tick('1');
    while (group.network.length > 0) {
      if (group.network[0]?.type === 'snapshot' && lost++ === 0) group.network.shift();
      else group.deliver(0);
    }
  }
  expect([lost > 0, applied(group, '3')]).toEqual([true, ['a', 'b', 'c']]);
});
