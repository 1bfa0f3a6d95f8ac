/** When a sandbox's next snapshot is due: a wake reads the newest one and replays what was written since. */
export interface CutPolicy {
  /** After so many characters of journal, or as many as the last snapshot had where it had more … */
  readonly journalBytes: number;
  /** … or so long after the last one, if anything was written since. */
  readonly ageMs: number;
}

/** Two megabytes are replayed in a few milliseconds, and a snapshot of a busy lab is a tenth of that. */
export const cutPolicy: CutPolicy = { journalBytes: 2 << 20, ageMs: 300_000 };

/** What was written since the last snapshot, how large that was, and how long ago. */
export interface SinceCut {
  readonly journalBytes: number;
  readonly snapshotBytes: number;
  readonly ageMs: number;
}

export function isCutDue(since: SinceCut, policy: CutPolicy): boolean {
  return since.journalBytes > Math.max(policy.journalBytes, since.snapshotBytes) || (since.journalBytes > 0 && since.ageMs > policy.ageMs);
}
