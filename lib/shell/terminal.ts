import type { ApiConnection } from '@/lib/cluster';
import { completeLine } from './completion';
import { History } from './history';
import { KeyReader, type Key } from './keys';
import { LineEditor } from './line-editor';
import { Scrollback } from './scrollback';
import type { Shell, ShellMemory, ShellScreen } from './shell';
import type { Keyboard } from './tool';

export interface TerminalOptions {
  readonly shell: Shell;
  /** What the prompt says now. */
  prompt(): string;
  /** Told of everything printed: the text and the offset of its first character. */
  onOutput?(text: string, offset: number): void;
  /** Told when a command line left the shell knowing something else: its directory, a variable, a function, `$?`. */
  onMemory?(memory: ShellMemory): void;
  /** Told when `exit` or Ctrl-D ended the shell. */
  onExit?(exitCode: number): void;
  /** The file the history is kept in. */
  readonly historyPath?: string;
  /** Read by the shell before the first prompt. */
  readonly startupFile?: string;
  /** A terminal as it was: the prompt on its screen is waiting with this line typed. */
  readonly restored?: TerminalSnapshot;
  readonly columns?: number;
  readonly rows?: number;
}

export interface TerminalSnapshot {
  readonly offset: number;
  readonly text: string;
  readonly columns: number;
  readonly rows: number;
  /** The line being typed; undefined while a command ran. */
  readonly line?: { readonly text: string; readonly cursor: number };
  /** The command line that runs, if any. */
  readonly running?: string;
  /** What its shell knew after its last command line; absent in one that never ran any. */
  readonly memory?: ShellMemory;
}

/** What has the keyboard. */
type Foreground =
  | { readonly type: 'prompt' }
  | { readonly type: 'command'; readonly stop: AbortController }
  | { readonly type: 'line'; readonly stop: AbortController; resolve(line: string | undefined): void }
  | { readonly type: 'process'; readonly stop: AbortController; send(text: string): void; resize(): void };

/**
 * A terminal with a shell in it: keystrokes in, what a screen shows out. It belongs to nobody who looks at it,
 * so two tabs see one terminal and a page that comes back asks for what it missed.
 */
