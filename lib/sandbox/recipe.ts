import { readSandboxState, type Db } from '@/lib/db';
import { isIntact } from './codec';
import type { SandboxRecipe } from './protocol';

/** What is kept of a sandbox: from the newest snapshot that is intact, or from the lab's start when none is. */
export async function readRecipe(
  db: Db,
  { sandboxId, lab, seed }: Pick<SandboxRecipe, 'lab' | 'seed'> & { sandboxId: string },
): Promise<SandboxRecipe> {
  let state = await readSandboxState(db, sandboxId);
  let damagedSnapshots = 0;
  while (state.snapshot && !isIntact(state.snapshot)) {
    damagedSnapshots++;
    state = await readSandboxState(db, sandboxId, { before: state.snapshot.sequence });
  }
  const { snapshot, rows, head } = state;
  return { lab, seed, rows, head, damagedSnapshots, ...(snapshot ? { snapshot } : {}) };
}
