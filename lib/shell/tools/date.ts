import { defineTool, ToolError, type Tool } from '../tool';

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** The simulated clock, in UTC. */
export const date: Tool = defineTool({
  name: 'date',
  summary: 'print the simulated time',
  run(context) {
    let at = context.now();
    let format = '+%a %b %e %H:%M:%S UTC %Y';
    for (let index = 0; index < context.args.length; index++) {
      const arg = context.args[index] as string;
      if (arg.startsWith('+')) format = arg;
      else if (arg === '-d' || arg.startsWith('--date='))
        at = parse(arg === '-d' ? (context.args[++index] ?? '') : arg.slice('--date='.length), at);
      else if (arg === '-R') format = '+%a, %d %b %Y %H:%M:%S +0000';
      else if (/^(-I|--iso-8601)/.test(arg)) format = /s/.test(arg.slice(2)) ? '+%Y-%m-%dT%H:%M:%S+00:00' : '+%Y-%m-%d';
      else if (arg !== '-u' && arg !== '--utc') throw new ToolError(`date: invalid date '${arg}'`);
    }
    context.stdout(`${strftime(format.slice(1), new Date(at))}\n`);
    return 0;
  },
});

function parse(text: string, now: number): number {
  if (text === 'now') return now;
  if (/^@\d+$/.test(text)) return Number(text.slice(1)) * 1000;
  const parsed = Date.parse(/Z|[+-]\d\d:?\d\d$/.test(text) || !/T|:/.test(text) ? text : `${text}Z`);
  if (Number.isNaN(parsed)) throw new ToolError(`date: invalid date '${text}'`);
  return parsed;
}

function strftime(format: string, at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = days[at.getUTCDay()] as string;
  const month = months[at.getUTCMonth()] as string;
  const [iso = ''] = at.toISOString().split('.');
  const values: Readonly<Record<string, string>> = {
    a: day.slice(0, 3),
    A: day,
    b: month.slice(0, 3),
    B: month,
    h: month.slice(0, 3),
    d: two(at.getUTCDate()),
    e: String(at.getUTCDate()).padStart(2),
    m: two(at.getUTCMonth() + 1),
    Y: String(at.getUTCFullYear()),
    y: two(at.getUTCFullYear() % 100),
    H: two(at.getUTCHours()),
    I: two(at.getUTCHours() % 12 || 12),
    M: two(at.getUTCMinutes()),
    S: two(at.getUTCSeconds()),
    N: String(at.getUTCMilliseconds() * 1_000_000).padStart(9, '0'),
    p: at.getUTCHours() < 12 ? 'AM' : 'PM',
    F: iso.slice(0, 10),
    T: iso.slice(11),
    R: iso.slice(11, 16),
    s: String(Math.floor(at.getTime() / 1000)),
    Z: 'UTC',
    z: '+0000',
    u: String(at.getUTCDay() || 7),
    w: String(at.getUTCDay()),
    n: '\n',
    t: '\t',
    '%': '%',
  };
  return format.replace(/%(.)/g, (whole, letter: string) => values[letter] ?? whole);
}
