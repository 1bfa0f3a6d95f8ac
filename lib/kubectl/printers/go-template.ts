import { decodeBase64 } from '@/lib/cluster';
import { compareBytes } from '@/lib/base';
import { CommandError } from '../errors';
import { goValue } from '../go-syntax';

/**
 * Go's `text/template` as far as object output uses it: fields, variables, pipelines, `if`, `else if`, `with`, `range` (with
 * `$index, $value`), and the functions and, or, not, eq, ne, lt, le, gt, ge, len, index, slice, print, printf,
 * println, plus kubectl's `exists` and `base64decode`. `define`, `template` and `block` are refused.
 */
export class GoTemplate {
  readonly #source: string;
  readonly #nodes: readonly Node[];

  private constructor(source: string, nodes: readonly Node[]) {
    this.#source = source;
    this.#nodes = nodes;
  }

  static parse(source: string): GoTemplate {
    return new GoTemplate(source, new Parser(source, tokensOf(source)).parseAll());
  }

  render(object: unknown, allowMissingKeys = true): string {
    const state: State = { root: object, variables: new Map([['$', object]]), allowMissingKeys };
    try {
      return renderAll(this.#nodes, object, state);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw new CommandError(
        `error executing template ${JSON.stringify(this.#source)}: template: output: executing "output": ${error.message}`,
      );
    }
  }
}

class TemplateError extends Error {}

type Node =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'print'; readonly pipeline: Pipeline }
  | { readonly type: 'if' | 'with'; readonly pipeline: Pipeline; readonly body: readonly Node[]; readonly otherwise: readonly Node[] }
  | {
      readonly type: 'range';
      readonly names: readonly string[];
      readonly pipeline: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };

interface Pipeline {
  /** `$x := …` or `$x = …`. */
  readonly assign?: string;
  readonly commands: readonly (readonly Term[])[];
}

type Term =
  | { readonly type: 'value'; readonly value: unknown }
  | {
      readonly type: 'path';
      readonly base: 'dot' | 'name' | 'pipeline';
      readonly name: string;
      readonly pipeline?: Pipeline;
      readonly fields: readonly string[];
    }
  | { readonly type: 'function'; readonly name: string };

interface State {
  readonly root: unknown;
  readonly variables: Map<string, unknown>;
  readonly allowMissingKeys: boolean;
}

