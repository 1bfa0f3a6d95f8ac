import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { Random } from '@/lib/base';
import { bundled } from '../../support/bundled';
import { CrashSite, type CrashSiteOptions } from '../../support/crash-site';
import { hasPostgres, PostgresServer } from '../../support/postgres-server';

/** How often something is killed in all; CI has more patience than a person at the keyboard. */
const kills = Number(process.env['ORRERY_KILLS'] ?? 14);
const seed = process.env['ORRERY_SEED'] ?? 'kill';
const tenMinutesMs = 600_000;

let target: string;
let stubWorker: string;
let clusterWorker: string;
let postgres: PostgresServer | undefined;
const folders: string[] = [];
const sites: CrashSite[] = [];

beforeAll(async () => {
  mkdirSync('dist', { recursive: true });
  [target, stubWorker, clusterWorker] = (await Promise.all(['crash-target.ts', 'stub-worker.ts', 'crash-worker.ts'].map(bundled))) as [
    string,
    string,
    string,
  ];
  if (hasPostgres()) postgres = await PostgresServer.start();
  else process.stderr.write('skipped on PostgreSQL: no server is installed that could be killed\n');
});
afterAll(async () => {
  await Promise.all(sites.map((site) => site.end()));
  await postgres?.stop();
  for (const made of [...folders, ...[target, stubWorker, clusterWorker].map(dirname)]) rmSync(made, { recursive: true, force: true });
});

async function newDatabase(server: PostgresServer, name: string): Promise<{ server: PostgresServer; url: string }> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return { server, url: url.href };
}

test(
  'kill -9 of a server, of its database, of both: what was answered is there, in order, and one server has it',
  async () => {
    if (!postgres) return;
    const random = Random.of(seed);
    const site = open({ workerFile: stubWorker, random, postgres: await newDatabase(postgres, 'stubs') });
    await site.begin();
    await site.rival('target');
    await site.rival('other');
    await site.killDatabase('postmaster');
    await site.killDatabase('backend');
    while (site.kills < 0.75 * kills) {
      const what = random.int(16);
      if (what === 0) await site.killDatabase('postmaster');
      else if (what === 1) await site.killDatabase('backend');
      else if (what < 4) await site.rival(what === 2 ? 'target' : 'other');
      else await site.killServer();
    }
    expect(Math.min(...site.answered.values())).toBeGreaterThan(1);
  },
  tenMinutesMs,
);

test(
  'kill -9 of a server of real clusters: every answered write is in its store, in order',
  async () => {
    if (!postgres) return;
    const site = open({ workerFile: clusterWorker, random: Random.of(seed), postgres: await newDatabase(postgres, 'clusters') });
    await site.begin();
    while (site.kills < 0.2 * kills) await site.killServer();
    expect(Math.min(...site.answered.values())).toBeGreaterThan(1);
  },
  tenMinutesMs,
);

test(
  'kill -9 under commands in containers, etcdctl and people at terminals: what was shown is there, and what was typed is done once at most',
  async () => {
    if (!postgres) return;
    const site = open({
      workerFile: clusterWorker,
      random: Random.of(seed),
      postgres: await newDatabase(postgres, 'sessions'),
      clients: 'xetk',
    });
    await site.begin();
    await site.rival('target');
    await site.killDatabase('postmaster');
    while (site.kills < 0.7 * kills) await site.killServer();
    expect(Math.min(...site.answered.values())).toBeGreaterThan(1);
  },
  tenMinutesMs,
);

test(
  'kill -9 of a server with the embedded database: what was answered is there, in order',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'orrery-kill-'));
    folders.push(folder);
    const site = open({ workerFile: stubWorker, random: Random.of(seed), folder });
    await site.begin();
    while (site.kills < 2 + 0.05 * kills) await site.killServer();
    expect(Math.min(...site.answered.values())).toBeGreaterThan(1);
  },
  tenMinutesMs,
);

function open(options: Omit<CrashSiteOptions, 'target'>): CrashSite {
  const site = new CrashSite({ target, ...options });
  sites.push(site);
  return site;
}
