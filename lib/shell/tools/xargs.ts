import { defineTool } from '../tool';

/** `xargs -n1`: the library's wants the value of an option in a word of its own. Any other use is the library's. */
export const xargs = defineTool({
  name: 'xargs',
  summary: 'run a command with arguments from standard input',
  run: (context) => context.original(separated(context.args)),
});

function separated(args: readonly string[]): string[] {
  let end = 0;
  const separate: string[] = [];
  for (let word = args[end]; word?.startsWith('-'); word = args[++end]) {
    const [, option, value] = /^(-[dEILnPs])(.*)$/s.exec(word) ?? [];
    if (option === undefined) separate.push(word);
    else separate.push(option, (value || args[++end]) ?? '');
  }
  return [...separate, ...args.slice(end)];
}
