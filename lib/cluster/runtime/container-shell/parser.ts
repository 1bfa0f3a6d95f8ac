import { ShellSyntaxError, type AndOr, type Command, type List, type Pipeline, type Redirection, type Word, type WordPart } from './syntax';

/** Reads a script. Throws `ShellSyntaxError` with what ash says, or `not simulated: …`. */
export function parseScript(source: string): List {
  const parser = new Parser(source);
  const list = parser.list([]);
  parser.expectEnd();
  return list;
}

const reserved = new Set([
  'if',
  'then',
  'elif',
  'else',
  'fi',
  'while',
  'until',
  'do',
  'done',
  'for',
  'case',
  'esac',
  '{',
  '}',
  '!',
  'in',
  'function',
]);
const nameStart = /[A-Za-z_]/;
const operatorCharacters = ' \t\n;&|<>()';

interface PendingHeredoc {
  readonly delimiter: string;
  readonly isQuoted: boolean;
  readonly stripsTabs: boolean;
  readonly fill: (body: Word) => void;
}

class Parser {
  readonly #source: string;
  #at = 0;
  #heredocs: PendingHeredoc[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  expectEnd(): void {
    this.#skipSeparators();
    if (this.#at < this.#source.length) throw unexpected(this.#rest(1));
  }

  /** Commands up to one of the closing words (not consumed), `)` or the end. */
  list(closers: readonly string[]): List {
    const items: AndOr[] = [];
    for (;;) {
      this.#skipSeparators();
      if (this.#isAtEnd() || this.#peek() === ')' || this.#startsWith(';;') || closers.includes(this.#peekWord())) return items;
      items.push(this.#andOr());
    }
  }

  #andOr(): AndOr {
    const first = this.#pipeline();
    const rest: { operator: '&&' | '||'; pipeline: Pipeline }[] = [];
    for (;;) {
      this.#skipBlanks();
      const operator = this.#startsWith('&&') ? '&&' : this.#startsWith('||') ? '||' : undefined;
      if (!operator) break;
      this.#at += 2;
      this.#skipLines();
      rest.push({ operator, pipeline: this.#pipeline() });
    }
    const isBackground = this.#peek() === '&' && !this.#startsWith('&>');
    if (isBackground) this.#at++;
    return { first, rest, isBackground };
  }

  #pipeline(): Pipeline {
    this.#skipBlanks();
    let isNegated = false;
    while (this.#peekWord() === '!') {
      this.#at++;
      isNegated = !isNegated;
      this.#skipBlanks();
    }
    const commands = [this.#command()];
    for (;;) {
      this.#skipBlanks();
      if (this.#peek() !== '|' || this.#startsWith('||')) return { isNegated, commands };
      if (this.#startsWith('|&')) throw notSimulated('|&');
      this.#at++;
      this.#skipLines();
      commands.push(this.#command());
    }
  }

  #command(): Command {
    this.#skipBlanks();
    if (this.#startsWith('((')) throw notSimulated('((');
    if (this.#peek() === '(') return this.#subshell();
    const word = this.#peekWord();
    switch (word) {
      case '{':
        return this.#group();
      case 'if':
        return this.#if();
      case 'while':
      case 'until':
        return this.#while(word === 'until');
      case 'for':
        return this.#for();
      case 'case':
        return this.#case();
      case 'function':
        return this.#function();
      case '[[':
      case 'select':
      case 'coproc':
      case 'time':
        throw notSimulated(word);
      default:
        if (reserved.has(word)) throw unexpected(word);
        return this.#simple();
    }
  }

  #subshell(): Command {
    this.#at++;
    const body = this.list([]);
    this.#expect(')');
    return { type: 'subshell', body, redirections: this.#redirections() };
  }

  #group(): Command {
    this.#word('{');
    const body = this.list(['}']);
    this.#word('}');
    return { type: 'group', body, redirections: this.#redirections() };
  }

  #if(): Command {
    this.#word('if');
    const branches: { condition: List; body: List }[] = [];
    let otherwise: List | undefined;
    for (;;) {
      const condition = this.list(['then']);
      this.#word('then');
      branches.push({ condition, body: this.list(['elif', 'else', 'fi']) });
      if (this.#peekWord() !== 'elif') break;
      this.#word('elif');
    }
    if (this.#peekWord() === 'else') {
      this.#word('else');
      otherwise = this.list(['fi']);
    }
    this.#word('fi');
    return { type: 'if', branches, otherwise, redirections: this.#redirections() };
  }

  #while(isUntil: boolean): Command {
    this.#word(isUntil ? 'until' : 'while');
    const condition = this.list(['do']);
    const body = this.#doGroup();
    return { type: 'while', isUntil, condition, body, redirections: this.#redirections() };
  }

  #doGroup(): List {
    this.#skipSeparators();
    this.#word('do');
    const body = this.list(['done']);
    this.#word('done');
    return body;
  }

  #for(): Command {
    this.#word('for');
    this.#skipBlanks();
    if (this.#startsWith('((')) throw notSimulated('for ((');
    const name = this.#name();
    this.#skipSeparators();
    let words: Word[] | undefined;
    if (this.#peekWord() === 'in') {
      this.#word('in');
      words = [];
      for (this.#skipBlanks(); !this.#isAtEnd() && !'\n;'.includes(this.#peek()); this.#skipBlanks()) words.push(this.#parseWord());
    }
    const body = this.#doGroup();
    return { type: 'for', name, words, body, redirections: this.#redirections() };
  }

  #case(): Command {
    this.#word('case');
    this.#skipBlanks();
    const word = this.#parseWord();
    this.#skipSeparators();
    this.#word('in');
    const arms: { patterns: Word[]; body: List }[] = [];
    for (;;) {
      this.#skipSeparators();
      if (this.#peekWord() === 'esac') break;
      if (this.#isAtEnd()) throw unexpected('end of file (expecting "esac")');
      if (this.#peek() === '(') this.#at++;
      const patterns: Word[] = [];
      for (;;) {
        this.#skipBlanks();
        patterns.push(this.#parseWord());
        this.#skipBlanks();
        if (this.#peek() !== '|') break;
        this.#at++;
      }
      this.#expect(')');
      arms.push({ patterns, body: this.list(['esac']) });
      if (this.#startsWith(';;')) this.#at += 2;
    }
    this.#word('esac');
    return { type: 'case', word, arms, redirections: this.#redirections() };
  }

  #function(): Command {
    this.#word('function');
    this.#skipBlanks();
    const name = this.#name();
    this.#skipBlanks();
    if (this.#startsWith('()')) this.#at += 2;
    this.#skipSeparators();
    return { type: 'function', name, body: this.#command() };
  }

  #simple(): Command {
    const assignments: { name: string; value: Word }[] = [];
    const words: Word[] = [];
    const redirections: Redirection[] = [];
    for (;;) {
      this.#skipBlanks();
      const redirection = this.#redirection();
      if (redirection) {
        redirections.push(redirection);
        continue;
      }
      if (this.#isAtEnd() || '\n;&|)'.includes(this.#peek())) break;
      if (this.#peek() === '(') {
        const name = words.length === 1 && assignments.length === 0 ? literalOf(words[0] as Word) : undefined;
        if (name === undefined || !this.#startsWith('()')) throw unexpected('(');
        this.#at += 2;
        this.#skipSeparators();
        return { type: 'function', name, body: this.#command() };
      }
      const assignment = words.length === 0 ? this.#assignment() : undefined;
      if (assignment) assignments.push(assignment);
      else words.push(this.#parseWord());
    }
    if (assignments.length + words.length + redirections.length === 0) throw unexpected(this.#isAtEnd() ? 'end of file' : this.#rest(1));
    return { type: 'simple', assignments, words, redirections };
  }

  #assignment(): { name: string; value: Word } | undefined {
    const match = /^([A-Za-z_]\w*)(\+?)=/.exec(this.#source.slice(this.#at, this.#at + 256));
    if (!match) return undefined;
    const [whole, name = '', plus] = match;
    this.#at += whole.length;
    if (this.#peek() === '(') throw notSimulated('arrays');
    const value = this.#isAtEnd() || operatorCharacters.includes(this.#peek()) ? [] : this.#parseWord();
    return { name, value: plus ? [{ type: 'variable', name, isQuoted: true }, ...value] : value };
  }

  // --- redirections ---------------------------------------------------------------------------------------------

  #redirections(): Redirection[] {
    const found: Redirection[] = [];
    for (;;) {
      this.#skipBlanks();
      const redirection = this.#redirection();
      if (!redirection) return found;
      found.push(redirection);
    }
  }

  #redirection(): Redirection | undefined {
    const match = /^(\d?)(<<<|<<-|<<|<&|<\(|>\(|>>|>&|>\||<>|&>>|&>|<|>)/.exec(this.#source.slice(this.#at, this.#at + 4));
    if (!match) return undefined;
    const [whole, digit, operator = ''] = match;
    if (operator === '<(' || operator === '>(') throw notSimulated('process substitution');
    if (operator === '<>' || operator === '&>>') throw notSimulated(operator);
    this.#at += whole.length;
    this.#skipBlanks();
    if (operator === '<<' || operator === '<<-') return this.#heredoc(digit ? Number(digit) : 0, operator === '<<-');
    const fd = digit ? Number(digit) : operator.startsWith('<') ? 0 : 1;
    if (this.#isAtEnd() || operatorCharacters.includes(this.#peek())) throw unexpected(this.#isAtEnd() ? 'end of file' : this.#rest(1));
    return { fd, operator: (operator === '>|' ? '>' : operator) as Redirection['operator'], target: this.#parseWord() };
  }

  #heredoc(fd: number, stripsTabs: boolean): Redirection {
    const word = this.#parseWord();
    const delimiter = word.map((part) => (part.type === 'text' ? part.text : '')).join('');
    const isQuoted = word.some((part) => part.isQuoted);
    let body: Word = [];
    this.#heredocs.push({ delimiter, isQuoted, stripsTabs, fill: (filled) => (body = filled) });
    return {
      fd,
      operator: '<<',
      get target() {
        return body;
      },
    };
  }

  /** Called after a newline: the bodies of the here-documents of the line before. */
  #readHeredocs(): void {
    const pending = this.#heredocs;
    this.#heredocs = [];
    for (const { delimiter, isQuoted, stripsTabs, fill } of pending) {
      let text = '';
      for (;;) {
        if (this.#isAtEnd()) break;
        const end = this.#source.indexOf('\n', this.#at);
        const line = this.#source.slice(this.#at, end < 0 ? undefined : end);
        this.#at = end < 0 ? this.#source.length : end + 1;
        const bare = stripsTabs ? line.replace(/^\t+/, '') : line;
        if (bare === delimiter) break;
        text += `${bare}\n`;
      }
      fill(isQuoted ? [{ type: 'text', text, isQuoted: true }] : new Parser(text).#doubleQuoted(undefined));
    }
  }

  // --- words ----------------------------------------------------------------------------------------------------

  #parseWord(): Word {
    const parts: WordPart[] = [];
    let text = '';
    const flush = () => {
      if (text) parts.push({ type: 'text', text, isQuoted: false });
      text = '';
    };
    while (!this.#isAtEnd() && !operatorCharacters.includes(this.#peek())) {
      const character = this.#peek();
      if (character === "'") {
        flush();
        const end = this.#source.indexOf("'", this.#at + 1);
        if (end < 0) throw unterminated();
        parts.push({ type: 'text', text: this.#source.slice(this.#at + 1, end), isQuoted: true });
        this.#at = end + 1;
      } else if (character === '"') {
        flush();
        this.#at++;
        const inner = this.#doubleQuoted('"');
        parts.push(...(inner.length ? inner : [{ type: 'text' as const, text: '', isQuoted: true }]));
      } else if (character === '\\') {
        flush();
        if (this.#source[this.#at + 1] !== '\n') parts.push({ type: 'text', text: this.#source[this.#at + 1] ?? '\\', isQuoted: true });
        this.#at += 2;
      } else if (character === '$' || character === '`') {
        const part = this.#dollar(false);
        if (part) {
          flush();
          parts.push(part);
        } else {
          text += character;
          this.#at++;
        }
      } else {
        text += character;
        this.#at++;
      }
    }
    flush();
    if (parts.length === 0) throw unexpected(this.#isAtEnd() ? 'end of file' : this.#rest(1));
    return parts;
  }

  /** Up to the closing quote, or to the end of a here-document. */
  #doubleQuoted(close: '"' | undefined): WordPart[] {
    const parts: WordPart[] = [];
    let text = '';
    const flush = () => {
      if (text) parts.push({ type: 'text', text, isQuoted: true });
      text = '';
    };
    for (;;) {
      if (this.#isAtEnd()) {
        if (close) throw unterminated();
        flush();
        return parts;
      }
      const character = this.#peek();
      if (character === close) {
        this.#at++;
        flush();
        return parts;
      }
      if (character === '\\') {
        const next = this.#source[this.#at + 1] ?? '';
        if ('$`"\\\n'.includes(next) && next !== '' && !(next === '"' && !close)) text += next === '\n' ? '' : next;
        else text += `\\${next}`;
        this.#at += 2;
        continue;
      }
      const part = character === '$' || character === '`' ? this.#dollar(true) : undefined;
      if (part) {
        flush();
        parts.push(part);
      } else {
        text += character;
        this.#at++;
      }
    }
  }

  /** `$name`, `${…}`, `$(…)`, `$((…))`, `` `…` ``; undefined for a dollar that is just one. */
  #dollar(isQuoted: boolean): WordPart | undefined {
    if (this.#peek() === '`') return this.#backquoted(isQuoted);
    const next = this.#source[this.#at + 1] ?? '';
    if (this.#startsWith('$((')) return this.#arithmetic(isQuoted);
    if (next === '(') {
      this.#at += 2;
      const inner = new Parser(this.#balanced(')'));
      const body = inner.list([]);
      inner.expectEnd();
      return { type: 'command', body, isQuoted };
    }
    if (next === '{') return this.#braced(isQuoted);
    if (next === "'" && !isQuoted) throw notSimulated("$'…'");
    const name = /^(?:[A-Za-z_]\w*|[0-9]|[@*#?$!-])/.exec(this.#source.slice(this.#at + 1, this.#at + 128))?.[0];
    if (name === undefined) return undefined;
    this.#at += 1 + name.length;
    return { type: 'variable', name, isQuoted };
  }

  #backquoted(isQuoted: boolean): WordPart {
    let text = '';
    for (this.#at++; this.#peek() !== '`'; this.#at++) {
      if (this.#isAtEnd()) throw unterminated();
      if (this.#peek() === '\\' && '$`\\'.includes(this.#source[this.#at + 1] ?? '')) this.#at++;
      text += this.#peek();
    }
    this.#at++;
    return { type: 'command', body: parseScript(text), isQuoted };
  }

  #arithmetic(isQuoted: boolean): WordPart {
    this.#at += 3;
    const inner = this.#balanced(')');
    this.#expect(')');
    return { type: 'arithmetic', expression: new Parser(inner).#doubleQuoted(undefined), isQuoted };
  }

  /** `${name}`, `${name:-word}`, `${#name}`, `${name%pattern}`, `${name/pattern/word}`, `${name:offset:length}`. */
  #braced(isQuoted: boolean): WordPart {
    this.#at += 2;
    const inner = this.#balanced('}');
    const length = /^#([A-Za-z_]\w*|[0-9]+|[@*])$/.exec(inner)?.[1];
    if (length) return { type: 'variable', name: length, operator: '#length', isQuoted };
    const match = /^([A-Za-z_]\w*|[0-9]+|[@*#?$!-])(:[-=?+]|[-=?+]|##|#|%%|%|\/\/|\/|:|)([\s\S]*)$/.exec(inner);
    if (!match) throw new ShellSyntaxError('syntax error: bad substitution');
    const [, name = '', operator = '', argument = ''] = match;
    if (!operator) return { type: 'variable', name, isQuoted };
    return { type: 'variable', name, operator, argument: new Parser(argument).#argument(isQuoted), isQuoted };
  }

  #argument(isQuoted: boolean): Word {
    if (isQuoted) return this.#doubleQuoted(undefined);
    const parts: WordPart[] = [];
    while (!this.#isAtEnd()) {
      const blank = /^[ \t\n;&|<>()]+/.exec(this.#source.slice(this.#at))?.[0];
      if (blank) {
        parts.push({ type: 'text', text: blank, isQuoted: false });
        this.#at += blank.length;
      } else {
        parts.push(...this.#parseWord());
      }
    }
    return parts;
  }

  /** The text up to the closer that matches what is open now; quotes and nested brackets are stepped over. */
  #balanced(closer: ')' | '}'): string {
    const opener = closer === ')' ? '(' : '{';
    const start = this.#at;
    for (let depth = 1; this.#at < this.#source.length; this.#at++) {
      const character = this.#peek();
      if (character === '\\') this.#at++;
      else if (character === "'" && closer === ')') this.#at = skipTo(this.#source, "'", this.#at);
      else if (character === '"') this.#skipDoubleQuotes();
      else if (character === opener) depth++;
      else if (character === closer && --depth === 0) {
        this.#at++;
        return this.#source.slice(start, this.#at - 1);
      }
    }
    throw unterminated();
  }

  #skipDoubleQuotes(): void {
    for (this.#at++; this.#peek() !== '"'; this.#at++) {
      if (this.#isAtEnd()) throw unterminated();
      if (this.#peek() === '\\') this.#at++;
    }
  }

  // --- characters -----------------------------------------------------------------------------------------------

  #peek(): string {
    return this.#source[this.#at] ?? '';
  }

  #rest(length: number): string {
    return this.#source.slice(this.#at, this.#at + length);
  }

  #startsWith(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  #isAtEnd(): boolean {
    return this.#at >= this.#source.length;
  }

  #skipBlanks(): void {
    for (;;) {
      const character = this.#peek();
      if (character === ' ' || character === '\t' || character === '\r') this.#at++;
      else if (this.#startsWith('\\\n')) this.#at += 2;
      else if (character === '#') this.#skipComment();
      else return;
    }
  }

  #skipComment(): void {
    while (!this.#isAtEnd() && this.#peek() !== '\n') this.#at++;
  }

  #skipLines(): void {
    for (this.#skipBlanks(); this.#peek() === '\n'; this.#skipBlanks()) this.#newline();
  }

  #skipSeparators(): void {
    for (this.#skipBlanks(); this.#peek() === '\n' || (this.#peek() === ';' && !this.#startsWith(';;')); this.#skipBlanks()) {
      if (this.#peek() === '\n') this.#newline();
      else this.#at++;
    }
  }

  #newline(): void {
    this.#at++;
    if (this.#heredocs.length > 0) this.#readHeredocs();
  }

  /** The unquoted word here, without consuming it. */
  #peekWord(): string {
    return /^[^\s;&|<>()"'`$\\]+/.exec(this.#source.slice(this.#at, this.#at + 64))?.[0] ?? '';
  }

  #word(expected: string): void {
    this.#skipSeparators();
    if (this.#peekWord() !== expected)
      throw unexpected(this.#isAtEnd() ? `end of file (expecting "${expected}")` : this.#peekWord() || this.#rest(1));
    this.#at += expected.length;
  }

  #name(): string {
    const name = this.#peekWord();
    if (!nameStart.test(name)) throw new ShellSyntaxError(`syntax error: bad for loop variable`);
    this.#at += name.length;
    return name;
  }

  #expect(character: string): void {
    this.#skipBlanks();
    if (this.#peek() !== character) throw unexpected(this.#isAtEnd() ? `end of file (expecting "${character}")` : this.#rest(1));
    this.#at++;
  }
}

function skipTo(text: string, quote: string, from: number): number {
  const end = text.indexOf(quote, from + 1);
  if (end < 0) throw unterminated();
  return end;
}

function literalOf(word: Word): string | undefined {
  const [part] = word;
  return word.length === 1 && part?.type === 'text' && !part.isQuoted ? part.text : undefined;
}

function unexpected(what: string): ShellSyntaxError {
  const quoted = what.startsWith('end of file') ? what : `"${what === '\n' ? 'newline' : what}"`;
  return new ShellSyntaxError(`syntax error: unexpected ${quoted}`);
}

function unterminated(): ShellSyntaxError {
  return new ShellSyntaxError('syntax error: unterminated quoted string');
}

function notSimulated(what: string): ShellSyntaxError {
  return new ShellSyntaxError(`not simulated: ${what}`);
}
