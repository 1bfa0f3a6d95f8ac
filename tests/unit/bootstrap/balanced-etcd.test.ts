import { jest } from '@jest/globals';
import { BalancedEtcd } from '@/lib/cluster/bootstrap/balanced-etcd';
import { EtcdError, type EtcdServer, type WatchResponse } from '@/lib/cluster/etcd';
import { EtcdGroup } from '../../support/etcd-group';
import { EtcdLan } from '../../support/etcd-lan';

function client(seed: string) {
  const lan = new EtcdLan({ size: 3, seed });
  lan.kernel.runFor(5_000);
  const etcd = new BalancedEtcd({ kernel: lan.kernel, endpoints: lan.names.map((name) => lan.server(name)) });
  return { lan, etcd };
}

const all = { end: '\0' };

function told(etcd: BalancedEtcd, options = {}) {
  const revisions: number[] = [];
  const cancel = etcd.watch('', { ...all, ...options }, ({ revision }: WatchResponse) => void revisions.push(revision));
  return { revisions, cancel };
}

test('what one endpoint does not answer the next is asked, reads and writes alike', () => {
  const { lan, etcd } = client('next');
  etcd.put('a', 1);
  lan.crash('cp-1');
  lan.kernel.runFor(10_000);
  expect(etcd.put('a', 2).revision).toBe(3);
  expect(etcd.range('a').kvs[0]?.value).toBe(2);
  lan.boot('cp-1');
  lan.kernel.runFor(10_000);
  lan.crash('cp-2');
  lan.kernel.runFor(10_000);
  expect(etcd.range('a').kvs[0]?.value).toBe(2);
  expect(etcd.revision).toBe(3);
});

test('without any that answers the last word is that of a member that was reached', () => {
  const { lan, etcd } = client('none');
  lan.crash('cp-1');
  lan.crash('cp-3');
  lan.kernel.runFor(10_000);
  expect(() => etcd.range('a')).toThrow(new EtcdError('Unavailable', 'etcdserver: request timed out'));
  lan.crash('cp-2');
  expect(() => etcd.range('a')).toThrow('connection error: desc = "transport: Error while dialing: dial tcp 172.18.0.2:2379: i/o timeout"');
});

test('a write that may have been done is not done again, and the next call goes elsewhere', () => {
  const { lan, etcd } = client('write');
  for (const other of ['cp-2', 'cp-3']) {
    lan.network.setLink('cp-1', other, false);
    lan.network.setLink(other, 'cp-1', false);
  }
  lan.kernel.runFor(10_000);
  expect(() => etcd.put('a', 1)).toThrow('etcdserver: request timed out');
  expect(etcd.put('a', 2).revision).toBe(2);
});

test('watches move with their client, and each revision is told once, whoever wrote it and whether anybody asked meanwhile', () => {
  const { lan, etcd } = client('watch');
  const { revisions } = told(etcd);
  const others = told(etcd, { startRevision: 4 });
  etcd.put('a', 1);
  lan.crash('cp-1');
  lan.kernel.runFor(10_000);
  lan.server('cp-2').put('a', 2);
  lan.server('cp-3').put('a', 3);
  expect(revisions).toEqual([2, 3, 4]);
  lan.boot('cp-1');
  lan.kernel.runFor(10_000);
  lan.crash('cp-2');
  lan.kernel.runFor(10_000);
  lan.server('cp-3').put('a', 4);
  etcd.put('a', 5);
  expect(revisions).toEqual([2, 3, 4, 5, 6]);
  expect(others.revisions).toEqual([4, 5, 6]);
});

/** With a leader that outlives cp-1, where the client is first. */
function ledByAnother(seed: string) {
  const { lan, etcd } = client(seed);
  const leader = lan.leaders[0] as string;
  const { member } = lan.server('cp-2').status();
  if (leader !== 'cp-2') lan.server(leader).moveLeader(member);
  return { lan, etcd };
}

test('what was written before a client found its way is told before it is answered', () => {
  const { lan, etcd } = ledByAnother('late');
  const { revisions, cancel } = told(etcd);
  lan.crash('cp-1');
  for (let count = 0; count < 5; count++) lan.server('cp-2').put('a', count);
  expect(revisions).toEqual([]);
  expect(etcd.range('a').kvs[0]?.value).toBe(4);
  expect(revisions).toEqual([2, 3, 4, 5, 6]);
  cancel();
  etcd.put('a', 9);
  expect(revisions).toHaveLength(5);
});

test('a watch that missed what is compacted elsewhere is cancelled', () => {
  const { lan, etcd } = ledByAnother('compacted');
  let cancelledAt: number | undefined;
  const { revisions } = told(etcd, { onCancel: (revision: number) => void (cancelledAt = revision) });
  lan.crash('cp-1');
  for (let count = 0; count < 5; count++) lan.server('cp-2').put('a', count);
  lan.server('cp-2').compact(5);
  etcd.put('a', 9);
  expect([cancelledAt, revisions]).toEqual([5, []]);
});

test('a watch that heard nothing because there was nothing goes on, whatever is compacted', () => {
  const { lan, etcd } = ledByAnother('quiet');
  const heard: number[] = [];
  const onCancel = jest.fn();
  etcd.watch('quiet', { onCancel }, ({ revision }) => void heard.push(revision));
  for (let count = 0; count < 5; count++) etcd.put('a', count);
  lan.kernel.runFor(1_000);
  etcd.compact(6);
  lan.crash('cp-1');
  etcd.put('quiet', 1);
  expect([onCancel.mock.calls, heard]).toEqual([[], [7]]);
});

test('a client that watches nothing does nothing', () => {
  const group = new EtcdGroup({ size: 1 });
  const member = group.member('cp-1');
  const etcd = new BalancedEtcd({ kernel: group.kernel, endpoints: [member, member] });
  const { cancel } = told(etcd);
  told(etcd).cancel();
  group.kernel.runFor(10_000);
  expect(group.kernel.peek()?.what).toBe('look after the connection to etcd');
  cancel();
  expect(group.kernel.peek()).toBeUndefined();
  told(etcd);
  etcd.stop();
  expect(group.kernel.peek()).toBeUndefined();
});

test('a learner is passed over', () => {
  const { lan } = client('learner');
  const learner = { range: () => refuse(), put: () => refuse(), revision: 1 } as unknown as EtcdServer;
  const etcd = new BalancedEtcd({ kernel: lan.kernel, endpoints: [learner, lan.server('cp-1')] });
  expect(etcd.put('a', 1).revision).toBe(2);
  expect(etcd.range('a').count).toBe(1);
});

function refuse(): never {
  throw new EtcdError('FailedPrecondition', 'etcdserver: rpc not supported for learner');
}
