import { EtcdError } from '@/lib/cluster/etcd';
import { EtcdGroup } from '../../support/etcd-group';

const full = new EtcdError('ResourceExhausted', 'etcdserver: mvcc: database space exceeded');
const text = 'x'.repeat(10_000);

test('what was written and compacted away counts no more, however much it was', () => {
  const member = new EtcdGroup({ size: 1, quotaBytes: 400_000 }).member('cp-1');
  for (let count = 0; count < 200; count++) {
    member.put('a', text);
    member.compact(member.revision);
  }
  expect(member.alarms()).toEqual([]);
  for (let count = 0; count < 30; count++) member.put(`kept/${count}`, text);
  expect(() => {
    for (let count = 0; count < 30; count++) member.put(`more/${count}`, text);
  }).toThrow(full);
  expect(member.range('', { end: '\0', countOnly: true }).count).toBeGreaterThan(34);
});

test('what was written through another member of the group counts here too', () => {
  const group = new EtcdGroup({ size: 3, quotaBytes: 400_000 });
  group.elect();
  for (let count = 0; count < 34; count++) group.member(`cp-${1 + (count % 2)}`).put(`${count}`, text);
  expect(() => {
    for (let count = 0; count < 5; count++) group.member('cp-3').put(`last/${count}`, text);
  }).toThrow(full);
  expect(group.member('cp-1').alarms()).toEqual([{ member: group.member('cp-3').id, alarm: 'NOSPACE' }]);
});

test('a transaction counts with its larger branch, nested ones included', () => {
  const member = new EtcdGroup({ size: 1, quotaBytes: 100_000 }).member('cp-1');
  const put = { type: 'put' as const, key: 'a', value: 'x'.repeat(90_000) };
  const nested = { type: 'txn' as const, txn: { compare: [], success: [], failure: [put] } };
  expect(() => member.txn({ compare: [], success: [nested], failure: [] })).toThrow(full);
});

test('a member that starts again knows how full its store is', () => {
  const group = new EtcdGroup({ size: 1, quotaBytes: 100_000 });
  const fill = () => {
    for (let count = 0; count < 20; count++) group.member('cp-1').put(`${count}`, text);
  };
  expect(fill).toThrow(full);
  group.member('cp-1').alarmDisarm();
  group.crash('cp-1');
  group.start('cp-1');
  expect(() => group.member('cp-1').put('more', text)).toThrow(full);
});

test('a member that goes on in a copy of its cluster is held to the quota too, but for what it may write before it is counted', () => {
  const group = new EtcdGroup({ size: 1, quotaBytes: 1_000_000 });
  for (let count = 0; count < 90; count++) group.member('cp-1').put(`${count}`, text);
  const { instance } = group.machine('cp-1').disk.session ?? { instance: '' };
  group.crash('cp-1');
  group.start('cp-1', instance);
  expect(() => {
    for (let count = 0; count < 12; count++) group.member('cp-1').put(`more/${count}`, text);
  }).toThrow(full);
});

test('a disk that is smaller than the quota bounds it, and the member says so', () => {
  const group = new EtcdGroup({ size: 1, quotaBytes: 4_000_000_000 });
  const { disk } = group.machine('cp-1');
  expect(group.member('cp-1').status().dbSizeQuota).toBe(4_000_000_000);
  disk.roomBytes = 100_000;
  group.crash('cp-1');
  group.start('cp-1');
  expect(group.member('cp-1').status().dbSizeQuota).toBe(100_000);
  expect(() => {
    for (let count = 0; count < 20; count++) group.member('cp-1').put(`${count}`, text);
  }).toThrow(full);
});

test('a store that had plenty of room is full when it is full, whatever was written', () => {
  const quotaBytes = 20 * 2 ** 20;
  const member = new EtcdGroup({ size: 1, quotaBytes }).member('cp-1');
  const sizes = [100, 20_000, 3, 5_000];
  expect(() => {
    for (let count = 0; count < 10_000; count++) member.put(`${count}`, 'x'.repeat(sizes[count % sizes.length] as number));
  }).toThrow(full);
  expect(member.status().dbSize / quotaBytes).toBeCloseTo(1, 1);
});

test('no choice of revisions makes room: each write counts for itself', () => {
  const quotaBytes = 20 * 2 ** 20;
  const member = new EtcdGroup({ size: 1, quotaBytes }).member('cp-1');
  const large = 'x'.repeat(500_000);
  expect(() => {
    for (let count = 0; count < 100; count++) member.put(`${count}`, isOneInEight(member.revision + 1) ? '' : large);
  }).toThrow(full);
});

/** As whoever writes may choose. */
function isOneInEight(revision: number): boolean {
  return Math.imul(revision, 0x9e3779b1) >>> 29 === 0;
}
