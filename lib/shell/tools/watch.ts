import { defineTool, ToolError, type Tool } from '../tool';

const enterAlternateScreen = '\x1b[?1049h';
const leaveAlternateScreen = '\x1b[?1049l';

/** procps watch: a command again and again, filling the screen, until Ctrl-C. */
export const watch: Tool = defineTool({
  name: 'watch',
  summary: 'run a command every few seconds and show what it prints',
  async run(context) {
    const { seconds, hasTitle, command } = parse(context.args);
    if (!context.isTerminal) throw new ToolError('watch: standard output is not a terminal');
    context.stdout(enterAlternateScreen);
    try {
      while (!context.signal.aborted) {
        const { stdout, stderr } = await context.exec(command);
        if (context.signal.aborted) break;
        const title = hasTitle
          ? `${titleOf(`Every ${seconds.toFixed(1)}s: ${command}`, new Date(context.now()).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/, '$1 $3 $2 $5 $4'), context.columns)}\n\n`
          : '';
        const lines = (title + stdout + stderr)
          .split('\n')
          .slice(0, context.rows)
          .map((line) => line.slice(0, context.columns));
        context.stdout(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\n')}\x1b[J`);
        await context.sleep(seconds * 1000);
      }
    } finally {
      context.stdout(leaveAlternateScreen);
    }
    return 0;
  },
});

function titleOf(left: string, right: string, columns: number): string {
  const room = columns - right.length - 1;
  return room < 10 ? left.slice(0, columns) : `${left.slice(0, room).padEnd(room)} ${right}`;
}

function parse(args: readonly string[]): { seconds: number; hasTitle: boolean; command: string } {
  const rest = [...args];
  let seconds = 2;
  let hasTitle = true;
  while (rest[0]?.startsWith('-')) {
    const flag = rest.shift() as string;
    if (flag === '-t' || flag === '--no-title') hasTitle = false;
    else if (/^-n|^--interval/.test(flag)) seconds = Number(/^(?:-n|--interval=)(.+)$/.exec(flag)?.[1] ?? rest.shift());
    else if (!/^-[dcex]+$|^--(differences|color)$/.test(flag))
      throw new ToolError(`watch: invalid option -- '${flag.replace(/^-+/, '')}'`, 1);
  }
  if (!(seconds >= 0.1)) seconds = 0.1;
  if (rest.length === 0) throw new ToolError('Usage:\n watch [options] command', 1);
  return { seconds, hasTitle, command: rest.join(' ') };
}
