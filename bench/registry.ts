import type { BenchRow } from './row';
import { boot } from './rows/boot';
import { deploy3, deploy50 } from './rows/deploy';
import { heap } from './rows/heap';
import { idle, idleCpu } from './rows/idle';
import { provision } from './rows/provision';

export const rows: readonly BenchRow[] = [provision, boot, heap, deploy3, deploy50, idle, idleCpu];
