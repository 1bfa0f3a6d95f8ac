import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { Prisma, PrismaClient } from '@/generated/prisma/client';
import { lockFolder } from './lock';
import { migrate, type SqlSession } from './migrate';

/** The client of a whole database or of one transaction in it: what every function of this folder takes first. */
export type Db = Prisma.TransactionClient;

export interface Database {
  readonly client: PrismaClient;
  readonly engine: 'pglite' | 'postgresql';
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** A PostgreSQL server; absent means PGlite in `folder`. */
  readonly url?: string | undefined;
  /** Where PGlite keeps its files; absent means memory only. */
  readonly folder?: string | undefined;
  readonly migrations?: string;
}

/** Said to whoever started the server, as it stands. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
}

/** Opens the database and brings its schema up to date. */
export function openDatabase(options: DatabaseOptions = {}): Promise<Database> {
  const migrations = options.migrations ?? join(process.cwd(), 'prisma/migrations');
  return options.url ? openPostgres(options.url, migrations) : openPGlite(options.folder, migrations);
}

async function openPostgres(url: string, migrations: string): Promise<Database> {
  await reach(url, async (session) => migrate(session, migrations));
  const client = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 10 }) });
  return { client, engine: 'postgresql', close: () => client.$disconnect() };
}

async function reach(url: string, work: (session: SqlSession) => Promise<void>): Promise<void> {
  const connection = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  try {
    await connection.connect();
  } catch (error) {
    throw new DatabaseUnavailable(
      `DATABASE_URL (${withoutPassword(url)}) cannot be reached: ${reasonOf(error)}. Start that server or unset DATABASE_URL to use the embedded database.`,
    );
  }
  try {
    await work({ run: async (sql, values) => (await connection.query(sql, values as unknown[])).rows });
  } finally {
    await connection.end();
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/([^:@/]*):[^@]*@/, '//$1@');
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error);
}

async function openPGlite(folder: string | undefined, migrations: string): Promise<Database> {
  const unlock = folder ? lockFolder(folder) : () => {};
  const engine = await startPGlite(folder);
  await migrate({ run: (sql, values) => runPGlite(engine, sql, values) }, migrations);
  const client = new PrismaClient({ adapter: new PrismaPGlite(engine) });
  return {
    client,
    engine: 'pglite',
    async close() {
      await client.$disconnect();
      if (!engine.closed) await engine.close();
      unlock();
    },
  };
}

async function startPGlite(folder: string | undefined): Promise<PGlite> {
  if (!folder) return PGlite.create();
  mkdirSync(folder, { recursive: true });
  requireSpace(folder);
  try {
    return await PGlite.create({ dataDir: join(folder, 'postgres') });
  } catch (error) {
    throw isErrno(error)
      ? new DatabaseUnavailable(
          `The embedded database in ${folder} cannot be opened (error ${error.errno} of the file system). Is the disk full, or the folder somebody else's?`,
        )
      : error;
  }
}

/** A database that runs out of space in the middle of a write has to be restarted; better not to begin. */
const spaceMin = 128 << 20;

function requireSpace(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < spaceMin)
    throw new DatabaseUnavailable(
      `The disk is full: ${folder} has ${Math.floor((bavail * bsize) / 2 ** 20)} MiB left, and the database needs at least ${spaceMin / 2 ** 20}. Free some space, or set ORRERY_DATA to a folder on another disk.`,
    );
}

/** What PGlite's file system throws: an object that is no Error. */
function isErrno(error: unknown): error is { errno: number } {
  return typeof error === 'object' && error !== null && (error as { name?: unknown }).name === 'ErrnoError';
}

/** A script of several statements takes no values. */
async function runPGlite(engine: PGlite, sql: string, values: readonly unknown[] = []): Promise<readonly Record<string, unknown>[]> {
  if (values.length > 0) return (await engine.query<Record<string, unknown>>(sql, [...values])).rows;
  return ((await engine.exec(sql)).at(-1)?.rows ?? []) as Record<string, unknown>[];
}

const place = Symbol.for('orrery.database');
type Shared = { [place]?: Database };

/** The server's own bundle and the pages' bundle are two module graphs in one process; they share one database through here. */
export function shareDatabase(database: Database): void {
  (globalThis as Shared)[place] = database;
}

/** The database of this process. */
export function database(): PrismaClient {
  const shared = (globalThis as Shared)[place];
  if (!shared) throw new Error('no database is open in this process: server.ts opens it');
  return shared.client;
}
