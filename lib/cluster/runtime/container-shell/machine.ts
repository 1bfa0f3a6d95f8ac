import { deepCopy, own, type Json } from '@/lib/base';
import { FileError, normalizePath } from '../container-files';
import { scriptCommand } from '../script-command';
import { deriveContext } from '../derived-context';
import type { ProcessContext, Program, Signal } from '../program';
import { ArithmeticError } from './arithmetic';
import { builtins, type Builtin } from './builtins';
import { compile, type Code, type Instruction, type ReadyRedirection, type ReadyWord } from './compiler';
import { expandPattern, expandText, expandWords, ExpansionError, patternToRegExp, textMax, type Scope } from './expansion';
import type { Child, Frame, Place, Saved, ShellState, Streams, Target, Task } from './state';
import { ShellSyntaxError } from './syntax';

/** What a command in a script costs of a slice; a slice is this many and takes this long. */
const sliceCost = 1_000;
const sliceMs = 50;
/** A builtin writes and computes at processor speed; a loop of them must not flood a log. */
const builtinCost = 40;
const framesMax = 400;

/** How a step ended: go on, wait for the child or a background task, or the task is over. */
export type Flow = 'next' | 'wait' | 'done';

/** A shell at work: the state of one process, mutable for the length of one call. */
export class ShellMachine {
  readonly ctx: ProcessContext;
  readonly state: ShellState;
  readonly #programs: Readonly<Record<string, Program>>;
  /** The process is over with this code. */
  exitCode: number | undefined;

  constructor(ctx: ProcessContext, state: ShellState, programs: Readonly<Record<string, Program>>) {
    this.ctx = ctx;
    this.state = state;
    this.#programs = programs;
  }

  /** Runs every task that can run, until all wait. */
  run(): void {
    for (let isMoving = true; isMoving && this.exitCode === undefined;) {
      isMoving = false;
      for (const task of [...this.state.tasks]) {
        if (this.exitCode !== undefined) break;
        if (task.child || task.waitsFor.length > 0 || task.spent >= sliceCost) continue;
        this.#runTask(task);
        isMoving = true;
      }
    }
  }

