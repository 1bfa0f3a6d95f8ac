import { decodeBase64, encodeBase64 } from '../../api/base64';
import type { ProcessContext } from '../../runtime/program';
import { PosixRegexp, type PosixMatch } from './posix-regexp';
import { absolute, fail, inputs, joinLines, linesOf, notSimulated, parseFlags, type Applet, type AppletResult } from './applet';

/** Filters: they read everything and write what is left of it. */
export const textApplets: Readonly<Record<string, Applet>> = {
  head: (ctx) => ends(ctx, (lines, count) => (count < 0 ? lines.slice(0, count) : lines.slice(0, count))),
  tail: (ctx) =>
    ctx.argv.some((word) => /^-[0-9]*[fF]/.test(word))
      ? notSimulated(ctx, '-f')
      : ends(ctx, (lines, count) => (count === 0 ? [] : lines.slice(-count))),
  wc: (ctx) => {
    const { flags, operands } = parseFlags(ctx.argv.slice(1));
    const { texts, stderr } = inputs(ctx, operands);
    const rows = texts.map(({ name, text }) => {
      const counts = { l: text.split('\n').length - 1, w: text.split(/\s+/).filter(Boolean).length, c: text.length };
      const shown = (['l', 'w', 'c'] as const).filter((key) => flags.size === 0 || flags.has(key)).map((key) => counts[key]);
      const label = name === '-' ? '' : ` ${name}`;
      return shown.length === 1 ? `${shown[0]}${label}` : `${shown.map((count) => String(count).padStart(9)).join(' ')}${label}`;
    });
    return { stdout: joinLines(rows), stderr, code: stderr ? 1 : 0 };
  },
  grep,
  egrep: (ctx) => grep(ctx, true),
  sort: (ctx) => {
    const { flags, operands } = parseFlags(ctx.argv.slice(1), 'kt');
    const { texts, stderr } = inputs(ctx, operands);
    const key = Number((flags.get('k') ?? '0').split(/[,.]/)[0]);
    const field = (line: string) => (key > 0 ? (line.trim().split(flags.get('t') || /\s+/)[key - 1] ?? '') : line);
    const compare = (a: string, b: string) =>
      flags.has('n') ? (parseFloat(field(a)) || 0) - (parseFloat(field(b)) || 0) : field(a) < field(b) ? -1 : field(a) > field(b) ? 1 : 0;
    const sorted = texts.flatMap(({ text }) => linesOf(text)).sort((a, b) => compare(a, b) || (a < b ? -1 : a > b ? 1 : 0));
    const unique = flags.has('u') ? sorted.filter((line, index) => line !== sorted[index - 1]) : sorted;
    return { stdout: joinLines(flags.has('r') ? unique.reverse() : unique), stderr, code: stderr ? 1 : 0 };
  },
  uniq: (ctx) => {
    const { flags, operands } = parseFlags(ctx.argv.slice(1));
    const { texts } = inputs(ctx, operands.slice(0, 1));
    const runs: { line: string; count: number }[] = [];
    for (const line of texts.flatMap(({ text }) => linesOf(text))) {
      const last = runs.at(-1);
      if (last?.line === line) last.count++;
      else runs.push({ line, count: 1 });
    }
    const kept = runs.filter(({ count }) => (!flags.has('d') || count > 1) && (!flags.has('u') || count === 1));
    return { stdout: joinLines(kept.map(({ line, count }) => (flags.has('c') ? `${String(count).padStart(7)} ${line}` : line))) };
  },
  cut: (ctx) => {
    const { flags, operands } = parseFlags(ctx.argv.slice(1), 'dfcb');
    const { texts, stderr } = inputs(ctx, operands);
    const delimiter = flags.get('d') ?? '\t';
    const ranges = (flags.get('f') ?? flags.get('c') ?? flags.get('b') ?? '').split(',').map(parseRange);
    const pick = (items: readonly string[]) =>
      items.filter((_item, index) => ranges.some(([from, to]) => index + 1 >= from && index + 1 <= to));
    const line = (text: string) =>
      flags.has('f') ? (text.includes(delimiter) ? pick(text.split(delimiter)).join(delimiter) : text) : pick([...text]).join('');
    return { stdout: joinLines(texts.flatMap(({ text }) => linesOf(text)).map(line)), stderr, code: stderr ? 1 : 0 };
  },
  tr: (ctx) => {
    const { flags, operands } = parseFlags(ctx.argv.slice(1));
    const [from = '', to = ''] = operands.map(expandSet);
    const map = (character: string) => {
      const index = from.indexOf(character);
      if (index < 0) return character;
      return flags.has('d') ? '' : (to[Math.min(index, to.length - 1)] ?? character);
    };
    const text = [...ctx.stdin].map(map).join('');
    return {
      stdout: flags.has('s')
        ? text.replace(/([^])\1+/g, (run, character: string) => ((to || from).includes(character) ? character : run))
        : text,
    };
  },
  rev: (ctx) => ({ stdout: joinLines(linesOf(ctx.stdin).map((line) => [...line].reverse().join(''))) }),
  tee: (ctx) => {
    const { flags, operands } = parseFlags(ctx.argv.slice(1));
    const text = ctx.stdin;
    for (const path of operands)
      ctx.files.write(absolute(ctx, path), (flags.has('a') ? (ctx.files.read(absolute(ctx, path)) ?? '') : '') + text);
    return { stdout: text };
  },
  sed,
  base64: (ctx) => {
    const { flags, operands } = parseFlags(ctx.argv.slice(1), 'w');
    const { texts, stderr } = inputs(ctx, operands);
    const text = texts.map((one) => one.text).join('');
    return flags.has('d') ? { stdout: decode(text), stderr } : { stdout: `${encode(text)}\n`, stderr };
  },
  awk: (ctx) => awkPrint(ctx),
};

