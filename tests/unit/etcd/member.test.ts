import { EtcdError, MvccStore, RaftDisk, type Compare } from '@/lib/cluster/etcd';
import { EtcdGroup } from '@/tests/support/etcd-group';

const compacted = 'etcdserver: mvcc: required revision has been compacted';

const stores = (group: EtcdGroup) => group.machines.map(({ store }) => ({ ...store.snapshot(), applied: undefined }));

test('a member that is alone serves at once, and an idle one does nothing', () => {
  const group = new EtcdGroup({ size: 1 });
  expect(group.member('cp-1').put('a', 1)).toEqual({ revision: 2 });
  expect(group.kernel.peek()).toBeUndefined();
});

test('what one member accepts every member has', () => {
  const group = new EtcdGroup({ size: 3 });
  group.elect();
  for (const { name } of group.machines) group.member(name).put(name, name);
  group.member('cp-2').deleteRange('cp-1');
  expect(
    group
      .member('cp-3')
      .range('', { end: '\0' })
      .kvs.map(({ key }) => key),
  ).toEqual(['cp-2', 'cp-3']);
  expect(stores(group)[1]).toEqual(stores(group)[0]);
  expect(stores(group)[2]).toEqual(stores(group)[0]);
  expect(new Set(group.machines.map(({ member }) => member?.hashKv().hash)).size).toBe(1);
});

test('a watch on a follower hears what is written through another member', () => {
  const group = new EtcdGroup({ size: 3 });
  group.elect();
  const heard: number[] = [];
  group.member('cp-3').watch('a', {}, ({ revision }) => heard.push(revision));
  group.member('cp-1').put('a', 1);
  expect(heard).toEqual([2]);
});

test('when the leader dies another is elected within seconds, and nothing acknowledged is lost', () => {
  const group = new EtcdGroup({ size: 3 });
  const first = group.elect();
  group.member(first).put('a', 1);
  group.kernel.runFor(10_000);
  group.crash(first);
  const other = group.machines.find(({ name }) => name !== first)?.name as string;
  expect(() => group.member(other).put('b', 1)).toThrow(
    new EtcdError('Unavailable', 'etcdserver: request timed out, possibly due to connection lost'),
  );
  const before = group.kernel.now;
  const second = group.elect();
  expect(group.kernel.now - before).toBeLessThan(5_000);
  expect(group.member(second).range('a').kvs[0]?.value).toBe(1);
  group.member(second).put('c', 1);
  group.start(first);
  group.kernel.runFor(3_000);
  expect(stores(group)[0]).toEqual(stores(group)[1]);
});

test('without a quorum nothing is written and nothing is read, but for reads that do not ask', () => {
  const group = new EtcdGroup({ size: 3 });
  const leader = group.elect();
  group.member(leader).put('a', 1);
  for (const { name } of group.machines) if (name !== leader) group.crash(name);
  expect(() => group.member(leader).put('a', 2)).toThrow('etcdserver: request timed out, possibly due to connection lost');
  expect(() => group.member(leader).range('a')).toThrow('etcdserver: request timed out');
  expect(group.member(leader).range('a', { serializable: true }).kvs[0]?.value).toBe(1);
  expect(() => group.member(leader).members()).toThrow('etcdserver: request timed out');
  expect(group.member(leader).members({ serializable: true })).toHaveLength(3);
  group.kernel.runFor(5_000);
  expect(group.member(leader).status().errors).toEqual(['etcdserver: no leader']);
  expect(() => group.member(leader).put('a', 3)).toThrow(new EtcdError('Unavailable', 'etcdserver: request timed out'));
});

test('a member that was away catches up from the log, and from a snapshot when the log has been cut', () => {
  const group = new EtcdGroup({ size: 3, snapshotCount: 10 });
  const leader = group.elect();
  const away = group.machines.find(({ name }) => name !== leader)?.name as string;
  const heard: number[] = [];
  group.machine(away).store.watch('', { end: '\0' }, ({ revision }) => heard.push(revision));
  group.crash(away);
  for (let count = 0; count < 5; count++) group.member(leader).put('a', count);
  group.start(away);
  group.kernel.runFor(2_000);
  expect(group.log.some((line) => line.includes('applied snapshot'))).toBe(false);
  group.crash(away);
  for (let count = 0; count < 100; count++) group.member(leader).put(`k${count}`, count);
  group.start(away);
  group.kernel.runFor(5_000);
  expect(group.log.filter((line) => line.startsWith(away)).some((line) => line.includes('applied snapshot'))).toBe(true);
  expect(stores(group)[0]).toEqual(stores(group)[1]);
  expect(stores(group)[0]).toEqual(stores(group)[2]);
  expect(heard).toEqual(Array.from({ length: 105 }, (_, index) => index + 2));
});

