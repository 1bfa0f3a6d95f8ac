import { Disk, instant, Kernel } from '@/lib/cluster/kernel';
import type { Shell } from '@/lib/shell/shell';
import type { Terminal } from '@/lib/shell/terminal';
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

/** Lets everything that waits on nobody run: the shell library loads its commands from disk, which is the host's time. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 15));
}

/** A person at a workstation without a cluster: types keys, lets simulated time pass, looks at the screen. */
export class Keyboard {
  readonly kernel = new Kernel({ seed: 1, now: instant(Date.UTC(2026, 0, 5, 8)) });
  readonly disk: Disk;
  readonly shell: Shell;
  readonly terminal: Terminal;
  readonly edits: { title: string; text: string; answer: (text: string | null) => void }[] = [];
  exitCode: number | undefined;
  #read = 0;

  constructor({ disk = new Disk('workstation'), tools = [], network = emptyNetwork, columns = 80 }: { disk?: Disk; tools?: readonly Tool[]; network?: ToolNetwork; columns?: number } = {}) {
    this.disk = disk;
    const [kubectl = defineTool({ name: 'kubectl', summary: '', run: () => 0 }), ...others] = tools;
    void others;
    this.shell = createWorkstationShell({
      disk, network, kubectl,
      now: () => this.kernel.now,
      sleep: (ms, signal) => this.#sleep(ms, signal),
      yield: () => new Promise((resolve) => setImmediate(resolve)),
      editor: (request) => new Promise((answer) => this.edits.push({ ...request, answer })),
    });
    this.terminal = createWorkstationTerminal(this.shell, { onExit: (code) => void (this.exitCode = code) });
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
    await settled();
    return this.news();
  }

  async wait(ms: number): Promise<string> {
    const until = this.kernel.now + ms;
    while (this.kernel.now < until) {
      const next = this.kernel.peek();
      if (!next || next.at > until) this.kernel.runUntil(instant(until));
      else this.kernel.step();
      await settled();
    }
    return this.news();
  }

  /** What was printed since the last look, without escape sequences and with plain newlines. */
  news(): string {
    const { text } = this.terminal.scrollback.since(this.#read);
    this.#read = this.terminal.scrollback.end;
    return text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replace(/\r\n/g, '\n');
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const entry = this.kernel.schedule({ delayMs: ms, actor: 'you', what: 'waits', run: () => done() });
      const onAbort = (): void => {
        entry.cancel();
        done();
      };
      const done = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort);
    });
  }
}
