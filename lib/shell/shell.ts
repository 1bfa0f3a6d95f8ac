import { Bash, defineCommand, type ExecResult, type ResolvedCommandContext, type ScriptNode } from 'just-bash';
import {
  compileScript,
  commandOf,
  captured,
  endsInOperator,
  functionsOf,
  hasOpenHereDocument,
  internal,
  onTerminal,
  statementOf,
  terminalDescriptors,
  turnCommand,
  wordOf,
  type FunctionNode,
  type Streams,
} from './script';
import { FileError } from './file-store';
import type { MachineFileSystem } from './file-system';
import type { Keyboard, Tool, ToolContext } from './tool';
import { ToolError } from './tool';

/** What a shell stands on: a machine's files and programs, simulated time, and the host's event loop. */
export interface ShellHost {
  readonly files: MachineFileSystem;
  readonly tools: readonly Tool[];
  readonly env: Readonly<Record<string, string>>;
  /** Simulated milliseconds since the epoch. */
  now(): number;
  /** Resolves after so much simulated time, or at once when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Lets the host do something else and come back: `setImmediate`, a message to oneself. */
  yield(): Promise<void>;
  editor(request: { title: string; text: string }, signal: AbortSignal): Promise<string | null>;
  readonly limits?: ShellLimits | undefined;
}

/** The screen and keyboard a command line runs on. Without one its output is captured. */
export interface ShellScreen {
  readonly columns: number;
  readonly rows: number;
  readonly keyboard: Keyboard;
  write(text: string): void;
}

export interface CommandOutcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  /** The command line was `exit`. */
  readonly isExit?: boolean;
}

export type ParsedLine =
  | { readonly type: 'complete'; readonly script: ScriptNode }
  | { readonly type: 'incomplete' }
  | { readonly type: 'error'; readonly message: string };

/** What a shell knows by heart, as plain data: a shell that is given it goes on where that one was between two command lines. */
export interface ShellMemory {
  readonly env: Readonly<Record<string, string>>;
  readonly functions: readonly (readonly [string, FunctionNode])[];
  readonly arrays?: ScriptNode;
  readonly exitCode: number;
}

/** How much one command line may do between two waits on simulated time before it is stopped as endless. */
export interface ShellLimits {
  /** Turns of its loops. */
  readonly turnsMax: number;
  /** Characters it prints. */
  readonly outputMax: number;
}

const usualLimits: ShellLimits = { turnsMax: 100_000, outputMax: 4 << 20 };
const turnsPerYield = 100;

/**
 * One bash on a simulated machine. The library forgets a script's state when the script ends; what a person expects to
 * last from line to line (directory, variables, functions, arrays, options, `$?`) is carried here.
 */
export class Shell {
  readonly host: ShellHost;
  readonly #limits: ShellLimits;
  readonly #bash: Bash;
  #env: Record<string, string>;
  #functions = new Map<string, FunctionNode>();
  #arrays: ScriptNode | undefined;
  #exitCode = 0;
  #pending: ScriptNode | undefined;
  #parsed: ScriptNode | undefined;
  #run: Run | undefined;
  #isParsing = false;
  #carried: Carried | undefined;
  #candidates: ReadonlyMap<string, FunctionNode> = new Map();
  #filters: readonly ScriptNode[] = [];