test('a follower answers no read before it has what the leader had', () => {
  const group = new EtcdGroup({ size: 3 });
  const leader = group.elect();
  const behind = group.machines.find(({ name }) => name !== leader)?.name as string;
  group.drop = (_, to, message) => to === behind && message.type === 'append';
  group.member(leader).put('a', 1);
  expect(() => group.member(behind).range('a')).toThrow('etcdserver: request timed out');
  group.drop = undefined;
  group.kernel.runFor(1_000);
  expect(group.member(behind).range('a').count).toBe(1);
});

test('a lease ends under the next leader too', () => {
  const group = new EtcdGroup({ size: 3 });
  const leader = group.elect();
  const { lease } = group.member(leader).leaseGrant(10);
  group.member(leader).put('a', 1, { lease });
  group.crash(leader);
  const next = group.elect();
  group.kernel.runFor(8_000);
  expect(group.member(next).range('a').count).toBe(1);
  group.kernel.runFor(3_000);
  expect(group.member(next).range('a').count).toBe(0);
});

test('leadership moves on request, inside the call', () => {
  const group = new EtcdGroup({ size: 3 });
  const leader = group.elect();
  const other = group.machines.find(({ name }) => name !== leader)?.name as string;
  expect(() => group.member(other).moveLeader(group.member(leader).id)).toThrow('etcdserver: not leader');
  group.member(leader).moveLeader(group.member(other).id);
  expect(group.leader).toBe(other);
  group.member(leader).put('a', 1);
  expect(group.member(other).range('a').count).toBe(1);
});

test('a group that is at rest stays with its leader', () => {
  const group = new EtcdGroup({ size: 3 });
  const leader = group.elect();
  group.kernel.runFor(10_000);
  const { term } = group.member(leader).status();
  group.kernel.runFor(3_600_000);
  expect([group.leader, group.member(leader).status().term]).toEqual([leader, term]);
});

test('a copied group goes on under the same leader without an election', () => {
  const group = new EtcdGroup({ size: 3 });
  const leader = group.elect();
  group.member(leader).put('a', 1);
  const { term } = group.member(leader).status();
  for (const machine of group.machines) {
    const instance = machine.disk.session?.instance as string;
    group.crash(machine.name);
    machine.disk = RaftDisk.restore(JSON.parse(JSON.stringify(machine.disk.snapshot())));
    machine.store = MvccStore.restore(JSON.parse(JSON.stringify(machine.store.snapshot())));
    group.start(machine.name, instance);
  }
  expect(group.leader).toBe(leader);
  group.member('cp-1').put('a', 2);
  group.member('cp-2').put('a', 3);
  expect(group.member('cp-3').range('a').kvs[0]).toMatchObject({ value: 3, version: 3 });
  expect(group.member(leader).status().term).toBe(term);
});

test('a lease ends after its time unless it is kept alive, and takes its keys along', () => {
  const group = new EtcdGroup({ size: 3 });
  group.elect();
  const { lease } = group.member('cp-1').leaseGrant(10);
  group.member('cp-2').put('a', 1, { lease });
  group.member('cp-3').put('b', 1, { lease });
  expect(group.member('cp-3').leaseTimeToLive(lease)).toEqual({ lease, ttl: 10, grantedTtl: 10, keys: ['a', 'b'] });
  group.kernel.runFor(8_000);
  expect(group.member('cp-1').leaseKeepAlive(lease)).toEqual({ lease, ttl: 10 });
  group.kernel.runFor(8_000);
  expect(group.member('cp-1').range('a').count).toBe(1);
  group.kernel.runFor(3_000);
  expect(group.member('cp-1').range('', { end: '\0' }).count).toBe(0);
  expect(() => group.member('cp-1').leaseKeepAlive(lease)).toThrow(new EtcdError('NotFound', 'etcdserver: requested lease not found'));
  expect(group.member('cp-2').leases()).toEqual([]);
});

test('what is left of a lease is told in whole seconds', () => {
  const group = new EtcdGroup({ size: 1 });
  const { lease } = group.member('cp-1').leaseGrant(10);
  group.kernel.runFor(300);
  expect(group.member('cp-1').leaseTimeToLive(lease).ttl).toBe(9);
});

