import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseUnavailable, FolderInUse, lockFolder, openDatabase } from '@/lib/db';
import { migrate } from '@/lib/db/migrate';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orrery-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a folder in use is refused with the process that has it, and is free once that lets go', () => {
  const unlock = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(
    new FolderInUse(`Process ${process.pid} is using ${folder}. Stop it first, or set ORRERY_DATA to another folder.`),
  );
  unlock();
  lockFolder(folder)();
});

test('the lock of a process that was killed is taken over', async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: child.pid, startedAt: startOf(child.pid as number) }));
  expect(() => lockFolder(folder)).toThrow(FolderInUse);
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockFolder(folder)();
});

test('a later process with the same number does not hold the lock of the one before', () => {
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, startedAt: 'long ago' }));
  lockFolder(folder)();
});

test('a database that cannot be reached is named without its password', async () => {
  const opening = openDatabase({ url: 'postgres://ada:secret@127.0.0.1:9/orrery' });
  await expect(opening).rejects.toThrow(DatabaseUnavailable);
  await expect(opening).rejects.toThrow(/postgres:\/\/ada@127\.0\.0\.1:9\/orrery\) cannot be reached: .*unset DATABASE_URL/);
});

test('a migration that changed after it was applied is refused', async () => {
  const session = {
    run: async (sql: string) => (sql.startsWith('SELECT migration_name') ? [{ migration_name: '1_init', checksum: 'another' }] : []),
  };
  const migration = join(folder, '1_init');
  const { mkdirSync } = await import('node:fs');
  mkdirSync(migration);
  writeFileSync(join(migration, 'migration.sql'), 'SELECT 1');
  await expect(migrate(session, folder)).rejects.toThrow('Migration 1_init changed after this database applied it.');
});

test('a migration that fails leaves nothing of itself', async () => {
  const { mkdirSync } = await import('node:fs');
  mkdirSync(join(folder, '1_init'));
  writeFileSync(join(folder, '1_init/migration.sql'), 'BROKEN');
  const ran: string[] = [];
  const run = async (sql: string) => {
    ran.push(sql);
    if (sql === 'BROKEN') throw new Error('syntax error');
    return [];
  };
  await expect(migrate({ run }, folder)).rejects.toThrow('syntax error');
  expect(ran.slice(-3)).toEqual(['BROKEN', 'ROLLBACK', 'SELECT pg_advisory_unlock(72707369)']);
});

test('the migrations make exactly the schema', () => {
  expect(readFileSync('prisma/migrations/schema.prisma', 'utf8')).toBe(readFileSync('prisma/schema.prisma', 'utf8'));
});

function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
