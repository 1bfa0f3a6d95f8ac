import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

const releases = '/usr/lib/postgresql';

/** Where a PostgreSQL server's programs are, if one is installed. */
function programs(): string | undefined {
  const [newest] = existsSync(releases) ? readdirSync(releases).sort((a, b) => Number(b) - Number(a)) : [];
  return newest && join(releases, newest, 'bin');
}

export function hasPostgres(): boolean {
  return programs() !== undefined;
}

/** A PostgreSQL server of a test's own, which it may kill. What a killed one wrote is in the operating system's hands, so it needs no fsync. */
export class PostgresServer {
  readonly #bin: string;
  readonly #folder: string;
  readonly #user: { uid?: number; gid?: number };
  readonly #port: number;
  #process: ChildProcess | undefined;

  private constructor(bin: string, folder: string, user: { uid?: number; gid?: number }, port: number) {
    this.#bin = bin;
    this.#folder = folder;
    this.#user = user;
    this.#port = port;
  }

  static async start(): Promise<PostgresServer> {
    const bin = programs();
    if (!bin) throw new Error('PostgreSQL is not installed');
    const outer = mkdtempSync(join(tmpdir(), 'orrery-postgres-'));
    const folder = join(outer, 'data');
    mkdirSync(folder, { mode: 0o700 });
    const user = userFor([outer, folder]);
    execFileSync(join(bin, 'initdb'), ['-D', folder, '-U', 'postgres', '-A', 'trust', '--no-sync'], {
      ...user,
      cwd: outer,
      stdio: 'ignore',
    });
    const server = new PostgresServer(bin, folder, user, await freePort());
    await server.run();
    return server;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.#port}/postgres`;
  }

  /** Starts it, also over what a killed one left; resolves when it answers. */
  async run(): Promise<void> {
    for (;;) {
      const child = this.#spawn();
      if (await this.#isAnswering(child)) return;
    }
  }

  /** kill -9 of the postmaster: every connection breaks, and the next start recovers from the log. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** kill -9 of the processes that serve connections: the postmaster breaks all others and recovers by itself. */
  killBackend(): void {
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    for (const child of childrenOf(pid)) {
      if (!readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('127.0.0.1')) continue;
      process.kill(child, 'SIGKILL');
      return;
    }
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(join(this.#folder, '..'), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  #spawn(): ChildProcess {
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
      shared_buffers: '16MB',
      restart_after_crash: 'on',
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#process = spawn(join(this.#bin, 'postgres'), ['-D', this.#folder, '-p', String(this.#port), ...options], {
      ...this.#user,
      cwd: this.#folder,
      stdio: 'ignore',
    });
    return this.#process;
  }

  /** False when it ended instead: what a killed one held (its memory, its port) is not free at once. */
  async #isAnswering(child: ChildProcess): Promise<boolean> {
    while (child.exitCode === null && child.signalCode === null) {
      const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 2_000 });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.query('SELECT 1');
        return true;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 30));
      } finally {
        await client.end().catch(() => undefined);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    return false;
  }
}

/** PostgreSQL refuses to run as root. */
function userFor(folders: readonly string[]): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((what) => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }))) as [number, number];
  for (const folder of folders) chownSync(folder, uid, gid);
  chmodSync(folders[0] as string, 0o755);
  return { uid, gid };
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
