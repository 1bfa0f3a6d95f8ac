import { own } from '@/lib/base';
import { evaluateTest } from './test-expression';
import { formatPrintf, echoText } from './printf';
import type { Flow, ShellMachine } from './machine';
import type { Task } from './state';

export interface BuiltinCall {
  readonly machine: ShellMachine;
  readonly task: Task;
  readonly argv: readonly string[];
}

/** Returns its status, or how the flow goes on when it changed it. */
export type Builtin = (call: BuiltinCall) => number | Flow;

/** Commands that are part of the shell. */
export const builtins: Readonly<Record<string, Builtin>> = {
  ':': () => 0,
  true: () => 0,
  false: () => 1,
  echo: ({ machine, task, argv }) => {
    machine.out(task, echoText(argv.slice(1)));
    return 0;
  },
  printf: ({ machine, task, argv }) => {
    const { text, code, error } = formatPrintf(argv.slice(1));
    machine.out(task, text);
    if (error) machine.error(task, `${task.name}: printf: ${error}`);
    return code;
  },
  test: (call) => test(call, call.argv.slice(1)),
  '[': (call) => {
    if (call.argv.at(-1) === ']') return test(call, call.argv.slice(1, -1));
    call.machine.error(call.task, `${call.task.name}: [: missing ]`);
    return 2;
  },
  cd: changeDirectory,
  pwd: ({ machine, task }) => {
    machine.out(task, `${task.cwd}\n`);
    return 0;
  },
  export: (call) => declare(call, true),
  readonly: (call) => declare(call, false),
  unset: ({ machine, task, argv }) => {
    for (const name of argv.slice(1)) {
      delete task.vars[name];
      delete machine.state.functions[name];
      task.exported = task.exported.filter((one) => one !== name);
    }
    return 0;
  },
  local: ({ machine, task, argv }) => {
    const frame = task.frames.findLast(({ kind }) => kind === 'call');
    for (const word of argv.slice(1)) {
      const [name = '', value] = word.split(/=(.*)/s);
      if (frame?.kind === 'call' && !Object.hasOwn(frame.locals, name)) frame.locals[name] = own(task.vars, name) ?? null;
      machine.setVariable(task, name, value ?? '');
    }
    return 0;
  },
  set: setOptions,
  shift: ({ task, argv }) => {
    const count = Number(argv[1] ?? 1);
    if (count > task.params.length) return 1;
    task.params = task.params.slice(count);
    return 0;
  },
  read: readLine,
  exit: ({ machine, task, argv }) => machine.exit(task, argv[1] === undefined ? task.status : Number(argv[1]) || 0),
  return: ({ machine, task, argv }) => machine.returnFrom(task, argv[1] === undefined ? task.status : Number(argv[1]) || 0),
  break: ({ machine, task, argv }) => machine.leaveLoop(task, Number(argv[1] ?? 1), 'break'),
  continue: ({ machine, task, argv }) => machine.leaveLoop(task, Number(argv[1] ?? 1), 'continue'),
  eval: ({ machine, task, argv }) => (argv.length > 1 ? machine.enterScript(task, argv.slice(1).join(' ')) : 0),
  '.': source,
  source,
  exec: ({ machine, task, argv }) => {
    if (argv.length === 1) return 0;
    const isTop =
      task.pid === machine.ctx.pid && !task.frames.some(({ kind }) => kind === 'capture' || kind === 'subshell' || kind === 'pipe');
    return machine.runProgram(task, argv.slice(1), machine.environment(task), { before: task.streams, isExec: isTop, isTested: true });
  },
  command: ({ machine, task, argv }) => {
    if (argv[1] === '-v' || argv[1] === '-V') return which({ machine, task, argv: argv.slice(1) });
    return machine.runProgram(task, argv.slice(1), machine.environment(task), { before: task.streams, isExec: false, isTested: true });
  },
  type: ({ machine, task, argv }) => {
    const [, name = ''] = argv;
    const path = machine.findProgram(task, name);
    const what = own(machine.state.functions, name)
      ? `${name} is a function`
      : own(builtins, name)
        ? `${name} is a shell builtin`
        : path
          ? `${name} is ${path}`
          : undefined;
    machine.out(task, `${what ?? `${name}: not found`}\n`);
    return what ? 0 : 127;
  },
  trap: setTrap,
  wait: ({ machine, task, argv }) => {
    const pids = argv.slice(1).map((pid) => Number(pid.replace(/^%/, '')));
    const running = machine.state.tasks
      .map(({ pid }) => pid)
      .filter((pid) => pid !== task.pid && (pids.length === 0 || pids.includes(pid)));
    if (running.length === 0) return machine.state.ended[pids.at(-1) ?? ''] ?? 0;
    task.waitsFor = running;
    task.at.pc++;
    return 'wait';
  },
  kill,
  umask: () => 0,
  ulimit: () => 0,
  times: () => 0,
  hash: () => 0,
  alias: () => 0,
  jobs: () => 0,
  getopts: ({ machine, task }) => {
    machine.error(task, `${task.name}: not simulated: getopts`);
    return machine.exit(task, 2);
  },
};

