import { FileError } from '../../runtime/container-files';
import type { ProcessContext } from '../../runtime/program';
import { absolute, fail, inputs, joinLines, nameOf, parseFlags, type Applet, type AppletResult } from './applet';

/** Commands about files. Modes, owners and times are not simulated; a listing shows what every file would have. */
export const fileApplets: Readonly<Record<string, Applet>> = {
  cat: (ctx) => {
    const { texts, stderr } = inputs(
      ctx,
      ctx.argv.slice(1).filter((word) => word === '-' || !word.startsWith('-')),
    );
    return { stdout: texts.map(({ text }) => text).join(''), stderr, code: stderr ? 1 : 0 };
  },
  ls,
  touch: (ctx) =>
    each(ctx, operandsOf(ctx), (path) => {
      if (!ctx.files.exists(path)) ctx.files.write(path, '');
    }),
  mkdir: (ctx) => {
    const { flags, operands } = parseFlags(ctx.argv.slice(1), 'm');
    return each(ctx, operands, (path) => makeDirectory(ctx, path, flags.has('p')), "can't create directory");
  },
  rmdir: (ctx) => each(ctx, operandsOf(ctx), (path) => void ctx.files.remove(path)),
  rm: (ctx) => {
    const { flags, operands } = parseFlags(ctx.argv.slice(1));
    return each(
      ctx,
      operands,
      (path) => {
        if (!ctx.files.exists(path)) return flags.has('f') ? undefined : refuse('No such file or directory');
        if (ctx.files.isDirectory(path) && !flags.has('r') && !flags.has('R')) refuse('Is a directory');
        removeTree(ctx, path);
      },
      "can't remove",
    );
  },
  cp: (ctx) => {
    const { flags, operands } = parseFlags(ctx.argv.slice(1));
    return transfer(ctx, operands, (from, to) => {
      if (ctx.files.isDirectory(from) && !flags.has('r') && !flags.has('R') && !flags.has('a')) refuse(`omitting directory '${from}'`);
      copyTree(ctx, from, to);
    });
  },
  mv: (ctx) =>
    transfer(ctx, operandsOf(ctx), (from, to) => {
      copyTree(ctx, from, to);
      removeTree(ctx, from);
    }),
  chmod: () => ({}),
  chown: () => ({}),
  stat: (ctx) => each(ctx, operandsOf(ctx), (path) => void (ctx.files.exists(path) || refuse('No such file or directory'))),
  du: (ctx) => {
    const [path = '.'] = operandsOf(ctx);
    return { stdout: `${Math.ceil(sizeOf(ctx, absolute(ctx, path)) / 1024)}\t${path}\n` };
  },
  df: () => ({
    stdout:
      'Filesystem           1K-blocks      Used Available Use% Mounted on\noverlay              104857600   8388608  96468992   8% /\n',
  }),
  find: (ctx) => {
    const words = ctx.argv.slice(1);
    const start = words.findIndex((word) => word.startsWith('-'));
    const roots = start < 0 ? words : words.slice(0, start);
    const tests = start < 0 ? [] : words.slice(start);
    const name = tests[tests.indexOf('-name') + 1];
    const type = tests.includes('-type') ? tests[tests.indexOf('-type') + 1] : undefined;
    const unknown = tests.find((word) => word.startsWith('-') && !['-name', '-type', '-print', '-maxdepth'].includes(word));
    if (unknown) return fail(ctx, `not simulated: ${unknown}`, 2);
    const depth = tests.includes('-maxdepth') ? Number(tests[tests.indexOf('-maxdepth') + 1]) : 16;
    const matcher = tests.includes('-name') && name ? globMatcher(name) : undefined;
    const found = (roots.length ? roots : ['.']).flatMap((root) => walk(ctx, root, depth));
    return {
      stdout: joinLines(
        found.filter(
          (path) =>
            (!matcher || matcher.test(path.replace(/^.*\//, ''))) &&
            (!type || (type === 'd') === ctx.files.isDirectory(absolute(ctx, path))),
        ),
      ),
    };
  },
};

function globMatcher(pattern: string): RegExp {
  return new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('?', '.'))
      .join('.*')}$`,
  );
}

function walk(ctx: ProcessContext, path: string, depth: number): string[] {
  const full = absolute(ctx, path);
  if (!ctx.files.exists(full)) return [];
  if (depth <= 0 || !ctx.files.isDirectory(full)) return [path];
  return [path, ...ctx.files.list(full).flatMap((name) => walk(ctx, `${path.replace(/\/$/, '')}/${name}`, depth - 1))];
}

function operandsOf(ctx: ProcessContext): readonly string[] {
  return parseFlags(ctx.argv.slice(1)).operands;
}

function refuse(message: string): never {
  throw new FileError(message);
}

function each(ctx: ProcessContext, operands: readonly string[], act: (path: string) => void, doing = "can't access"): AppletResult {
  let stderr = '';
  for (const operand of operands) {
    try {
      act(absolute(ctx, operand));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      stderr += `${nameOf(ctx)}: ${doing} '${operand}': ${error.message}\n`;
    }
  }
  return stderr ? { code: 1, stderr } : {};
}

function makeDirectory(ctx: ProcessContext, path: string, makesParents: boolean): void {
  if (makesParents && ctx.files.isDirectory(path)) return;
  const parent = path.slice(0, path.lastIndexOf('/')) || '/';
  if (!ctx.files.isDirectory(parent)) {
    if (!makesParents) refuse('No such file or directory');
    makeDirectory(ctx, parent, true);
  }
  ctx.files.makeDirectory(path);
}

function removeTree(ctx: ProcessContext, path: string): void {
  if (ctx.files.isDirectory(path)) for (const name of ctx.files.list(path)) removeTree(ctx, `${path}/${name}`);
  ctx.files.remove(path);
}

function copyTree(ctx: ProcessContext, from: string, to: string): void {
  if (!ctx.files.isDirectory(from)) return ctx.files.write(to, ctx.files.read(from) ?? refuse('No such file or directory'));
  if (!ctx.files.isDirectory(to)) ctx.files.makeDirectory(to);
  for (const name of ctx.files.list(from)) copyTree(ctx, `${from}/${name}`, `${to}/${name}`);
}

function transfer(ctx: ProcessContext, operands: readonly string[], act: (from: string, to: string) => void): AppletResult {
  const target = absolute(ctx, operands.at(-1) ?? '');
  const isDirectory = ctx.files.isDirectory(target);
  if (operands.length < 2 || (operands.length > 2 && !isDirectory))
    return fail(ctx, operands.length < 2 ? 'missing file operand' : `'${operands.at(-1)}' is not a directory`);
  return each(
    ctx,
    operands.slice(0, -1),
    (from) => {
      if (!ctx.files.exists(from)) refuse('No such file or directory');
      act(from, isDirectory ? `${target}/${from.replace(/^.*\//, '')}` : target);
    },
    "can't stat",
  );
}

function sizeOf(ctx: ProcessContext, path: string): number {
  const text = ctx.files.read(path);
  return text !== undefined ? text.length : ctx.files.list(path).reduce((sum, name) => sum + sizeOf(ctx, `${path}/${name}`), 0);
}

function ls(ctx: ProcessContext): AppletResult {
  const { flags, operands } = parseFlags(ctx.argv.slice(1));
  const paths = operands.length ? operands : ['.'];
  let stderr = '';
  const sections: string[] = [];
  for (const path of paths) {
    const full = absolute(ctx, path);
    if (!ctx.files.exists(full)) {
      stderr += `ls: ${path}: No such file or directory\n`;
      continue;
    }
    const isListed = ctx.files.isDirectory(full) && !flags.has('d');
    const names = isListed
      ? [
          ...(flags.has('a') ? ['.', '..'] : []),
          ...ctx.files.list(full).filter((name) => flags.has('a') || flags.has('A') || !name.startsWith('.')),
        ]
      : [path];
    const lines = names.map((name) => (flags.has('l') ? longLine(ctx, isListed ? `${full}/${name}` : full, name) : name));
    const total = flags.has('l') && isListed ? [`total ${names.length * 4}`] : [];
    sections.push((paths.length > 1 && isListed ? `${path}:\n` : '') + joinLines([...total, ...lines]));
  }
  return { stdout: sections.join(paths.length > 1 ? '\n' : ''), stderr, code: stderr ? 1 : 0 };
}

function longLine(ctx: ProcessContext, path: string, name: string): string {
  const isDirectory = ctx.files.isDirectory(path);
  const size = isDirectory ? 4096 : (ctx.files.read(path) ?? '').length;
  return `${isDirectory ? 'drwxr-xr-x    2' : '-rw-r--r--    1'} root     root     ${String(size).padStart(9)} Jan  5 08:00 ${name}`;
}
