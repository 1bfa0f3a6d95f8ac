import type { BenchRow } from './row';
import { boot } from './rows/boot';
import { day } from './rows/day';
import { deploy3, deploy50 } from './rows/deploy';
import { etcdFanOut, etcdFork, etcdGroupPuts, etcdPuts, etcdReads } from './rows/etcd';
import { fork } from './rows/fork';
import { heap } from './rows/heap';
import { idle, idleCpu } from './rows/idle';
import { provision } from './rows/provision';
import { snapshotRestore, snapshotSize } from './rows/snapshot';

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
  etcdPuts,
  etcdReads,
  etcdGroupPuts,
  etcdFanOut,
  etcdFork,
];