function test({ machine, task }: BuiltinCall, words: readonly string[]): number {
  const result = evaluateTest(words, { files: machine.ctx.files, absolute: (path) => machine.absolute(task, path) });
  if (typeof result === 'boolean') return result ? 0 : 1;
  machine.error(task, `${task.name}: ${result.error}`);
  return 2;
}

function changeDirectory({ machine, task, argv }: BuiltinCall): number {
  const target = argv[1] === '-' ? (task.vars.OLDPWD ?? '/') : (argv[1] ?? task.vars.HOME ?? '/');
  const path = machine.absolute(task, target);
  if (!machine.ctx.files.isDirectory(path)) {
    machine.error(
      task,
      `${task.name}: cd: can't cd to ${target}: ${machine.ctx.files.exists(path) ? 'Not a directory' : 'No such file or directory'}`,
    );
    return 1;
  }
  machine.setVariable(task, 'OLDPWD', task.cwd);
  task.cwd = path;
  machine.setVariable(task, 'PWD', path);
  return 0;
}

function declare({ machine, task, argv }: BuiltinCall, isExported: boolean): number {
  const words = argv.slice(1).filter((word) => word !== '-p');
  if (words.length === 0 && isExported)
    for (const name of [...task.exported].sort()) machine.out(task, `export ${name}='${own(task.vars, name) ?? ''}'\n`);
  for (const word of words) {
    const [name = '', value] = word.split(/=(.*)/s);
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      machine.error(task, `${task.name}: export: ${name}: bad variable name`);
      return 1;
    }
    if (value !== undefined) machine.setVariable(task, name, value);
    if (isExported && !task.exported.includes(name)) task.exported.push(name);
  }
  return 0;
}

const optionNames = { e: 'errexit', u: 'nounset', x: 'xtrace' } as const;

function setOptions({ machine, task, argv }: BuiltinCall): number {
  const words = argv.slice(1);
  if (words.length === 0) for (const name of Object.keys(task.vars).sort()) machine.out(task, `${name}='${task.vars[name]}'\n`);
  while (words.length > 0) {
    const word = words.shift() as string;
    if (word === '--' || !/^[-+]./.test(word)) {
      task.params = word === '--' ? words : [word, ...words];
      return 0;
    }
    applyOption(task, word, () => words.shift() ?? '');
  }
  return 0;
}

/** `-e`, `+x`, `-euo pipefail`. */
export function applyOption(task: Task, word: string, next: () => string): void {
  const isOn = word.startsWith('-');
  for (const letter of word.slice(1)) {
    if (letter === 'o') {
      const name = next();
      if (name in task.options) task.options[name as keyof Task['options']] = isOn;
    } else if (letter in optionNames) {
      task.options[optionNames[letter as keyof typeof optionNames]] = isOn;
    }
  }
}