  constructor(host: ShellHost) {
    this.host = host;
    this.#limits = host.limits ?? usualLimits;
    const { outputMax } = this.#limits;
    this.#bash = new Bash({
      fs: host.files,
      cwd: host.env['PWD'] ?? '/',
      env: { ...host.env },
      // Patches globals of the whole thread, which many clusters share; commands here are ours and reach no host anyway.
      defenseInDepth: false,
      sleep: (ms) => this.#sleep(ms),
      executionLimits: {
        maxLoopIterations: 1e9,
        maxCommandCount: 1e9,
        maxWorkUnits: 1e9,
        maxExecutionTimeMs: 2 ** 31 - 1,
        maxOutputSize: 4 * outputMax,
        maxStringLength: outputMax,
        maxFileSystemBytes: 64 << 20,
        maxLiveBytes: 64 << 20,
      },
      customCommands: [
        ...host.tools.map((tool) => this.#command(tool)),
        this.#turnCommand(),
        this.#statusCommand(),
        this.#carryCommand(),
        this.#streamCommand(),
      ],
    });
    this.#bash.registerTransformPlugin({ name: 'orrery', transform: ({ ast }) => ({ ast: this.#transform(ast) }) });
    this.#env = { ...this.#bash.getEnv() };
  }

  get cwd(): string {
    return this.#env['PWD'] ?? '/';
  }

  get env(): Readonly<Record<string, string>> {
    return this.#env;
  }

  get aliases(): readonly string[] {
    return Object.keys(this.#env)
      .filter((name) => name.startsWith('BASH_ALIAS_'))
      .map((name) => name.slice('BASH_ALIAS_'.length));
  }

  get functions(): readonly string[] {
    return [...this.#functions.keys()];
  }

  get memory(): ShellMemory {
    return {
      env: this.#env,
      functions: [...this.#functions],
      ...(this.#arrays ? { arrays: this.#arrays } : {}),
      exitCode: this.#exitCode,
    };
  }

  /** Goes on as the shell whose memory this was. */
  resume({ env, functions, arrays, exitCode }: ShellMemory): void {
    this.#env = { ...env };
    this.#functions = new Map(functions);
    this.#arrays = arrays;
    this.#exitCode = exitCode;
  }

  /** Whether `line` is a whole command line, the beginning of one, or neither. */
  parse(line: string): ParsedLine {
    this.#parsed = undefined;
    this.#isParsing = true;
    try {
      this.#bash.transform(line);
    } catch (error) {
      const script = this.#parsed as ScriptNode | undefined;
      if (!script) return isEndOfInput(error) ? { type: 'incomplete' } : { type: 'error', message: `bash: ${syntaxMessage(error)}` };
    } finally {
      this.#isParsing = false;
    }
    const script = this.#parsed as ScriptNode | undefined;
    if (!script) return { type: 'error', message: 'bash: syntax error' };
    if (hasOpenHereDocument(script) || endsInOperator(script) || /(^|[^\\])(\\\\)*\\$/.test(line)) return { type: 'incomplete' };
    return { type: 'complete', script };
  }

  /** Runs a script whose output is captured. */
  async capture(
    script: string,
    { signal = new AbortController().signal, stdin = '' }: { signal?: AbortSignal; stdin?: string } = {},
  ): Promise<CommandOutcome> {
    const parsed = this.parse(script);
    if (parsed.type === 'error') return { stdout: '', stderr: `${parsed.message}\n`, exitCode: 2 };
    if (parsed.type === 'incomplete') return { stdout: '', stderr: 'bash: syntax error: unexpected end of file\n', exitCode: 2 };
    return this.#start({ signal, screen: undefined }, () => this.#execute(parsed.script, captured, stdin));
  }

  /** Runs a command line on a screen, a statement after another, so that each keeps what it changed even when the next is interrupted. */
  async interact(script: ScriptNode, screen: ShellScreen, signal: AbortSignal): Promise<CommandOutcome> {
    return this.#start({ signal, screen }, async () => {
      let last: CommandOutcome = { stdout: '', stderr: '', exitCode: this.#exitCode };
      for (const statement of script.statements) {
        if (signal.aborted || last.isExit) break;
        const { stdout, stderr, ...rest } = await this.#execute({ ...script, statements: [statement] }, onTerminal, '');
        if (stdout || stderr) screen.write(stdout + stderr);
        last = { ...rest, stdout: '', stderr: '' };
      }
      return last;
    });
  }

  async #start(
    options: { signal: AbortSignal; screen: ShellScreen | undefined },
    body: () => Promise<CommandOutcome>,
  ): Promise<CommandOutcome> {
    const stop = new AbortController();
    const run: Run = { ...options, stop, turns: 0, printed: 0, stopped: undefined };
    const onAbort = (): void => stop.abort();
    options.signal.addEventListener('abort', onAbort);
    if (options.signal.aborted) stop.abort();
    this.#run = run;
    try {
      const outcome = await body();
      if (run.stopped) {
        options.screen?.write(`${run.stopped}\n`);
        return { ...outcome, stderr: options.screen ? '' : `${outcome.stderr}${run.stopped}\n`, exitCode: (this.#exitCode = 137) };
      }
      if (options.signal.aborted) return { ...outcome, stderr: '', exitCode: (this.#exitCode = 130) };
      return outcome;
    } finally {
      options.signal.removeEventListener('abort', onAbort);
      if (this.#run === run) this.#run = undefined;
    }
  }

  /** Runs statements between what restores the shell's state and what carries it on. */
  async #execute(script: ScriptNode, streams: Streams, stdin: string): Promise<CommandOutcome> {
    const run = this.#run as Run;
    const defined = functionsOf(script);
    const inlined = this.#inlineSources(script, defined);
    const filters: ScriptNode[] = [];
    const compiled = compileScript(inlined, streams, { functions: this.#functions, filters });
    this.#filters = filters;
    this.#pending = { ...compiled, statements: [...this.#prologue(), ...compiled.statements, epilogue] };
    this.#carried = undefined;
    this.#candidates = new Map([...this.#functions, ...defined]);
    const result = await this.#exec(stdin, run.stop.signal);
    const carried = this.#carried as Carried | undefined;
    if (carried) this.#carry(carried);
    this.#exitCode = result.exitCode;
    const isExit =
      /(^|[\s;&|(])exit\b/.test(script.statements.map((one) => one.sourceText ?? '').join('\n')) && !carried && !run.stop.signal.aborted;
    const stderr = run.stop.signal.aborted ? result.stderr.replace(/bash: execution aborted\n$/, '') : result.stderr;
    return { stdout: result.stdout, stderr: this.#explained(stderr), exitCode: result.exitCode, ...(isExit ? { isExit } : {}) };
  }

  async #exec(stdin: string, signal: AbortSignal): Promise<{ stdout: string; stderr: string; exitCode: number }> {
    try {
      return await this.#bash.exec(':', { env: this.#env, replaceEnv: true, cwd: this.cwd, stdin, signal });
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return { stdout: '', stderr: `bash: ${error.path}: ${error.reason}\n`, exitCode: 1 };
    }
  }

  /** Says what the system said where the library only says that it failed. */
  #explained(text: string): string {
    return text
      .replace(
        /^bash: (.+): cannot open redirect target$/gm,
        (_, path: string) => `bash: ${path}: ${this.host.files.whyNotWritable(this.host.files.resolvePath(this.cwd, path))}`,
      )
      .replace(/^(bash: .+): command not available in .+$/gm, '$1: command not found')
      .replace(/E[A-Z]+: ([a-z])([a-z ]+), \w+ '[^']*'/g, (_, first: string, rest: string) => first.toUpperCase() + rest);
  }

  #carry({ env, functions, arrays }: Carried): void {
    this.#env = env;
    this.#functions = new Map(
      functions.flatMap((name) => (this.#candidates.has(name) ? [[name, this.#candidates.get(name) as FunctionNode] as const] : [])),
    );
    const assignments = arrays
      .split('\n')
      .flatMap((line) => /^declare -a (?!PIPESTATUS|FUNCNAME|BASH_|DIRSTACK|GROUPS)(\w+=\(.*)$/.exec(line)?.[1] ?? []);
    this.#arrays = assignments.length > 0 ? this.#read(assignments.join('\n')) : undefined;
  }

  #prologue(): ScriptNode['statements'] {
    const options = (this.#env['SHELLOPTS'] ?? '').split(':').filter((one) => carriedOptions.has(one));
    return [
      aliasesOn,
      ...[...this.#functions.values()].map(statementOf),
      ...(this.#arrays?.statements ?? []),
      ...options.map((one) => statementOf(commandOf('set', [wordOf('-o'), wordOf(one)]))),
      statementOf(commandOf(internal('@status'), [wordOf(String(this.#exitCode))])),
    ];
  }

  /** `source file` becomes the file's own statements, so that its functions last and its output streams. */
  #inlineSources(script: ScriptNode, defined: Map<string, FunctionNode>): ScriptNode {
    const statements = script.statements.flatMap((statement) => {
      const command =
        statement.pipelines.length === 1 && statement.pipelines[0]?.commands.length === 1 ? statement.pipelines[0].commands[0] : undefined;
      const path = command?.type === 'SimpleCommand' ? sourcedPath(command) : undefined;
      const text =
        path === undefined
          ? undefined
          : this.host.files.findText(this.host.files.resolvePath(this.cwd, path.replace(/^~(?=\/)/, this.#env['HOME'] ?? '')));
      const sourced = text === undefined ? undefined : this.#read(text);
      if (!sourced) return [statement];
      for (const [name, node] of functionsOf(sourced)) defined.set(name, node);
      return sourced.statements;
    });
    return { ...script, statements };
  }

  #read(text: string): ScriptNode | undefined {
    const parsed = this.parse(text);
    return parsed.type === 'complete' ? parsed.script : undefined;
  }

  /** Called for every script the library is about to run: ours was prepared, any other is one that a command runs. */
  #transform(script: ScriptNode): ScriptNode {
    if (this.#isParsing) return (this.#parsed = script);
    const prepared = this.#pending;
    this.#pending = undefined;
    return prepared ?? compileScript(script, captured);
  }

  async #sleep(ms: number): Promise<void> {
    const run = this.#run;
    if (!run) return;
    this.#waited(run);
    await this.host.sleep(ms, run.stop.signal);
  }

  #waited(run: Run): void {
    run.turns = 0;
    run.printed = 0;
  }

  #command(tool: Tool): ReturnType<typeof defineCommand> {
    return defineCommand(tool.name, (args, ctx) => this.#runTool(tool, args, ctx));
  }

  async #runTool(tool: Tool, args: readonly string[], ctx: ResolvedCommandContext, onOutput?: (text: string) => void): Promise<ExecResult> {
    const run = this.#run as Run;
    const streams = streamsOf(ctx.fileDescriptors);
    const captured = { stdout: '', stderr: '' };
    let kind: 'text' | 'bytes' = 'text';
    const screen = run.screen;
    const print = (stream: 'stdout' | 'stderr', isTerminal: boolean) => (text: string) => {
      if (!this.#mayPrint(run, text)) return;
      if (isTerminal && screen) screen.write(text);
      else captured[stream] += text;
    };
    const context: ToolContext = {
      args,
      cwd: ctx.cwd,
      env: ctx.exportedEnv ?? {},
      home: this.#env['HOME'] ?? '/',
      files: this.host.files,
      signal: ctx.signal ?? run.stop.signal,
      keyboard: streams.in ? screen?.keyboard : undefined,
      isTerminal: streams.out && screen !== undefined,
      columns: screen?.columns ?? 80,
      rows: screen?.rows ?? 24,
      ...(onOutput ? { isTerminal: false } : {}),
      stdin: () => (streams.in && screen ? readAll(screen.keyboard) : Promise.resolve(textOf(ctx.stdin))),
      stdout: onOutput ?? print('stdout', streams.out),
      stderr: print('stderr', streams.err),
      now: () => this.host.now(),
      sleep: (ms) => this.#sleep(ms),
      exec: (line) => this.#nested(ctx, line),
      script: async (text, scriptArgs = []) => {
        const { stdout, stderr, exitCode } = await this.#child(ctx, text, scriptArgs, streams);
        captured.stdout += stdout;
        captured.stderr += stderr;
        return exitCode;
      },
      original: async (ownArgs = args) => {
        const result = await ctx.origCommand?.([...ownArgs]);
        captured.stdout += result?.stdout ?? '';
        captured.stderr += result?.stderr ?? '';
        if (result?.stdoutKind === 'bytes' || result?.stdoutEncoding === 'binary') kind = 'bytes';
        return result?.exitCode ?? 127;
      },
      editor: (request) => this.host.editor(request, ctx.signal ?? run.stop.signal),
      assign: async (name, value) => void (await ctx.assignShellVariable?.(name, value)),
    };
    const exitCode = await runTool(tool, context);
    return { ...captured, exitCode, stdoutKind: kind };
  }

  /** `@stream INDEX command…`: runs the command and puts what it prints, as it comes, through the filter of that index. */
  #streamCommand(): ReturnType<typeof defineCommand> {
    return defineCommand('@stream', async ([index, name, ...args], ctx) => {
      const tool = this.host.tools.find((one) => one.name === name || this.#env[`BASH_ALIAS_${name}`] === one.name);
      const filter = this.#filters[Number(index)];
      if (!tool || !filter) return { stdout: '', stderr: `bash: ${name}: command not found\n`, exitCode: 127 };
      let rest = '';
      let exitCode = 1;
      let work = Promise.resolve();
      const pass = (text: string): void => {
        work = work.then(async () => {
          const result = await this.#filtered(ctx, filter, text);
          this.#run?.screen?.write(result.stdout + result.stderr);
          if (result.exitCode === 0) exitCode = 0;
        });
      };
      const { stderr } = await this.#runTool(tool, args, ctx, (text) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() as string;
        if (lines.length > 0) pass(`${lines.join('\n')}\n`);
      });
      if (rest) pass(rest);
      await work;
      return { stdout: '', stderr, exitCode };
    });
  }

  async #filtered(ctx: CommandContext, filter: ScriptNode, stdin: string): Promise<CommandOutcome> {
    this.#pending = compileScript(filter, captured);
    const result = await ctx.exec?.(':', { cwd: ctx.cwd, env: { ...Object.fromEntries(ctx.env), PWD: ctx.cwd }, replaceEnv: true, stdin });
    return result ?? { stdout: '', stderr: '', exitCode: 1 };
  }

  /** A script run by `bash file` or `./file`: a shell of its own that prints where this one does. */
  async #child(ctx: CommandContext, text: string, args: readonly string[], streams: Streams): Promise<CommandOutcome> {
    const parsed = this.parse(text);
    if (parsed.type === 'error') return { stdout: '', stderr: `${parsed.message}\n`, exitCode: 2 };
    if (parsed.type === 'incomplete') return { stdout: '', stderr: 'bash: syntax error: unexpected end of file\n', exitCode: 2 };
    const compiled = compileScript(parsed.script, streams);
    this.#pending = { ...compiled, statements: [statementOf(commandOf('set', ['--', ...args].map(wordOf))), ...compiled.statements] };
    return this.#nested(ctx, ':');
  }

  async #nested(ctx: CommandContext, line: string): Promise<CommandOutcome> {
    const result = await ctx.exec?.(line, { cwd: ctx.cwd, env: { ...Object.fromEntries(ctx.env), PWD: ctx.cwd }, replaceEnv: true });
    return result ?? { stdout: '', stderr: '', exitCode: 1 };
  }

  /** False once the command line has printed more than a person could read; it is stopped then. */
  #mayPrint(run: Run, text: string): boolean {
    run.printed += text.length;
    const { outputMax } = this.#limits;
    if (run.printed > outputMax) this.#stop(run, `bash: stopped after printing ${outputMax} characters without a pause`);
    return !run.stopped;
  }

  /** Counts what was appended to the terminal by the library itself. */
  wrote(text: string): void {
    const run = this.#run;
    if (run?.screen && text && this.#mayPrint(run, text)) run.screen.write(this.#explained(text));
  }

  #stop(run: Run, message: string): void {
    run.stopped ??= message;
    run.stop.abort();
  }

  #turnCommand(): ReturnType<typeof defineCommand> {
    return defineCommand(turnCommand, async () => {
      const run = this.#run;
      if (run && ++run.turns % turnsPerYield === 0) await this.host.yield();
      const { turnsMax } = this.#limits;
      if (run && run.turns > turnsMax) this.#stop(run, `bash: stopped after ${turnsMax} turns of a loop without a pause; give it a sleep`);
      return { stdout: '', stderr: '', exitCode: 0 };
    });
  }

  #statusCommand(): ReturnType<typeof defineCommand> {
    return defineCommand('@status', async ([code]) => ({ stdout: '', stderr: '', exitCode: Number(code) }));
  }

  #carryCommand(): ReturnType<typeof defineCommand> {
    return defineCommand('@carry', async ([code, functions = '', arrays = ''], ctx) => {
      this.#carried = { env: { ...Object.fromEntries(ctx.env), PWD: ctx.cwd }, functions: namesOf(functions), arrays };
      return { stdout: '', stderr: '', exitCode: Number(code) };
    });
  }
}

/** One command line on its way. */
interface Run {
  readonly signal: AbortSignal;
  readonly screen: ShellScreen | undefined;
  readonly stop: AbortController;
  turns: number;
  printed: number;
  /** Why we stopped it. */
  stopped: string | undefined;
}

type CommandContext = Pick<ResolvedCommandContext, 'exec' | 'cwd' | 'env'>;

interface Carried {
  readonly env: Record<string, string>;
  readonly functions: readonly string[];
  readonly arrays: string;
}

const carriedOptions = new Set(['pipefail', 'nounset', 'xtrace', 'noglob', 'noclobber', 'allexport', 'errexit']);

const aliasesOn = statementOf(commandOf('shopt', [wordOf('-s'), wordOf('expand_aliases')]));

/** `@carry $? "$(declare -F)" "$(declare -a)"` */
const epilogue = statementOf(
  commandOf(internal('@carry'), [
    { type: 'Word', parts: [{ type: 'ParameterExpansion', parameter: '?', operation: null }] },
    outputOf('declare', '-F'),
    outputOf('declare', '-a'),
  ]),
);

function outputOf(name: string, ...args: string[]): ReturnType<typeof wordOf> {
  const body: ScriptNode = { type: 'Script', statements: [statementOf(commandOf(name, args.map(wordOf)))] };
  return { type: 'Word', parts: [{ type: 'DoubleQuoted', parts: [{ type: 'CommandSubstitution', body, legacy: false }] }] };
}

/** The names in what `declare -F` prints. */
function namesOf(declared: string): string[] {
  return declared
    .split('\n')
    .flatMap((line) => (line.startsWith('declare -f ') && !line.endsWith('@tty') ? [line.slice('declare -f '.length)] : []));
}

function sourcedPath(command: {
  name: ReturnType<typeof wordOf> | null;
  args: readonly ReturnType<typeof wordOf>[];
  redirections: readonly unknown[];
}): string | undefined {
  const name = command.name?.parts.length === 1 && command.name.parts[0]?.type === 'Literal' ? command.name.parts[0].value : undefined;
  if ((name !== 'source' && name !== '.') || command.args.length !== 1 || command.redirections.length > 0) return undefined;
  let path = '';
  for (const part of command.args[0]?.parts ?? []) {
    if (part.type === 'TildeExpansion' && !part.user) path += '~';
    else if (part.type === 'Literal' || part.type === 'SingleQuoted') path += part.value;
    else return undefined;
  }
  return path;
}

function streamsOf(descriptors: ReadonlyMap<number, string> | undefined): Streams {
  const isOpen = (fd: number): boolean => descriptors?.get(fd)?.endsWith(':/dev/tty') ?? false;
  return { in: isOpen(terminalDescriptors.in), out: isOpen(terminalDescriptors.out), err: isOpen(terminalDescriptors.err) };
}

async function runTool(tool: Tool, context: ToolContext): Promise<number> {
  try {
    return await tool.run(context);
  } catch (error) {
    if (context.signal.aborted) return 130;
    if (!(error instanceof ToolError)) throw error;
    context.stderr(`${error.message}\n`);
    return error.exitCode;
  }
}

async function readAll(keyboard: Keyboard): Promise<string> {
  let text = '';
  for (let line = await keyboard.readLine(); line !== undefined; line = await keyboard.readLine()) text += line;
  return text;
}

/** The library's byte strings hold a byte a character. */
function textOf(stdin: unknown): string {
  const latin1 = String(stdin ?? '');
  if (/^[\x00-\x7f]*$/.test(latin1)) return latin1;
  return new TextDecoder().decode(Uint8Array.from(latin1, (one) => one.charCodeAt(0)));
}

function isEndOfInput(error: unknown): boolean {
  const { message = '', token } = error as { message?: string; token?: { type?: string } };
  return token?.type === 'EOF' || /unexpected EOF|got EOF/.test(message);
}

/** `syntax error near unexpected token `fi'`, without the library's position. */
function syntaxMessage(error: unknown): string {
  const message = (error as Error).message.replace(/^Parse error at \d+:\d+: /, '').replace(/^line \d+: /, '');
  return message.startsWith('syntax error') || message.startsWith('unexpected') ? message : `syntax error: ${message}`;
}
