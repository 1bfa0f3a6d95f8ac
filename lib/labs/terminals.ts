import { deepEqual } from '@/lib/base';
import type { TerminalState } from '@/lib/realtime/events';
import { createWorkstationTerminal, type Shell, type ShellMemory, type Terminal, type TerminalSnapshot } from '@/lib/shell';
import type { SessionMessage } from './hosted-session';

/** More windows than anybody needs. */
const terminalsMax = 6;

export type TerminalsSnapshot = Readonly<Record<string, TerminalSnapshot & { readonly sequence: number }>>;

export type TerminalChange =
  | { readonly type: 'terminal-open'; readonly terminal: string }
  | { readonly type: 'terminal-close'; readonly terminal: string }
  | { readonly type: 'terminal-memory'; readonly terminal: string; readonly memory: ShellMemory }
  | {
      readonly type: 'terminal-output';
      readonly terminal: string;
      readonly text: string;
      readonly line?: { readonly text: string; readonly cursor: number };
      readonly running?: string;
    };

interface Window {
  readonly terminal: Terminal;
  sequence: number;
  /** Printed and not yet told. */
  unsent: { offset: number; text: string } | undefined;
  memory: ShellMemory | undefined;
}

interface TerminalsOptions {
  createShell(): Shell;
  readonly kept?: TerminalsSnapshot | undefined;
  onChange(change: TerminalChange): void;
  onMessage(message: SessionMessage): void;
}

/** The terminal windows of a workstation. What a program prints in one turn is told in one piece. */
export class Terminals {
  readonly #options: TerminalsOptions;
  readonly #windows = new Map<string, Window>();
  #isFlushDue = false;

  constructor(options: TerminalsOptions) {
    this.#options = options;
  }

  /** Opens the windows that were kept, each at its prompt. */
  resume(): void {
    for (const [id, kept] of Object.entries(this.#options.kept ?? {})) this.#create(id, kept);
    this.flush();
  }

  /** The window of that name, opened if need be. */
  open(id: string): TerminalState {
    if (!this.#windows.has(id)) {
      if (this.#windows.size >= terminalsMax) throw new Error(`Six terminals are open already. Close one first.`);
      this.#options.onChange({ type: 'terminal-open', terminal: id });
      this.#create(id);
    }
    this.flush();
    return this.#state(id, this.#window(id), 0);
  }

  close(id: string): void {
    const window = this.#window(id);
    this.#windows.delete(id);
    window.terminal.close();
    this.#options.onChange({ type: 'terminal-close', terminal: id });
    this.#options.onMessage({ name: 'terminal:closed', payload: { terminal: id } });
  }

  input(id: string, sequence: number, text: string): { sequence: number } {
    const window = this.#window(id);
    window.sequence = Math.max(window.sequence, sequence);
    window.terminal.input(text);
    this.flush();
    return { sequence };
  }

  resize(id: string, columns: number, rows: number): void {
    this.#window(id).terminal.resize(columns, rows);
  }

  states(offsets: Readonly<Record<string, number>>): TerminalState[] {
    this.flush();
    return [...this.#windows].map(([id, window]) => this.#state(id, window, offsets[id] ?? 0));
  }

  snapshot(): TerminalsSnapshot {
    this.flush();
    return Object.fromEntries([...this.#windows].map(([id, { terminal, sequence }]) => [id, { ...terminal.snapshot(), sequence }]));
  }

  stop(): void {
    for (const { terminal } of this.#windows.values()) terminal.close();
  }

  /** Keeps and tells what was printed since the last time. */
  flush(): void {
    this.#isFlushDue = false;
    for (const [id, window] of this.#windows) {
      if (!window.unsent) continue;
      const { offset, text } = window.unsent;
      window.unsent = undefined;
      const { line, running } = window.terminal.snapshot();
      const doing = { ...(line ? { line } : {}), ...(running === undefined ? {} : { running }) };
      this.#options.onChange({ type: 'terminal-output', terminal: id, text, ...doing });
      this.#options.onMessage({ name: 'terminal:output', payload: { terminal: id, offset, text } });
    }
  }

  #create(id: string, kept?: TerminalSnapshot & { readonly sequence: number }): void {
    const terminal = createWorkstationTerminal(this.#options.createShell(), {
      onOutput: (text, offset) => this.#printed(id, text, offset),
      onMemory: (memory) => this.#learnt(id, memory),
      onExit: () => this.#exited(id),
      ...(kept ? { restored: kept } : {}),
    });
    this.#windows.set(id, { terminal, sequence: kept?.sequence ?? 0, unsent: undefined, memory: kept?.memory });
    void terminal.start();
  }

  #printed(id: string, text: string, offset: number): void {
    const window = this.#windows.get(id);
    if (!window) return;
    window.unsent = window.unsent ? { offset: window.unsent.offset, text: window.unsent.text + text } : { offset, text };
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    void Promise.resolve().then(() => this.flush());
  }

  #learnt(id: string, memory: ShellMemory): void {
    const window = this.#windows.get(id);
    if (!window || deepEqual(window.memory, memory)) return;
    window.memory = memory;
    this.#options.onChange({ type: 'terminal-memory', terminal: id, memory });
  }

  /** The last window's shell starts again: a workstation without a terminal would be no use. */
  #exited(id: string): void {
    this.flush();
    const isLast = this.#windows.size === 1;
    this.close(id);
    if (isLast) this.open(id);
  }

  #window(id: string): Window {
    const window = this.#windows.get(id);
    if (!window) throw new Error(`There is no terminal ${id}.`);
    return window;
  }

  #state(id: string, { terminal, sequence }: Window, offset: number): TerminalState {
    const { interruptedAt } = terminal;
    return {
      terminal: id,
      title: `workstation ${id}`,
      ...terminal.scrollback.since(offset),
      sequence,
      ...(interruptedAt === undefined ? {} : { interruptedAt }),
    };
  }
}

/** The windows as a later change leaves them. */
export function applyTerminalChange(
  windows: Record<string, TerminalSnapshot & { readonly sequence: number }>,
  change: TerminalChange,
): void {
  const window = windows[change.terminal] ?? { offset: 0, text: '', columns: 80, rows: 24, sequence: 0 };
  switch (change.type) {
    case 'terminal-open':
      windows[change.terminal] = window;
      return;
    case 'terminal-close':
      delete windows[change.terminal];
      return;
    case 'terminal-memory':
      windows[change.terminal] = { ...window, memory: change.memory };
      return;
    case 'terminal-output': {
      const { line: _, running: __, ...rest } = window;
      const { text, line, running } = change;
      windows[change.terminal] = {
        ...rest,
        text: rest.text + text,
        ...(line ? { line } : {}),
        ...(running === undefined ? {} : { running }),
      };
    }
  }
}