function ends(ctx: ProcessContext, take: (lines: string[], count: number) => string[]): AppletResult {
  const words = ctx.argv.slice(1).map((word) => (/^-\d+$/.test(word) ? `-n${word.slice(1)}` : word));
  const { flags, operands } = parseFlags(words, 'nc');
  const { texts, stderr } = inputs(ctx, operands);
  const count = Number((flags.get('n') ?? '10').replace(/^\+/, ''));
  const many = texts.length > 1;
  const parts = texts.map(({ name, text }) => {
    const body = flags.has('c')
      ? take([...text], Number(flags.get('c'))).join('')
      : joinLines(flags.get('n')?.startsWith('+') ? linesOf(text).slice(count - 1) : take(linesOf(text), count));
    return many ? `==> ${name} <==\n${body}` : body;
  });
  return { stdout: parts.join(many ? '\n' : ''), stderr, code: stderr ? 1 : 0 };
}

function grep(ctx: ProcessContext, isExtended = false): AppletResult {
  const { flags, operands } = parseFlags(ctx.argv.slice(1), 'emABC');
  const [pattern, ...files] = flags.has('e') ? [flags.get('e') as string, ...operands] : operands;
  if (pattern === undefined) return { code: 2, stderr: 'Usage: grep [-HhnloqvsiwxFEcm] PATTERN [FILE]...\n' };
  const unknown = [...flags.keys()].find((flag) => !grepFlags.has(flag));
  if (unknown) return notSimulated(ctx, `${unknown.length > 1 ? '--' : '-'}${unknown}`);
  const hitsMax = flags.get('m');
  if (hitsMax !== undefined && !/^\d+$/.test(hitsMax)) return fail(ctx, `invalid number '${hitsMax}'`, 2);
  const matcher = PosixRegexp.of(pattern, {
    isExtended: isExtended || flags.has('E'),
    isFixed: flags.has('F'),
    ignoresCase: flags.has('i'),
    isWord: flags.has('w'),
    isLine: flags.has('x'),
  });
  if (!matcher) return fail(ctx, `bad regex '${pattern}'`, 2);
  const { texts, stderr } = inputs(ctx, files);
  const showsName = flags.has('H') || (texts.length > 1 && !flags.has('h'));
  let isFound = false;
  const out: string[] = [];
  for (const { name, text } of texts) {
    const hits = linesOf(text)
      .map((line, index) => ({ line, number: index + 1 }))
      .filter(({ line }) => matcher.isIn(line) !== flags.has('v'))
      .slice(0, hitsMax === undefined ? undefined : Number(hitsMax));
    isFound ||= hits.length > 0;
    const prefix = showsName ? `${name}:` : '';
    if (flags.has('c')) out.push(`${prefix}${hits.length}`);
    else if (flags.has('l')) out.push(...(hits.length ? [name] : []));
    else
      for (const { line, number } of hits)
        out.push(
          ...(flags.has('o') ? matchedParts(matcher, line, flags.has('v')) : [line]).map(
            (shown) => `${prefix}${flags.has('n') ? `${number}:` : ''}${shown}`,
          ),
        );
  }
  return { stdout: flags.has('q') ? '' : joinLines(out), stderr: flags.has('s') ? '' : stderr, code: isFound ? 0 : stderr ? 2 : 1 };
}

