import { defineTool, type Tool } from '../tool';

/** `cat` alone repeats what is typed until Ctrl-D; any other use is the library's. */
export const cat: Tool = defineTool({
  name: 'cat',
  summary: 'print files',
  async run(context) {
    if (!context.keyboard || context.args.some((arg) => arg !== '-')) return context.original();
    for (let line = await context.keyboard.readLine(); line !== undefined; line = await context.keyboard.readLine()) context.stdout(line);
    return context.signal.aborted ? 130 : 0;
  },
});

/** `read` where standard input is the terminal: what the compiler of command lines makes of it. */
export const read: Tool = defineTool({
  name: '@read',
  summary: '',
  async run(context) {
    const { names, prompt, isRaw, isSilent } = parse(context.args);
    const line = await context.keyboard?.readLine({ prompt, isSilent });
    if (isSilent && line !== undefined && context.isTerminal) context.stdout('');
    const text = (line ?? '').replace(/\n$/, '');
    const words = (isRaw ? text : text.replace(/\\(.)/g, '$1')).trim();
    await assignWords(names.length > 0 ? names : ['REPLY'], words, (name, value) => context.assign(name, value));
    return line === undefined ? 1 : 0;
  },
});

async function assignWords(names: readonly string[], words: string, assign: (name: string, value: string) => Promise<void>): Promise<void> {
  let rest = words;
  for (const [index, name] of names.entries()) {
    const word = index === names.length - 1 ? rest : (/^\S*/.exec(rest)?.[0] ?? '');
    await assign(name, word);
    rest = rest.slice(word.length).trimStart();
  }
}

function parse(args: readonly string[]): { names: string[]; prompt: string; isRaw: boolean; isSilent: boolean } {
  const parsed = { names: [] as string[], prompt: '', isRaw: false, isSilent: false };
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] as string;
    if (!arg.startsWith('-')) parsed.names.push(arg);
    else {
      parsed.isRaw ||= arg.includes('r');
      parsed.isSilent ||= arg.includes('s');
      if (arg.includes('p')) parsed.prompt = arg.slice(arg.indexOf('p') + 1) || (args[++index] ?? '');
      else if (/[ntd]$/.test(arg)) index++;
    }
  }
  return parsed;
}
