import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimSandbox, createAttempt, openDatabase, saveLab, type Database } from '@/lib/db';
import { Journal } from '@/lib/sandbox/journal';
import type { BenchRow } from '../row';

/** What a person's command leaves in the journal: a few commits and what the terminal printed. */
const changes = JSON.stringify([{ type: 'session', at: 0, change: { text: 'x'.repeat(2_000) } }]);
const rounds = 400;
const warmUps = 50;

/** How much later an answer comes because its row is made durable first, one after the other, in milliseconds, sorted. */
let measuring: Promise<number[]> | undefined;
function added(): Promise<number[]> {
  return (measuring ??= measure());
}

async function measure(): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'orrery-bench-'));
  const database = await openDatabase({ url: process.env['DATABASE_URL'], folder });
  const sandboxId = await newSandbox(database);
  const fence = (await claimSandbox(database.client, sandboxId, 'bench', 60_000)) ?? 0;
  const journal = new Journal(database.client, { onLost: () => undefined, onTrouble: () => undefined });
  const times: number[] = [];
  for (let sequence = 1; sequence <= warmUps + rounds; sequence++) {
    const start = performance.now();
    await journal.append({ sandboxId, fence, sequence, changes }, true);
    times.push(performance.now() - start);
  }
  await database.client.user.deleteMany({ where: { email: 'bench@example.com' } });
  await database.close();
  rmSync(folder, { recursive: true });
  return times.slice(warmUps).sort((a, b) => a - b);
}

async function newSandbox({ client }: Database): Promise<string> {
  const [userId, sandboxId] = [randomUUID(), randomUUID()];
  await client.user.deleteMany({ where: { email: 'bench@example.com' } });
  await client.user.create({ data: { id: userId, name: 'Bench', email: 'bench@example.com', role: 'learner', isAnonymous: false } });
  await saveLab(client, { slug: 'bench', title: 'Bench', summary: '', minutes: 1, revision: 1, hash: '', source: { files: {} } });
  const { id: labRevisionId } = await client.labRevision.findFirstOrThrow({ where: { labSlug: 'bench' } });
  await createAttempt(client, { id: randomUUID(), userId, labRevisionId, sandboxId, seed: '1' }, 'bench');
  return sandboxId;
}

const title = 'What the journal adds to an answer';
const place = process.env['DATABASE_URL'] ? 'PostgreSQL' : 'PGlite; PostgreSQL with DATABASE_URL';

export const journalMedian: BenchRow = {
  key: 'journalMs',
  title: `${title}, median (${place})`,
  unit: 'ms',
  measure: async () => (await added())[Math.floor(rounds / 2)] as number,
};

export const journalSlowest: BenchRow = {
  key: 'journalP99Ms',
  title: `${title}, 99th of a hundred`,
  unit: 'ms',
  measure: async () => (await added())[Math.floor(rounds * 0.99)] as number,
};
