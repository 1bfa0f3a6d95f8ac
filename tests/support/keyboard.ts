import type { Cluster } from '@/lib/cluster';
import { Disk, instant, Kernel } from '@/lib/cluster/kernel';
import { createSsh } from '@/lib/shell/node/ssh';
import type { Shell, ShellLimits } from '@/lib/shell/shell';
import type { Terminal, TerminalSnapshot } from '@/lib/shell/terminal';
import { defineTool, type Tool } from '@/lib/shell/tool';
import type { ToolNetwork } from '@/lib/shell/tools/network';
import { createWorkstationShell, createWorkstationTerminal } from '@/lib/shell/workstation';

/** A network with nothing on it. */
export const emptyNetwork: ToolNetwork = {
  ip: '172.18.0.1',
  nameserver: '172.18.0.1',
  http: () => ({ type: 'error', error: 'could-not-resolve', message: '', tookMs: 0 }),
  connect: () => ({ type: 'timeout', tookMs: 1000 }),
  resolve: () => ({ answer: { rcode: 'NXDOMAIN', answers: [] }, server: '172.18.0.1', tookMs: 1 }),
};

/** A person at a workstation, without a cluster unless one is given: types keys, lets simulated time pass, looks at the screen. */
export class Keyboard {
  readonly kernel: Kernel;
  readonly disk: Disk;
  readonly shell: Shell;
  readonly terminal: Terminal;
  readonly edits: { title: string; text: string; answer: (text: string | null) => void }[] = [];
  exitCode: number | undefined;
  #read = 0;
  #sleeping = 0;

  constructor({
    cluster,
    disk = cluster?.workstation.disk ?? new Disk('workstation'),
    tools = [],
    network = emptyNetwork,
    columns = 80,
    restored,
    limits,
  }: {
    cluster?: Cluster;
    disk?: Disk;
    tools?: readonly Tool[];
    network?: ToolNetwork;
    columns?: number;
    restored?: TerminalSnapshot;
    limits?: ShellLimits;
  } = {}) {
    this.disk = disk;
    this.kernel = cluster?.kernel ?? new Kernel({ seed: 1, now: instant(Date.UTC(2026, 0, 5, 8)) });
    const [kubectl = defineTool({ name: 'kubectl', summary: '', run: () => 0 })] = tools;
    const waiting = {
      limits,
      now: () => this.kernel.now,
      sleep: (ms: number, signal: AbortSignal) => this.#sleep(ms, signal),
      yield: () => new Promise<void>((resolve) => setImmediate(resolve)),
      editor: (request: { title: string; text: string }) => new Promise<string | null>((answer) => this.edits.push({ ...request, answer })),
    };
    this.shell = createWorkstationShell({
      ...waiting,
      disk,
      network,
      kubectl,
      ...(cluster
        ? { ssh: createSsh({ ...waiting, hold: () => this.#hold(), cluster, from: 'workstation', kubectl: () => kubectl }) }
        : {}),
    });
    this.terminal = createWorkstationTerminal(this.shell, {
      onExit: (code) => void (this.exitCode = code),
      ...(restored ? { restored } : {}),
    });
    this.terminal.resize(columns, 24);
  }

  static async sitDown(options: ConstructorParameters<typeof Keyboard>[0] = {}): Promise<Keyboard> {
    const keyboard = new Keyboard(options);
    await keyboard.terminal.start();
    return keyboard;
  }

  /** Types, and waits until nothing more happens without time passing. */
  async type(text: string): Promise<string> {
    this.terminal.input(text);
    await this.settled();
    return this.news();
  }

  /** The learner saves what the editor shows, or closes it. */
  async save(text: string | null): Promise<string> {
    this.edits.shift()?.answer(text);
    await this.settled();
    return this.news();
  }

  async wait(ms: number): Promise<string> {
    const until = this.kernel.now + ms;
    while (this.kernel.now < until) {
      const next = this.kernel.peek();
      if (!next || next.at > until) this.kernel.runUntil(instant(until));
      else this.kernel.step();
      await this.settled();
    }
    return this.news();
  }

  /** What was printed since the last look, without escape sequences and with plain newlines. */
  news(): string {
    const { text } = this.terminal.scrollback.since(this.#read);
    this.#read = this.terminal.scrollback.end;
    return text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replace(/\r\n/g, '\n');
  }

  /** Until nothing more happens without time passing, a key, or the editor. The shell loads its commands from disk, so turns of the event loop are not enough to tell. */
  async settled(): Promise<void> {
    const isWaiting = (): boolean =>
      this.exitCode !== undefined || this.terminal.foreground !== 'command' || this.#sleeping > 0 || this.edits.length > 0;
    do {
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    } while (!isWaiting());
  }

  #hold(): () => void {
    this.#sleeping++;
    return () => void this.#sleeping--;
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || ms <= 0) return resolve();
      const entry = this.kernel.schedule({ delayMs: ms, actor: 'you', what: 'waits', run: () => done() });
      const onAbort = (): void => {
        entry.cancel();
        done();
      };
      this.#sleeping++;
      const done = (): void => {
        this.#sleeping--;
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort);
    });
  }
}
