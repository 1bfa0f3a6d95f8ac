import { compareBytes } from '@/lib/base';
import { CommandError } from './errors';
import { goSyntax } from './go-syntax';

/**
 * Kubernetes' JSONPath templates (`client-go/util/jsonpath`): text with `{…}` actions: fields, indexes, slices, unions,
 * filters, wildcards, recursive descent, `range … end` and quoted text.
 */
export class JsonPath {
  readonly #nodes: readonly Node[];
  readonly #template: string;

  private constructor(template: string, nodes: readonly Node[]) {
    this.#template = template;
    this.#nodes = nodes;
  }

  static parse(template: string): JsonPath {
    return new JsonPath(template, nest(new Parser(template).parseText()));
  }

  /** Accepts `x.y`, `.x.y` and `{.x.y}`, as `--sort-by` and custom columns do (`RelaxedJSONPathExpression`). */
  static parseRelaxed(expression: string): JsonPath {
    const match = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(expression);
    if (!match)
      throw new CommandError(`unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`);
    const fields = match[1] ?? match[2] ?? '';
    return JsonPath.parse(`{.${fields}}`);
  }

  /** The results of each action, in order. Throws the engine's sentence when an index is out of bounds or types do not fit. */
  find(object: unknown, allowMissingKeys = true): unknown[][] {
    return evaluate(this.#nodes, object, allowMissingKeys);
  }

  /** The template filled in with `object`. */
  render(object: unknown, allowMissingKeys = true): string {
    return this.#explaining(object, () =>
      this.find(object, allowMissingKeys)
        .map((results) => results.map(textOf).join(' '))
        .join(''),
    );
  }

  /** `-o jsonpath-as-json`: every result in one JSON list. */
  renderAsJson(object: unknown): string {
    return this.#explaining(object, () =>
      this.find(object)
        .map((results) => `${JSON.stringify(results, null, 4)}\n`)
        .join(''),
    );
  }

  #explaining(object: unknown, render: () => string): string {
    try {
      return render();
    } catch (error) {
      if (!(error instanceof JsonPathError)) throw error;
      throw new CommandError(
        `error executing jsonpath ${JSON.stringify(this.#template)}: Error executing template: ${error.message}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${this.#template}\n\tobject given to jsonpath engine was:\n\t\t${goSyntax(object)}\n\n\n`,
      );
    }
  }
}

export class JsonPathError extends Error {}

type Node =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'action'; readonly steps: readonly Step[] }
  | { readonly type: 'range'; readonly steps: readonly Step[]; readonly body: readonly Node[] };

type Flat = Exclude<Node, { type: 'range' }> | { readonly type: 'range-start'; readonly steps: readonly Step[] } | { readonly type: 'end' };

type Step =
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'wildcard' }
  | { readonly type: 'recursive' }
  | {
      readonly type: 'slice';
      readonly from: number | undefined;
      readonly to: number | undefined;
      readonly step: number | undefined;
      readonly isIndex: boolean;
    }
  | { readonly type: 'union'; readonly parts: readonly (readonly Step[])[] }
  | { readonly type: 'filter'; readonly left: readonly Step[]; readonly operator: string; readonly right: readonly Step[] }
  | { readonly type: 'value'; readonly value: unknown };

/** Folds `range … end` into a tree. */
function nest(flat: readonly Flat[]): Node[] {
  const stack: { steps: readonly Step[]; body: Node[] }[] = [{ steps: [], body: [] }];
  const top = () => stack[stack.length - 1] as { steps: readonly Step[]; body: Node[] };
  for (const node of flat) {
    if (node.type === 'range-start') stack.push({ steps: node.steps, body: [] });
    else if (node.type === 'end') {
      if (stack.length === 1) throw new CommandError('not in range, nothing to end');
      const { steps, body } = stack.pop() as { steps: readonly Step[]; body: Node[] };
      top().body.push({ type: 'range', steps, body });
    } else top().body.push(node);
  }
  while (stack.length > 1) {
    const { steps, body } = stack.pop() as { steps: readonly Step[]; body: Node[] };
    top().body.push({ type: 'range', steps, body });
  }
  return top().body;
}

