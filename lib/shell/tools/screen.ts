import { defineTool, type Tool } from '../tool';

export const clear: Tool = defineTool({
  name: 'clear',
  summary: 'clear the screen',
  run: ({ stdout }) => (stdout('\x1b[H\x1b[2J\x1b[3J'), 0),
});

/** The lines typed so far, numbered; `-c` forgets them. */
export function createHistory(path: string): Tool {
  return defineTool({
    name: 'history',
    summary: 'list the command lines typed so far',
    run(context) {
      if (context.args[0] === '-c') {
        context.files.writeText(path, '');
        return 0;
      }
      const lines = (context.files.findText(path) ?? '').split('\n').filter((line) => line !== '');
      const last = Number(context.args[0] ?? lines.length);
      lines.forEach((line, index) =>
        index >= lines.length - last ? context.stdout(`${String(index + 1).padStart(5)}  ${line}\n`) : undefined,
      );
      return 0;
    },
  });
}

/** What there is here: the tools of this machine first, then what every shell has. */
export function createHelp(tools: () => readonly Tool[]): Tool {
  return defineTool({
    name: 'help',
    summary: 'this list',
    run(context) {
      const known = tools().filter((tool) => tool.summary !== '' && !tool.name.startsWith('@'));
      const shown = known.filter((tool, index) => known.findIndex((one) => one.summary === tool.summary) === index);
      const names = shown.map((tool) =>
        known
          .filter((one) => one.summary === tool.summary)
          .map((one) => one.name)
          .join(', '),
      );
      const width = Math.max(...names.map((name) => name.length)) + 2;
      context.stdout(
        `A simulated bash on a simulated machine.\n\n${shown.map((tool, index) => `  ${(names[index] as string).padEnd(width)}${tool.summary}\n`).join('')}\nAnd what you expect beside it: pipes, redirection, loops, functions, ls, grep, sed, awk, jq, yq, sort, head, tail …\nTab completes, the arrow up recalls, Ctrl-R searches, Ctrl-C stops.\n`,
      );
      return 0;
    },
  });
}
