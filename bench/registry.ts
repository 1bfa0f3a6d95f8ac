import type { BenchRow } from './row';
import { boot } from './rows/boot';
import { day } from './rows/day';
import { deploy3, deploy50 } from './rows/deploy';
import { fork } from './rows/fork';
import { heap } from './rows/heap';
import { idle, idleCpu } from './rows/idle';
import { provision } from './rows/provision';

export const rows: readonly BenchRow[] = [provision, fork, boot, heap, deploy3, deploy50, idle, idleCpu, day];
