import { own } from '@/lib/base';
import type { Files } from '../program';
import { evaluateArithmetic } from './arithmetic';
import type { ReadyPart, ReadyWord } from './compiler';

/** What an expansion reads and may change. */
export interface Scope {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  readonly params: readonly string[];
  readonly captured: readonly string[];
  readonly files: Files;
  readonly cwd: string;
}

/** What a variable, a word or the output of a substitution may come to. */
export const textMax = 1_000_000;

/** Thrown by `${name:?message}`, by `set -u`, and by what grows too long. */
export class ExpansionError extends Error {
  override readonly name = 'ExpansionError';
}

interface Field {
  text: string;
  /** The same with quoted characters escaped, for pathname expansion and patterns. */
  pattern: string;
  isQuoted: boolean;
}

/** Expands words to the arguments of a command: substitutions, field splitting, pathnames. */
export function expandWords(words: readonly ReadyWord[], scope: Scope): string[] {
  return words.flatMap((word) => expandFields(word, scope).flatMap((field) => pathnames(field, scope)));
}

/** Expands a word to one text: what an assignment, a redirection or `case` needs. */
export function expandText(word: ReadyWord, scope: Scope): string {
  return joined(word.map((part, index) => partText(part, scope, index === 0)));
}

function joined(parts: readonly string[]): string {
  assertRoom(parts.reduce((total, { length }) => total + length, 0));
  return parts.join('');
}

function assertRoom(length: number): void {
  if (length > textMax) throw new ExpansionError('out of memory');
}

/** Expands a word to a pattern, in which quoted characters stand for themselves. */
export function expandPattern(word: ReadyWord, scope: Scope): string {
  return joined(
    word.map((part, index) => (part.isQuoted ? escapePattern(partText(part, scope, false)) : partText(part, scope, index === 0))),
  );
}

function partText(part: ReadyPart, scope: Scope, isFirst: boolean): string {
  switch (part.type) {
    case 'text':
      return isFirst && !part.isQuoted ? tilde(part.text, scope) : part.text;
    case 'captured':
      return scope.captured[part.index] ?? '';
    case 'arithmetic':
      return String(evaluateArithmetic(expandText(part.expression, scope), scope));
    case 'variable':
      return variableText(part, scope);
  }
}

function tilde(text: string, scope: Scope): string {
  return text === '~' || text.startsWith('~/') ? (scope.get('HOME') ?? '/root') + text.slice(1) : text;
}

function expandFields(word: ReadyWord, scope: Scope): Field[] {
  const fields: Field[] = [];
  let current: Field | undefined;
  const append = (text: string, isQuoted: boolean) => {
    current ??= { text: '', pattern: '', isQuoted: false };
    assertRoom(current.text.length + text.length);
    current.text += text;
    current.pattern += isQuoted ? escapePattern(text) : text;
    current.isQuoted ||= isQuoted;
  };
  const close = () => {
    if (current) fields.push(current);
    current = undefined;
  };
  word.forEach((part, index) => {
    if (part.type === 'variable' && part.name === '@' && !part.operator) {
      scope.params.forEach((param, at) => {
        if (at > 0) close();
        if (part.isQuoted) append(param, true);
        else splitInto(param, scope, append, close);
      });
      return;
    }
    const text = partText(part, scope, index === 0);
    if (part.isQuoted || part.type === 'text') append(text, part.isQuoted);
    else splitInto(text, scope, append, close);
  });
  close();
  return fields;
}

/** Field splitting of an unquoted expansion. */
function splitInto(text: string, scope: Scope, append: (text: string, isQuoted: boolean) => void, close: () => void): void {
  const separators = scope.get('IFS') ?? ' \t\n';
  let chunk = '';
  const flush = () => {
    if (chunk) append(chunk, false);
    chunk = '';
  };
  for (const character of text) {
    if (!separators.includes(character)) {
      chunk += character;
      continue;
    }
    flush();
    if (!' \t\n'.includes(character)) append('', false);
    close();
  }
  flush();
}

function variableText(part: Extract<ReadyPart, { type: 'variable' }>, scope: Scope): string {
  const { name, operator, argument = [] } = part;
  const value = name === '@' || name === '*' ? (scope.params.length ? scope.params.join(' ') : undefined) : scope.get(name);
  const fallback = () => expandText(argument, scope);
  switch (operator) {
    case undefined:
      return value ?? '';
    case '#length':
      return String(name === '@' || name === '*' ? scope.params.length : (value ?? '').length);
    case '-':
      return value ?? fallback();
    case ':-':
      return value || fallback();
    case '+':
      return value === undefined ? '' : fallback();
    case ':+':
      return value ? fallback() : '';
    case '=':
    case ':=':
      return assignDefault(name, operator === '=' ? value : value || undefined, fallback, scope);
    case '?':
    case ':?':
      if (operator === '?' ? value !== undefined : value) return value as string;
      throw new ExpansionError(`${name}: ${fallback() || 'parameter not set'}`);
    case '#':
    case '##':
      return trimStart(value ?? '', expandPattern(argument, scope), operator === '##');
    case '%':
    case '%%':
      return trimEnd(value ?? '', expandPattern(argument, scope), operator === '%%');
    case '/':
    case '//':
      return replacePattern(value ?? '', expandPattern(argument, scope), operator === '//');
    case ':':
      return substring(value ?? '', fallback(), scope);
    default:
      throw new ExpansionError('bad substitution');
  }
}