  #runTask(task: Task): void {
    for (;;) {
      if (task.pendingTraps.length > 0) this.#enterTrap(task);
      if (task.spent >= sliceCost) return this.ctx.after(sliceMs, `${task.pid}/slice`);
      const instruction = this.#code(task.at)[task.at.pc];
      const flow = instruction ? this.#guarded(task, () => this.#step(task, instruction)) : this.#endOfCode(task);
      if (flow === 'wait') return;
      if (flow === 'done' || this.exitCode !== undefined) return;
    }
  }

  #code({ script }: Place): Code {
    return compile(this.state.scripts[script] ?? '');
  }

  /** A command that cannot be expanded or redirected fails; a script that cannot be read ends. */
  #guarded(task: Task, step: () => Flow): Flow {
    try {
      return step();
    } catch (error) {
      if (error instanceof ExpansionError || error instanceof ArithmeticError || error instanceof ShellSyntaxError) {
        this.error(task, `${task.name}: ${error.message}`);
        return this.exit(task, error instanceof ShellSyntaxError ? 2 : 1);
      }
      if (!(error instanceof FileError)) throw error;
      task.status = 1;
      task.at.pc++;
      return 'next';
    }
  }

  // --- one instruction ------------------------------------------------------------------------------------------

  #step(task: Task, instruction: Instruction): Flow {
    task.spent++;
    const { at } = task;
    switch (instruction.op) {
      case 'simple':
        return this.#simple(task, instruction);
      case 'jump':
        at.pc = instruction.to;
        return 'next';
      case 'jump-if':
        at.pc = (task.status === 0) === (instruction.when === 'ok') ? instruction.to : at.pc + 1;
        return 'next';
      case 'succeed':
        task.status = 0;
        return this.#continue(task);
      case 'negate':
        task.status = task.status === 0 ? 1 : 0;
        return this.#continue(task);
      case 'open-words':
        this.#push(task, { kind: 'words', captured: [] });
        return this.#continue(task);
      case 'open-capture':
        return this.#openCapture(task, instruction.end);
      case 'close-capture':
        return this.#closeCapture(task);
      case 'open-subshell':
        this.#push(task, { kind: 'subshell', saved: save(task), end: instruction.end, script: at.script });
        return this.#continue(task);
      case 'close-subshell':
        return this.#closeSubshell(task);
      case 'open-pipe':
        return this.#openPipe(task, instruction.end);
      case 'next-pipe':
        return this.#nextPipe(task, instruction);
      case 'close-pipe':
        return this.#closePipe(task);
      case 'redirect':
        return this.#redirect(task, instruction);
      case 'restore':
        task.streams = (task.frames.pop() as Extract<Frame, { kind: 'redirect' }>).streams;
        return this.#continue(task);
      case 'open-loop':
        this.#push(task, { kind: 'loop', breakTo: instruction.breakTo, continueTo: instruction.continueTo });
        return this.#continue(task);
      case 'close-loop':
        task.frames.pop();
        return this.#continue(task);
      case 'open-for':
        return this.#openFor(task, instruction);
      case 'next-for':
        return this.#nextFor(task);
      case 'case':
        return this.#case(task, instruction);
      case 'function':
        this.state.functions[instruction.name] = { script: at.script, pc: instruction.entry };
        at.pc = instruction.end;
        task.status = 0;
        return 'next';
      case 'background':
        return this.#background(task, instruction.end);
      case 'return':
        return this.returnFrom(task, task.status);
      case 'end':
        return this.#endOfCode(task);
    }
  }

  #continue(task: Task): Flow {
    task.at.pc++;
    return 'next';
  }

  #push(task: Task, frame: Frame): void {
    if (task.frames.length >= framesMax) throw new ShellSyntaxError('stack overflow');
    task.frames.push(frame);
  }

  /** The end of a script: back to who called it (`.`, `eval`, a trap), or the task is over. */
  #endOfCode(task: Task): Flow {
    const frame = task.frames.findLast(({ kind }) => kind === 'call' || kind === 'trap');
    if (!frame) return this.exit(task, task.status);
    while (task.frames.at(-1) !== frame) this.#unwindOne(task);
    task.frames.pop();
    if (frame.kind === 'trap') {
      task.at = frame.back;
      task.status = frame.status;
    } else if (frame.kind === 'call') {
      this.#restoreCall(task, frame);
    }
    return 'next';
  }

  // --- frames ---------------------------------------------------------------------------------------------------

  #openCapture(task: Task, end: number): Flow {
    this.#push(task, { kind: 'capture', text: '', streams: task.streams, saved: save(task), end, script: task.at.script });
    task.streams = { ...task.streams, out: { capture: task.frames.length - 1 } };
    return this.#continue(task);
  }

  #closeCapture(task: Task): Flow {
    const frame = task.frames.pop() as Extract<Frame, { kind: 'capture' }>;
    task.streams = frame.streams;
    restore(task, frame.saved);
    const words = task.frames.findLast((one) => one.kind === 'words');
    if (words?.kind === 'words') words.captured.push(frame.text.replace(/\n+$/, ''));
    return this.#continue(task);
  }

  #closeSubshell(task: Task): Flow {
    restore(task, (task.frames.pop() as Extract<Frame, { kind: 'subshell' }>).saved);
    return this.#continue(task);
  }

  /** Each command of a pipe runs when the one before has ended, and reads all it wrote (docs/fidelity.md). */
  #openPipe(task: Task, end: number): Flow {
    this.#push(task, {
      kind: 'pipe',
      text: '',
      streams: task.streams,
      outer: task.streams,
      saved: save(task),
      end,
      script: task.at.script,
      statuses: [],
    });
    task.streams = { ...task.streams, out: { capture: task.frames.length - 1 } };
    return this.#continue(task);
  }

  #nextPipe(task: Task, { isLast, end }: Extract<Instruction, { op: 'next-pipe' }>): Flow {
    const frame = task.frames.at(-1) as Extract<Frame, { kind: 'pipe' }>;
    const stdin = frame.text;
    frame.text = '';
    frame.end = end;
    frame.statuses.push(task.status);
    restore(task, frame.saved);
    frame.saved = save(task);
    task.streams = { ...frame.outer, stdin, ...(isLast ? {} : { out: { capture: task.frames.length - 1 } as Target }) };
    task.status = 0;
    return this.#continue(task);
  }

  #closePipe(task: Task): Flow {
    const frame = task.frames.pop() as Extract<Frame, { kind: 'pipe' }>;
    task.streams = frame.outer;
    restore(task, frame.saved);
    if (task.options.pipefail) task.status = [...frame.statuses, task.status].findLast((status) => status !== 0) ?? 0;
    return this.#continue(task);
  }

  #redirect(task: Task, { redirections, hasCaptured, end }: Extract<Instruction, { op: 'redirect' }>): Flow {
    const scope = this.#scope(task, hasCaptured);
    const before = task.streams;
    if (hasCaptured) this.#popWords(task);
    if (!this.#applyRedirections(task, redirections, scope)) {
      task.streams = before;
      task.status = 1;
      task.at.pc = end;
      return 'next';
    }
    this.#push(task, { kind: 'redirect', streams: before });
    return this.#continue(task);
  }

  #openFor(task: Task, { name, words, hasCaptured, breakTo, continueTo }: Extract<Instruction, { op: 'open-for' }>): Flow {
    const items = words ? expandWords(words, this.#scope(task, hasCaptured)) : [...task.params];
    if (hasCaptured) this.#popWords(task);
    this.#push(task, { kind: 'loop', breakTo, continueTo, name, items, next: 0 });
    task.status = 0;
    return this.#continue(task);
  }

  #nextFor(task: Task): Flow {
    const frame = task.frames.at(-1) as Extract<Frame, { kind: 'loop' }>;
    const item = frame.items?.[frame.next ?? 0];
    if (item === undefined) {
      task.at.pc = frame.breakTo;
      return 'next';
    }
    frame.next = (frame.next ?? 0) + 1;
    this.setVariable(task, frame.name as string, item);
    return this.#continue(task);
  }

  #case(task: Task, { word, arms, otherwise, hasCaptured }: Extract<Instruction, { op: 'case' }>): Flow {
    const scope = this.#scope(task, hasCaptured);
    const text = expandText(word, scope);
    const arm = arms.find(({ patterns }) => patterns.some((pattern) => patternToRegExp(expandPattern(pattern, scope)).test(text)));
    if (hasCaptured) this.#popWords(task);
    task.at.pc = arm ? arm.to : otherwise;
    return 'next';
  }

  #background(task: Task, end: number): Flow {
    const pid = this.state.nextPid++;
    const copy: Task = {
      ...deepCopy(task),
      pid,
      at: { script: task.at.script, pc: task.at.pc + 1 },
      frames: [],
      child: null,
      waitsFor: [],
      pendingTraps: [],
      traps: {},
      spent: 0,
    };
    copy.streams = {
      stdin: '',
      out: typeof task.streams.out === 'object' && 'capture' in task.streams.out ? 'null' : task.streams.out,
      err: task.streams.err,
    };
    this.state.tasks.push(copy);
    task.lastBackground = pid;
    task.status = 0;
    task.at.pc = end;
    return 'next';
  }

  /** Leaves the innermost frame without the rest of what it was opened for. */
  #unwindOne(task: Task): void {
    const frame = task.frames.pop();
    if (frame?.kind === 'redirect' || frame?.kind === 'capture' || frame?.kind === 'call') task.streams = frame.streams;
    if (frame?.kind === 'pipe') task.streams = frame.outer;
    if (frame?.kind === 'capture' || frame?.kind === 'subshell' || frame?.kind === 'pipe') restore(task, frame.saved);
  }

  #popWords(task: Task): void {
    const index = task.frames.findLastIndex(({ kind }) => kind === 'words');
    if (index >= 0) task.frames.splice(index, 1);
  }

  // --- leaving --------------------------------------------------------------------------------------------------

  /** `exit`: the innermost subshell ends, or the task. */
  exit(task: Task, code: number): Flow {
    task.status = code & 255;
    const index = task.frames.findLastIndex(({ kind }) => kind === 'capture' || kind === 'subshell' || kind === 'pipe');
    if (index >= 0) {
      while (task.frames.length - 1 > index) this.#unwindOne(task);
      const frame = task.frames[index] as Extract<Frame, { kind: 'subshell' }>;
      task.at = { script: frame.script, pc: frame.end };
      return 'next';
    }
    const trap = task.traps.EXIT;
    if (trap !== undefined) {
      delete task.traps.EXIT;
      task.frames = [];
      task.at = { script: this.#script(`${trap}\nexit ${task.status}`), pc: 0 };
      return 'next';
    }
    return this.#endTask(task);
  }

  #endTask(task: Task): Flow {
    this.state.tasks = this.state.tasks.filter((one) => one !== task);
    if (task.pid === this.ctx.pid) {
      this.exitCode = task.status;
      return 'done';
    }
    this.state.ended[task.pid] = task.status;
    for (const waiter of this.state.tasks) {
      if (!waiter.waitsFor.includes(task.pid)) continue;
      waiter.waitsFor = waiter.waitsFor.filter((pid) => pid !== task.pid);
      if (waiter.waitsFor.length === 0) waiter.status = task.status;
    }
    return 'done';
  }

  /** `break`, `continue`. */
  leaveLoop(task: Task, levels: number, how: 'break' | 'continue'): Flow {
    let left = levels;
    for (let index = task.frames.length - 1; index >= 0; index--) {
      const frame = task.frames[index] as Frame;
      if (frame.kind === 'call' || frame.kind === 'subshell' || frame.kind === 'capture') break;
      if (frame.kind !== 'loop' || --left > 0) continue;
      while (task.frames.length - 1 > index) this.#unwindOne(task);
      task.at.pc = how === 'break' ? frame.breakTo : frame.continueTo;
      return 'next';
    }
    return this.#continue(task);
  }

  /** `return`: from a function or a sourced file. */
  returnFrom(task: Task, status: number): Flow {
    const index = task.frames.findLastIndex(({ kind }) => kind === 'call');
    task.status = status;
    if (index < 0) return this.exit(task, status);
    while (task.frames.length - 1 > index) this.#unwindOne(task);
    this.#restoreCall(task, task.frames.pop() as Extract<Frame, { kind: 'call' }>);
    return 'next';
  }

  #restoreCall(task: Task, frame: Extract<Frame, { kind: 'call' }>): void {
    task.at = frame.back;
    task.streams = frame.streams;
    if (frame.params) task.params = frame.params;
    for (const [name, value] of Object.entries(frame.locals)) {
      if (value === null) delete task.vars[name];
      else task.vars[name] = value;
    }
  }

  #enterTrap(task: Task): void {
    const action = task.traps[task.pendingTraps.shift() as string];
    if (!action) return;
    this.#push(task, { kind: 'trap', back: { ...task.at }, status: task.status });
    task.at = { script: this.#script(action), pc: 0 };
  }

  /** Runs a text in the shell itself: `eval`, `.`. */
  enterScript(task: Task, source: string, params?: readonly string[]): Flow {
    const script = this.#script(source);
    this.#code({ script, pc: 0 });
    return this.#call(task, { script, pc: 0 }, { params, streams: task.streams, isTested: false });
  }

  /** Goes to another place in the code, to come back behind this command. */
  #call(
    task: Task,
    to: Place,
    { params, streams, isTested }: { params: readonly string[] | undefined; streams: Streams; isTested: boolean },
  ): Flow {
    this.#push(task, {
      kind: 'call',
      back: { script: task.at.script, pc: task.at.pc + 1 },
      streams,
      params: params ? task.params : undefined,
      locals: {},
      isTested,
    });
    if (params) task.params = [...params];
    task.status = 0;
    task.at = { ...to };
    return 'next';
  }

  #script(source: string): number {
    const known = this.state.scripts.indexOf(source);
    return known >= 0 ? known : this.state.scripts.push(source) - 1;
  }

  // --- simple commands ------------------------------------------------------------------------------------------

  #simple(task: Task, instruction: Extract<Instruction, { op: 'simple' }>): Flow {
    const { assignments, words, redirections, hasCaptured, isTested } = instruction;
    const scope = this.#scope(task, hasCaptured);
    const before = task.streams;
    const argv = expandWords(words, scope);
    const values = assignments.map(({ name, value }) => [name, expandText(value, scope)] as const);
    const isOpen = this.#applyRedirections(task, redirections, scope);
    if (hasCaptured) this.#popWords(task);
    if (task.options.xtrace && argv.length + values.length > 0)
      this.error(task, `+ ${[...values.map(([name, value]) => `${name}=${value}`), ...argv].join(' ')}`);
    if (isOpen && argv.length > 0) return this.#command(task, argv, values, before, instruction);
    if (isOpen) for (const [name, value] of values) this.setVariable(task, name, value);
    task.streams = before;
    return this.#afterCommand(task, isOpen ? (hasCaptured ? task.status : 0) : 1, isTested);
  }

  #command(
    task: Task,
    argv: readonly string[],
    values: readonly (readonly [string, string])[],
    before: Streams,
    instruction: Extract<Instruction, { op: 'simple' }>,
  ): Flow {
    const { isTested, isLast, redirections } = instruction;
    const [name = ''] = argv;
    const place = own(this.state.functions, name);
    if (place) {
      for (const [variable, value] of values) this.setVariable(task, variable, value);
      return this.#call(task, place, { params: argv.slice(1), streams: before, isTested });
    }
    const hasOwnInput = redirections.some(({ fd }) => fd === 0);
    const builtin = own(builtins, name);
    if (builtin) return this.#builtin(task, builtin, argv, values, { before, hasOwnInput, isTested });
    const env = { ...this.environment(task), ...Object.fromEntries(values) };
    const isExec =
      isLast &&
      task.pid === this.ctx.pid &&
      task.frames.length === 0 &&
      Object.keys(task.traps).length === 0 &&
      this.state.tasks.length === 1;
    return this.runProgram(task, argv, env, { before, isExec, isTested });
  }

  #builtin(
    task: Task,
    builtin: Builtin,
    argv: readonly string[],
    values: readonly (readonly [string, string])[],
    { before, hasOwnInput, isTested }: { before: Streams; hasOwnInput: boolean; isTested: boolean },
  ): Flow {
    const old = values.map(([variable]) => [variable, own(task.vars, variable)] as const);
    for (const [variable, value] of values) this.setVariable(task, variable, value);
    task.spent += builtinCost;
    const frames = task.frames.length;
    const result = builtin({ machine: this, task, argv });
    const call = task.frames.at(-1);
    if (typeof result === 'string') {
      if (call?.kind === 'call' && task.frames.length > frames) call.streams = before;
      else if (result === 'wait') task.streams = before;
      return result;
    }
    if (argv[0] !== 'exec') task.streams = { ...before, stdin: hasOwnInput ? before.stdin : task.streams.stdin };
    for (const [variable, value] of old) if (argv[0] !== 'export' && argv[0] !== 'readonly') this.#reset(task, variable, value);
    return this.#afterCommand(task, result, isTested);
  }

  #reset(task: Task, name: string, value: string | undefined): void {
    if (value === undefined) delete task.vars[name];
    else task.vars[name] = value;
  }

  #afterCommand(task: Task, status: number, isTested: boolean): Flow {
    task.status = status;
    task.at.pc++;
    const isExcused = isTested || task.frames.some((frame) => frame.kind === 'call' && frame.isTested);
    return status !== 0 && task.options.errexit && !isExcused ? this.exit(task, status) : 'next';
  }

  /** Starts a program of the image as the shell's child, or in its place. */
  runProgram(
    task: Task,
    argv: readonly string[],
    env: Record<string, string>,
    { before, isExec, isTested }: { before: Streams; isExec: boolean; isTested: boolean },
  ): Flow {
    const [name = ''] = argv;
    const script = name.includes('/') ? scriptCommand(this.ctx.files, [this.absolute(task, name), ...argv.slice(1)]) : undefined;
    const path = this.findProgram(task, script?.[0] ?? name);
    if (path === undefined) {
      const isThere = name.includes('/') && this.ctx.files.exists(this.absolute(task, name));
      this.error(task, `${task.name}: ${name}: ${isThere ? 'Permission denied' : 'not found'}`);
      task.streams = before;
      return isExec ? this.exit(task, isThere ? 126 : 127) : this.#afterCommand(task, isThere ? 126 : 127, isTested);
    }
    task.child = { path, argv: [...(script ?? argv)], env, cwd: task.cwd, state: null, isExec, hasReadInput: false, ports: [] };
    this.#push(task, { kind: 'redirect', streams: before });
    const program = this.#programs[path] as Program;
    return this.#callChild(task, (ctx) => program.start(ctx)) ? this.finishChild(task) : 'wait';
  }

  /** The child's state after a call; whether it has ended. */
  #callChild(task: Task, call: (ctx: ProcessContext) => Json): boolean {
    const child = task.child as NonNullable<Task['child']>;
    let code: number | undefined;
    const ctx = this.#childContext(task, (exit) => (code ??= exit & 255));
    const state = call(ctx);
    if (code === undefined) {
      child.state = state;
      return false;
    }
    task.status = code;
    return true;
  }

  #childContext(task: Task, exit: (code: number) => void): ProcessContext {
    const child = task.child as NonNullable<Task['child']>;
    return deriveContext(this.ctx, {
      argv: child.argv,
      env: child.env,
      cwd: child.cwd,
      readInput: () => {
        child.hasReadInput = true;
        return task.streams.stdin;
      },
      pid: child.isExec ? this.ctx.pid : this.ctx.pid + task.pid + 1,
      stdout: (text) => this.write(task, task.streams.out, text),
      stderr: (text) => this.write(task, task.streams.err, text),
      after: (delayMs, timer) => this.ctx.after(delayMs, `${task.pid}/child/${timer}`),
      listen: (port, protocol) => {
        const isOk = this.ctx.listen(port, protocol);
        if (isOk) child.ports.push(port);
        return isOk;
      },
      exit,
    });
  }

  /** The foreground program has ended: the shell goes on with its status. */
  finishChild(task: Task): Flow {
    const child = task.child as NonNullable<Task['child']>;
    task.child = null;
    const frame = task.frames.pop();
    const instruction = this.#code(task.at)[task.at.pc];
    const hasOwnInput = instruction?.op === 'simple' && instruction.redirections.some(({ fd }) => fd === 0);
    if (frame?.kind === 'redirect') task.streams = child.hasReadInput && !hasOwnInput ? { ...frame.streams, stdin: '' } : frame.streams;
    if (child.isExec) return this.#endTask(task);
    return this.#afterCommand(task, task.status, instruction?.op === 'simple' ? instruction.isTested : true);
  }

  // --- what happens to the process ------------------------------------------------------------------------------

  onTimer(timer: string): void {
    const [pid = '', kind, ...rest] = timer.split('/');
    const task = this.state.tasks.find((one) => one.pid === Number(pid));
    if (!task) return;
    if (kind === 'slice') task.spent = 0;
    const program = task.child && this.#programs[task.child.path];
    if (kind === 'child' && task.child && program) {
      task.spent = Math.max(0, task.spent - 200);
      const { state } = task.child;
      if (this.#callChild(task, (ctx) => program.onTimer?.(ctx, state, rest.join('/')) ?? state)) this.finishChild(task);
    }
    this.run();
  }

  onSignal(signal: Signal): void {
    const task = this.state.tasks.find(({ pid }) => pid === this.ctx.pid);
    if (!task) return;
    if (task.child?.isExec) return this.#signalChild(task, signal);
    const name = signal.slice(3);
    const action = task.traps[name];
    if (action !== undefined) {
      if (action === '') return;
      task.pendingTraps.push(name);
      task.waitsFor = [];
      return this.run();
    }
    if (this.ctx.pid !== 1) this.exitCode = 128 + (signalCodes[name] ?? 15);
  }

  #signalChild(task: Task, signal: Signal): void {
    const child = task.child as NonNullable<Task['child']>;
    const program = this.#programs[child.path] as Program;
    if (!program.onSignal) {
      if (this.ctx.pid !== 1) this.exitCode = 128 + (signalCodes[signal.slice(3)] ?? 15);
      return;
    }
    if (this.#callChild(task, (ctx) => program.onSignal?.(ctx, child.state, signal) ?? child.state)) this.finishChild(task);
  }

  /** Who listens on a port of this process. Reads only: what changes goes through `childChanged`. */
  listenerOf(
    port: number,
  ): { pid: number; child: Child; program: Program; ctx: ProcessContext; exitCode: () => number | undefined } | undefined {
    const task = this.state.tasks.find(({ child }) => child?.ports.includes(port));
    if (!task?.child) return undefined;
    let code: number | undefined;
    const ctx = this.#childContext(task, (exit) => (code ??= exit & 255));
    return { pid: task.pid, child: task.child, program: this.#programs[task.child.path] as Program, ctx, exitCode: () => code };
  }

  /** A child answered a request, and is another one for it. */
  childChanged(pid: number, state: Json, exitCode: number | undefined): void {
    const task = this.state.tasks.find((one) => one.pid === pid);
    if (!task?.child) return;
    task.child.state = state;
    if (exitCode === undefined) return;
    task.status = exitCode;
    this.finishChild(task);
    this.run();
  }

  /** `kill` of a background task. */
  killTask(task: Task, name: string): void {
    const action = task.traps[name];
    if (action === '' && name !== 'KILL') return;
    if (action !== undefined && name !== 'KILL') return void task.pendingTraps.push(name);
    task.status = 128 + (signalCodes[name] ?? 15);
    task.child = null;
    this.#endTask(task);
  }

  // --- what builtins use ----------------------------------------------------------------------------------------

  findProgram(task: Task, name: string): string | undefined {
    if (name.includes('/')) return this.#programs[this.absolute(task, name)] && this.absolute(task, name);
    return (task.vars.PATH ?? '')
      .split(':')
      .map((directory) => `${directory}/${name}`)
      .find((path) => this.#programs[path]);
  }

  absolute(task: Task, path: string): string {
    return normalizePath(path.startsWith('/') ? path : `${task.cwd}/${path}`);
  }

  environment(task: Task): Record<string, string> {
    return Object.fromEntries(
      task.exported.flatMap((name) => {
        const value = own(task.vars, name);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }

  setVariable(task: Task, name: string, value: string): void {
    if (value.length > textMax) throw new ExpansionError('out of memory');
    task.vars[name] = value;
  }

  out(task: Task, text: string): void {
    this.write(task, task.streams.out, text);
  }

  error(task: Task, line: string): void {
    this.write(task, task.streams.err, `${line}\n`);
  }

  write(task: Task, target: Target, text: string): void {
    if (text === '' || target === 'null') return;
    if (target === 'stdout') return this.ctx.stdout(text);
    if (target === 'stderr') return this.ctx.stderr(text);
    if ('file' in target) return this.ctx.files.write(target.file, (this.ctx.files.read(target.file) ?? '') + text);
    const frame = task.frames[target.capture];
    if (frame?.kind === 'capture' || frame?.kind === 'pipe') frame.text = (frame.text + text).slice(0, textMax);
  }

  #scope(task: Task, hasCaptured: boolean): Scope {
    const words = hasCaptured ? task.frames.findLast(({ kind }) => kind === 'words') : undefined;
    return {
      captured: words?.kind === 'words' ? words.captured : [],
      params: task.params,
      files: this.ctx.files,
      cwd: task.cwd,
      get: (name) => this.#variable(task, name),
      set: (name, value) => this.setVariable(task, name, value),
    };
  }

  #variable(task: Task, name: string): string | undefined {
    switch (name) {
      case '?':
        return String(task.status);
      case '$':
        return String(this.ctx.pid);
      case '!':
        return task.lastBackground ? String(task.lastBackground) : '';
      case '#':
        return String(task.params.length);
      case '0':
        return task.name;
      case '-':
        return `${task.options.errexit ? 'e' : ''}${task.options.nounset ? 'u' : ''}${task.options.xtrace ? 'x' : ''}`;
      case 'RANDOM':
        return String(this.ctx.random.int(32_768));
      case 'PWD':
        return task.cwd;
      default: {
        const value = /^\d+$/.test(name) ? task.params[Number(name) - 1] : own(task.vars, name);
        if (value === undefined && task.options.nounset) throw new ExpansionError(`${name}: parameter not set`);
        return value;
      }
    }
  }

  /** False, with a message, when a file cannot be opened. */
  #applyRedirections(task: Task, redirections: readonly ReadyRedirection[], scope: Scope): boolean {
    task.streams = { ...task.streams };
    for (const { fd, operator, target } of redirections) {
      const text = expandText(target as ReadyWord, scope);
      try {
        this.#redirectOne(task, fd, operator, text);
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        this.error(
          task,
          `${task.name}: can't ${operator.startsWith('<') ? 'open' : 'create'} ${text}: ${error.message.toLowerCase() === 'no such file or directory' ? (operator.startsWith('<') ? 'no such file' : 'nonexistent directory') : error.message}`,
        );
        return false;
      }
    }
    return true;
  }

  #redirectOne(task: Task, fd: number, operator: ReadyRedirection['operator'], text: string): void {
    const { streams } = task;
    const set = (target: Target) => {
      if (fd === 2) streams.err = target;
      else if (fd <= 1) streams.out = target;
    };
    switch (operator) {
      case '<<':
        streams.stdin = text;
        return;
      case '<<<':
        streams.stdin = `${text}\n`;
        return;
      case '<':
        streams.stdin = this.#readFile(task, text);
        return;
      case '<&':
        return;
      case '>&':
        if (text === '1') set(streams.out);
        else if (text === '2') set(streams.err);
        else if (text === '-') set('null');
        else streams.err = streams.out = this.#openFile(task, text, false);
        return;
      case '&>':
        streams.err = streams.out = this.#openFile(task, text, false);
        return;
      default:
        set(this.#openFile(task, text, operator === '>>'));
    }
  }

  #readFile(task: Task, path: string): string {
    if (path === '/dev/stdin') return task.streams.stdin;
    const text = this.ctx.files.read(this.absolute(task, path));
    if (text === undefined) throw new FileError('No such file or directory');
    return text;
  }

  #openFile(task: Task, path: string, isAppend: boolean): Target {
    const special: Readonly<Record<string, Target>> = {
      '/dev/null': 'null',
      '/dev/stdout': task.streams.out,
      '/dev/stderr': task.streams.err,
      '/proc/1/fd/1': 'stdout',
      '/proc/1/fd/2': 'stderr',
      '/dev/tty': 'stdout',
    };
    const known = special[path];
    if (known) return known;
    const file = this.absolute(task, path);
    if (!isAppend || this.ctx.files.read(file) === undefined) this.ctx.files.write(file, '');
    return { file };
  }
}

export const signalCodes: Readonly<Record<string, number>> = { HUP: 1, INT: 2, QUIT: 3, KILL: 9, USR1: 10, TERM: 15 };

function save({ vars, exported, params, cwd, traps, options }: Task): Saved {
  return { vars: { ...vars }, exported: [...exported], params: [...params], cwd, traps: { ...traps }, options: { ...options } };
}

function restore(task: Task, saved: Saved): void {
  Object.assign(task, deepCopy(saved));
}
