import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '@/lib/db';
import { SandboxHost } from '@/lib/sandbox/host';
import { addContent, addSandbox, addUser } from './learning';

/**
 * A process to be killed: opens the database in a folder and one sandbox in it, says what its terminal shows,
 * then types numbers and says each one that was answered.
 *     node kill-target.mjs <folder> <worker file>
 */
const [folder = '', workerFile = ''] = process.argv.slice(2);
const database = await openDatabase({ folder });
const host = new SandboxHost({ client: database.client, workerFile, workers: 1, owner: 'target' });
const sandboxId = await theSandbox();
const say = (word: string, value: unknown) => process.stdout.write(`${JSON.stringify([word, value])}\n`);

const { state } = await host.join(sandboxId, {});
const shown = state.terminals[0]?.text ?? '';
say('screen', shown);

// Several at a time, as a fast typist's keystrokes are.
for (let next = shown.split(';').length; ; next += 3) await Promise.all([next, next + 1, next + 2].map(type));

async function type(number: number): Promise<void> {
  await host.ask(sandboxId, 'terminal:input', { terminal: 'main', page: 'page', sequence: number, text: `${number};` });
  say('answered', number);
}

async function theSandbox(): Promise<string> {
  const path = join(folder, 'sandbox-id');
  try {
    return readFileSync(path, 'utf8');
  } catch {
    const { labRevisionId } = await addContent(database.client);
    const made = await addSandbox(database.client, await addUser(database.client), labRevisionId);
    writeFileSync(path, made.sandboxId);
    return made.sandboxId;
  }
}
