import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Random } from '@/lib/base';
import type { Typed } from './crash-clients';
import type { Said, Task } from './crash-target';
import type { PostgresServer } from './postgres-server';

export interface CrashSiteOptions {
  readonly target: string;
  readonly workerFile: string;
  readonly random: Random;
  /** Where the database is: a server that may be killed as well, or a folder for the embedded one. */
  readonly postgres?: { readonly server: PostgresServer; readonly url: string };
  readonly folder?: string;
  /** Who writes: two outside clients when absent. */
  readonly clients?: string;
}

const files = {
  'lab.yaml':
    'title: Crash\nsummary: For tests.\nrevision: 1\nminutes: 1\ncluster: { topology: { controlPlanes: 1, workers: 1 } }\nsteps: [{ id: only }]\n',
  'instructions.md': '## Only {#only}\n',
  'setup/client.yaml': `apiVersion: v1
kind: Pod
metadata: { name: client }
spec: { containers: [{ name: curl, image: 'curlimages/curl:8.10.1', command: [sleep, infinity] }] }
`,
  'setup/may.yaml': `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: inside }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: admin }
subjects: [{ kind: ServiceAccount, name: default, namespace: default }]
`,
};
const patienceMs = 30_000;

/** One installation that is killed again and again, and what its clients were told by it. */
export class CrashSite {
  readonly #options: CrashSiteOptions & { readonly clients: string };
  #sandboxes: readonly string[] = [];
  /** The highest number of each key that was answered, and that was ever sent. */
  readonly answered = new Map<string, number>();
  readonly #sent = new Map<string, number>();
  /** By sandbox. */
  readonly #typed = new Map<string, Typed>();
  /** All that terminals ever showed. */
  readonly #shown = new Map<string, string>();
  readonly #servers = new Set<Server>();
  kills = 0;

  constructor(options: CrashSiteOptions) {
    this.#options = { clients: 'ab', ...options };
  }

  /** Makes the sandboxes, and waits until each of their keys was answered once. */
  async begin(): Promise<void> {
    const server = this.#start('target');
    const keys = 3 * this.#options.clients.length;
    await server.until(() => server.made.length > 0 && this.answered.size === server.made.length * keys);
    this.#sandboxes = server.made;
    await this.#kill(server);
  }

  /** Kills the server at some moment: while it writes, or while it starts. */
  async killServer(): Promise<void> {
    const { random } = this.#options;
    const server = this.#start('target');
    if (random.int(4) === 0) await pause(random.int(900));
    else {
      const answers = 1 + random.int(60);
      await server.until(() => server.answers >= answers);
      await pause(random.int(12));
    }
    await this.#kill(server);
  }

  /** Kills the database while the server writes; it goes on when the database is back, and is killed itself then. */
  async killDatabase(how: 'postmaster' | 'backend'): Promise<void> {
    const { random, postgres } = this.#options;
    const server = this.#start('target');
    await server.until(() => server.answers > random.int(30));
    if (how === 'backend') postgres?.server.killBackend();
    else await postgres?.server.kill();
    this.kills++;
    if (random.int(2) === 0) await this.#kill(server);
    if (how === 'postmaster') await postgres?.server.run();
    const { answers } = server;
    if (!server.isKilled) await server.until(() => server.answers > answers + 10);
    await this.#kill(server);
  }