/** `-a`, `-G` and `--color` change nothing here. */
const grepFlags: ReadonlySet<string> = new Set([...'EFGHacehilmnoqsvwx', 'color']);

/** `-o`: what matched, but for what is empty; of lines that do not match there is nothing to show. */
function matchedParts(matcher: PosixRegexp, line: string, isInverted: boolean): string[] {
  return isInverted ? [] : matcher.matches(line).flatMap(({ groups: [whole = ''] }) => (whole === '' ? [] : [whole]));
}

/** `s/a/b/g`, `Np`, `/x/p`, `/x/d`, `Nd` and `$` as an address; anything else is refused. */
function sed(ctx: ProcessContext): AppletResult {
  const { flags, operands } = parseFlags(ctx.argv.slice(1), 'e');
  const [script = '', ...files] = flags.has('e') ? [flags.get('e') as string, ...operands] : operands;
  const commands = script
    .split(/\n|;(?=\s*(?:s[^\w\s]|\d|\/|\$|$))/)
    .map((one) => one.trim())
    .filter(Boolean)
    .map((one) => sedCommand(one, flags.has('E') || flags.has('r')));
  const bad = commands.find((command): command is string => typeof command === 'string');
  if (bad !== undefined) return notSimulated(ctx, bad);
  const { texts, stderr } = inputs(ctx, files);
  const edit = (text: string) => {
    const lines = linesOf(text);
    const out: string[] = [];
    lines.forEach((original, index) => {
      let line: string | undefined = original;
      for (const command of commands as SedCommand[]) {
        if (line === undefined || !command.matches(line, index + 1, index === lines.length - 1)) continue;
        if (command.name === 'p') out.push(line);
        else if (command.name === 'd') line = undefined;
        else {
          const replaced = command.replace(line);
          if (replaced !== undefined && command.prints) out.push(replaced);
          line = replaced ?? line;
        }
      }
      if (line !== undefined && !flags.has('n')) out.push(line);
    });
    return joinLines(out);
  };
  if (!flags.has('i')) return { stdout: edit(texts.map(({ text }) => text).join('')), stderr, code: stderr ? 1 : 0 };
  for (const { name, text } of texts) ctx.files.write(absolute(ctx, name), edit(text));
  return { stderr, code: stderr ? 1 : 0 };
}

interface SedCommand {
  readonly name: 's' | 'p' | 'd';
  readonly matches: (line: string, number: number, isLast: boolean) => boolean;
  /** Undefined when nothing of the line is to be replaced. */
  readonly replace: (line: string) => string | undefined;
  readonly prints?: boolean;
}

