import { spawn, spawnSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';

export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
  /** Absent when it had to be interrupted. */
  readonly exitCode: number | undefined;
}

const version = spawnSync('etcdctl', ['version'], { env: { ...process.env, ETCDCTL_API: '3' }, encoding: 'utf8' });

/** Whether there is an etcdctl of the third API on the PATH. */
export const hasEtcdctl = version.status === 0 && version.stdout.includes('API version: 3');

/** Interrupted after `limitMs`; without one it has to end by itself. */
export async function runRealEtcdctl(
  endpoint: string,
  words: readonly string[],
  { stdin = '', limitMs }: { stdin?: string | Buffer; limitMs?: number | undefined } = {},
): Promise<Printed> {
  const child = spawn('etcdctl', [`--endpoints=${endpoint}`, ...words], { env: { ...process.env, ETCDCTL_API: '3' } });
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => void (out.stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => void (out.stderr += text.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const ended = new Promise<{ exitCode: number | undefined }>(
    (resolve) => void child.on('close', (code) => resolve({ exitCode: code ?? undefined })),
  );
  const first = await (limitMs === undefined ? ended : Promise.race([ended, wait(limitMs, undefined, { ref: false })]));
  if (!first) child.kill('SIGKILL');
  await ended;
  return { ...out, exitCode: first?.exitCode };
}

/** A command line's words; those in single quotes may be empty or hold spaces. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

/** Without the client's own log. */
export function withoutLog(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('{"level"'))
    .join('\n');
}
