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

test('a joint configuration needs both majorities', () => {
  const group = led(3, 1);
  group.change('1', {
    steps: [
      { type: 'remove', member: '2' },
      { type: 'add-voter', member: '4' },
    ],
    transition: 'joint-explicit',
  });
  group.stabilize();
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
