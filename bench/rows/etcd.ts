import { MvccStore } from '@/lib/cluster/etcd';
import { EtcdGroup } from '@/tests/support/etcd-group';
import { medianMs, perSecond, type BenchRow } from '../row';

const issue = 'issue 3';

const keys = Array.from({ length: 10_000 }, (_, index) => `/registry/pods/default/web-${index}`);
const keyOf = (call: number) => keys[call % keys.length] as string;

export const etcdPuts: BenchRow = {
  key: 'etcdPutsPerSecond',
  title: 'etcd: puts, one member',
  unit: '/s',
  mark: { value: 300_000, of: issue },
  isHigherBetter: true,
  measure() {
    const member = new EtcdGroup({ size: 1 }).member('cp-1');
    return perSecond(50_000, (call) => void member.put(keyOf(call), call));
  },
};

export const etcdReads: BenchRow = {
  key: 'etcdReadsPerSecond',
  title: 'etcd: reads of one key, one member',
  unit: '/s',
  mark: { value: 1_000_000, of: issue },
  isHigherBetter: true,
  measure() {
    const member = new EtcdGroup({ size: 1 }).member('cp-1');
    keys.forEach((key, index) => void member.put(key, index));
    let found = 0;
    const rate = perSecond(200_000, (call) => void (found += member.range(keyOf(call)).kvs[0]?.value as number));
    if (found === 0) throw new Error('nothing was read');
    return rate;
  },
};

export const etcdGroupPuts: BenchRow = {
  key: 'etcdGroupPutsPerSecond',
  title: 'etcd: puts, three members agreeing on each',
  unit: '/s',
  isHigherBetter: true,
  measure() {
    const group = new EtcdGroup({ size: 3 });
    const leader = group.member(group.elect());
    return perSecond(10_000, (call) => void leader.put(keyOf(call), call));
  },
};

export const etcdFanOut: BenchRow = {
  key: 'etcdFanOutPerSecond',
  title: 'etcd: events delivered to 1,000 watchers of a prefix',
  unit: '/s',
  isHigherBetter: true,
  measure() {
    const store = MvccStore.create();
    let heard = 0;
    for (let count = 0; count < 1_000; count++) store.watch('/registry/pods/', { end: '/registry/pods0' }, () => void heard++);
    return 1_000 * perSecond(500, (call) => void store.put(keyOf(call), call));
  },
};

export const etcdFork: BenchRow = {
  key: 'etcdForkMs',
  title: 'etcd: fork of a store with 100,000 keys, written to since the last',
  unit: 'ms',
  mark: { value: 0.1, of: issue },
  measure() {
    const store = MvccStore.create();
    const write = (count: number) => {
      for (let index = 0; index < count; index++) store.put(`/registry/pods/default/web-${index}`, index);
    };
    write(100_000);
    store.fork();
    write(100_000);
    return medianMs(() => void store.fork(), { runs: 50, warmUps: 0, before: () => write(1_000) });
  },
};
