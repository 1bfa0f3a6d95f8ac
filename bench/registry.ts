import type { BenchRow } from './row';
import { apiCreates10k, apiCreates1k, apiCreates50k, apiGets } from './rows/api';
import { boot } from './rows/boot';
import { day } from './rows/day';
import { deploy3, deploy50 } from './rows/deploy';
import { etcdFanOut, etcdFork, etcdGroupPuts, etcdPuts, etcdReads } from './rows/etcd';
import { etcdGrpcPuts, etcdGrpcRanges } from './rows/etcd-grpc';
import { fork } from './rows/fork';
import { heap } from './rows/heap';
import { httpCreates, httpGetP99, httpGets, httpLists, httpWatch } from './rows/http';
import { historySize, lookingBack } from './rows/history';
import { idle, idleCpu } from './rows/idle';
import { journalMedian, journalSlowest } from './rows/journal';
import { provision } from './rows/provision';
import { snapshotRestore, snapshotSize } from './rows/snapshot';
import { traceCost, traceEntry } from './rows/trace';

export const rows: readonly BenchRow[] = [
  provision,
  fork,
  boot,
  heap,
  deploy3,
  deploy50,
  idle,
  idleCpu,
  day,
  snapshotSize,
  snapshotRestore,
  traceEntry,
  traceCost,
  historySize,
  lookingBack,
  etcdPuts,
  etcdReads,
  etcdGroupPuts,
  etcdFanOut,
  etcdFork,
  etcdGrpcPuts,
  etcdGrpcRanges,
  journalMedian,
  journalSlowest,
  apiGets,
  apiCreates1k,
  apiCreates10k,
  apiCreates50k,
  httpGets,
  httpGetP99,
  httpLists,
  httpCreates,
  httpWatch,
];
