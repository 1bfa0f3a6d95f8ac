import { openDatabase } from '@/lib/db';
import { SandboxHost } from '@/lib/sandbox/host';
import { addContent, addSandbox, addUser } from './learning';

/**
 * A server to be killed: hosts sandboxes in a database, and has clients write to them as fast as they are answered.
 * Says on its output what it found in each sandbox, what a client is about to write, and what was answered.
 *     node crash-target.mjs '{ "url": …, "folder": …, "workerFile": …, "owner": …, "sandboxes": [id, …], "lab": … }'
 */
interface Task {
  readonly url?: string;
  readonly folder?: string;
  readonly workerFile: string;
  readonly owner: string;
  readonly sandboxes: readonly string[];
  /** The text of lab.yaml, for sandboxes that are yet to be made. */
  readonly lab: string;
}

export type Said =
  | readonly ['made', readonly string[]]
  | readonly ['found', string, Readonly<Record<string, number>>]
  | readonly ['refused', string, string]
  | readonly ['sent' | 'answered', string, string, number];

const task = JSON.parse(process.argv[2] ?? '') as Task;
const clients = ['a', 'b'];
/** One client's keys are written in this order without waiting in between: what is kept must be a beginning of that. */
const keys = ['1', '2', '3'];
const say = (...said: Said) => process.stdout.write(`${JSON.stringify(said)}\n`);

const database = await openDatabase({ url: task.url, folder: task.folder });
const host = new SandboxHost({ client: database.client, workerFile: task.workerFile, workers: 1, owner: task.owner });
const sandboxes = task.sandboxes.length > 0 ? task.sandboxes : await made();
await Promise.all(sandboxes.map(serve));

async function made(): Promise<readonly string[]> {
  const { labRevisionId } = await addContent(database.client, { 'lab.yaml': task.lab, 'instructions.md': '## Only {#only}\n' });
  const userId = await addUser(database.client);
  const ids = await Promise.all([1, 2].map(async () => (await addSandbox(database.client, userId, labRevisionId)).sandboxId));
  say('made', ids);
  return ids;
}

async function serve(id: string): Promise<void> {
  try {
    await host.join(id, {});
  } catch (error) {
    return void say('refused', id, String(error));
  }
  const names = clients.flatMap((client) => keys.map((key) => `${client}${key}`));
  const found = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(id, name)] as const)));
  say('found', id, found);
  await Promise.all(clients.map((client) => write(id, client, Math.max(1, ...keys.map((key) => found[`${client}${key}`] ?? 0)))));
}

async function write(id: string, client: string, first: number): Promise<void> {
  for (let number = first; ; number++) {
    const answers = await Promise.allSettled(keys.map((key) => writeOne(id, `${client}${key}`, number)));
    const refusal = answers.find((answer) => answer.status === 'rejected');
    if (refusal) return void say('refused', id, String(refusal.reason));
  }
}

async function writeOne(id: string, name: string, number: number): Promise<void> {
  say('sent', id, name, number);
  if (await put(id, name, number)) say('answered', id, name, number);
}

function pathOf(name: string): string {
  return `/api/v1/namespaces/default/configmaps/${name}`;
}

async function put(id: string, name: string, number: number): Promise<boolean> {
  const { status } = await host.api(id, {
    method: 'PATCH',
    url: `${pathOf(name)}?fieldManager=crash&force=true`,
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body: JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default' },
      data: { number: String(number) },
    }),
  });
  return status < 300;
}

/** From a real API server the object, from a stub the text that was written. */
async function read(id: string, name: string): Promise<number> {
  const { body } = await host.api(id, { method: 'GET', url: pathOf(name), headers: {} });
  const parsed = JSON.parse(String(body)) as { data?: { number: string }; value?: string | null };
  const { data } = typeof parsed.value === 'string' ? (JSON.parse(parsed.value) as typeof parsed) : parsed;
  return Number(data?.number ?? 0);
}
