import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SqlSession {
  run(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
}

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** The key Prisma's own engine locks while it migrates, so that two of either kind wait for each other. */
const lockKey = 72707369;

/**
 * Applies what is new in prisma/migrations, one transaction each, and keeps the history in Prisma's own table
 * as `prisma migrate deploy` does. Refuses a migration that changed after it was applied.
 */
export async function migrate(session: SqlSession, folder: string): Promise<void> {
  await session.run(`SELECT pg_advisory_lock(${lockKey})`);
  try {
    await session.run(historyTable);
    const applied = await appliedChecksums(session);
    for (const migration of readMigrations(folder)) await maybeApply(session, migration, applied);
  } finally {
    await session.run(`SELECT pg_advisory_unlock(${lockKey})`);
  }
}

const historyTable = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL, "checksum" VARCHAR(64) NOT NULL, "finished_at" TIMESTAMPTZ, "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT, "rolled_back_at" TIMESTAMPTZ, "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(), "applied_steps_count" INTEGER NOT NULL DEFAULT 0)`;

async function appliedChecksums(session: SqlSession): Promise<Map<string, string>> {
  const rows = await session.run(
    'SELECT migration_name, checksum FROM "_prisma_migrations" WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  );
  return new Map(rows.map((row) => [String(row['migration_name']), String(row['checksum'])]));
}

export function readMigrations(folder: string): readonly Migration[] {
  const names = readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'migration.sql')))
    .sort();
  return names.map((name) => {
    const sql = readFileSync(join(folder, name, 'migration.sql'), 'utf8');
    return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
  });
}

async function maybeApply(session: SqlSession, { name, sql, checksum }: Migration, applied: Map<string, string>): Promise<void> {
  const known = applied.get(name);
  if (known === checksum) return;
  if (known)
    throw new Error(`Migration ${name} changed after this database applied it. Write a new migration instead of editing an old one.`);
  await session.run('BEGIN');
  try {
    await session.run(sql);
    await session.run(
      'INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count) VALUES ($1, $2, $3, now(), 1)',
      [randomUUID(), checksum, name],
    );
    await session.run('COMMIT');
  } catch (error) {
    await session.run('ROLLBACK');
    throw error;
  }
}
