import { readTar, TarError, writeTar, type TarEntry } from '@/lib/base';
import { FileError } from '../../runtime/container-files';
import type { ProcessContext } from '../../runtime/program';
import { absolute, fail, joinLines, notSimulated, parseFlags, type Applet, type AppletResult } from './applet';

/** `tar c`, `x` and `t` without compression: what `kubectl cp` asks a container for. */
export const tar: Applet = (ctx) => {
  const [first = '', ...rest] = ctx.argv.slice(1);
  // Its first word is a bundle of flags, with a hyphen or without.
  const words = first === '' || first.startsWith('-') ? [first, ...rest] : [`-${first}`, ...rest];
  const { flags, operands } = parseFlags(words.filter(Boolean), 'fCT');
  const unknown = ['z', 'j', 'J', 'r', 'u'].find((flag) => flags.has(flag));
  if (unknown) return notSimulated(ctx, `-${unknown}`);
  const file = flags.get('f') ?? '-';
  const directory = absolute(ctx, flags.get('C') ?? '.');
  try {
    if (flags.has('c')) return create(ctx, { file, directory, operands, isVerbose: flags.has('v') });
    const archive = file === '-' ? ctx.stdin : ctx.files.read(absolute(ctx, file));
    if (archive === undefined)
      return fail(ctx, `${file}: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now`, 2);
    const entries = selected(readTar(new TextEncoder().encode(archive)), operands);
    if (flags.has('t')) return { stdout: joinLines(entries.map(({ path }) => path)) };
    if (flags.has('x')) return extract(ctx, directory, entries, flags.has('v'));
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    return fail(ctx, `${error.message}\ntar: Error is not recoverable: exiting now`, 2);
  }
  return fail(ctx, "You must specify one of the '-Acdtrux', '--delete' or '--test-label' options", 2);
};

function selected(entries: readonly TarEntry[], operands: readonly string[]): readonly TarEntry[] {
  if (operands.length === 0) return entries;
  return entries.filter(({ path }) => operands.some((one) => path === one || path.startsWith(`${one.replace(/\/$/, '')}/`)));
}

interface Creation {
  readonly file: string;
  readonly directory: string;
  readonly operands: readonly string[];
  readonly isVerbose: boolean;
}

function create(ctx: ProcessContext, { file, directory, operands, isVerbose }: Creation): AppletResult {
  if (operands.length === 0) return fail(ctx, 'Cowardly refusing to create an empty archive', 2);
  const within = (operand: string): string => absolute(ctx, operand.startsWith('/') ? operand : `${directory}/${operand}`);
  const entries = operands.flatMap((operand) => gather(ctx, within(operand), operand.replace(/^\/+/, '').replace(/\/$/, '') || '.'));
  const missing = operands.filter((operand) => !ctx.files.exists(within(operand)));
  const archive = new TextDecoder().decode(writeTar(entries, Math.floor(ctx.now / 1000)));
  const stderr = [
    ...(operands.some((operand) => operand.startsWith('/')) ? ["tar: Removing leading `/' from member names"] : []),
    ...missing.map((operand) => `tar: ${operand}: Cannot stat: No such file or directory`),
    ...(isVerbose && file === '-' ? entries.map(({ path }) => path) : []),
    ...(missing.length > 0 ? ['tar: Exiting with failure status due to previous errors'] : []),
  ];
  const code = missing.length > 0 ? 2 : 0;
  if (file === '-') return { stdout: archive, stderr: joinLines(stderr), code };
  ctx.files.write(absolute(ctx, file), archive);
  return { stdout: isVerbose ? joinLines(entries.map(({ path }) => path)) : '', stderr: joinLines(stderr), code };
}

function gather(ctx: ProcessContext, full: string, path: string): TarEntry[] {
  if (!ctx.files.exists(full)) return [];
  if (!ctx.files.isDirectory(full)) return [{ path, isDirectory: false, text: ctx.files.read(full) ?? '' }];
  return [
    { path: `${path}/`, isDirectory: true, text: '' },
    ...ctx.files.list(full).flatMap((name) => gather(ctx, `${full}/${name}`, `${path}/${name}`)),
  ];
}

function extract(ctx: ProcessContext, directory: string, entries: readonly TarEntry[], isVerbose: boolean): AppletResult {
  if (!ctx.files.isDirectory(directory))
    return fail(ctx, `${directory}: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now`, 2);
  let stderr = '';
  for (const { path, isDirectory, text } of entries) {
    const inside = path.replace(/^\/+/, '').split('/').filter((part) => part !== '' && part !== '.'); // prettier-ignore
    if (inside.includes('..')) stderr += `tar: ${path}: Member name contains '..'\n`;
    else stderr += attempt(path, () => put(ctx, directory, inside, isDirectory ? undefined : text));
  }
  const listed = isVerbose ? joinLines(entries.map(({ path }) => path)) : '';
  if (stderr === '') return { stdout: listed };
  return { stdout: listed, stderr: `${stderr}tar: Exiting with failure status due to previous errors\n`, code: 2 };
}

function attempt(path: string, act: () => void): string {
  try {
    act();
    return '';
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return `tar: ${path}: Cannot open: ${error.message}\n`;
  }
}

function put(ctx: ProcessContext, directory: string, inside: readonly string[], text: string | undefined): void {
  let at = directory.replace(/\/$/, '');
  for (const part of text === undefined ? inside : inside.slice(0, -1)) {
    at += `/${part}`;
    if (!ctx.files.isDirectory(at)) ctx.files.makeDirectory(at);
  }
  if (text !== undefined) ctx.files.write(`${at}/${inside.at(-1)}`, text);
}
