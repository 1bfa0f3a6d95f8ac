import { AutoCompactor, type AutoCompaction } from '@/lib/cluster/etcd';
import { EtcdGroup } from '@/tests/support/etcd-group';

/** Three members, each with a compactor; a key is written every minute. */
function run(compaction: AutoCompaction, minutes: number): number[] {
  const group = new EtcdGroup({ size: 3 });
  group.elect();
  for (const { name } of group.machines)
    new AutoCompactor({ kernel: group.kernel, name, member: group.member(name), ...compaction }).start();
  const compacted: number[] = [];
  for (let minute = 0; minute < minutes; minute++) {
    group.member('cp-1').put('a', minute);
    group.kernel.runFor(60_000);
    compacted.push(group.member('cp-2').compactedRevision);
  }
  return compacted;
}

test('mode revision keeps so many revisions, looking every five minutes', () => {
  expect(run({ mode: 'revision', retention: 3 }, 16)).toEqual([-1, -1, -1, -1, 3, 3, 3, 3, 3, 8, 8, 8, 8, 8, 13, 13]);
});

test('mode periodic keeps so much time, once that time has passed', () => {
  const compacted = run({ mode: 'periodic', retention: 10 * 60_000 }, 30);
  expect(compacted.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => -1));
  expect(compacted.at(-1)).toBeGreaterThan(10);
  expect(compacted.at(-1)).toBeLessThanOrEqual(22);
});

test('a retention of 0 compacts nothing and waits for nothing', () => {
  const group = new EtcdGroup({ size: 1 });
  new AutoCompactor({ kernel: group.kernel, name: 'cp-1', member: group.member('cp-1'), mode: 'periodic', retention: 0 }).start();
  expect(group.kernel.peek()).toBeUndefined();
});
