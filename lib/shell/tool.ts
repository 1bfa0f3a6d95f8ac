import type { ApiConnection } from '@/lib/cluster';
import type { Completion } from './completion';
import type { MachineFileSystem } from './file-system';

/** A program on a simulated machine's PATH, as the shell runs it. */
export interface Tool {
  readonly name: string;
  /** One line for `help`. */
  readonly summary: string;
  /** Resolves with the exit code. It waits only on simulated time, on the keyboard, or on the learner's editor. */
  run(context: ToolContext): Promise<number> | number;
  /** What may stand in place of the last of `args`; `from` counts within that word. Absent or empty means files. */
  complete?(args: readonly string[], context: CompletionContext): Promise<Completion | undefined> | Completion | undefined;
}

export interface CompletionContext {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly files: MachineFileSystem;
}

export function defineTool(tool: Tool): Tool {
  return tool;
}

export interface ToolContext {
  /** Arguments after the name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly home: string;
  readonly files: MachineFileSystem;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Present where standard input is a terminal. */
  readonly keyboard: Keyboard | undefined;
  /** Whether standard output is a terminal: what is written is on the screen at once. */
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly rows: number;
  /** All of standard input; from a keyboard, until Ctrl-D. */
  stdin(): Promise<string>;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Simulated milliseconds since the epoch. */
  now(): number;
  /** Resolves after so much simulated time, or at once when `signal` aborts. */
  sleep(ms: number): Promise<void>;
  /** Runs a command line in this directory and with this environment; what it prints is returned. */
  exec(commandLine: string): Promise<{ stdout: string; stderr: string; exitCode: number }>;
  /** Runs a script as a child of this shell, on the same streams; `args` are its `$1`, `$2` … Resolves with its exit code. */
  script(text: string, args?: readonly string[]): Promise<number>;
  /** Runs the shell's own program of this name, with the same arguments unless told otherwise; for tools that stand before one. */
  original(args?: readonly string[]): Promise<number>;
  /** The learner's editor in the page: the text to save, or null when it was closed without saving. */
  editor(request: { title: string; text: string }): Promise<string | null>;
  /** Sets a variable of the shell that runs this, as `read` does. */
  assign(name: string, value: string): Promise<void>;
}

/** The terminal as a program in the foreground has it. */
export interface Keyboard {
  /** A line with its newline; undefined at Ctrl-D. Echoes what is typed. */
  readLine(options?: { prompt?: string; isSilent?: boolean }): Promise<string | undefined>;
  /** Hands every keystroke to a remote process until it ends. */
  attach(connection: ApiConnection, options: { stdin: boolean }): Promise<{ code: number; message?: string }>;
}

/** What a tool throws to end with a message on standard error and an exit code. */
export class ToolError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