function assignDefault(name: string, value: string | undefined, fallback: () => string, scope: Scope): string {
  if (value !== undefined) return value;
  const assigned = fallback();
  scope.set(name, assigned);
  return assigned;
}

function trimStart(value: string, pattern: string, isLongest: boolean): string {
  const matcher = patternToRegExp(pattern);
  for (let step = 0; step <= value.length; step++) {
    const length = isLongest ? value.length - step : step;
    if (matcher.test(value.slice(0, length))) return value.slice(length);
  }
  return value;
}

function trimEnd(value: string, pattern: string, isLongest: boolean): string {
  const matcher = patternToRegExp(pattern);
  for (let step = 0; step <= value.length; step++) {
    const start = isLongest ? step : value.length - step;
    if (matcher.test(value.slice(start))) return value.slice(0, start);
  }
  return value;
}

function replacePattern(value: string, argument: string, isGlobal: boolean): string {
  const [pattern = '', replacement = ''] = argument.split(/(?<!\\)\/(.*)/s);
  if (!pattern) return value;
  return value.replace(regExp(patternSource(pattern), isGlobal ? 'g' : ''), () => replacement);
}

function substring(value: string, argument: string, scope: Scope): string {
  const [from = '0', count] = argument.split(':');
  const start = evaluateArithmetic(from.trim() || '0', scope);
  const begin = start < 0 ? Math.max(0, value.length + start) : start;
  if (count === undefined) return value.slice(begin);
  const length = evaluateArithmetic(count.trim() || '0', scope);
  return length < 0 ? value.slice(begin, length) : value.slice(begin, begin + length);
}

// --- patterns -----------------------------------------------------------------------------------------------------

function escapePattern(text: string): string {
  return text.replace(/[*?[\]\\!^-]/g, '\\$&');
}

function patternSource(pattern: string): string {
  let source = '';
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index] as string;
    if (character === '\\') source += escapeRegExp(pattern[++index] ?? '\\');
    else if (character === '*') source += '[^]*';
    else if (character === '?') source += '[^]';
    else if (character === '[') {
      const bracket = bracketAt(pattern, index);
      source += bracket?.source ?? '\\[';
      index = bracket?.end ?? index;
    } else source += escapeRegExp(character);
  }
  return source;
}

const classes: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  blank: ' \\t',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-/:-@[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};

/** `[!a-z[:digit:]]`: where it ends, and what it is to the language. Nothing, where it is not closed. */
function bracketAt(pattern: string, start: number): { source: string; end: number } | undefined {
  const isNegated = /[!^]/.test(pattern[start + 1] ?? '');
  let source = '';
  for (let index = start + (isNegated ? 2 : 1), isFirst = true; index < pattern.length; index++, isFirst = false) {
    const character = pattern[index] as string;
    if (character === ']' && !isFirst) return { source: `[${isNegated ? '^' : ''}${source}]`, end: index };
    const [whole = '', name = ''] = /^\[:(\w+):\]/.exec(pattern.slice(index, index + 12)) ?? [];
    const members = own(classes, name);
    if (members) {
      source += members;
      index += whole.length - 1;
    } else if (character === '\\') source += escapeRegExp(pattern[++index] ?? '\\');
    else source += character === '-' ? '-' : escapeRegExp(character);
  }
  return undefined;
}

export function patternToRegExp(pattern: string): RegExp {
  return regExp(`^(?:${patternSource(pattern)})$`);
}

/** A range that runs backwards matches nothing. */
function regExp(source: string, flags = ''): RegExp {
  try {
    return new RegExp(source, flags);
  } catch {
    return /(?!)/;
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

function pathnames({ text, pattern }: Field, scope: Scope): string[] {
  if (!/(?<!\\)[*?[]/.test(pattern)) return [text];
  const isAbsolute = pattern.startsWith('/');
  let found = [isAbsolute ? '/' : ''];
  for (const segment of pattern.split('/').filter(Boolean)) {
    const matcher = patternToRegExp(segment);
    const isPlain = !/(?<!\\)[*?[]/.test(segment);
    found = found.flatMap((base) => {
      const directory = base.startsWith('/') ? base : `${scope.cwd}/${base}`;
      const join = (name: string) => (base === '' || base.endsWith('/') ? base + name : `${base}/${name}`);
      if (isPlain) return scope.files.exists(`${directory}/${segment.replaceAll('\\', '')}`) ? [join(segment.replaceAll('\\', ''))] : [];
      return scope.files
        .list(directory)
        .filter((name) => matcher.test(name) && (!name.startsWith('.') || segment.startsWith('.')))
        .map(join);
    });
  }
  return found.length > 0 ? found : [text];
}
