import type { Db } from './database';

export interface SandboxBlueprint {
  readonly labRevisionId: number;
  readonly seed: string;
}

export async function findSandbox(db: Db, id: string) {
  const row = await db.sandbox.findUnique({ where: { id }, include: { attempt: { include: { labRevision: true } } } });
  return row ? { ...row, blueprint: row.blueprint as unknown as SandboxBlueprint } : undefined;
}

/**
 * Makes `owner` the only host that may write this sandbox's journal, unless another holds an unexpired lease (by the database's clock).
 * Returns the new fence, or undefined when it is taken. Claiming again raises the fence: rows of the earlier claim are refused from then on.
 */
export async function claimSandbox(db: Db, id: string, owner: string, leaseMs: number): Promise<number | undefined> {
  const [claimed] = await db.$queryRaw<{ fence: number }[]>`
    UPDATE sandbox
    SET owner = ${owner}, fence = fence + 1, last_used_at = now() AT TIME ZONE 'utc',
      owned_until = now() AT TIME ZONE 'utc' + ${leaseMs}::int * interval '1 millisecond'
    WHERE id = ${id} AND (owner IS NULL OR owner = ${owner} OR owned_until IS NULL OR owned_until < now() AT TIME ZONE 'utc')
    RETURNING fence`;
  return claimed?.fence;
}

/** Rows are locked in the order of their ids, as `appendJournal` does: neither ever waits for the other's other half. */
export async function renewSandboxes(db: Db, ids: readonly string[], owner: string, leaseMs: number): Promise<void> {
  await db.$executeRaw`
    UPDATE sandbox SET owned_until = now() AT TIME ZONE 'utc' + ${leaseMs}::int * interval '1 millisecond'
    WHERE id IN (SELECT id FROM sandbox WHERE id = ANY(${[...ids]}::text[]) AND owner = ${owner} ORDER BY id FOR UPDATE)`;
}

/** Given back by whoever claimed them last: a claim with this fence, or none. */
export async function releaseSandbox(db: Db, id: string, fence: number): Promise<void> {
  await db.sandbox.updateMany({ where: { id, fence }, data: { owner: null, ownedUntil: null } });
}

export interface JournalRow {
  readonly sandboxId: string;
  readonly fence: number;
  readonly sequence: number;
  /** A JSON array of changes. */
  readonly changes: string;
  readonly checksum: number;
}

/**
 * Writes rows of many sandboxes in one statement; writing one again is harmless. Returns the sandboxes whose rows were refused because
 * another host owns them now. The sandboxes stay locked until the rows are kept: a claim comes before them or sees them, never in between.
 */
export async function appendJournal(db: Db, rows: readonly JournalRow[]): Promise<readonly string[]> {
  const taken = await db.$queryRaw<{ sandbox_id: string }[]>`
    WITH row AS (
      SELECT * FROM unnest(${rows.map((row) => row.sandboxId)}::text[], ${rows.map((row) => row.fence)}::int[], ${rows.map((row) => row.sequence)}::int[],
        ${rows.map((row) => row.changes)}::text[], ${rows.map((row) => row.checksum)}::int[]) AS row (id, fence, sequence, changes, checksum)),
    newest AS (SELECT id, fence, max(sequence) AS sequence FROM row GROUP BY id, fence),
    owned AS (
      SELECT sandbox.id, newest.sequence FROM sandbox JOIN newest ON sandbox.id = newest.id AND sandbox.fence = newest.fence
      ORDER BY sandbox.id FOR UPDATE OF sandbox),
    head AS (UPDATE sandbox SET head = greatest(head, owned.sequence) FROM owned WHERE sandbox.id = owned.id)
    INSERT INTO sandbox_journal (sandbox_id, sequence, changes, checksum)
    SELECT row.id, row.sequence, row.changes, row.checksum FROM row JOIN owned ON row.id = owned.id
    ON CONFLICT (sandbox_id, sequence) DO UPDATE SET changes = EXCLUDED.changes, checksum = EXCLUDED.checksum
    RETURNING sandbox_id`;
  if (taken.length === rows.length) return [];
  const accepted = new Set(taken.map((row) => row.sandbox_id));
  return [...new Set(rows.map((row) => row.sandboxId))].filter((id) => !accepted.has(id));
}