test('a store that is full raises NOSPACE and takes deletes only, until it is compacted, defragmented and disarmed', () => {
  const group = new EtcdGroup({ size: 1, quotaBytes: 40_000 });
  const member = group.member('cp-1');
  const fill = () => {
    for (let count = 0; count < 100; count++) member.put('a', 'x'.repeat(1_000));
  };
  expect(fill).toThrow(new EtcdError('ResourceExhausted', 'etcdserver: mvcc: database space exceeded'));
  expect(member.alarms()).toEqual([{ member: member.id, alarm: 'NOSPACE' }]);
  expect(() => member.put('b', 1)).toThrow('database space exceeded');
  member.compact(member.revision);
  member.defragment();
  expect(member.status().dbSize).toBeLessThan(25_000);
  member.alarmDisarm();
  expect(member.put('b', 1).revision).toBeGreaterThan(1);
});

test('a full store grants no lease and takes no transaction that might put, whichever branch holds; all else goes on', () => {
  const group = new EtcdGroup({ size: 3, quotaBytes: 60_000 });
  const member = group.member(group.elect());
  const { lease } = member.leaseGrant(60);
  member.put('leased', 1, { lease });
  const fill = () => {
    for (let count = 0; count < 200; count++) member.put('a', 'x'.repeat(1_000));
  };
  expect(fill).toThrow('database space exceeded');
  const isThere: Compare = { key: 'a', target: 'version', result: '>', operand: 0 };
  const full = [
    () => member.leaseGrant(60),
    () => member.leaseGrant(10 ** 12),
    () => member.txn({ compare: [isThere], success: [], failure: [{ type: 'put', key: 'b', value: 1 }] }),
  ];
  for (const call of full) {
    expect(call).toThrow('etcdserver: mvcc: database space exceeded');
    expect(codeOf(call)).toBe('ResourceExhausted');
  }
  expect(member.leaseKeepAlive(lease).ttl).toBe(60);
  expect(member.txn({ compare: [isThere], success: [{ type: 'delete-range', key: 'a' }], failure: [] }).succeeded).toBe(true);
  member.leaseRevoke(lease);
  expect(member.range('leased').count).toBe(0);
  member.compact(member.revision);
  member.defragment();
  expect(() => member.leaseGrant(60)).toThrow('database space exceeded');
  member.alarmDisarm();
  expect(member.leaseGrant(60).ttl).toBe(60);
});

test('a lease that the quota has no room for raises the alarm as a write does', () => {
  const group = new EtcdGroup({ size: 1, quotaBytes: 25_000 });
  const member = group.member('cp-1');
  const fill = () => {
    for (let count = 0; ; count++) member.put(`k${count}`, '');
  };
  expect(fill).toThrow('database space exceeded');
  member.alarmDisarm();
  expect(member.alarms()).toEqual([]);
  expect(() => member.leaseGrant(60)).toThrow('database space exceeded');
  expect(member.alarms()).toEqual([{ member: member.id, alarm: 'NOSPACE' }]);
});

test('a lease that is too long is refused', () => {
  const member = new EtcdGroup({ size: 1 }).member('cp-1');
  expect(() => member.leaseGrant(9_000_000_001)).toThrow(new EtcdError('OutOfRange', 'etcdserver: too large lease TTL'));
  expect(member.leases()).toEqual([]);
});

test('the first compaction may be at revision 0, the second may not, after a restart neither', () => {
  const group = new EtcdGroup({ size: 1 });
  expect(() => group.member('cp-1').compact(99)).toThrow('etcdserver: mvcc: required revision is a future revision');
  expect(() => group.member('cp-1').compact(-1)).toThrow(compacted);
  expect(group.member('cp-1').hashKv().compactRevision).toBe(-1);
  group.member('cp-1').compact(0);
  for (const restart of [
    () => {},
    () => {
      group.crash('cp-1');
      group.start('cp-1');
    },
  ]) {
    restart();
    expect(group.member('cp-1').hashKv().compactRevision).toBe(0);
    expect(() => group.member('cp-1').compact(0)).toThrow(compacted);
  }
  group.member('cp-1').put('a', 1);
  group.member('cp-1').compact(2);
  expect(() => group.member('cp-1').compact(0)).toThrow(compacted);
});