function sedCommand(text: string, isExtended: boolean): SedCommand | string {
  const match = /^(?:(\d+|\$)|\/((?:\\.|[^/])*)\/)?\s*([spd])([\s\S]*)$/.exec(text);
  if (!match) return text;
  const [, address, pattern, name, rest = ''] = match;
  const matcher = pattern === undefined ? undefined : PosixRegexp.of(pattern.replaceAll('\\/', '/'), { isExtended });
  if (pattern !== undefined && !matcher) return text;
  const matches = (line: string, number: number, isLast: boolean) =>
    address === '$' ? isLast : address ? number === Number(address) : matcher ? matcher.isIn(line) : true;
  if (name !== 's') return rest.trim() ? text : { name: name as 'p', matches, replace: (line: string) => line };
  const delimiter = rest[0] ?? '/';
  const [, from, to, options = ''] = rest.split(new RegExp(`(?<!\\\\)${delimiter.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`));
  const expression =
    from === undefined || to === undefined || !/^[gIip]*(?:[1-9]\d*)?[gIip]*$/.test(options)
      ? undefined
      : PosixRegexp.of(from.replaceAll(`\\${delimiter}`, delimiter), { isExtended, ignoresCase: /i/i.test(options) });
  if (!expression) return text;
  const replacement = ({ groups }: PosixMatch) =>
    (to as string).replace(/\\([0-9&n/\\])|&/g, (whole, escaped?: string) =>
      whole === '&'
        ? (groups[0] ?? '')
        : /\d/.test(escaped as string)
          ? (groups[Number(escaped)] ?? '')
          : escaped === 'n'
            ? '\n'
            : (escaped as string),
    );
  return {
    name: 's',
    matches,
    prints: options.includes('p'),
    replace: (line: string) =>
      expression.replace(line, replacement, { first: Number(/\d+/.exec(options)?.[0] ?? 1), isGlobal: options.includes('g') }),
  };
}

/** `awk '{print $1, $3}'` with `-F`: the one program everybody writes. Any other is refused. */
function awkPrint(ctx: ProcessContext): AppletResult {
  const { flags, operands } = parseFlags(ctx.argv.slice(1), 'F');
  const [program = '', ...files] = operands;
  const match = /^\s*(?:\/((?:\\.|[^/])*)\/)?\s*\{\s*print\s*([^{}]*?)\s*;?\s*\}\s*$/.exec(program);
  const expressions = match?.[2] === '' ? ['$0'] : match?.[2]?.split(/\s*,\s*/);
  if (!match || !expressions?.every((one) => /^(?:\$\d+|\$NF|NF|NR|"[^"]*")(?:\s+(?:\$\d+|\$NF|NF|NR|"[^"]*"))*$/.test(one)))
    return notSimulated(ctx, program);
  const { texts, stderr } = inputs(ctx, files);
  const filter = match[1] === undefined ? undefined : PosixRegexp.of(match[1], { isExtended: true });
  if (match[1] !== undefined && !filter) return notSimulated(ctx, program);
  const lines = texts
    .flatMap(({ text }) => linesOf(text))
    .flatMap((line, index) => {
      if (filter && !filter.isIn(line)) return [];
      const fields = flags.get('F') ? line.split(flags.get('F') as string) : line.trim().split(/\s+/);
      const value = (term: string) =>
        term.startsWith('"')
          ? term.slice(1, -1)
          : term === '$0'
            ? line
            : term === '$NF'
              ? (fields.at(-1) ?? '')
              : term === 'NF'
                ? String(fields.length)
                : term === 'NR'
                  ? String(index + 1)
                  : (fields[Number(term.slice(1)) - 1] ?? '');
      return [expressions.map((one) => (one.match(/\$\d+|\$NF|NF|NR|"[^"]*"/g) ?? []).map(value).join('')).join(' ')];
    });
  return { stdout: joinLines(lines), stderr, code: stderr ? 2 : 0 };
}

function parseRange(text: string): [number, number] {
  const [from = '', to] = text.split('-');
  if (to === undefined) return [Number(from), Number(from)];
  return [Number(from || 1), to === '' ? Infinity : Number(to)];
}

function expandSet(text: string): string {
  const named = text
    .replaceAll('[:upper:]', 'A-Z')
    .replaceAll('[:lower:]', 'a-z')
    .replaceAll('[:digit:]', '0-9')
    .replaceAll('[:space:]', ' \t\n')
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t');
  return named.replace(/([^])-([^])/g, (_whole, from: string, to: string) => {
    let range = '';
    for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++) range += String.fromCharCode(code);
    return range;
  });
}

function encode(text: string): string {
  return encodeBase64(text);
}

function decode(text: string): string {
  return decodeBase64(text.replace(/\s/g, '')) ?? '';
}
