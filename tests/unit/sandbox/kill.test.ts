import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Random } from '@/lib/base';
import { bundled } from '../../support/bundled';

const rounds = 6;
let target: string;
let workerFile: string;
let folder: string;

beforeAll(async () => {
  mkdirSync('dist', { recursive: true });
  folder = mkdtempSync(join(tmpdir(), 'orrery-kill-'));
  [target, workerFile] = await Promise.all([bundled('kill-target.ts'), bundled('stub-worker.ts')]);
});
afterAll(() => {
  for (const made of [folder, dirname(target), dirname(workerFile)]) rmSync(made, { recursive: true, force: true });
});

/** Runs the target until `answers` keystrokes were answered, then kills it. What it showed at first, and the last number answered. */
async function runAndKill(answers: number, delayMs: number): Promise<{ screen: string; last: number }> {
  const child = spawn(process.execPath, [target, folder, workerFile], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  let [screen, last, count] = ['', 0, 0];
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, value] = JSON.parse(line) as [string, never];
    if (word === 'screen') screen = value;
    if (word === 'answered') last = Math.max(last, value);
    if (word === 'answered' && ++count === answers) setTimeout(() => child.kill('SIGKILL'), delayMs);
  }
  await gone;
  return { screen, last };
}

test('kill -9 at any moment: everything answered is there, in order, once', async () => {
  const random = Random.of('kill');
  let answered = 0;
  for (let round = 0; round < rounds; round++) {
    const { screen, last } = await runAndKill(1 + random.int(40), random.int(15));
    const numbers = screen.split(';').filter(Boolean).map(Number);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => index + 1));
    expect(numbers.length).toBeGreaterThanOrEqual(answered);
    answered = last;
  }
  expect(answered).toBeGreaterThan(rounds);
}, 120_000);