function readLine({ machine, task, argv }: BuiltinCall): number {
  let isRaw = false;
  const names: string[] = [];
  for (let index = 1; index < argv.length; index++) {
    const word = argv[index] as string;
    if (word === '-r') isRaw = true;
    else if (/^-[pntd]/.test(word)) index += word.length === 2 ? 1 : 0;
    else names.push(word);
  }
  const { stdin } = task.streams;
  if (stdin === '') {
    for (const name of names.length ? names : ['REPLY']) machine.setVariable(task, name, '');
    return 1;
  }
  const end = stdin.indexOf('\n');
  const line = end < 0 ? stdin : stdin.slice(0, end);
  task.streams = { ...task.streams, stdin: end < 0 ? '' : stdin.slice(end + 1) };
  assignFields(machine, task, isRaw ? line : line.replace(/\\(.)/g, '$1'), names.length ? names : ['REPLY']);
  return end < 0 ? 1 : 0;
}

/** The last name gets all that is left. */
function assignFields(machine: ShellMachine, task: Task, line: string, names: readonly string[]): void {
  const separators = task.vars.IFS ?? ' \t\n';
  if (separators === '') return machine.setVariable(task, names[0] as string, line);
  const isBlank = (character: string) => separators.includes(character);
  let rest = line;
  while (rest && isBlank(rest[0] as string) && ' \t\n'.includes(rest[0] as string)) rest = rest.slice(1);
  names.forEach((name, index) => {
    if (index === names.length - 1) {
      while (rest && ' \t\n'.includes(rest.at(-1) as string) && isBlank(rest.at(-1) as string)) rest = rest.slice(0, -1);
      return machine.setVariable(task, name, rest);
    }
    let length = 0;
    while (length < rest.length && !isBlank(rest[length] as string)) length++;
    machine.setVariable(task, name, rest.slice(0, length));
    rest = rest.slice(length + 1);
    while (rest && ' \t\n'.includes(rest[0] as string) && isBlank(rest[0] as string)) rest = rest.slice(1);
  });
}

function source({ machine, task, argv }: BuiltinCall): number | Flow {
  const [, path = '', ...params] = argv;
  const text = machine.ctx.files.read(machine.absolute(task, path));
  if (text !== undefined) return machine.enterScript(task, text, params.length ? params : undefined);
  machine.error(task, `${task.name}: .: can't open '${path}': No such file or directory`);
  return machine.exit(task, 2);
}

function which({ machine, task, argv }: BuiltinCall): number {
  const [, name = ''] = argv;
  const found = own(machine.state.functions, name) || own(builtins, name) ? name : machine.findProgram(task, name);
  if (found) machine.out(task, `${found}\n`);
  return found ? 0 : 127;
}

const signalNames: Readonly<Record<string, string>> = { 0: 'EXIT', 1: 'HUP', 2: 'INT', 3: 'QUIT', 9: 'KILL', 10: 'USR1', 15: 'TERM' };

function signalName(word: string): string {
  return signalNames[word] ?? word.toUpperCase().replace(/^SIG/, '');
}

function setTrap({ machine, task, argv }: BuiltinCall): number {
  const [, action, ...signals] = argv;
  if (action === undefined) {
    for (const [name, text] of Object.entries(task.traps)) machine.out(task, `trap -- '${text}' ${name}\n`);
    return 0;
  }
  if (signals.length === 0) {
    delete task.traps[signalName(action)];
    return 0;
  }
  for (const signal of signals) {
    const name = signalName(signal);
    if (action === '-') delete task.traps[name];
    else task.traps[name] = action;
  }
  return 0;
}

function kill({ machine, task, argv }: BuiltinCall): number {
  let words = argv.slice(1);
  let name = 'TERM';
  if (words[0] === '-s') {
    name = signalName(words[1] ?? 'TERM');
    words = words.slice(2);
  } else if (/^-./.test(words[0] ?? '')) {
    name = signalName((words[0] as string).slice(1));
    words = words.slice(1);
  }
  let status = 0;
  for (const word of words) {
    const pid = Number(word.replace(/^%/, ''));
    const target = machine.state.tasks.find((one) => one.pid === pid && one !== task);
    if (target && pid !== machine.ctx.pid) machine.killTask(target, name);
    else if (name !== '0' && name !== 'EXIT' && !machine.ctx.kill(pid, `SIG${name}` as 'SIGTERM')) {
      machine.error(task, `${task.name}: can't kill pid ${word}: No such process`);
      status = 1;
    }
  }
  return status;
}
