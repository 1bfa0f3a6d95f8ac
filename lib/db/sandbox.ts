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
 * Makes `owner` the only host that may write this sandbox's journal, unless another holds an unexpired lease.
 * Returns the new fence, or undefined when it is taken. Claiming again raises the fence: rows of the earlier claim are refused from then on.
 */
export async function claimSandbox(db: Db, id: string, owner: string, leaseMs: number, now = new Date()): Promise<number | undefined> {
  const free = { OR: [{ owner: null }, { owner }, { ownedUntil: null }, { ownedUntil: { lt: now } }] };
  const { count } = await db.sandbox.updateMany({
    where: { id, ...free },
    data: { owner, fence: { increment: 1 }, ownedUntil: new Date(now.getTime() + leaseMs), lastUsedAt: now },
  });
  if (count === 0) return undefined;
  return (await db.sandbox.findUniqueOrThrow({ where: { id }, select: { fence: true } })).fence;
}

export async function renewSandboxes(db: Db, ids: readonly string[], owner: string, leaseMs: number): Promise<void> {
  await db.sandbox.updateMany({ where: { id: { in: [...ids] }, owner }, data: { ownedUntil: new Date(Date.now() + leaseMs) } });
}

export async function releaseSandboxes(db: Db, ids: readonly string[], owner: string): Promise<void> {
  await db.sandbox.updateMany({ where: { id: { in: [...ids] }, owner }, data: { owner: null, ownedUntil: null } });
}

export interface JournalRow {
  readonly sandboxId: string;
  readonly fence: number;
  readonly sequence: number;
  /** A JSON array of changes. */
  readonly changes: string;
  readonly checksum: number;
}

/** Writes rows of many sandboxes in one statement; writing one again is harmless. Returns the sandboxes whose rows were refused because another host owns them now. */
export async function appendJournal(db: Db, rows: readonly JournalRow[]): Promise<readonly string[]> {
  const taken = await db.$queryRaw<{ sandbox_id: string }[]>`
    INSERT INTO sandbox_journal (sandbox_id, sequence, changes, checksum)
    SELECT row.id, row.sequence, row.changes, row.checksum
    FROM unnest(${rows.map((row) => row.sandboxId)}::text[], ${rows.map((row) => row.fence)}::int[], ${rows.map((row) => row.sequence)}::int[],
      ${rows.map((row) => row.changes)}::text[], ${rows.map((row) => row.checksum)}::int[]) AS row (id, fence, sequence, changes, checksum)
    JOIN sandbox ON sandbox.id = row.id AND sandbox.fence = row.fence
    ON CONFLICT (sandbox_id, sequence) DO UPDATE SET changes = EXCLUDED.changes, checksum = EXCLUDED.checksum
    RETURNING sandbox_id`;
  if (taken.length === rows.length) return [];
  const accepted = new Set(taken.map((row) => row.sandbox_id));
  return [...new Set(rows.map((row) => row.sandboxId))].filter((id) => !accepted.has(id));
}

/** Keeps a snapshot and drops what it makes superfluous. False when another host owns the sandbox now. */
export async function saveSnapshot(
  db: Db,
  sandboxId: string,
  fence: number,
  sequence: number,
  content: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const owned = await db.sandbox.count({ where: { id: sandboxId, fence } });
  if (owned === 0) return false;
  await db.sandboxSnapshot.upsert({
    where: { sandboxId_sequence: { sandboxId, sequence } },
    create: { sandboxId, sequence, content },
    update: { content },
  });
  await db.sandboxSnapshot.deleteMany({ where: { sandboxId, sequence: { lt: sequence } } });
  await db.sandboxJournal.deleteMany({ where: { sandboxId, sequence: { lte: sequence } } });
  return true;
}

/** The newest snapshot and the rows after it, in order. */
export async function readSandboxState(db: Db, sandboxId: string) {
  const snapshot = await db.sandboxSnapshot.findFirst({ where: { sandboxId }, orderBy: { sequence: 'desc' } });
  const rows = await db.sandboxJournal.findMany({
    where: { sandboxId, sequence: { gt: snapshot?.sequence ?? 0 } },
    orderBy: { sequence: 'asc' },
  });
  return { snapshot, rows };
}

/** Forgets everything that happened in a sandbox; the next start is from its blueprint. */
export async function clearSandboxState(db: Db, sandboxId: string): Promise<void> {
  await db.sandboxSnapshot.deleteMany({ where: { sandboxId } });
  await db.sandboxJournal.deleteMany({ where: { sandboxId } });
  await db.sandbox.update({ where: { id: sandboxId }, data: { incarnation: { increment: 1 } } });
}