export interface SnapshotRow {
  readonly sandboxId: string;
  readonly fence: number;
  /** Every journal row up to here is inside. */
  readonly sequence: number;
  readonly content: Uint8Array<ArrayBuffer>;
  /** Nothing before it is of any use any more. */
  readonly isBase: boolean;
}

/**
 * Keeps a snapshot and drops, in the same statement, what is no longer needed: all but the snapshot before it and the rows since that one,
 * which bring everything back should this one be damaged. False when another host owns the sandbox now.
 * It goes as base64: PGlite makes a text of every byte of a bytea, and every sandbox waits for that.
 */
export async function saveSnapshot(db: Db, { sandboxId, fence, sequence, content, isBase }: SnapshotRow): Promise<boolean> {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('base64');
  const kept = await db.$queryRaw<{ id: string }[]>`
    WITH owned AS (SELECT id FROM sandbox WHERE id = ${sandboxId} AND fence = ${fence}::int FOR UPDATE),
    before AS (
      SELECT CASE WHEN ${isBase}::boolean THEN ${sequence}::int ELSE coalesce(max(sequence), ${sequence}::int) END AS sequence
      FROM sandbox_snapshot WHERE sandbox_id = ${sandboxId} AND sequence < ${sequence}::int),
    head AS (UPDATE sandbox SET head = greatest(head, ${sequence}::int) FROM owned WHERE sandbox.id = owned.id),
    kept AS (
      INSERT INTO sandbox_snapshot (sandbox_id, sequence, content) SELECT id, ${sequence}::int, decode(${text}::text, 'base64') FROM owned
      ON CONFLICT (sandbox_id, sequence) DO UPDATE SET content = EXCLUDED.content, created_at = CURRENT_TIMESTAMP),
    snapshots AS (DELETE FROM sandbox_snapshot USING owned, before WHERE sandbox_id = owned.id AND sandbox_snapshot.sequence < before.sequence),
    rows AS (DELETE FROM sandbox_journal USING owned, before WHERE sandbox_id = owned.id AND sandbox_journal.sequence <= before.sequence)
    SELECT id FROM owned`;
  return kept.length > 0;
}

export interface SandboxState {
  readonly snapshot: { readonly sequence: number; readonly content: Uint8Array } | undefined;
  /** After that snapshot, in order. */
  readonly rows: readonly { readonly sequence: number; readonly changes: string; readonly checksum: number }[];
  /** Of the newest row or snapshot that was ever kept. */
  readonly head: number;
}

/** The newest snapshot (of those before `before`) and the rows after it. */
export async function readSandboxState(db: Db, sandboxId: string, { before = 2 ** 31 - 1 } = {}): Promise<SandboxState> {
  const snapshot = await db.sandboxSnapshot.findFirst({
    where: { sandboxId, sequence: { lt: before } },
    orderBy: { sequence: 'desc' },
    select: { sequence: true, content: true },
  });
  const rows = await db.sandboxJournal.findMany({
    where: { sandboxId, sequence: { gt: snapshot?.sequence ?? 0 } },
    orderBy: { sequence: 'asc' },
    select: { sequence: true, changes: true, checksum: true },
  });
  const { head } = await db.sandbox.findUniqueOrThrow({ where: { id: sandboxId }, select: { head: true } });
  return { snapshot: snapshot ?? undefined, rows, head };
}

/** Forgets everything that happened in a sandbox; the next start is from its blueprint. Whoever has claimed it may write no more. */
export async function clearSandboxState(db: Db, sandboxId: string): Promise<void> {
  await db.$executeRaw`
    WITH snapshots AS (DELETE FROM sandbox_snapshot WHERE sandbox_id = ${sandboxId}),
    rows AS (DELETE FROM sandbox_journal WHERE sandbox_id = ${sandboxId})
    UPDATE sandbox SET incarnation = incarnation + 1, fence = fence + 1, head = 0 WHERE id = ${sandboxId}`;
}