class Parser {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  parseText(): Flat[] {
    const nodes: Flat[] = [];
    while (this.#at < this.#text.length) {
      const open = this.#text.indexOf('{', this.#at);
      const end = open < 0 ? this.#text.length : open;
      if (end > this.#at) nodes.push({ type: 'text', text: this.#text.slice(this.#at, end) });
      if (open < 0) break;
      this.#at = open + 1;
      nodes.push(...this.#parseAction());
    }
    return nodes;
  }

  #parseAction(): Flat[] {
    this.#skipSpaces();
    const word = /^(range|end)\b/.exec(this.#rest())?.[1];
    if (word) this.#at += word.length;
    const steps = this.#parseSteps('}');
    if (word === 'range') return [{ type: 'range-start', steps }];
    if (word === 'end') return [{ type: 'end' }];
    return [{ type: 'action', steps }];
  }

  #parseSteps(close: string): Step[] {
    const steps: Step[] = [];
    for (;;) {
      this.#skipSpaces();
      const next = this.#text[this.#at];
      if (next === undefined) throw new CommandError(close === '}' ? 'unclosed action' : 'unterminated filter');
      if (next === close) return (this.#at++, steps);
      steps.push(...this.#parseStep(next));
    }
  }

  #parseStep(next: string): Step[] {
    const rest = this.#rest();
    if (rest.startsWith('[?(')) return [this.#parseFilter()];
    if (rest.startsWith('..')) return this.#parseRecursive();
    if (next === '@' || next === '$') return (this.#at++, []);
    if (next === '[') return this.#parseArray();
    if (next === '"' || next === "'") return [{ type: 'value', value: this.#parseQuote(next) }];
    if (next === '.') return (this.#at++, [this.#parseField()]);
    const number = /^[+-]?\d+(\.\d+)?/.exec(rest)?.[0];
    if (number) return ((this.#at += number.length), [{ type: 'value', value: Number(number) }]);
    const word = /^\w+/.exec(rest)?.[0];
    if (word === 'true' || word === 'false') return ((this.#at += word.length), [{ type: 'value', value: word === 'true' }]);
    if (word) throw new CommandError(`unrecognized identifier ${word}`);
    throw new CommandError(
      `unrecognized character in action: U+${next.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')} '${next}'`,
    );
  }

  #parseRecursive(): Step[] {
    this.#at += 2;
    const isFieldNext = /^[\w*]/.test(this.#rest());
    return isFieldNext ? [{ type: 'recursive' }, this.#parseField()] : [{ type: 'recursive' }];
  }

  #parseField(): Step {
    let name = '';
    while (this.#at < this.#text.length && !/[.,[\]$@{}\s()=!<>]/.test(this.#text[this.#at] as string)) {
      if (this.#text[this.#at] === '\\') this.#at++;
      name += this.#text[this.#at++] ?? '';
    }
    return name === '*' ? { type: 'wildcard' } : { type: 'field', name };
  }

  #parseArray(): Step[] {
    const close = this.#endOfBracket();
    const text = this.#text.slice(this.#at + 1, close);
    this.#at = close + 1;
    const parts = splitOutsideQuotes(text);
    return parts.length > 1 ? [{ type: 'union', parts: parts.map((part) => indexStep(part.trim())) }] : indexStep(text.trim());
  }

  #endOfBracket(): number {
    let quote = '';
    for (let at = this.#at; at < this.#text.length; at++) {
      const character = this.#text[at] as string;
      if (quote) quote = character === quote ? '' : quote;
      else if (character === '"' || character === "'") quote = character;
      else if (character === ']') return at;
    }
    throw new CommandError('unterminated array');
  }

  #parseQuote(quote: string): string {
    const match = /^(["'])((?:\\.|(?!\1).)*)\1/s.exec(this.#rest());
    if (!match) throw new CommandError('unterminated quoted string');
    this.#at += match[0].length;
    return unquote(match[2] as string, quote);
  }

  #parseFilter(): Step {
    this.#at += 3;
    const left = this.#parseOperand();
    const operator = /^(==|!=|<=|>=|<|>|=)/.exec(this.#rest())?.[0] ?? '';
    if (operator === '=') throw new CommandError("unrecognized character in action: U+003D '='");
    this.#at += operator.length;
    const right = operator ? this.#parseOperand() : [];
    this.#skipSpaces();
    if (!this.#rest().startsWith(')]')) throw new CommandError('unclosed array expect ]');
    this.#at += 2;
    return { type: 'filter', left, operator: operator || 'exists', right };
  }

  #parseOperand(): Step[] {
    const steps: Step[] = [];
    for (;;) {
      this.#skipSpaces();
      const next = this.#text[this.#at];
      if (next === undefined) throw new CommandError('unterminated filter');
      if (/[)=!<>]/.test(next)) return steps;
      steps.push(...this.#parseStep(next));
    }
  }

  #skipSpaces(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #rest(): string {
    return this.#text.slice(this.#at);
  }
}

function splitOutsideQuotes(text: string): string[] {
  return text.match(/(?:'[^']*'|"[^"]*"|[^,])+/g) ?? [text];
}

function indexStep(text: string): Step[] {
  if (text === '*') return [{ type: 'wildcard' }];
  const key = /^'([^']*)'$/.exec(text) ?? /^"([^"]*)"$/.exec(text);
  if (key)
    return (key[1] as string)
      .split(/(?<!\\)\./)
      .map((name) => (name === '*' ? { type: 'wildcard' } : { type: 'field', name: name.replaceAll('\\', '') }));
  const slice = /^(-?\d*)(?::(-?\d*))?(?::(-?\d*))?$/.exec(text);
  if (!slice || text === '') throw new CommandError(`invalid array index ${text}`);
  const number = (part: string | undefined) => (part ? Number(part) : undefined);
  return [{ type: 'slice', from: number(slice[1]), to: number(slice[2]), step: number(slice[3]), isIndex: slice[2] === undefined }];
}

function unquote(text: string, quote: string): string {
  const plain: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'" };
  return text.replace(/\\(u[0-9a-fA-F]{4}|.)/gs, (_, escape: string) => {
    if (escape.startsWith('u') && escape.length === 5) return String.fromCharCode(parseInt(escape.slice(1), 16));
    if (plain[escape] === undefined) throw new CommandError(`invalid syntax in quoted string ${quote}${text}${quote}`);
    return plain[escape];
  });
}

function evaluate(nodes: readonly Node[], root: unknown, allowMissing: boolean): unknown[][] {
  return nodes.flatMap((node) => {
    if (node.type === 'text') return [[node.text]];
    const results = walk(node.steps, [root], allowMissing);
    if (node.type === 'action') return [results];
    return results.flatMap((item) => evaluate(node.body, item, allowMissing));
  });
}

function walk(steps: readonly Step[], start: readonly unknown[], allowMissing: boolean): unknown[] {
  let values = [...start];
  let isRecursing = false;
  for (const step of steps) {
    values = take(step, values, allowMissing || isRecursing);
    isRecursing = step.type === 'recursive';
  }
  return values;
}

function take(step: Step, values: readonly unknown[], allowMissing: boolean): unknown[] {
  switch (step.type) {
    case 'value':
      return [step.value];
    case 'field':
      return fields(step.name, values, allowMissing);
    case 'wildcard':
      return values.flatMap(childrenOf);
    case 'recursive':
      return values.flatMap(descendants);
    case 'slice':
      return values.flatMap((value) => sliceOf(value, step));
    case 'union':
      return step.parts.flatMap((part) => walk(part, values, allowMissing));
    case 'filter':
      return values.flatMap((value) => childrenOf(value).filter((child) => matches(step, child, allowMissing)));
  }
}

function fields(name: string, values: readonly unknown[], allowMissing: boolean): unknown[] {
  const found = values.flatMap((value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return [];
    return [(value as Record<string, unknown>)[name]];
  });
  if (found.length === 0 && !allowMissing) throw new JsonPathError(`${name} is not found`);
  return found;
}

function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value)
    .sort(compareBytes)
    .map((key) => (value as Record<string, unknown>)[key]);
}

function descendants(value: unknown): unknown[] {
  return [value, ...childrenOf(value).flatMap(descendants)];
}

function sliceOf(value: unknown, step: Extract<Step, { type: 'slice' }>): unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new JsonPathError(`${typeof value === 'object' ? 'map' : String(value)} is not array or slice`);
  if (step.isIndex) return [atIndex(value, step.from ?? 0)];
  const bound = (index: number | undefined, absent: number) =>
    index === undefined ? absent : index < 0 ? index + value.length : Math.min(index, value.length);
  const every = step.step ?? 1;
  if (every <= 0) throw new JsonPathError('step must be > 0');
  return value.slice(Math.max(0, bound(step.from, 0)), Math.max(0, bound(step.to, value.length))).filter((_, index) => index % every === 0);
}

function atIndex(value: readonly unknown[], index: number): unknown {
  const at = index < 0 ? index + value.length : index;
  if (at < 0 || at >= value.length) throw new JsonPathError(`array index out of bounds: index ${at}, length ${value.length}`);
  return value[at];
}

function matches(filter: Extract<Step, { type: 'filter' }>, item: unknown, allowMissing: boolean): boolean {
  const left = walk(filter.left, [item], true);
  if (filter.operator === 'exists') return left.length > 0;
  if (left.length === 0) return false;
  if (left.length > 1) throw new JsonPathError('can only compare one element at a time');
  const right = walk(filter.right, [item], allowMissing);
  if (right.length === 0) return false;
  return compare(left[0], right[0], filter.operator);
}

function compare(left: unknown, right: unknown, operator: string): boolean {
  if (typeof left !== typeof right) throw new JsonPathError('incompatible types for comparison');
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  const order = typeof left === 'number' ? left - (right as number) : compareBytes(String(left), String(right));
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  return typeof value === 'object' ? JSON.stringify(sorted(value)) : String(value);
}

/** The same data with the keys of every map in byte order, as Go's JSON has them. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const source = value as Record<string, unknown>;
  return Object.fromEntries(
    Object.keys(source)
      .sort(compareBytes)
      .map((key) => [key, sorted(source[key])]),
  );
}
