import type { Files } from '../program';

export interface TestScope {
  readonly files: Files;
  absolute(path: string): string;
}

/** `test(1)` and `[`: true, false, or what is wrong with the expression. */
export function evaluateTest(words: readonly string[], scope: TestScope): boolean | { readonly error: string } {
  const reader = new TestReader(words, scope);
  try {
    if (words.length === 0) return false;
    const result = reader.or();
    return reader.isAtEnd ? result : { error: `${reader.rest}: unexpected operator` };
  } catch (error) {
    if (error instanceof TestError) return { error: error.message };
    throw error;
  }
}

class TestError extends Error {}

const numeric: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '-eq': (a, b) => a === b,
  '-ne': (a, b) => a !== b,
  '-lt': (a, b) => a < b,
  '-le': (a, b) => a <= b,
  '-gt': (a, b) => a > b,
  '-ge': (a, b) => a >= b,
};
const textual: Readonly<Record<string, (a: string, b: string) => boolean>> = {
  '=': (a, b) => a === b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
};

class TestReader {
  readonly #words: readonly string[];
  readonly #scope: TestScope;
  #at = 0;

  constructor(words: readonly string[], scope: TestScope) {
    this.#words = words;
    this.#scope = scope;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#words.length;
  }

  get rest(): string {
    return this.#words[this.#at] ?? '';
  }

  or(): boolean {
    let value = this.#and();
    while (this.rest === '-o' && !this.isAtEnd) {
      this.#at++;
      value = this.#and() || value;
    }
    return value;
  }

  #and(): boolean {
    let value = this.#not();
    while (this.rest === '-a' && !this.isAtEnd) {
      this.#at++;
      value = this.#not() && value;
    }
    return value;
  }

  #not(): boolean {
    if (this.rest === '!' && this.#words.length - this.#at > 1) {
      this.#at++;
      return !this.#not();
    }
    return this.#primary();
  }

  #primary(): boolean {
    const [first = '', second, third] = this.#words.slice(this.#at, this.#at + 3);
    if (second !== undefined && third !== undefined && (numeric[second] || textual[second])) {
      this.#at += 3;
      const compare = numeric[second];
      return compare ? compare(integer(first), integer(third)) : (textual[second] as (a: string, b: string) => boolean)(first, third);
    }
    if (first === '(' && second !== undefined) {
      this.#at++;
      const value = this.or();
      if (this.rest !== ')') throw new TestError('closing paren expected');
      this.#at++;
      return value;
    }
    if (/^-[a-zA-Z]$/.test(first) && second !== undefined) {
      this.#at += 2;
      return this.#unary(first, second);
    }
    this.#at++;
    return first !== '';
  }

  #unary(operator: string, operand: string): boolean {
    const { files } = this.#scope;
    const path = this.#scope.absolute(operand);
    switch (operator) {
      case '-n':
        return operand !== '';
      case '-z':
        return operand === '';
      case '-d':
        return files.isDirectory(path);
      case '-f':
        return files.read(path) !== undefined;
      case '-s':
        return (files.read(path) ?? '') !== '';
      case '-e':
      case '-r':
      case '-w':
      case '-x':
        return operand !== '' && files.exists(path);
      case '-t':
      case '-L':
      case '-h':
      case '-p':
      case '-S':
      case '-b':
      case '-c':
        return false;
      default:
        throw new TestError(`${operator}: unknown operand`);
    }
  }
}

function integer(text: string): number {
  if (!/^\s*[-+]?\d+\s*$/.test(text)) throw new TestError(`${text}: bad number`);
  return Number(text);
}