export class Terminal {
  readonly #options: TerminalOptions;
  readonly #shell: Shell;
  readonly #keys = new KeyReader();
  readonly #editor: LineEditor;
  readonly #history: History;
  readonly #scrollback: Scrollback;
  readonly #screen: ShellScreen;
  #columns: number;
  #rows: number;
  #foreground: Foreground = { type: 'prompt' };
  /** Earlier physical lines of a command line that is not whole yet. */
  #unfinished = '';
  /** Typed while a command ran: it is for the next prompt. */
  #ahead: Key[] = [];
  #tabs = 0;
  /** The line of a restored terminal until its shell is ready. */
  #kept: TerminalSnapshot['line'];
  #isClosed = false;
  #endsInReturn = false;
  #memory: ShellMemory | undefined;
  #running: string | undefined;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#shell = options.shell;
    this.#columns = options.restored?.columns ?? options.columns ?? 80;
    this.#rows = options.restored?.rows ?? options.rows ?? 24;
    this.#scrollback = new Scrollback(options.restored);
    this.#memory = options.restored?.memory;
    this.#history = new History(options.historyPath === undefined ? undefined : options.shell.host.files, options.historyPath);
    this.#editor = new LineEditor({ write: (text) => this.#print(text), columns: () => this.#columns, history: () => this.#history.lines });
    this.#screen = this.#createScreen();
  }

  /** Prints the first prompt, or takes up a restored one. */
  async start(): Promise<void> {
    const { restored, startupFile } = this.#options;
    this.#kept = restored?.line;
    if (restored?.memory) this.#shell.resume(restored.memory);
    else if (startupFile !== undefined && this.#shell.host.files.isThere(startupFile)) await this.#readStartupFile(startupFile);
    if (restored?.running !== undefined && onlyLooks(restored.running)) return this.#lookAgain(restored.running);
    if (restored && !restored.line) this.#print(interrupted);
    if (!restored?.line) return this.#begin();
    this.#foreground = { type: 'prompt' };
    this.#editor.resume(this.#options.prompt(), restored.line.text, restored.line.cursor);
    this.#kept = undefined;
    this.#typeAhead();
  }

  get scrollback(): Scrollback {
    return this.#scrollback;
  }

  /** The offset at which the newest command that could not go on after a restore was left. */
  get interruptedAt(): number | undefined {
    const { text, end } = this.#scrollback;
    const at = text.lastIndexOf(interrupted);
    return at < 0 ? undefined : end - text.length + at;
  }

  get columns(): number {
    return this.#columns;
  }

  /** What has the keyboard: the prompt, a command that reads none, one that reads a line, or a remote process. */
  get foreground(): Foreground['type'] {
    return this.#foreground.type;
  }

  snapshot(): TerminalSnapshot {
    const isAtPrompt = this.#kept !== undefined || (this.#foreground.type === 'prompt' && this.#unfinished === '');
    const line = this.#kept ?? { text: this.#editor.text, cursor: Array.from(this.#editor.textBeforeCursor).length };
    return {
      offset: this.#scrollback.end - this.#scrollback.text.length,
      text: this.#scrollback.text,
      columns: this.#columns,
      rows: this.#rows,
      ...(isAtPrompt ? { line } : {}),
      ...(this.#running === undefined ? {} : { running: this.#running }),
      ...(this.#memory ? { memory: this.#memory } : {}),
    };
  }

  /** What was typed, as a terminal sends it. */
  input(text: string): void {
    if (this.#isClosed) return;
    if (this.#foreground.type === 'process') return this.#foreground.send(text);
    for (const key of this.#keys.read(text)) this.#press(key);
  }

  resize(columns: number, rows: number): void {
    this.#columns = Math.max(20, Math.min(500, Math.floor(columns)));
    this.#rows = Math.max(4, Math.min(200, Math.floor(rows)));
    if (this.#foreground.type === 'process') this.#foreground.resize();
  }

  /** Hangs up: whatever runs is stopped and nothing is printed any more. */
  close(): void {
    this.#isClosed = true;
    if (this.#foreground.type !== 'prompt') this.#foreground.stop.abort();
  }

  /** Prints something below what is being typed, as a message from the system. */
  notice(text: string): void {
    if (this.#foreground.type !== 'prompt') return this.#write(text);
    this.#print('\r\x1b[J');
    this.#write(text);
    this.#editor.repaint();
  }

  #press(key: Key): void {
    switch (this.#foreground.type) {
      case 'prompt':
        return this.#pressAtPrompt(key);
      case 'line':
        return this.#pressInLine(key, this.#foreground);
      case 'command':
      case 'process':
        return this.#pressDuringCommand(key, this.#foreground.stop);
    }
  }

  #pressAtPrompt(key: Key): void {
    const request = this.#editor.press(key);
    this.#tabs = request === 'complete' ? this.#tabs + 1 : 0;
    switch (request) {
      case 'submit':
        return this.#submit();
      case 'interrupt':
        this.#print('^C\r\n');
        this.#unfinished = '';
        return this.#begin();
      case 'end-of-input':
        return this.#endOfInput();
      case 'clear-screen':
        this.#print('\x1b[H\x1b[2J');
        return this.#editor.repaint();
      case 'complete':
        return void this.#complete();
      case undefined:
        return;
    }
  }

  #pressDuringCommand(key: Key, stop: AbortController): void {
    if (key.type !== 'control' || (key.letter !== 'c' && key.letter !== '|')) return void this.#ahead.push(key);
    this.#ahead = [];
    if (stop.signal.aborted) return;
    this.#print('^C\r\n');
    stop.abort();
  }

  #pressInLine(key: Key, line: Extract<Foreground, { type: 'line' }>): void {
    const request = this.#editor.press(key);
    if (request === 'submit') {
      this.#print('\r\n');
      line.resolve(`${this.#editor.text}\n`);
    } else if (request === 'end-of-input') line.resolve(undefined);
    else if (request === 'interrupt') {
      this.#print('^C\r\n');
      line.stop.abort();
    }
  }

  #submit(): void {
    this.#print(`\r\n${pasteIsPlain}`);
    const typed = this.#editor.text;
    const { line, missing } = this.#unfinished === '' ? this.#history.expand(typed) : { line: typed, missing: undefined };
    if (missing !== undefined) {
      this.#write(`bash: ${missing}: event not found\n`);
      return this.#begin();
    }
    if (line !== typed) this.#write(`${line}\n`);
    const whole = this.#unfinished + line;
    if (whole.trim() === '') return this.#begin();
    const parsed = this.#shell.parse(whole);
    if (parsed.type === 'incomplete') {
      this.#unfinished = /(^|[^\\])(\\\\)*\\$/.test(whole) ? whole.slice(0, -1) : `${whole}\n`;
      this.#print(pasteIsBracketed);
      return this.#editor.begin('> ');
    }
    this.#unfinished = '';
    this.#history.add(whole);
    if (parsed.type === 'complete') return void this.#run(whole, parsed.script);
    this.#write(`${parsed.message}\n`);
    this.#begin();
  }

  /** A restored terminal's watch begins anew, as one does whose connection broke. */
  #lookAgain(line: string): void {
    if (!this.#scrollback.text.endsWith('\n')) this.#print('\r\n');
    const parsed = this.#shell.parse(line);
    if (parsed.type === 'complete') void this.#run(line, parsed.script);
    else this.#begin();
  }

  async #run(line: string, script: Parameters<Shell['interact']>[0]): Promise<void> {
    const stop = new AbortController();
    this.#foreground = { type: 'command', stop };
    this.#running = line;
    let outcome: Awaited<ReturnType<Shell['interact']>>;
    try {
      outcome = await this.#shell.interact(script, this.#screen, stop.signal);
    } catch (error) {
      this.#write(`bash: ${error instanceof Error ? error.message : String(error)}\n`);
      outcome = { stdout: '', stderr: '', exitCode: 1 };
    }
    this.#running = undefined;
    if (this.#isClosed) return;
    if (outcome.isExit) return this.#exit(outcome.exitCode);
    this.#options.onMemory?.(this.#remember());
    this.#begin();
  }

  #remember(): ShellMemory {
    return (this.#memory = this.#shell.memory);
  }

  async #readStartupFile(path: string): Promise<void> {
    const parsed = this.#shell.parse(`. ${path}`);
    const stop = new AbortController();
    this.#foreground = { type: 'command', stop };
    if (parsed.type === 'complete') await this.#shell.interact(parsed.script, this.#screen, stop.signal);
  }

  #endOfInput(): void {
    if (this.#unfinished !== '') {
      this.#write('\nbash: syntax error: unexpected end of file\n');
      this.#unfinished = '';
      return this.#begin();
    }
    this.#write('exit\n');
    this.#exit(0);
  }

  #exit(exitCode: number): void {
    this.#isClosed = true;
    this.#options.onExit?.(exitCode);
  }

  /** The next prompt; what was typed meanwhile is typed now. */
  #begin(): void {
    if (this.#isClosed) return;
    this.#foreground = { type: 'prompt' };
    this.#tabs = 0;
    this.#print(pasteIsBracketed);
    this.#editor.begin(this.#options.prompt());
    this.#typeAhead();
  }

  #typeAhead(): void {
    const ahead = this.#ahead;
    this.#ahead = [];
    ahead.forEach((key) => this.#press(key));
  }

  async #complete(): Promise<void> {
    const before = this.#editor.textBeforeCursor;
    const { from, candidates } = await completeLine(this.#shell, before);
    if (this.#foreground.type !== 'prompt' || this.#editor.textBeforeCursor !== before) return;
    const typed = before.slice(from);
    const start = Array.from(before.slice(0, from)).length;
    const shared = sharedPrefix(candidates.map((one) => one.text));
    const only = candidates.length === 1 ? candidates[0] : undefined;
    if (only) return this.#editor.replaceBeforeCursor(start, only.text + (only.isPartial ? '' : ' '));
    if (shared.length > typed.length) return this.#editor.replaceBeforeCursor(start, shared);
    if (candidates.length === 0 || this.#tabs < 2) return this.#print('\x07');
    this.#print('\r\n');
    this.#write(
      columnsOf(
        candidates.map((one) => one.shown ?? one.text),
        this.#columns,
      ),
    );
    this.#editor.repaint();
  }

  #createScreen(): ShellScreen {
    const terminal = this;
    return {
      get columns() {
        return terminal.#columns;
      },
      get rows() {
        return terminal.#rows;
      },
      keyboard: this.#createKeyboard(),
      write: (text) => this.#write(text),
    };
  }

  #createKeyboard(): Keyboard {
    return {
      readLine: ({ prompt = '', isSilent = false } = {}) => this.#readLine(prompt, isSilent),
      attach: (connection, options) => this.#attach(connection, options),
    };
  }

  #readLine(prompt: string, isSilent: boolean): Promise<string | undefined> {
    const running = this.#foreground;
    if (running.type !== 'command' || running.stop.signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const done = (line: string | undefined): void => {
        running.stop.signal.removeEventListener('abort', onAbort);
        if (this.#foreground === reading) this.#foreground = running;
        resolve(line);
      };
      const onAbort = (): void => done(undefined);
      const reading: Foreground = { type: 'line', stop: running.stop, resolve: done };
      running.stop.signal.addEventListener('abort', onAbort);
      this.#foreground = reading;
      this.#editor.begin(prompt, { isSilent });
      this.#replay(reading);
    });
  }

  /** Keys typed ahead, as far as the reader takes them. */
  #replay(reading: Foreground): void {
    while (this.#foreground === reading && this.#ahead.length > 0) this.#press(this.#ahead.shift() as Key);
  }

  #attach(connection: ApiConnection, { stdin }: { stdin: boolean }): Promise<{ code: number; message?: string }> {
    const running = this.#foreground;
    if (running.type !== 'command') return Promise.resolve({ code: 1, message: 'there is no terminal' });
    return new Promise((resolve) => {
      const finish = (status: { code: number; message?: string }): void => {
        running.stop.signal.removeEventListener('abort', onAbort);
        if (this.#foreground === attached) this.#foreground = running;
        resolve(status);
      };
      const onAbort = (): void => {
        process.hangUp();
        finish({ code: 130 });
      };
      const process = connection.start({ stdout: (text) => this.#write(text), stderr: (text) => this.#write(text), exit: finish });
      const attached: Foreground = {
        type: 'process',
        stop: running.stop,
        send: (text) => (stdin ? process.stdin(text) : text.includes('\x03') ? running.stop.abort() : undefined),
        resize: () => process.resize(this.#columns, this.#rows),
      };
      running.stop.signal.addEventListener('abort', onAbort);
      this.#foreground = attached;
      process.resize(this.#columns, this.#rows);
    });
  }

  /** What programs print: a newline also returns the carriage, as a terminal driver has it. */
  #write(text: string): void {
    if (text === '') return;
    const first = this.#endsInReturn && text.startsWith('\n') ? text.slice(1) : undefined;
    const cooked = (first ?? text).replace(/(?<!\r)\n/g, '\r\n');
    this.#print(first === undefined ? cooked : `\n${cooked}`);
  }

  #print(text: string): void {
    if (this.#isClosed || text === '') return;
    this.#endsInReturn = text.endsWith('\r');
    const offset = this.#scrollback.end;
    this.#scrollback.append(text);
    this.#options.onOutput?.(text, offset);
  }
}

/** While a line is edited a paste arrives as one piece, so that its newlines do not run it half-way. */
const pasteIsBracketed = '\x1b[?2004h';
const pasteIsPlain = '\x1b[?2004l';

/** What stands where a command was under way that cannot go on: nothing is begun a second time. */
const interrupted = '\r\n[interrupted: the sandbox was stopped here]\r\n';

/** Whether a command line does nothing but follow what happens, so that it may be run again by itself. */
function onlyLooks(line: string): boolean {
  if (/[;&|<>`$()\n]/.test(line)) return false;
  const words = line.trim().split(/\s+/);
  const has = (...flags: string[]) => words.some((word) => flags.includes(word));
  if (words[0] === 'watch') return true;
  if (words[0] !== 'kubectl' && words[0] !== 'k') return false;
  if (has('get', 'events')) return has('-w', '--watch', '--watch-only', '--watch=true');
  return has('logs') && has('-f', '--follow', '--follow=true');
}

function sharedPrefix(texts: readonly string[]): string {
  const [first = '', ...others] = texts;
  let length = first.length;
  for (const text of others) while (!text.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length);
}

/** Names in as many columns as fit, filled downwards as `ls` does. */
export function columnsOf(names: readonly string[], width: number): string {
  const cell = Math.max(...names.map((name) => name.length)) + 2;
  const count = Math.max(1, Math.floor(width / cell));
  const rows = Math.ceil(names.length / count);
  let text = '';
  for (let row = 0; row < rows; row++) {
    const line = names
      .filter((_, index) => index % rows === row)
      .map((name) => name.padEnd(cell))
      .join('');
    text += `${line.trimEnd()}\n`;
  }
  return text;
}