type Token = { readonly type: 'text' | 'action'; readonly text: string };

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (const match of source.matchAll(/\{\{(-\s)?((?:"(?:\\.|[^"\\])*"|`[^`]*`|[^"`])*?)(\s-)?\}\}/g)) {
    let text = source.slice(at, match.index);
    if (at > 0 && tokens.at(-1)?.type === 'action' && source.slice(0, at).endsWith('-}}')) text = text.trimStart();
    if (match[1]) text = text.trimEnd();
    tokens.push({ type: 'text', text });
    const action = (match[2] as string).trim();
    if (!action.startsWith('/*')) tokens.push({ type: 'action', text: action });
    at = match.index + match[0].length;
  }
  const rest = source.slice(at);
  if (rest.includes('{{')) throw new CommandError(`error parsing template ${source}, template: output:1: unclosed action`);
  tokens.push({ type: 'text', text: source.slice(0, at).endsWith(' -}}') ? rest.trimStart() : rest });
  return tokens;
}

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(source: string, tokens: readonly Token[]) {
    this.#source = source;
    this.#tokens = tokens;
  }

  parseAll(): Node[] {
    const { nodes, stop } = this.#parseBlock();
    if (stop) throw this.#wrong(`unexpected {{${stop}}}`);
    return nodes;
  }

  #wrong(message: string): CommandError {
    return new CommandError(`error parsing template ${this.#source}, template: output:1: ${message}`);
  }

  /** Nodes up to `{{end}}`, `{{else …}}` or the end of the template. */
  #parseBlock(): { nodes: Node[]; stop: string } {
    const nodes: Node[] = [];
    while (this.#at < this.#tokens.length) {
      const token = this.#tokens[this.#at++] as Token;
      if (token.type === 'text') {
        if (token.text) nodes.push({ type: 'text', text: token.text });
        continue;
      }
      if (/^(end|else)\b/.test(token.text)) return { nodes, stop: token.text };
      nodes.push(this.#parseAction(token.text));
    }
    return { nodes, stop: '' };
  }

  #parseAction(text: string): Node {
    const keyword = /^(if|with|range|define|template|block|break|continue)\b/.exec(text)?.[1];
    if (!keyword) return { type: 'print', pipeline: this.#pipeline(text) };
    const rest = text.slice(keyword.length).trim();
    if (keyword === 'if' || keyword === 'with') return { type: keyword, pipeline: this.#pipeline(rest), ...this.#branches() };
    if (keyword !== 'range') throw this.#wrong(`{{${keyword}}} is not simulated`);
    const loop = /^(\$\w+)(?:\s*,\s*(\$\w+))?\s*:=\s*/.exec(rest);
    return {
      type: 'range',
      names: loop ? [loop[1], loop[2]].filter((name) => name !== undefined) : [],
      pipeline: this.#pipeline(loop ? rest.slice(loop[0].length) : rest),
      ...this.#branches(),
    };
  }

  #branches(): { body: Node[]; otherwise: Node[] } {
    const { nodes: body, stop } = this.#parseBlock();
    if (!stop) throw this.#wrong('unexpected EOF');
    if (stop === 'end') return { body, otherwise: [] };
    const chained = /^else\s+(if|with)\b/.test(stop) ? stop.slice(4).trim() : '';
    if (chained) return { body, otherwise: [this.#parseAction(chained)] };
    const { nodes: otherwise, stop: end } = this.#parseBlock();
    if (end !== 'end') throw this.#wrong('unexpected EOF');
    return { body, otherwise };
  }

  #pipeline(text: string): Pipeline {
    const words = wordsOf(text, (message) => this.#wrong(message));
    const assign = words[1] === ':=' || words[1] === '=' ? (words[0] as string) : undefined;
    const { pipeline, rest } = this.#parsePipeline(assign ? words.slice(2) : words);
    if (rest.length) throw this.#wrong(`unexpected ${JSON.stringify(rest[0])} in operand`);
    return assign ? { ...pipeline, assign } : pipeline;
  }

  #parsePipeline(words: readonly string[]): { pipeline: Pipeline; rest: readonly string[] } {
    const commands: Term[][] = [[]];
    let rest = words;
    while (rest.length && rest[0] !== ')') {
      if (rest[0] === '|') {
        commands.push([]);
        rest = rest.slice(1);
        continue;
      }
      const parsed = this.#parseTerm(rest);
      (commands.at(-1) as Term[]).push(parsed.term);
      rest = parsed.rest;
    }
    if (commands.some((command) => command.length === 0)) throw this.#wrong('missing value for command');
    return { pipeline: { commands }, rest };
  }

  #parseTerm(words: readonly string[]): { term: Term; rest: readonly string[] } {
    const [word = '', ...rest] = words;
    if (word === '(') {
      const inner = this.#parsePipeline(rest);
      if (inner.rest[0] !== ')') throw this.#wrong('unclosed left paren');
      const after = inner.rest.slice(1);
      const hasFields = after[0]?.startsWith('.') && after[0].length > 1;
      return {
        term: { type: 'path', base: 'pipeline', name: '', pipeline: inner.pipeline, fields: hasFields ? fieldsOf(after[0] as string) : [] },
        rest: hasFields ? after.slice(1) : after,
      };
    }
    return { term: this.#parseWord(word), rest };
  }

  #parseWord(word: string): Term {
    if (word.startsWith('"')) return { type: 'value', value: JSON.parse(word.replace(/\\'/g, "'")) };
    if (word.startsWith('`')) return { type: 'value', value: word.slice(1, -1) };
    if (/^[+-]?\d/.test(word)) return { type: 'value', value: Number(word) };
    if (word === 'true' || word === 'false') return { type: 'value', value: word === 'true' };
    if (word === 'nil') return { type: 'value', value: undefined };
    if (word.startsWith('.')) return { type: 'path', base: 'dot', name: '', fields: fieldsOf(word) };
    if (word.startsWith('$')) {
      const [name = '$', ...fields] = word.split('.');
      return { type: 'path', base: 'name', name, fields };
    }
    if (!Object.hasOwn(functions, word)) throw this.#wrong(`function ${JSON.stringify(word)} not defined`);
    return { type: 'function', name: word };
  }
}

function fieldsOf(word: string): string[] {
  return word.split('.').filter(Boolean);
}

function wordsOf(text: string, wrong: (message: string) => CommandError): string[] {
  const words: string[] = [];
  const pattern = /\s*("(?:\\.|[^"\\])*"|`[^`]*`|:=|=|[|()]|,|[^\s|()"`,=]+)/y;
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match) {
      if (text.slice(at).trim() === '') break;
      throw wrong(`unexpected ${JSON.stringify(text[at])} in command`);
    }
    words.push(match[1] as string);
  }
  return words;
}

function renderAll(nodes: readonly Node[], dot: unknown, state: State): string {
  return nodes.map((node) => render(node, dot, state)).join('');
}

function render(node: Node, dot: unknown, state: State): string {
  switch (node.type) {
    case 'text':
      return node.text;
    case 'print': {
      const value = evaluate(node.pipeline, dot, state);
      return node.pipeline.assign ? '' : textOf(value);
    }
    case 'if':
    case 'with': {
      const value = evaluate(node.pipeline, dot, state);
      return isTrue(value) ? renderAll(node.body, node.type === 'with' ? value : dot, state) : renderAll(node.otherwise, dot, state);
    }
    case 'range':
      return renderRange(node, dot, state);
  }
}

function renderRange(node: Extract<Node, { type: 'range' }>, dot: unknown, state: State): string {
  const entries = entriesOf(evaluate(node.pipeline, dot, state));
  if (entries.length === 0) return renderAll(node.otherwise, dot, state);
  return entries
    .map(([key, value]) => {
      const [first, second] = node.names;
      if (first) state.variables.set(first, second ? key : value);
      if (second) state.variables.set(second, value);
      return renderAll(node.body, value, state);
    })
    .join('');
}

function entriesOf(value: unknown): [unknown, unknown][] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  if (typeof value === 'number') return Array.from({ length: Math.max(0, value) }, (_, index) => [index, index]);
  if (typeof value === 'object' && value !== null) return Object.entries(value).sort(([a], [b]) => compareBytes(a, b));
  if (value === undefined || value === null) return [];
  throw new TemplateError(`range can't iterate over ${goValue(value)}`);
}

function evaluate(pipeline: Pipeline, dot: unknown, state: State): unknown {
  let result: unknown;
  pipeline.commands.forEach((terms, index) => {
    const piped = index === 0 ? [] : [result];
    result = run(terms, piped, dot, state);
  });
  if (pipeline.assign) state.variables.set(pipeline.assign, result);
  return result;
}

function run(terms: readonly Term[], piped: readonly unknown[], dot: unknown, state: State): unknown {
  const [first, ...rest] = terms as [Term, ...Term[]];
  if (first.type !== 'function') {
    if (rest.length || piped.length) throw new TemplateError("can't give argument to non-function");
    return valueOf(first, dot, state);
  }
  const call = functions[first.name] as (...values: unknown[]) => unknown;
  return call(...rest.map((term) => (term.type === 'function' ? run([term], [], dot, state) : valueOf(term, dot, state))), ...piped);
}

function valueOf(term: Term, dot: unknown, state: State): unknown {
  if (term.type === 'value') return term.value;
  if (term.type === 'function') return run([term], [], dot, state);
  const base =
    term.base === 'dot' ? dot : term.base === 'name' ? state.variables.get(term.name) : evaluate(term.pipeline as Pipeline, dot, state);
  return term.fields.reduce<unknown>((value, field) => fieldOf(value, field, state), base);
}

function fieldOf(value: unknown, field: string, { allowMissingKeys }: State): unknown {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value))
    throw new TemplateError(`at <.${field}>: can't evaluate field ${field} in type interface {}`);
  if (Object.hasOwn(value, field)) return (value as Record<string, unknown>)[field];
  if (!allowMissingKeys) throw new TemplateError(`at <.${field}>: map has no entry for key ${JSON.stringify(field)}`);
  return undefined;
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? '<no value>' : goValue(value);
}

function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function order(a: unknown, b: unknown): number {
  if (typeof a !== typeof b) throw new TemplateError('error calling comparison: incompatible types for comparison');
  return typeof a === 'number' ? a - (b as number) : compareBytes(String(a), String(b));
}

function format(pattern: string, values: readonly unknown[]): string {
  let at = 0;
  return pattern.replace(
    /%([-+0]*)(\d*)(?:\.(\d+))?([svdqftx%])/g,
    (_, flags: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      const value = values[at++];
      const text =
        verb === 'q'
          ? JSON.stringify(String(value))
          : verb === 'f'
            ? Number(value).toFixed(Number(precision ?? 6))
            : verb === 'x'
              ? Number(value).toString(16)
              : goValue(value);
      if (flags.includes('-')) return text.padEnd(Number(width));
      return text.padStart(Number(width), flags.includes('0') ? '0' : ' ');
    },
  );
}

const functions: Readonly<Record<string, (...values: any[]) => unknown>> = {
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
  not: (value) => !isTrue(value),
  eq: (first, ...others) => others.some((other) => first === other),
  ne: (a, b) => a !== b,
  lt: (a, b) => order(a, b) < 0,
  le: (a, b) => order(a, b) <= 0,
  gt: (a, b) => order(a, b) > 0,
  ge: (a, b) => order(a, b) >= 0,
  len: (value) => (typeof value === 'string' || Array.isArray(value) ? value.length : Object.keys(value ?? {}).length),
  index: (value, ...keys) => keys.reduce<any>((inner, key) => inner?.[key], value),
  slice: (value, from = 0, to) => value.slice(from, to),
  print: (...values) => values.map(goValue).join(''),
  println: (...values) => `${values.map(goValue).join(' ')}\n`,
  printf: (pattern, ...values) => format(pattern, values),
  base64decode: (value) => decodeBase64(String(value)) ?? '',
  exists: (value, ...keys) => keys.reduce<any>((inner, key) => inner?.[key], value) !== undefined,
};
