import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { openDatabase, type Database } from '@/lib/db';

export type Engine = 'PGlite' | 'PostgreSQL';

/** Where a scratch PostgreSQL server listens, for the tests that run on both engines. */
const server = process.env['ORRERY_TEST_DATABASE_URL'];

/** The engines there are here. Says so when the server is missing. */
export function engines(): readonly Engine[] {
  if (server) return ['PGlite', 'PostgreSQL'];
  process.stderr.write('skipped on PostgreSQL: ORRERY_TEST_DATABASE_URL names no server\n');
  return ['PGlite'];
}

/** A new, empty database with the schema in place. */
export async function openTestDatabase(engine: Engine = 'PGlite'): Promise<Database> {
  if (engine === 'PGlite') return openDatabase();
  const name = `orrery_${randomUUID().replaceAll('-', '')}`;
  await onServer(`CREATE DATABASE ${name}`);
  const database = await openDatabase({ url: databaseUrl(name) });
  return {
    ...database,
    close: async () => {
      await database.close();
      await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

function databaseUrl(name: string): string {
  const url = new URL(server as string);
  url.pathname = `/${name}`;
  return url.href;
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(sql);
  await client.end();
}
