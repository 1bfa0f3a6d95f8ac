import { RE2JS } from 're2js';
import { memoOfTwo } from '@/lib/base';

export interface PosixRegexpOptions {
  readonly isExtended?: boolean;
  readonly isFixed?: boolean;
  readonly ignoresCase?: boolean;
  /** Only whole words, only whole lines. */
  readonly isWord?: boolean;
  readonly isLine?: boolean;
}

/** One place in a line that a pattern matches; `groups[0]` is all of it. */
export interface PosixMatch {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly string[];
}

/**
 * A basic or extended regular expression of POSIX (`regcomp`) with GNU's `\w \b \< \> \+ \?`: the leftmost longest match, in time linear in the
 * text. Back-references would not be, and are refused.
 */
export class PosixRegexp {
  readonly #compiled: RE2JS;

  private constructor(compiled: RE2JS) {
    this.#compiled = compiled;
  }

  /** Undefined when it is none. */
  static of(pattern: string, options: PosixRegexpOptions = {}): PosixRegexp | undefined {
    const compiled = compile(pattern, JSON.stringify(options));
    return compiled && new PosixRegexp(compiled);
  }

  isIn(line: string): boolean {
    return this.#compiled.matcher(line).find();
  }

  /** All matches from left to right; an empty one only where the one before did not end. */
  matches(line: string): PosixMatch[] {
    const matcher = this.#compiled.matcher(line);
    const found: PosixMatch[] = [];
    for (let at = 0, lastEnd = -1; at <= line.length && matcher.find(at);) {
      const [start, end] = [matcher.start(), matcher.end()];
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? '');
      if (end > start || start !== lastEnd) found.push({ start, end, groups });
      lastEnd = end;
      at = end > start ? end : end + ((line.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
    }
    return found;
  }

  /** The line with its matches replaced: the `first` one and, with `isGlobal`, those after it. Undefined when there is none to replace. */
  replace(line: string, by: (match: PosixMatch) => string, { first = 1, isGlobal = false } = {}): string | undefined {
    const chosen = this.matches(line).slice(first - 1, isGlobal ? undefined : first);
    if (chosen.length === 0) return undefined;
    let result = '';
    let at = 0;
    for (const match of chosen) {
      result += line.slice(at, match.start) + by(match);
      at = match.end;
    }
    return result + line.slice(at);
  }
}

const compile = memoOfTwo((pattern, optionsText): RE2JS | undefined => {
  const { isExtended = false, isFixed, ignoresCase, isWord, isLine } = JSON.parse(optionsText) as PosixRegexpOptions;
  try {
    const source = isFixed ? RE2JS.quote(pattern) : translated(pattern, isExtended);
    const bounded = isLine ? `^(?:${source})$` : isWord ? `\\b(?:${source})\\b` : source;
    return RE2JS.compile(bounded, RE2JS.LONGEST_MATCH | (ignoresCase ? RE2JS.CASE_INSENSITIVE : 0));
  } catch {
    return undefined;
  }
});

/** RE2's own way to write it. */
function translated(pattern: string, isExtended: boolean): string {
  let result = '';
  /** Whether an expression begins here: a star is a star then, and a caret an anchor. */
  let isStart = true;
  for (let at = 0; at < pattern.length;) {
    const token = tokenAt(pattern, at, isExtended);
    at += token.length;
    result += rendered(token, { isStart, isEnd: endsExpression(pattern, at, isExtended), isExtended });
    isStart = token === '^' ? isStart : isOperator(token, isExtended, '(') || isOperator(token, isExtended, '|');
  }
  return result;
}

function tokenAt(pattern: string, at: number, isExtended: boolean): string {
  if (pattern[at] === '[') return bracketAt(pattern, at);
  const length = pattern[at] === '\\' ? 2 : 1;
  const token = pattern.slice(at, at + length);
  if (!isOperator(token, isExtended, '{')) return token;
  return (isExtended ? /^\{\d*,?\d*\}/ : /^\\\{\d*,?\d*\\\}/).exec(pattern.slice(at))?.[0] ?? token;
}

/** `[]a]`, `[^]a]` and `[[:digit:]]` have a bracket inside. */
function bracketAt(pattern: string, at: number): string {
  const whole = /^\[\^?\]?(?:\[[:.=][^\]]*[:.=]\]|[^\]])*\]/.exec(pattern.slice(at))?.[0];
  if (whole === undefined) throw new Error('unmatched [');
  return whole;
}

function isOperator(token: string, isExtended: boolean, operator: string): boolean {
  return token === (isExtended ? operator : `\\${operator}`);
}

function endsExpression(pattern: string, at: number, isExtended: boolean): boolean {
  const next = pattern.slice(at, at + (isExtended ? 1 : 2));
  return next === '' || isOperator(next, isExtended, ')') || isOperator(next, isExtended, '|');
}

interface Place {
  readonly isStart: boolean;
  readonly isEnd: boolean;
  readonly isExtended: boolean;
}

function rendered(token: string, { isStart, isEnd, isExtended }: Place): string {
  if (token[0] === '[') return bracket(token);
  if (token === '^') return isExtended || isStart ? '^' : '\\^';
  if (token === '$') return isExtended || isEnd ? '$' : '\\$';
  if (token === '*') return isStart ? '\\*' : '*';
  if (token === '.') return '.';
  const bare = isExtended ? token : token.replaceAll('\\', '');
  const isSpecial = isExtended ? token[0] !== '\\' : token[0] === '\\';
  if (isSpecial && /^(?:[()|+?]|\{\d*,?\d*\})$/.test(bare)) return bare.replace('{,', '{0,');
  if (token[0] === '\\') return escape(token[1]);
  return RE2JS.quote(token);
}

/** What a backslash makes of a character: GNU's classes and edges, or the character itself. */
function escape(character: string | undefined): string {
  if (character === undefined) throw new Error('trailing backslash');
  if (/[1-9]/.test(character)) throw new Error('back-references are not simulated');
  if (/[wWsSbB]/.test(character)) return `\\${character}`;
  if (character === '<' || character === '>') return '\\b';
  if (character === '`') return '\\A';
  if (character === "'") return '\\z';
  if (character === 'n' || character === 't') return `\\${character}`;
  return RE2JS.quote(character);
}

/** A backslash is itself between brackets, and so is a bracket that opens nothing. */
function bracket(token: string): string {
  const [, negation = '', items = ''] = /^\[(\^?)([\s\S]*)\]$/.exec(token) ?? [];
  const escaped = items.replace(/\[:\w+:\]|[\\[\]&~]/g, (one) => (one.length > 1 ? one : `\\${one}`));
  return `[${negation}${escaped.startsWith('^') ? `\\${escaped}` : escaped}]`;
}
