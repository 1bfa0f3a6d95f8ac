import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = process.cwd();
const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true })));

/** The names of the rules that a tree of these files breaks. */
function broken(files: Readonly<Record<string, string>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'orrery-layers-'));
  made.push(folder);
  const tree = {
    'tsconfig.json': '{"compilerOptions":{"paths":{"@/*":["./*"]}}}',
    'lib/cluster/index.ts': 'export const cluster = 1;',
    ...files,
  };
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const args = [
    join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
    '--config',
    join(root, '.dependency-cruiser.cjs'),
    '--output-type',
    'json',
    'lib',
    'app',
  ];
  mkdirSync(join(folder, 'app'), { recursive: true });
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
  const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } };
  return summary.violations.map(({ rule }) => rule.name);
}

// A rule that cannot fire is no rule: each of these plants what it forbids.

test('a room of the cluster may not reach up to the database', () => {
  expect(
    broken({
      'lib/db/index.ts': 'export const db = 1;',
      'lib/cluster/dns/index.ts': "import { db } from '@/lib/db';\nexport const dns = db;",
    }),
  ).toEqual(['upwards-from-cluster']);
});

test('not even for a type, unless it is one of the contracts', () => {
  expect(
    broken({
      'lib/progress/index.ts': 'export interface P {}',
      'lib/db/index.ts': "import type { P } from '@/lib/progress';\nexport type Q = P;",
    }),
  ).toEqual(['upwards-from-db']);
  expect(
    broken({
      'lib/realtime/events.ts': 'export interface E {}',
      'lib/labs/index.ts': "import type { E } from '@/lib/realtime/events';\nexport type Q = E;",
    }),
  ).toEqual([]);
});

test('a scheduler may not know a kubelet', () => {
  expect(
    broken({
      'lib/cluster/kubelet/index.ts': 'export const kubelet = 1;',
      'lib/cluster/scheduler/index.ts': "import { kubelet } from '../kubelet';\nexport const s = kubelet;",
    }),
  ).toEqual(['scheduler-knows-no-other-component']);
});

test('the cluster has one door', () => {
  expect(
    broken({
      'lib/cluster/etcd/mvcc.ts': 'export const store = 1;',
      'app/page.tsx': "import { store } from '@/lib/cluster/etcd/mvcc';\nexport default () => <b>{store}</b>;",
    }),
  ).toEqual(['one-door-to-the-cluster']);
  expect(broken({ 'app/page.tsx': "import { cluster } from '@/lib/cluster';\nexport default () => <b>{cluster}</b>;" })).toEqual([]);
});

test('nothing of the host below the isomorphic line', () => {
  expect(broken({ 'lib/shell/index.ts': "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;" })).toEqual([
    'no-host-below-the-isomorphic-line',
  ]);
});