  /** A second server: of another name it gets nothing; of the same it takes everything over, and the first keeps nothing more. */
  async rival(owner: 'target' | 'other'): Promise<void> {
    // One page has one server.
    const clients = this.#options.clients.replace('t', '');
    const first = this.#start('target', clients);
    await first.until(() => first.answers > 10);
    const second = this.#start(owner, clients);
    if (owner === 'other') {
      await second.until(() => second.refusals.length >= this.#sandboxes.length);
      if (second.found.size > 0) throw new Error('two servers have one sandbox');
      await this.#kill(second);
      await this.#kill(first);
      return;
    }
    await second.until(() => second.found.size === this.#sandboxes.length && second.answers > 10);
    await this.#kill(first);
    for (const [key, number] of first.answered)
      if (number > (second.foundAt(key) ?? 0)) throw new Error(`${key}: ${number} was answered behind the back of its new owner`);
    await this.#kill(second);
  }

  #start(owner: string, clients = this.#options.clients): Server {
    const { target, workerFile, postgres, folder } = this.#options;
    const typed = Object.fromEntries(this.#typed);
    const task: Task = { url: postgres?.url, folder, workerFile, owner, sandboxes: this.#sandboxes, clients, files, typed };
    const server = new Server(spawn(process.execPath, [target, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] }), this);
    this.#servers.add(server);
    return server;
  }

  /** Leaves nothing running, also after a failure. */
  async end(): Promise<void> {
    await Promise.allSettled([...this.#servers].map((server) => server.kill()));
  }

  async #kill(server: Server): Promise<void> {
    if (server.isKilled) return;
    this.kills++;
    await server.kill();
    this.#servers.delete(server);
  }

  heard(said: Said): void {
    switch (said[0]) {
      case 'wrong':
        throw new Error(`${said[1]}: ${said[2]}`);
      case 'found':
        return this.#verify(said[1], said[2]);
      case 'sent':
        return raise(this.#sent, `${said[1]} ${said[2]}`, said[3]);
      case 'answered':
        return raise(this.answered, `${said[1]} ${said[2]}`, said[3]);
      case 'typed':
        return this.#remember(said[1], said[2], said[3]);
      case 'acknowledged':
        return this.#forget(said[1], said[2]);
      case 'shown':
        return void this.#shown.set(said[1], (this.#shown.get(said[1]) ?? '').slice(0, said[2]) + said[3]);
      case 'screen':
        return this.#compare(said[1], said[2], said[3]);
      case 'made':
      case 'refused':
    }
  }

  #remember(id: string, sequence: number, text: string): void {
    const { unacknowledged = [] } = this.#typed.get(id) ?? {};
    const number = Number(/^n=(\d+)/.exec(text)?.[1] ?? 0);
    this.#typed.set(id, { number, sequence, unacknowledged: [...unacknowledged, { sequence, text }] });
  }

  #forget(id: string, sequence: number): void {
    const typed = this.#typed.get(id);
    if (typed) this.#typed.set(id, { ...typed, unacknowledged: typed.unacknowledged.filter((one) => one.sequence > sequence) });
  }

  /** Everything that a terminal showed is on its screen, as far back as that goes, and what came after it was never told. */
  #compare(terminal: string, offset: number, text: string): void {
    const shown = this.#shown.get(terminal) ?? '';
    if (!text.startsWith(shown.slice(offset)))
      throw new Error(`terminal ${terminal}: shown was ${shown.slice(-200)}, and the screen is ${text.slice(-200)}`);
    this.#shown.set(terminal, shown.slice(0, offset) + text);
  }

  /** Nothing answered is missing, nothing is there that nobody sent, and what one client wrote is a beginning of what it sent. */
  #verify(id: string, found: Readonly<Record<string, number>>): void {
    for (const [name, number] of Object.entries(found)) {
      const [answered, sent] = [this.answered.get(`${id} ${name}`) ?? 0, this.#sent.get(`${id} ${name}`) ?? 0];
      if (!(number >= answered)) throw new Error(`${name} of ${id}: ${answered} was answered, ${number} is there`);
      if (number > sent) throw new Error(`${name} of ${id}: ${number} is there, ${sent} was sent`);
    }
    for (const client of this.#options.clients) {
      const numbers = [1, 2, 3].map((key) => found[`${client}${key}`] ?? 0) as [number, number, number];
      // Whoever types goes on with the next command after one that was interrupted; all others send it again.
      const isNear = client === 't' || numbers[2] >= numbers[0] - 1;
      const isBeginning = numbers[0] >= numbers[1] && numbers[1] >= numbers[2] && isNear;
      if (!isBeginning) throw new Error(`client ${client} of ${id}: torn, ${numbers.join(', ')} are there`);
    }
  }
}

/** One server process, and what it said. */
class Server {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly found = new Map<string, Readonly<Record<string, number>>>();
  readonly answered = new Map<string, number>();
  readonly refusals: string[] = [];
  made: readonly string[] = [];
  answers = 0;
  isKilled = false;
  #errors = '';
  #failure: unknown;
  #wake: () => void = () => undefined;

  constructor(child: ChildProcess, site: CrashSite) {
    this.#child = child;
    this.#closed = once(child, 'close');
    child.stderr?.on('data', (text: Buffer) => void (this.#errors += text.toString()));
    createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> }).on('line', (line) => this.#read(line, site));
    child.on('close', () => this.#wake());
  }

  foundAt(key: string): number | undefined {
    const [id = '', name = ''] = key.split(' ');
    return this.found.get(id)?.[name];
  }

  /** Waits until what it said makes `condition` true. */
  async until(condition: () => boolean): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (!this.#failure && !condition()) {
      if (this.#child.exitCode !== null || Date.now() > deadline)
        throw new Error(
          `the server ${this.#child.exitCode === null ? 'is silent' : 'ended by itself'}: ${this.#errors.slice(-2_000)} ${this.refusals.at(-1) ?? ''} ${this.answers} answers`,
        );
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 500).unref();
      });
    }
    if (this.#failure) throw this.#failure;
  }

  /** kill -9; resolves when everything it said was heard. */
  async kill(): Promise<void> {
    this.isKilled = true;
    this.#child.kill('SIGKILL');
    await this.#closed;
    if (this.#failure) throw this.#failure;
  }

  #read(line: string, site: CrashSite): void {
    let said: Said;
    try {
      said = JSON.parse(line) as Said;
    } catch {
      return; // the last line of a killed one may be half of one
    }
    this.#note(said);
    try {
      site.heard(said);
    } catch (error) {
      this.#failure ??= error;
    }
    this.#wake();
  }

  #note(said: Said): void {
    switch (said[0]) {
      case 'made':
        this.made = said[1];
        return;
      case 'found':
        this.found.set(said[1], said[2]);
        return;
      case 'refused':
        this.refusals.push(said[2]);
        return;
      case 'answered':
        this.answers++;
        raise(this.answered, `${said[1]} ${said[2]}`, said[3]);
        return;
      default:
    }
  }
}

function raise(numbers: Map<string, number>, key: string, number: number): void {
  numbers.set(key, Math.max(number, numbers.get(key) ?? 0));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
