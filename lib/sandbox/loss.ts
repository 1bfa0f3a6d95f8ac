import type { SessionChange, SessionState } from '@/lib/labs/hosted-session';
import { checksumOf } from './codec';
import type { AppliedInput, JournalChange, SandboxRecipe } from './protocol';

/** What could be read of a sandbox. */
export interface Kept {
  readonly session: unknown;
  readonly inputs: readonly AppliedInput[];
  readonly changes: readonly SessionChange[];
  /** Of the last row that could be read. */
  readonly sequence: number;
  /** Nothing that was ever kept is missing. */
  readonly isWhole: boolean;
}

interface Found {
  readonly recipe: SandboxRecipe;
  readonly kept: Kept | undefined;
  state(): Pick<SessionState, 'clock' | 'view'> | undefined;
}

/** What its learner is told of damage: how much is lost, and as of when the sandbox is. Undefined when there is nothing to tell. */
export function noticeOf({ recipe, kept, state }: Found): string | undefined {
  const { snapshot, rows, head, damagedSnapshots } = recipe;
  if (!kept) {
    const wasKept = snapshot !== undefined || rows.length > 0 || head > 0 || damagedSnapshots > 0;
    return wasKept ? 'What was saved of this sandbox could not be read. It starts from the beginning of the lab.' : undefined;
  }
  if (kept.isWhole) return undefined;
  const { clock, view } = state() ?? { clock: { now: 0 }, view: { revision: 0 } };
  const lostMs = newestOf(recipe, kept.sequence) - clock.now;
  const lost = lostMs >= 1_500 ? `the ${spoken(lostMs)} after that are lost` : 'what came after that is lost';
  return `The newest part of what was saved of this sandbox was damaged. It is as it was at ${timeOf(clock.now)} on its own clock, revision ${view.revision} of its store; ${lost}.`;
}

/** The simulated time of the newest row behind the damage that can be read: it tells how much is missing, and is of no other use. */
function newestOf({ rows }: SandboxRecipe, after: number): number {
  const readable = rows.filter((row) => row.sequence > after && row.checksum === checksumOf(row.sequence, row.changes));
  const times = readable.flatMap(({ changes }) =>
    (JSON.parse(changes) as JournalChange[]).flatMap((change) => ('at' in change ? [change.at] : [])),
  );
  return times.at(-1) ?? 0;
}

function timeOf(now: number): string {
  return new Date(now).toISOString().slice(11, 19);
}

function spoken(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
}
