import { defineTool, ToolError, type Tool, type ToolContext } from '../tool';

/** What a file in `/usr/bin` contains: the name of the program it is. */
export const programMark = '#!orrery ';

/** `bash file`, `bash -c '…'`: a shell of its own. Without a script on a terminal there is nothing to nest into. */
export const shells: readonly Tool[] = ['bash', 'sh'].map((name) =>
  defineTool({
    name,
    summary: 'run a script',
    async run(context) {
      const args = [...context.args];
      while (args[0] === '-e' || args[0] === '-x' || args[0] === '-l') args.shift();
      const options = context.args
        .slice(0, context.args.length - args.length)
        .filter((one) => one !== '-l')
        .map((one) => `set ${one}; `)
        .join('');
      if (args[0] === '-c') return context.script(options + (args[1] ?? ''), args.slice(3));
      if (args[0] === '--version') return context.original();
      if (args.length === 0 && context.keyboard) throw new ToolError(`${name}: you are in a shell already`, 0);
      if (args.length === 0 || args[0] === '-s') return context.script(options + (await context.stdin()), args.slice(1));
      return runFile(context, name, args[0] as string, args.slice(1), options);
    },
  }),
);

/** `./file`: what the compiler of command lines makes of a name with a slash in it. */
export const file: Tool = defineTool({
  name: '@file',
  summary: '',
  run(context) {
    const [path = '', ...args] = context.args;
    const at = context.files.resolvePath(context.cwd, path);
    const text = context.files.findText(at);
    if (text?.startsWith(programMark)) return context.script(`${text.slice(programMark.length).trim()} "$@"`, args);
    if (text === undefined)
      throw new ToolError(
        `bash: ${path}: ${context.files.isThere(at) ? 'Is a directory' : 'No such file or directory'}`,
        context.files.isThere(at) ? 126 : 127,
      );
    if (!context.files.isExecutable(at)) throw new ToolError(`bash: ${path}: Permission denied`, 126);
    return context.script(text, args);
  },
});

function runFile(context: ToolContext, name: string, path: string, args: readonly string[], options: string): Promise<number> {
  const at = context.files.resolvePath(context.cwd, path);
  const text = context.files.findText(at);
  if (text === undefined)
    throw new ToolError(
      `${name}: ${path}: ${context.files.isThere(at) ? 'Is a directory' : 'No such file or directory'}`,
      context.files.isThere(at) ? 126 : 127,
    );
  return context.script(options + text, args);
}
