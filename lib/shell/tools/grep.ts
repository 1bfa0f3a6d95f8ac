import { PosixRegexp } from '@/lib/cluster';
import { defineTool, type Tool, type ToolContext } from '../tool';

/** `grep -o`: the library's ends with an error where the last match of a line is empty, or ends it. Any other use is the library's. */
export const greps: readonly Tool[] = ['grep', 'egrep'].map((name) =>
  defineTool({
    name,
    summary: 'print lines that match',
    async run(context) {
      const asked = parse(context.args);
      if (!asked || !asked.flags.has('o')) return context.original();
      const matcher = PosixRegexp.of(asked.pattern, {
        isExtended: name === 'egrep' || asked.flags.has('E'),
        isFixed: asked.flags.has('F'),
        ignoresCase: asked.flags.has('i'),
        isWord: asked.flags.has('w'),
        isLine: asked.flags.has('x'),
      });
      const texts = matcher && (await textsOf(context, asked.files));
      return matcher && texts ? show(context, asked, matcher, texts) : context.original();
    },
  }),
);

interface Asked {
  readonly flags: ReadonlySet<string>;
  readonly pattern: string;
  readonly files: readonly string[];
}

interface Named {
  readonly name: string;
  readonly text: string;
}

/** Undefined where a flag is used that is not looked at here. */
function parse(args: readonly string[]): Asked | undefined {
  const end = args.indexOf('--');
  const given = end < 0 ? args : args.slice(0, end);
  const words = given.filter((arg) => /^-./.test(arg)).map((word) => (word === '--only-matching' ? '-o' : word));
  if (!words.every((word) => /^-[oEFGiwxhHns]+$/.test(word))) return undefined;
  const [pattern, ...files] = [...given.filter((arg) => !/^-./.test(arg)), ...(end < 0 ? [] : args.slice(end + 1))];
  return pattern === undefined ? undefined : { flags: new Set(words.flatMap((word) => [...word.slice(1)])), pattern, files };
}

/** Undefined where one of them cannot be read: the library says why. */
async function textsOf(context: ToolContext, files: readonly string[]): Promise<readonly Named[] | undefined> {
  if (files.length === 0) return [{ name: '(standard input)', text: await context.stdin() }];
  try {
    return await Promise.all(
      files.map(async (name) => ({
        name: name === '-' ? '(standard input)' : name,
        text: name === '-' ? await context.stdin() : await context.files.readFile(context.files.resolvePath(context.cwd, name)),
      })),
    );
  } catch {
    return undefined;
  }
}

function show(context: ToolContext, { flags }: Asked, matcher: PosixRegexp, texts: readonly Named[]): number {
  const showsName = flags.has('H') || (texts.length > 1 && !flags.has('h'));
  let isFound = false;
  for (const { name, text } of texts)
    for (const [index, line] of text.replace(/\n$/, '').split('\n').entries()) {
      const matches = text === '' ? [] : matcher.matches(line);
      isFound ||= matches.length > 0;
      const prefix = `${showsName ? `${name}:` : ''}${flags.has('n') ? `${index + 1}:` : ''}`;
      for (const { groups } of matches) if (groups[0]) context.stdout(`${prefix}${groups[0]}\n`);
    }
  return isFound ? 0 : 1;
}
