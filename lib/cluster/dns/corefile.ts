import { deepFreeze, memo } from '@/lib/base';

/** One server block of a Corefile: the zones it answers for and its plugins in order. */
export interface ServerBlock {
  readonly zones: readonly { readonly zone: string; readonly port: number }[];
  readonly directives: readonly Directive[];
}

export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly options: readonly (readonly string[])[];
  readonly line: number;
}

/** Plugins that do something here, and those accepted because what they do cannot be seen in the simulation. */
const simulated = ['kubernetes', 'health', 'ready', 'forward', 'hosts'];
const silent = ['errors', 'log', 'cache', 'loop', 'reload', 'loadbalance', 'prometheus'];

/** A Corefile that CoreDNS would not start with; the message is its own. */
export class CorefileError extends Error {
  override readonly name = 'CorefileError';
}

interface Token {
  readonly text: string;
  readonly line: number;
}

/** Parses a Corefile (`coredns/caddy/caddyfile`). Snippets and imports are refused. */
export const parseCorefile: (text: string) => readonly ServerBlock[] = memo((text) => deepFreeze(serverBlocks(text)));

function serverBlocks(text: string): ServerBlock[] {
  const tokens = tokenize(text);
  const blocks: ServerBlock[] = [];
  let at = 0;
  while (at < tokens.length) {
    const zones: { zone: string; port: number }[] = [];
    while (tokens[at] && tokens[at]?.text !== '{') zones.push(parseZone((tokens[at++] as Token).text));
    if (!tokens[at]) throw new CorefileError('Corefile: unexpected EOF, expected {');
    const end = closing(tokens, at);
    blocks.push({ zones, directives: parseDirectives(tokens.slice(at + 1, end)) });
    at = end + 1;
  }
  return blocks;
}

function tokenize(text: string): Token[] {
  return text.split('\n').flatMap((line, index) =>
    line
      .replace(/(^|\s)#.*$/, '')
      .split(/\s+/)
      .filter(Boolean)
      .map((word) => ({ text: word, line: index + 1 })),
  );
}

function parseZone(word: string): { zone: string; port: number } {
  const match = /^(?:dns:\/\/)?(.*?)(?::(\d+))?,?$/.exec(word) as RegExpExecArray;
  return { zone: (match[1] as string).replace(/\.$/, '').toLowerCase(), port: Number(match[2] ?? 53) };
}

function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    if (tokens[at]?.text === '{') depth++;
    if (tokens[at]?.text === '}' && --depth === 0) return at;
  }
  throw new CorefileError(`Corefile:${tokens.at(-1)?.line} - Error during parsing: Unexpected EOF`);
}

function parseDirectives(tokens: readonly Token[]): Directive[] {
  const directives: Directive[] = [];
  for (let at = 0; at < tokens.length;) {
    const { text: name, line } = tokens[at++] as Token;
    if (!simulated.includes(name) && !silent.includes(name))
      throw new CorefileError(`Corefile:${line} - Error during parsing: Unknown directive '${name}'`);
    const args: string[] = [];
    while (tokens[at]?.line === line && tokens[at]?.text !== '{') args.push((tokens[at++] as Token).text);
    const options: string[][] = [];
    if (tokens[at]?.text === '{') {
      const end = closing(tokens, at);
      for (const token of tokens.slice(at + 1, end)) {
        const last = options.at(-1);
        if (last && lines.get(last) === token.line) last.push(token.text);
        else options.push(lined([token.text], token.line));
      }
      at = end + 1;
    }
    directives.push({ name, args, options, line });
  }
  return directives;
}

const lines = new WeakMap<readonly string[], number>();

function lined(words: string[], line: number): string[] {
  lines.set(words, line);
  return words;
}