test('a member that comes back, and one that joins, know of the compaction at revision 0', () => {
  const group = new EtcdGroup({ size: 3, snapshotCount: 1 });
  const leader = group.elect();
  const late = group.machines.find(({ name }) => name !== leader)?.name as string;
  group.crash(late);
  group.member(leader).compact(0);
  for (let count = 0; count < 20; count++) group.member(leader).put('a', count);
  group.start(late);
  group.kernel.runFor(5_000);
  expect(stores(group).map(({ compactedRevision }) => compactedRevision)).toEqual([0, 0, 0]);
  expect(() => group.member(late).compact(0)).toThrow(compacted);
});

test('the raft index in a status is what the group has agreed on, and that nobody leads comes before the alarms', () => {
  const group = new EtcdGroup({ size: 3, quotaBytes: 40_000 });
  const leader = group.elect();
  const member = group.member(leader);
  const fill = () => {
    for (let count = 0; count < 100; count++) member.put('a', 'x'.repeat(1_000));
  };
  expect(fill).toThrow('database space exceeded');
  const { raftIndex, appliedIndex } = member.status();
  expect(raftIndex).toBe(appliedIndex);
  group.isolate(leader);
  expect(() => member.deleteRange('a')).toThrow('request timed out');
  expect(member.status()).toMatchObject({ raftIndex, appliedIndex });
  group.kernel.runFor(5_000);
  expect(member.status().errors).toEqual(['etcdserver: no leader', `memberID:${BigInt(`0x${member.id}`)} alarm:NOSPACE `]);
});

test('a watch whose past is compacted away wants no progress any more', () => {
  const group = new EtcdGroup({ size: 1 });
  const newer = MvccStore.create();
  for (let count = 0; count < 50; count++) newer.put('a', count);
  newer.compact(40);
  let cancelledAt: number | undefined;
  group.member('cp-1').watch('a', { progressNotify: true, onCancel: (revision) => void (cancelledAt = revision) }, () => undefined);
  group.machine('cp-1').store.install(newer);
  expect(cancelledAt).toBe(40);
  group.kernel.runFor(600_000);
  expect(group.kernel.peek()).toBeUndefined();
});

test('a member is removed, and the two that remain need both', () => {
  const group = new EtcdGroup({ size: 3 });
  const leader = group.elect();
  const [gone, kept] = group.machines.filter(({ name }) => name !== leader).map(({ name }) => name) as [string, string];
  group.member(leader).memberRemove(group.member(gone).id);
  expect(
    group
      .member(kept)
      .members()
      .map(({ name }) => name)
      .sort(),
  ).toEqual([leader, kept].sort());
  group.crash(gone);
  group.member(kept).put('a', 1);
  group.crash(kept);
  expect(() => group.member(leader).put('a', 2)).toThrow('request timed out');
});

test('what a member that was alone has is given to one that is added', () => {
  const group = new EtcdGroup({ size: 1 });
  group.member('cp-1').put('a', 1);
  const added = group.member('cp-1').memberAdd('cp-2', ['https://cp-2:2380'], true);
  expect(added).toMatchObject({ name: 'cp-2', isLearner: true });
  group.member('cp-1').put('b', 1);
  expect(() => group.member('cp-1').memberPromote(added.id)).toThrow(
    'etcdserver: can only promote a learner member which is in sync with leader',
  );
  expect(() => group.member('cp-1').memberAdd('cp-2', ['https://cp-2:2380'], false)).toThrow('etcdserver: Peer URLs already exists');
  expect(() => group.member('cp-1').memberRemove('ffff')).toThrow('etcdserver: member not found');
});

