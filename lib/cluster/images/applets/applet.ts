import { normalizePath } from '../../runtime/container-files';
import { FileError } from '../../runtime/container-files';
import type { ProcessContext, Program } from '../../runtime/program';

/** What a command that ends by itself came to: its output, its status, and the simulated time it took. */
export interface AppletResult {
  readonly code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly tookMs?: number;
}

/** A small command: everything it does is decided when it starts. */
export type Applet = (ctx: ProcessContext) => AppletResult;

/** The program that runs an applet: it waits out the time, prints and exits. */
export function programOf(applet: Applet): Program<any> {
  const finish = (ctx: ProcessContext, { code = 0, stdout, stderr }: AppletResult) => {
    if (stdout) ctx.stdout(stdout);
    if (stderr) ctx.stderr(stderr);
    ctx.exit(code);
    return null;
  };
  return {
    start(ctx) {
      const result = guarded(applet, ctx);
      if (!result.tookMs) return finish(ctx, result);
      ctx.after(result.tookMs, 'done');
      return { ...result };
    },
    onTimer: (ctx, result: AppletResult) => finish(ctx, result),
  };
}

function guarded(applet: Applet, ctx: ProcessContext): AppletResult {
  try {
    return applet(ctx);
  } catch (error) {
    if (error instanceof FileError) return fail(ctx, error.message);
    throw error;
  }
}

/** `name: message`, status 1. */
export function fail(ctx: ProcessContext, message: string, code = 1): AppletResult {
  return { code, stderr: `${nameOf(ctx)}: ${message}\n` };
}

/** A command or a flag of one that is not simulated says so. */
export function notSimulated(ctx: ProcessContext, what?: string): AppletResult {
  return fail(ctx, `not simulated${what ? `: ${what}` : ''}`, 2);
}

export function nameOf({ argv }: ProcessContext): string {
  return (argv[0] ?? '').replace(/^.*\//, '');
}

export function absolute({ cwd }: ProcessContext, path: string): string {
  return normalizePath(path.startsWith('/') ? path : `${cwd}/${path}`);
}

/** Single-letter flags apart from operands; `valued` flags take the next word, or the rest of theirs. */
export function parseFlags(words: readonly string[], valued = ''): { flags: ReadonlyMap<string, string>; operands: readonly string[] } {
  const flags = new Map<string, string>();
  const operands: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    if (word === '--') return { flags, operands: [...operands, ...words.slice(index + 1)] };
    if (word.startsWith('--')) {
      const [name = '', value] = word.slice(2).split(/=(.*)/s);
      flags.set(name, value ?? '');
      continue;
    }
    if (!/^-./.test(word)) {
      operands.push(word);
      continue;
    }
    for (let letter = 1; letter < word.length; letter++) {
      const name = word[letter] as string;
      if (!valued.includes(name)) {
        flags.set(name, '');
        continue;
      }
      flags.set(name, word.slice(letter + 1) || (words[++index] ?? ''));
      break;
    }
  }
  return { flags, operands };
}

/** The operands' files one after another, or what was piped in; complains of each that is missing. */
export function inputs(
  ctx: ProcessContext,
  operands: readonly string[],
): { texts: readonly { name: string; text: string }[]; stderr: string } {
  if (operands.length === 0) return { texts: [{ name: '-', text: ctx.stdin }], stderr: '' };
  const texts: { name: string; text: string }[] = [];
  let stderr = '';
  for (const name of operands) {
    const text = name === '-' ? ctx.stdin : ctx.files.read(absolute(ctx, name));
    if (text !== undefined) texts.push({ name, text });
    else
      stderr += `${nameOf(ctx)}: ${ctx.files.isDirectory(absolute(ctx, name)) ? `read error: Is a directory` : `can't open '${name}': No such file or directory`}\n`;
  }
  return { texts, stderr };
}

export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

export function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
