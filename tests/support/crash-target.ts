import { openDatabase } from '@/lib/db';
import { SandboxHost } from '@/lib/sandbox/host';
import {
  containerClient,
  etcdctlClient,
  execClient,
  outsideClient,
  promptClient,
  Wrong,
  type CrashClient,
  type TerminalLog,
  type Typed,
} from './crash-clients';
import { addContent, addSandbox, addUser } from './learning';

/**
 * A server to be killed: hosts sandboxes in a database, and has clients write to them as fast as they are answered.
 * Says on its output what it found in each sandbox, what a client is about to write, and what was answered.
 *     node crash-target.mjs '{ "url": …, "folder": …, "workerFile": …, "owner": …, "sandboxes": [id, …], "clients": "ab", "files": …, "typed": … }'
 */
export interface Task {
  readonly url?: string | undefined;
  readonly folder?: string | undefined;
  readonly workerFile: string;
  readonly owner: string;
  readonly sandboxes: readonly string[];
  /** One letter each. */
  readonly clients: string;
  /** Of the lab, for sandboxes that are yet to be made. */
  readonly files: Readonly<Record<string, string>>;
  /** By sandbox: what was typed at its prompt. */
  readonly typed: Readonly<Record<string, Typed>>;
}

export type Said =
  | readonly ['made', readonly string[]]
  | readonly ['found', string, Readonly<Record<string, number>>]
  | readonly ['refused' | 'wrong', string, string]
  | readonly ['sent' | 'answered', string, string, number]
  | readonly ['typed', string, number, string]
  | readonly ['acknowledged', string, number]
  /** By sandbox and terminal. */
  | readonly ['shown' | 'screen', string, number, string];

const task = JSON.parse(process.argv[2] ?? '') as Task;
const say = (...said: Said) => process.stdout.write(`${JSON.stringify(said)}\n`);

const database = await openDatabase({ url: task.url, folder: task.folder });
const host = new SandboxHost({ client: database.client, workerFile: task.workerFile, workers: 1, owner: task.owner });
const sandboxes = task.sandboxes.length > 0 ? task.sandboxes : await made();
await Promise.all(sandboxes.map(serve));

async function made(): Promise<readonly string[]> {
  const { labRevisionId } = await addContent(database.client, task.files);
  const userId = await addUser(database.client);
  const ids = await Promise.all([1, 2].map(async () => (await addSandbox(database.client, userId, labRevisionId)).sandboxId));
  say('made', ids);
  return ids;
}

function clientOf(sandboxId: string, name: string): CrashClient {
  const options = { host, sandboxId, name };
  if (name === 'x') return execClient(options);
  if (name === 'e') return etcdctlClient(options);
  if (name === 't')
    return promptClient(options, task.typed[sandboxId] ?? { number: 0, sequence: 0, unacknowledged: [] }, logOf(sandboxId, '1'));
  if (name === 'k') return containerClient(options, logOf(sandboxId, '2'));
  return outsideClient(options);
}

function logOf(id: string, terminal: string): TerminalLog {
  const isKept = terminal === '1';
  return {
    typed: (sequence, text) => isKept && say('typed', id, sequence, text),
    acknowledged: (sequence) => isKept && say('acknowledged', id, sequence),
    shown: (offset, text) => say('shown', `${id} ${terminal}`, offset, text),
    screen: (offset, text) => say('screen', `${id} ${terminal}`, offset, text),
  };
}

async function serve(id: string): Promise<void> {
  try {
    await host.join(id, {});
  } catch (error) {
    return void say('refused', id, String(error));
  }
  const clients = [...task.clients].map((name) => ({ name, client: clientOf(id, name) }));
  try {
    const found: Record<string, number> = {};
    for (const { name, client } of clients)
      for (const [index, number] of (await client.read()).entries()) found[`${name}${index + 1}`] = number;
    say('found', id, found);
    await Promise.all(
      clients.map(({ name, client }) =>
        write(id, name, client, client.next(Math.max(...[1, 2, 3].map((key) => found[`${name}${key}`] ?? 0)))),
      ),
    );
  } catch (error) {
    say('wrong', id, String(error));
  }
}

async function write(id: string, name: string, client: CrashClient, first: number): Promise<void> {
  for (let number = first; ; number++) {
    for (const key of [1, 2, 3]) say('sent', id, `${name}${key}`, number);
    try {
      await client.write(number, (key, there) => say('answered', id, `${name}${key}`, there));
    } catch (error) {
      return void say(error instanceof Wrong ? 'wrong' : 'refused', id, String(error));
    }
  }
}