test('a learner catches up from a snapshot, serves only what is serializable, and votes once it is promoted', () => {
  const group = new EtcdGroup({ size: 3, snapshotCount: 5 });
  const leader = group.elect();
  for (let count = 0; count < 50; count++) group.member(leader).put(`k${count}`, count);
  const { id } = group.member(leader).memberAdd('cp-4', ['https://cp-4:2380'], true);
  expect(() => group.member(leader).memberPromote(id)).toThrow(
    'etcdserver: can only promote a learner member which is in sync with leader',
  );
  const learner = group.join('cp-4', leader);
  group.kernel.runFor(2_000);
  expect(learner.status()).toMatchObject({ isLearner: true, revision: group.member(leader).revision });
  const refused = [
    () => learner.put('a', 1),
    () => learner.range('a'),
    () => learner.watch('a', {}, () => undefined),
    () => learner.put('', 1),
    () => learner.leaseGrant(10),
    () => learner.leases(),
    () => learner.compact(1),
    () => learner.members(),
    () => learner.memberAdd('cp-5', ['https://cp-5:2380'], true),
    () => learner.memberPromote(id),
    () => learner.moveLeader(id),
    () => learner.alarms(),
    () => learner.hashKv(),
    () => learner.defragment(),
    () => learner.auth({ type: 'user-list' }),
  ];
  for (const call of refused) {
    expect(call).toThrow('etcdserver: rpc not supported for learner');
    expect(codeOf(call)).toBe('FailedPrecondition');
  }
  expect(learner.snapshot().revision).toBe(learner.revision);
  expect(learner.roster).toHaveLength(4);
  expect(learner.range('k7', { serializable: true }).kvs[0]?.value).toBe(7);
  group.member(leader).memberPromote(id);
  learner.put('a', 1);
  group.crash(leader);
  group.elect();
  expect(learner.range('a').kvs[0]?.value).toBe(1);
});

test('a change of members that would cost the quorum is refused', () => {
  const group = new EtcdGroup({ size: 3 });
  const leader = group.elect();
  const [down, other] = group.machines.map(({ name }) => name).filter((name) => name !== leader) as [string, string];
  group.crash(down);
  const member = group.member(leader);
  expect(() => member.memberAdd('cp-4', ['https://cp-4:2380'], true)).toThrow(
    new EtcdError('Unavailable', 'etcdserver: unhealthy cluster'),
  );
  expect(() => member.memberRemove(group.machine(other).disk.id)).toThrow(new EtcdError('Unavailable', 'etcdserver: unhealthy cluster'));
  member.memberRemove(group.machine(down).disk.id);
  member.memberAdd('cp-4', ['https://cp-4:2380'], false);
  expect(() => member.memberAdd('cp-5', ['https://cp-5:2380'], false)).toThrow('etcdserver: unhealthy cluster');
  expect(() => member.memberRemove(group.machine(other).disk.id)).toThrow(
    'etcdserver: re-configuration failed due to not enough started members',
  );
});

test('a member whose others have left it alone is still alone after a crash', () => {
  const group = new EtcdGroup({ size: 2 });
  const leader = group.elect();
  const gone = group.machines.find(({ name }) => name !== leader)?.name as string;
  group.member(leader).memberRemove(group.machine(gone).disk.id);
  group.crash(gone);
  group.member(leader).put('a', 1);
  const [{ disk, store }, instance] = [group.machine(leader), group.machine(leader).disk.session?.instance as string];
  const copies = [disk.fork(), store.fork()] as const;
  group.crash(leader);
  group.start(leader);
  group.elect();
  expect(group.member(leader).put('b', 1)).toEqual({ revision: 3 });
  group.crash(leader);
  [group.machine(leader).disk, group.machine(leader).store] = copies;
  group.start(leader, instance);
  expect(group.member(leader).put('b', 1)).toEqual({ revision: 3 });
});

test('a leader that was alone notices when the one that it took in does not come', () => {
  const group = new EtcdGroup({ size: 1 });
  group.member('cp-1').memberAdd('cp-2', ['https://cp-2:2380'], false);
  group.kernel.runFor(10_000);
  expect(group.member('cp-1').status().errors).toEqual(['etcdserver: no leader']);
  group.join('cp-2', 'cp-1');
  group.elect();
  group.kernel.runFor(5_000);
  expect(group.member('cp-2').put('a', 1)).toEqual({ revision: 2 });
});

test('a member that was away while its leader was replaced by a stranger catches up all the same', () => {
  const group = new EtcdGroup({ size: 3, snapshotCount: 5 });
  const leader = group.elect();
  const away = group.machines.find(({ name }) => name !== leader)?.name as string;
  group.drop = (_, to) => to === away;
  const added = group.member(leader).memberAdd('cp-4', ['https://cp-4:2380'], true);
  group.join('cp-4', leader);
  group.kernel.runFor(5_000);
  group.member(leader).memberPromote(added.id);
  group.member(leader).moveLeader(added.id);
  for (let count = 0; count < 20; count++) group.member('cp-4').put('a', count);
  group.drop = undefined;
  group.kernel.runFor(20_000);
  expect([group.leader, group.machine(away).store.revision]).toEqual(['cp-4', 21]);
});

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as EtcdError).code;
  }
}
