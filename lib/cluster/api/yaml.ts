import {
  Composer,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  Parser,
  type CST,
  type Document,
  type Node,
  type Pair,
} from 'yaml';
import { DecodeError } from './decode';

/** A YAML document as data, and what a strict reader minds about it. */
interface YamlReading {
  readonly value: unknown;
  readonly text: string;
  readonly duplicates: readonly string[];
  /** YAML's own sentence for repeated keys. */
  readonly yamlProblem?: string;
}

/**
 * YAML 1.1 as `sigs.k8s.io/yaml` reads it: `yes` is true, dates stay text. Throws `DecodeError`, also for a document that is small and
 * means something huge. The time it takes grows as the text does: the library's own search for repeated keys would not.
 */
export function readYaml(text: string): YamlReading {
  const lines = new LineCounter();
  const document = parse(text, lines);
  const [error] = document.errors;
  if (error) throw refused(`line ${lines.linePos(error.pos[0]).line || 1}: ${error.message.split('\n')[0]}`);
  const survey = new Survey(text, lines);
  survey.check(document.contents);
  const { repeated } = survey;
  return {
    value: plainOf(document),
    text,
    duplicates: [],
    ...(repeated.length ? { yamlProblem: `error converting YAML to JSON: yaml: unmarshal errors:\n${repeated.join('\n')}` } : {}),
  };
}

function refused(why: string): DecodeError {
  return new DecodeError(`error converting YAML to JSON: yaml: ${why}`);
}

/** In two steps, because the second one descends as deep as the document does. */
function parse(text: string, lines: LineCounter): Document.Parsed {
  const composer = new Composer({
    version: '1.1',
    merge: true,
    strict: false,
    uniqueKeys: false,
    logLevel: 'silent',
    customTags: (tags) => tags.filter((tag) => (typeof tag === 'string' ? tag !== 'timestamp' : tag.tag !== 'tag:yaml.org,2002:timestamp')),
  });
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  checkDepth(tokens);
  const [document, another] = composer.compose(tokens, true, text.length);
  if (!document || another) throw refused(another ? 'only one document is expected' : 'there is no document');
  return document;
}

/** Our own stack ends before go-yaml's limit of ten thousand, and nothing in Kubernetes is this deep. */
const depthMax = 300;

function checkDepth(tokens: readonly CST.Token[]): void {
  let level: readonly CST.Token[] = tokens;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthMax) throw refused(`exceeded max depth of ${depthMax}`);
    level = level.flatMap(tokensWithin);
  }
}

function tokensWithin(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value ? [token.value] : [];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [...(key ? [key] : []), ...(value ? [value] : [])]);
}

function plainOf(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: -1 });
  } catch (error) {
    throw error instanceof Error ? refused(error.message) : error;
  }
}

/** Walks a document once: repeated keys, keys that JSON cannot have, and how much it means with every alias written out. */
class Survey {
  readonly repeated: string[] = [];
  readonly #text: string;
  readonly #lines: LineCounter;
  readonly #sizes = new Map<string, number>();
  #aliased = 0;

  constructor(text: string, lines: LineCounter) {
    this.#text = text;
    this.#lines = lines;
  }

  check(root: Node | null): void {
    const size = this.#sizeOf(root);
    if (this.#aliased > 100 && size > 1000 && this.#aliased / size > aliasRatioMax(size))
      throw refused('document contains excessive aliasing');
  }

  /** The nodes that `node` stands for. */
  #sizeOf(node: unknown): number {
    if (isAlias(node)) return this.#sizeOfAlias(node.source);
    if (!isCollection(node)) return this.#noted(node, 1);
    const anchor = node.anchor;
    if (anchor) this.#sizes.set(anchor, Number.NaN);
    if (isMap(node)) this.#checkKeys(node.items);
    let size = 1;
    for (const item of node.items) size += isPair(item) ? this.#sizeOf(item.key) + this.#sizeOf(item.value) : this.#sizeOf(item);
    return this.#noted(node, size);
  }

  #noted(node: unknown, size: number): number {
    const anchor = isScalar(node) || isCollection(node) ? node.anchor : undefined;
    if (anchor) this.#sizes.set(anchor, size);
    return size;
  }

  #sizeOfAlias(name: string): number {
    const size = this.#sizes.get(name);
    if (size === undefined) throw refused(`unknown anchor '${name}' referenced`);
    if (Number.isNaN(size)) throw refused(`anchor '${name}' value contains itself`);
    this.#aliased += size;
    return size;
  }

  #checkKeys(items: readonly Pair[]): void {
    const seen = new Set<string>();
    let merges = 0;
    for (const { key } of items) {
      if (isCollection(key))
        throw new DecodeError(`error converting YAML to JSON: unsupported map key of type: ${isMap(key) ? 'map' : 'slice'}`);
      if (!isScalar(key)) continue;
      const name = typeof key.value === 'symbol' ? '<<' : String(key.value);
      if (name === '<<') {
        if (++merges > mergesMax) throw refused('document contains excessive aliasing');
      } else if (seen.has(name)) this.repeated.push(this.#repetition(key.range?.[0] ?? 0));
      seen.add(name);
    }
  }

  #repetition(at: number): string {
    const key = /^["']?([^"':\s]+)/.exec(this.#text.slice(at, at + 1000))?.[1] ?? '';
    return `  line ${this.#lines.linePos(at).line}: key ${JSON.stringify(key)} already set in map`;
  }
}

/** Each merge into a map looks at all of it. */
const mergesMax = 100;

/** How much of a document may come from aliases (`go-yaml`, `allowedAliasRatio`). */
function aliasRatioMax(size: number): number {
  if (size <= 400_000) return 0.99;
  return size >= 4_000_000 ? 0.1 : 0.99 - (0.89 * (size - 400_000)) / 3_600_000;
}
