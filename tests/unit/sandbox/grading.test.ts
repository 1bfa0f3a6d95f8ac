import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from '@/lib/db';
import { grade, Observer } from '@/lib/grading';
import { Session } from '@/lib/labs';
import { SandboxHost } from '@/lib/sandbox/host';
import { bundled } from '../../support/bundled';
import { openTestDatabase } from '../../support/database';
import { smallLab, testHost } from '../../support/lab-folders';
import { addContent, addSandbox, addUser } from '../../support/learning';

/** Pods that nothing keeps off a lost node and that leave it at once: its controllers never come to rest. */
const restless = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 4
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: web, image: nginx }]
      tolerations:
        - { operator: Exists, effect: NoSchedule }
        - { key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 0 }
`;
const lab = smallLab(
  `- id: survives
  experiment: { do: [{ crash: { node: worker-2 } }, { wait: 3m }], then: [{ cel: "objects('v1', 'Node').size() == 3" }] }
- id: not-there
  assert: { apiVersion: v1, kind: ConfigMap, metadata: { name: late } }`,
  { 'setup/web.yaml': restless },
);

let database: Database;
let workerFile: string;
let host: SandboxHost;
let ids: readonly string[];

beforeAll(async () => {
  mkdirSync('dist', { recursive: true });
  [database, workerFile] = await Promise.all([openTestDatabase(), bundled('crash-worker.ts')]);
  const { labRevisionId } = await addContent(database.client, lab.files);
  const userId = await addUser(database.client);
  ids = await Promise.all([1, 2].map(async () => (await addSandbox(database.client, userId, labRevisionId)).sandboxId));
  host = new SandboxHost({ client: database.client, workerFile, workers: 1, owner: 'test' });
  await Promise.all(ids.map((id) => host.join(id, {})));
}, 30_000);
afterAll(async () => {
  await host.stop();
  rmSync(dirname(workerFile), { recursive: true });
  await database.close();
});

const nodes = { method: 'GET', url: '/api/v1/nodes', headers: {} } as const;

test('while one sandbox is graded for long, its neighbour’s requests and commands are answered, and so are its own', async () => {
  const [wild, calm] = ids as [string, string];
  let shown = '';
  const restored: string[] = [];
  host.listen(calm, ({ name, payload }) => void (shown += name === 'terminal:output' ? payload.text : ''));
  host.listen(wild, ({ name, payload }) => void (name === 'sandbox:status' && restored.push(payload.type)));
  await host.api(calm, nodes);

  const began = performance.now();
  let tookMs = 0;
  const grading = host.submit(wild, randomUUID()).finally(() => (tookMs = performance.now() - began));
  await host.ask(calm, 'terminal:input', { terminal: '1', page: 'page', sequence: 1, text: 'kubectl get nodes\r' });
  let [answers, longestMs, commands] = [0, 0, 0];
  while (tookMs === 0) {
    const asked = performance.now();
    await host.api(answers % 2 ? calm : wild, nodes);
    longestMs = Math.max(longestMs, performance.now() - asked);
    if (tookMs === 0) answers++;
    if (tookMs === 0) commands = shown.match(/worker-2 .*Ready/g)?.length ?? 0;
  }
  expect(answers).toBeGreaterThan(5);
  expect(longestMs).toBeLessThan(tookMs / 2);
  expect(commands).toBe(1);
  expect(restored).toEqual([]);
  const { checks } = await grading;
  expect(checks.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(['survives pass', 'not-there not-yet']);
}, 60_000);

test('what is graded is the sandbox as it was when its turn came: one after the other, and no more than two at a time', async () => {
  const [, calm] = ids as [string, string];
  const keys = [randomUUID(), randomUUID()] as const;
  const [first, again, second] = [host.submit(calm, keys[0]), host.submit(calm, keys[0]), host.submit(calm, keys[1])];
  await expect(host.submit(calm, randomUUID())).rejects.toThrow('graded already');
  await host.api(calm, {
    method: 'POST',
    url: '/api/v1/namespaces/default/configmaps',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late' } }),
  });
  expect((await first).score).toBe(1);
  expect(await again).toEqual(await first);
  expect((await second).score).toBe(2);
}, 60_000);

test('a reset ends a grading that runs, and its key is graded afresh', async () => {
  const [wild] = ids as [string];
  const key = randomUUID();
  const refused = expect(host.submit(wild, key)).rejects.toThrow();
  await host.api(wild, nodes);
  await host.reset(wild);
  await refused;
  expect((await host.submit(wild, key)).checks).toHaveLength(2);
}, 60_000);

/** A check of every reach, and the instructor's words for what is found early and late. */
const everyReach = smallLab(
  `- id: now
  assert: { apiVersion: v1, kind: ConfigMap, metadata: { name: there }, data: { a: '1' } }
  feedback: [{ if: "resource.data.a == '0' && objects('v1', 'ConfigMap', 'default').size() == 2", say: Nought is not one. }]
