import { deepCopy, type Json } from '@/lib/base';
import { deriveContext } from '../derived-context';
import type { ProcessContext, Program } from '../program';
import { applyOption } from './builtins';
import { compile } from './compiler';
import { ShellMachine } from './machine';
import type { ShellState, Task } from './state';
import { ShellSyntaxError } from './syntax';

export { echoText, formatPrintf } from './printf';
export { evaluateTest } from './test-expression';
export { patternToRegExp } from './expansion';

/**
 * `/bin/sh` as a program: it runs a script (`-c`, a file, or what is piped in) as a reducer over plain state, so that a container
 * may be copied in the middle of a loop. `programs` are those of the image, by path; the shell is one of them.
 *
 * What it does not know it refuses: `sh: not simulated: …`, exit 2.
 */
export function createShell(programs: () => Readonly<Record<string, Program>>): Program<any> {
  const advance = (ctx: ProcessContext, machine: ShellMachine): Json => {
    if (machine.exitCode !== undefined) ctx.exit(machine.exitCode);
    return machine.state as unknown as Json;
  };
  const resume = (ctx: ProcessContext, state: ShellState) => new ShellMachine(ctx, deepCopy(state), programs());
  return {
    start(ctx) {
      const started = startState(ctx);
      if (typeof started === 'number') {
        ctx.exit(started);
        return null;
      }
      const machine = new ShellMachine(ctx, started, programs());
      machine.run();
      return advance(ctx, machine);
    },
    onTimer(ctx, state: ShellState, timer) {
      const machine = resume(ctx, state);
      machine.onTimer(timer);
      return advance(ctx, machine);
    },
    onSignal(ctx, state: ShellState, signal) {
      const machine = resume(ctx, state);
      machine.onSignal(signal);
      return advance(ctx, machine);
    },
    onRequest(ctx, state: ShellState, request, peer) {
      const found = new ShellMachine(ctx, state, programs()).listenerOf(peer.port);
      const answer = found?.program.onRequest?.(found.ctx, found.child.state, request, peer);
      if (!found || !answer) return { state: state as unknown as Json, response: { status: 502, headers: {}, body: '' } };
      const code = found.exitCode();
      if (answer.state === found.child.state && code === undefined) return { state: state as unknown as Json, response: answer.response };
      const machine = resume(ctx, state);
      machine.childChanged(found.pid, answer.state, code);
      return { state: advance(ctx, machine), response: answer.response };
    },
  };
}

/** A script an image has for an entrypoint: `exec "$@"` and what comes before it. */
export function scriptProgram(shell: Program<any>, source: string): Program<any> {
  return { ...shell, start: (ctx) => shell.start(deriveContext(ctx, { argv: ['sh', '-c', source, ...ctx.argv] })) };
}

/** A shell with an open terminal waits for somebody to attach; whoever does brings a shell of their own. */
const nobody = -1;

/** The process as it begins; a number when it ends before that. */
function startState(ctx: ProcessContext): ShellState | number {
  const words = ctx.argv.slice(1);
  const name = (ctx.argv[0] ?? 'sh').replace(/^.*\//, '').replace(/^-/, '');
  const task = emptyTask(ctx, name);
  let isCommand = false;
  while (/^[-+]./.test(words[0] ?? '') && words[0] !== '--') {
    const word = words.shift() as string;
    if (word.startsWith('--')) continue;
    if (word.includes('c')) isCommand = true;
    applyOption(task, word, () => words.shift() ?? '');
  }
  const source = sourceOf(ctx, task, words, isCommand);
  if (typeof source === 'number') return source;
  try {
    compile(source);
  } catch (error) {
    if (!(error instanceof ShellSyntaxError)) throw error;
    ctx.stderr(`${task.name}: ${error.message}\n`);
    return 2;
  }
  return { scripts: [source], functions: {}, tasks: [task], ended: {}, nextPid: ctx.pid + 6 };
}

function sourceOf(ctx: ProcessContext, task: Task, words: string[], isCommand: boolean): string | number {
  if (isCommand) {
    const script = words.shift();
    if (script === undefined) {
      ctx.stderr(`${task.name}: -c requires an argument\n`);
      return 2;
    }
    if (words[0] !== undefined) task.name = words.shift() as string;
    task.params = words;
    return script;
  }
  const [file, ...params] = words;
  if (file === undefined) {
    if (ctx.isInteractive) task.waitsFor = [nobody];
    task.streams.stdin = '';
    return ctx.stdin;
  }
  const text = ctx.files.read(file.startsWith('/') ? file : `${ctx.cwd}/${file}`);
  if (text === undefined) {
    ctx.stderr(`${task.name}: can't open '${file}': No such file or directory\n`);
    return 2;
  }
  task.name = file;
  task.params = params;
  return text;
}

function emptyTask(ctx: ProcessContext, name: string): Task {
  return {
    pid: ctx.pid,
    at: { script: 0, pc: 0 },
    vars: { ...ctx.env, PWD: ctx.cwd },
    exported: Object.keys(ctx.env),
    params: [],
    name,
    cwd: ctx.cwd,
    status: 0,
    lastBackground: 0,
    streams: { stdin: ctx.stdin, out: 'stdout', err: 'stderr' },
    frames: [],
    options: { errexit: false, nounset: false, xtrace: false, pipefail: false },
    traps: {},
    pendingTraps: [],
    child: null,
    waitsFor: [],
    spent: 0,
  };
}
