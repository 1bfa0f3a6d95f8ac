import { own } from '@/lib/base';
import { echoText, evaluateTest, formatPrintf } from '../../runtime/container-shell';
import type { ProcessContext } from '../../runtime/program';
import { absolute, fail, joinLines, nameOf, parseFlags, type Applet } from './applet';

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Commands about the process and its machine. */
export const coreApplets: Readonly<Record<string, Applet>> = {
  true: () => ({}),
  false: () => ({ code: 1 }),
  echo: ({ argv }) => ({ stdout: echoText(argv.slice(1)) }),
  printf: (ctx) => {
    const { text, code, error } = formatPrintf(ctx.argv.slice(1));
    return { stdout: text, code, ...(error ? { stderr: `printf: ${error}\n` } : {}) };
  },
  test: (ctx) => test(ctx, ctx.argv.slice(1)),
  '[': (ctx) => test(ctx, ctx.argv.slice(1, -1)),
  sleep: (ctx) => {
    const words = ctx.argv.slice(1);
    const total = words.reduce((sum, word) => sum + seconds(word), 0);
    if (words.length === 0) return { code: 1, stderr: 'BusyBox v1.37.0 multi-call binary.\n\nUsage: sleep [N]...\n' };
    if (Number.isNaN(total)) return fail(ctx, `invalid number '${words.find((word) => Number.isNaN(seconds(word)))}'`);
    return { tookMs: Math.min(total === Infinity ? forever : total * 1000, forever) };
  },
  date: (ctx) => {
    const format = ctx.argv.find((word) => word.startsWith('+'));
    const at = new Date(ctx.now);
    return { stdout: `${format ? formatDate(at, format.slice(1)) : formatDate(at, '%a %b %e %H:%M:%S UTC %Y')}\n` };
  },
  hostname: ({ argv, hostname }) => ({ stdout: `${argv[1] === '-i' ? hostname : hostname}\n` }),
  env: (ctx) =>
    ctx.argv.length > 1
      ? fail(ctx, 'not simulated: running a command', 2)
      : { stdout: joinLines(Object.entries(ctx.env).map(([name, value]) => `${name}=${value}`)) },
  printenv: ({ argv, env }) => {
    if (argv.length === 1) return { stdout: joinLines(Object.entries(env).map(([name, value]) => `${name}=${value}`)) };
    const found = argv.slice(1).filter((name) => own(env, name) !== undefined);
    return { stdout: joinLines(found.map((name) => env[name] as string)), code: found.length === argv.length - 1 ? 0 : 1 };
  },
  id: ({ argv }) => ({
    stdout:
      argv.includes('-u') || argv.includes('-g')
        ? '0\n'
        : argv.includes('-un')
          ? 'root\n'
          : 'uid=0(root) gid=0(root) groups=0(root),10(wheel)\n',
  }),
  whoami: () => ({ stdout: 'root\n' }),
  uname: ({ argv, hostname }) => {
    if (argv[1] === '-a') return { stdout: `Linux ${hostname} 6.12.48 #1 SMP x86_64 GNU/Linux\n` };
    return { stdout: `${argv[1] === '-r' ? '6.12.48' : argv[1] === '-m' ? 'x86_64' : argv[1] === '-n' ? hostname : 'Linux'}\n` };
  },
  pwd: ({ cwd }) => ({ stdout: `${cwd}\n` }),
  seq: (ctx) => {
    const numbers = ctx.argv.slice(1).map(Number);
    if (numbers.length === 0 || numbers.some(Number.isNaN)) return fail(ctx, 'invalid number');
    const [first, step, last] =
      numbers.length === 1
        ? [1, 1, numbers[0] as number]
        : numbers.length === 2
          ? [numbers[0] as number, 1, numbers[1] as number]
          : (numbers as [number, number, number]);
    const lines: string[] = [];
    for (let value = first; step > 0 ? value <= last : step < 0 && value >= last; value += step)
      if (lines.push(String(value)) >= 100_000) break;
    return { stdout: joinLines(lines) };
  },
  basename: ({ argv }) => ({
    stdout: `${(argv[1] ?? '')
      .replace(/\/+$/, '')
      .replace(/^.*\//, '')
      .replace(argv[2] ? new RegExp(`${argv[2].replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`) : /$^/, '')}\n`,
  }),
  dirname: ({ argv }) => ({
    stdout: `${/^(.*)\/[^/]*$/.exec((argv[1] ?? '').replace(/\/+$/, ''))?.[1] || (argv[1]?.startsWith('/') ? '/' : '.')}\n`,
  }),
  kill: (ctx) => {
    const { flags, operands } = parseFlags(ctx.argv.slice(1), 's');
    const named = flags.get('s') ?? [...flags.keys()].join('');
    const signal =
      ({ '': 'TERM', 9: 'KILL', 15: 'TERM', 1: 'HUP', 2: 'INT', 3: 'QUIT', 10: 'USR1' } as Record<string, string>)[named] ??
      named.replace(/^SIG/, '');
    const missing = operands.filter((pid) => !ctx.kill(Number(pid), `SIG${signal}` as 'SIGTERM'));
    return missing.length ? { code: 1, stderr: joinLines(missing.map((pid) => `kill: can't kill pid ${pid}: No such process`)) } : {};
  },
  which: ({ argv, files, env }) => {
    const found = argv.slice(1).flatMap((name) =>
      (env.PATH ?? '')
        .split(':')
        .map((directory) => `${directory}/${name}`)
        .filter((path) => files.exists(path))
        .slice(0, 1),
    );
    return { stdout: joinLines(found), code: found.length === argv.length - 1 ? 0 : 1 };
  },
  nproc: () => ({ stdout: '4\n' }),
  sync: () => ({}),
  clear: () => ({ stdout: '\u001b[H\u001b[J' }),
};

/** `sleep infinity` is as long as a cluster lives: some 68 years. */
const forever = 2_147_483_647_000;

function seconds(word: string): number {
  if (word === 'infinity' || word === 'inf') return Infinity;
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(word);
  return match ? Number(match[1]) * ({ m: 60, h: 3_600, d: 86_400 }[match[2] as 'm'] ?? 1) : NaN;
}

function test(ctx: ProcessContext, words: readonly string[]) {
  const result = evaluateTest(words, { files: ctx.files, absolute: (path) => absolute(ctx, path) });
  return typeof result === 'boolean' ? { code: result ? 0 : 1 } : { code: 2, stderr: `${nameOf(ctx)}: ${result.error}\n` };
}

export function formatDate(at: Date, format: string): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return format.replace(/%([a-zA-Z%])/g, (whole, letter: string) => {
    switch (letter) {
      case 'Y':
        return String(at.getUTCFullYear());
      case 'y':
        return two(at.getUTCFullYear() % 100);
      case 'm':
        return two(at.getUTCMonth() + 1);
      case 'd':
        return two(at.getUTCDate());
      case 'e':
        return String(at.getUTCDate()).padStart(2);
      case 'H':
        return two(at.getUTCHours());
      case 'I':
        return two(at.getUTCHours() % 12 || 12);
      case 'M':
        return two(at.getUTCMinutes());
      case 'S':
        return two(at.getUTCSeconds());
      case 'N':
        return String(at.getUTCMilliseconds() * 1_000_000).padStart(9, '0');
      case 's':
        return String(Math.floor(at.getTime() / 1000));
      case 'a':
        return days[at.getUTCDay()] as string;
      case 'b':
        return months[at.getUTCMonth()] as string;
      case 'p':
        return at.getUTCHours() < 12 ? 'AM' : 'PM';
      case 'F':
        return at.toISOString().slice(0, 10);
      case 'T':
        return at.toISOString().slice(11, 19);
      case 'R':
        return at.toISOString().slice(11, 16);
      case 'D':
        return `${two(at.getUTCMonth() + 1)}/${two(at.getUTCDate())}/${two(at.getUTCFullYear() % 100)}`;
      case 'Z':
        return 'UTC';
      case 'z':
        return '+0000';
      case 'c':
        return formatDate(at, '%a %b %e %H:%M:%S %Y');
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case '%':
        return '%';
      default:
        return whole;
    }
  });
}