- id: later
  assert: { apiVersion: v1, kind: ConfigMap, metadata: { name: there }, data: { a: '1' } }
  within: 20s
  feedback: [{ if: "resource.data.a == '0' && objects('v1', 'ConfigMap', 'default').size() == 2", say: Nor does it become one. }]
- id: traffic
  http: { from: { node: cp-1 }, url: 'http://{clusterIP:web}/', status: 200 }
- id: not-there
  assert: { apiVersion: v1, kind: ConfigMap, metadata: { name: late } }
- id: survives
  experiment: { do: [{ crash: { node: worker-2 } }, { wait: 2m }], then: [{ http: { from: { node: cp-1 }, url: 'http://{clusterIP:web}/', status: 200 } }] }`,
  {
    'setup/web.yaml': restless,
    'setup/service.yaml':
      'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { selector: { app: web }, ports: [{ port: 80 }] }\n',
    'setup/there.yaml': "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: there }\ndata: { a: '0' }\n",
  },
);

describe('a session', () => {
  const create = () => Session.create({ lab: everyReach, seed: '7', host: testHost, setup: 'own' });

  test('finds in turns what one call finds, though its cluster goes on and changes meanwhile', async () => {
    const session = create();
    const atOnce = grade(session.lab, new Observer(session.cluster), { seed: session.seed });
    const grading = session.submit('key');
    expect(session.submit('key')).toBe(grading);
    await session.run('kubectl create configmap late; kubectl delete configmap there; kubectl delete service web');
    session.cluster.kernel.runFor(20_000);
    const result = await grading;
    expect(result).toEqual(atOnce);
    expect(result.checks.map(({ id, verdict, feedback = '' }) => `${id} ${verdict} ${feedback}`.trim())).toEqual([
      'now not-yet Nought is not one.',
      'later not-yet Nor does it become one.',
      'traffic pass',
      'not-there not-yet',
      'survives pass',
    ]);
    session.stop();
  }, 30_000);

  test('puts what its host puts around a turn around those it takes by itself: of a grading, and of a jump in time', async () => {
    const seen = { depth: 0, turns: 0, outside: 0 };
    const turn = <T>(work: () => T): T => {
      seen.depth++;
      seen.turns++;
      try {
        return work();
      } finally {
        seen.depth--;
      }
    };
    const session = Session.create({ lab: everyReach, seed: '7', host: { ...testHost, turn }, setup: 'own' });
    const run = () => void (seen.outside += seen.depth === 1 ? 0 : 1);
    for (const delayMs of [1, 20_000]) session.cluster.kernel.schedule({ delayMs, actor: 'test', what: 'looks around', run });
    await Promise.all([session.submit('key'), session.ask('clock:set', { action: 'run-for', ms: 60_000 })]);
    expect(seen.outside).toBe(0);
    expect(seen.turns).toBeGreaterThan(5);
    session.stop();
  });

  test('that is stopped jumps no further', async () => {
    const session = create();
    const jump = session.ask('clock:set', { action: 'run-for', ms: 24 * 3_600_000 });
    const { now } = session.cluster;
    session.stop();
    await jump;
    expect(session.cluster.now).toBe(now);
  });

  test('that is stopped is graded no further', async () => {
    const session = create();
    const grading = session.submit('key');
    session.stop();
    await expect(grading).rejects.toThrow('closed while it was being graded');
  });
});
