/** JSON as Go reads it: what it means, and which keys were written twice. */
export interface JsonReading {
  readonly value: unknown;
  /** Paths of repeated keys, in order: `spec.containers[0].image`. */
  readonly duplicates: readonly string[];
}

/** What `encoding/json` says of text that is no JSON. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
}

/** Nesting beyond this is refused, as `encoding/json` does at ten thousand; the host's stack allows less. */
const depthMax = 1000;

/** Reads one JSON document; `onKey` is told of every key in order. A repeated key counts with its last value, repeated objects are merged, as Go does. `__proto__` is a key like any other. Throws `JsonSyntaxError`. */
export function readJson(text: string, onKey?: (path: string, ordinal: number) => void): JsonReading {
  const reader = new Reader(text, onKey);
  const value = reader.document();
  return { value, duplicates: reader.duplicates };
}

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  readonly #path: (string | number)[] = [];
  readonly duplicates: string[] = [];

  readonly #onKey: ((path: string, ordinal: number) => void) | undefined;
  #keys = 0;

  constructor(text: string, onKey?: (path: string, ordinal: number) => void) {
    this.#text = text;
    this.#onKey = onKey;
  }

  document(): unknown {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#invalid('after top-level value');
    return value;
  }

  #value(): unknown {
    this.#space();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#nested(() => this.#object());
      case '[':
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      case 't':
        return this.#literal('true', true);
      case 'f':
        return this.#literal('false', false);
      case 'n':
        return this.#literal('null', null);
      default:
        return this.#number();
    }
  }

  #nested(read: () => unknown): unknown {
    if (++this.#depth > depthMax) throw new JsonSyntaxError('exceeded max depth');
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#space();
    if (this.#maybe('}')) return object;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#invalid('looking for beginning of object key string');
      const key = this.#string();
      this.#path.push(key);
      this.#onKey?.(this.#pathText(), this.#keys++);
      if (Object.hasOwn(object, key)) this.duplicates.push(this.#pathText());
      this.#space();
      this.#expect(':', 'after object key');
      const value = this.#value();
      define(object, key, Object.hasOwn(object, key) ? mergeRepeated(object[key], value) : value);
      this.#path.pop();
      this.#space();
      if (this.#maybe('}')) return object;
      this.#expect(',', 'after object key:value pair');
    }
  }

  #array(): unknown[] {
    const array: unknown[] = [];
    this.#space();
    if (this.#maybe(']')) return array;
    for (;;) {
      this.#path.push(array.length);
      array.push(this.#value());
      this.#path.pop();
      this.#space();
      if (this.#maybe(']')) return array;
      this.#expect(',', 'after array element');
    }
  }

  #string(): string {
    const start = this.#at;
    for (let at = start + 1; at < this.#text.length; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x22) {
        this.#at = at + 1;
        return this.#unquote(start);
      }
      if (code === 0x5c) at++;
      else if (code < 0x20) {
        this.#at = at;
        throw this.#invalid('in string literal');
      }
    }
    throw unexpectedEnd();
  }

  #unquote(start: number): string {
    const inner = this.#text.slice(start + 1, this.#at - 1);
    if (!inner.includes('\\')) return inner;
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as string;
    } catch {
      throw new JsonSyntaxError(`invalid character ${quoteChar(/\\([^"\\/bfnrtu])/.exec(inner)?.[1] ?? 'u')} in string escape code`);
    }
  }

  #literal<T>(word: string, value: T): T {
    for (let index = 0; index < word.length; index++, this.#at++) {
      if (this.#text[this.#at] !== word[index]) throw this.#invalid(`in literal ${word} (expecting ${quoteChar(word[index] as string)})`);
    }
    return value;
  }

  #number(): number {
    const pattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (!found) throw this.#invalid('looking for beginning of value');
    this.#at += found.length;
    return Number(found);
  }

  #space(): void {
    while (this.#at < this.#text.length && ' \t\r\n'.includes(this.#text[this.#at] as string)) this.#at++;
  }

  #maybe(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #expect(char: string, where: string): void {
    if (!this.#maybe(char)) throw this.#invalid(where);
  }

  #invalid(where: string): JsonSyntaxError {
    const char = this.#text[this.#at];
    return char === undefined ? unexpectedEnd() : new JsonSyntaxError(`invalid character ${quoteChar(char)} ${where}`);
  }

  #pathText(): string {
    return renderPath(this.#path);
  }
}

/** Go decodes a repeated object into what the first one left. */
function mergeRepeated(first: unknown, second: unknown): unknown {
  if (!isFields(first) || !isFields(second)) return second;
  for (const key of Object.keys(second))
    define(first, key, Object.hasOwn(first, key) ? mergeRepeated(first[key], second[key]) : second[key]);
  return first;
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `spec.containers[0].image`. */
export function renderPath(path: readonly (string | number)[]): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
}

/** Sets an own property whatever its name. */
export function define(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  else object[key] = value;
}

function unexpectedEnd(): JsonSyntaxError {
  return new JsonSyntaxError('unexpected end of JSON input');
}

function quoteChar(char: string): string {
  return char === "'" ? `'\\''` : char === '"' ? `'"'` : `'${JSON.stringify(char).slice(1, -1)}'`;
}
