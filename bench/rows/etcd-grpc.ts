import { callsPerSecond, withGateway, withRealEtcd, type EtcdClient } from '../etcd-client';
import type { BenchRow } from '../row';

const keyOf = (index: number) => `/bench/${index % 10_000}`;
const value = 'v'.repeat(256);

const puts = (client: EtcdClient) => callsPerSecond((index) => client.call('/etcdserverpb.KV/Put', { key: keyOf(index), value }));

async function ranges(client: EtcdClient): Promise<number> {
  for (let index = 0; index < 1_000; index++) await client.call('/etcdserverpb.KV/Put', { key: keyOf(index), value });
  return callsPerSecond((index) => client.call('/etcdserverpb.KV/Range', { key: keyOf(index % 1_000) }));
}

const rival = 'etcd 3.4 of Debian, in the same run';

export const etcdGrpcPuts: BenchRow = {
  key: 'etcdGrpcPutsPerSecond',
  title: 'etcd: puts over gRPC, 64 at once',
  unit: '/s',
  isHigherBetter: true,
  rival: { of: rival, measure: () => withRealEtcd(puts) },
  measure: () => withGateway(puts),
};

export const etcdGrpcRanges: BenchRow = {
  key: 'etcdGrpcRangesPerSecond',
  title: 'etcd: linearizable reads of one key over gRPC, 64 at once',
  unit: '/s',
  isHigherBetter: true,
  rival: { of: rival, measure: () => withRealEtcd(ranges) },
  measure: () => withGateway(ranges),
};
