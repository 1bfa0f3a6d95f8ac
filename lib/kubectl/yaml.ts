import { parseAllDocuments } from 'yaml';
import { CommandError } from './errors';

/** Plain data as kubectl's `-o yaml` writes it: sorted keys, indentless lists, lines folded after 80 columns (`sigs.k8s.io/yaml`). */
export function toYaml(value: unknown): string {
  const lines = node(value, 0, 0);
  return `${lines.replace(/^\n/, '')}\n`;
}

/** What stands after a `key:` or `-` (or at the root) whose own column is `indent`; `column` is where the text begins. */
function node(value: unknown, indent: number, column: number): string {
  if (Array.isArray(value)) return value.length ? sequence(value, indent) : ' []';
  if (typeof value === 'object' && value !== null) return mapping(value as Record<string, unknown>, indent);
  return scalar(value, indent, column);
}

function mapping(value: Record<string, unknown>, indent: number): string {
  const keys = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort(compareKeys);
  if (keys.length === 0) return ' {}';
  return keys.map((key) => `\n${entry(key, value[key], indent)}`).join('');
}

function entry(key: string, value: unknown, indent: number): string {
  const head = `${' '.repeat(indent)}${plainOrQuoted(key, indent, 0, false)}:`;
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isMap) return head + mapping(value as Record<string, unknown>, indent + 2);
  if (Array.isArray(value)) return head + node(value, indent, 0);
  return `${head} ${scalar(value, indent, head.length + 1)}`;
}

function sequence(items: readonly unknown[], indent: number): string {
  return items.map((item) => `\n${' '.repeat(indent)}-${element(item, indent)}`).join('');
}

function element(item: unknown, indent: number): string {
  if (typeof item !== 'object' || item === null) return ` ${scalar(item, indent, indent + 2)}`;
  const text = node(item, indent + 2, 0);
  return text.startsWith('\n') ? ` ${text.slice(1).trimStart()}` : text;
}

function scalar(value: unknown, indent: number, column: number): string {
  if (typeof value === 'string') return plainOrQuoted(value, indent, column, true);
  if (typeof value === 'number' && !Number.isInteger(value)) return goFloat(value);
  return value === undefined ? 'null' : String(value);
}

function goFloat(value: number): string {
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  return exponent < -4 || exponent >= 21 ? value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2') : String(value);
}

/** Chooses the style as yaml.v2's encoder and libyaml's emitter together do. */
function plainOrQuoted(text: string, indent: number, column: number, mayBreak: boolean): string {
  const shape = analyze(text);
  if (text.includes('\n') && mayBreak && !shape.isSpecial && !shape.hasSpaceBeforeBreak && !shape.endsInSpace)
    return literal(text, indent + 2);
  if (text.includes('\n') || shape.isSpecial || meansSomethingElse(text))
    return fold(doubleQuoted(text), indent + 2, column, mayBreak, true);
  if (shape.isPlain) return fold(text, indent + 2, column, mayBreak, false);
  return fold(`'${text.replaceAll("'", "''")}'`, indent + 2, column, mayBreak, false);
}

function analyze(text: string) {
  const startsAsPlain = !/^[#,[\]{}&*!|>'"%@`]/.test(text) && !/^[-?:](\s|$)/.test(text) && !/^(---|\.\.\.)/.test(text);
  const staysPlain = !/:(\s|$)/.test(text) && !/\s#/.test(text) && !/^ | $/.test(text);
  return {
    isPlain: text !== '' && startsAsPlain && staysPlain,
    // eslint-disable-next-line no-control-regex
    isSpecial: /[\u0000-\u0009\u000b-\u001f\u007f\u0080-\u0084\u0086-\u009f\ufeff\ufffe\uffff]/.test(text),
    hasSpaceBeforeBreak: / \n/.test(text),
    endsInSpace: text.endsWith(' '),
  };
}

/** Whether a bare `text` would be read back as something that is no string. */
function meansSomethingElse(text: string): boolean {
  return (
    /^(|~|null|Null|NULL|y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF|true|True|TRUE|false|False|FALSE|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/.test(
      text,
    ) ||
    /^[-+]?(\.[0-9_]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$/.test(text) ||
    /^[-+]?(0x[0-9a-fA-F_]+|0b[01_]+|0o[0-7_]+)$/.test(text) ||
    /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/.test(text) ||
    /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text)
  );
}

function literal(text: string, indent: number): string {
  const hint = text.startsWith(' ') || text.startsWith('\n') ? '2' : '';
  const chomp = !text.endsWith('\n') ? '-' : text.endsWith('\n\n') || text === '\n' ? '+' : '';
  const lines = text.replace(/\n$/, '').split('\n');
  return `|${hint}${chomp}${lines.map((one) => `\n${one === '' ? '' : ' '.repeat(indent) + one}`).join('')}`;
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u00a0': '\\_',
  '\ufeff': '\\ufeff',
};

function doubleQuoted(text: string): string {
  // eslint-disable-next-line no-control-regex
  const escaped = text.replace(
    /[\u0000-\u001f"\\\u007f-\u00a0\ufeff]/g,
    (one) => escapes[one] ?? `\\x${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return `"${escaped}"`;
}

/** Breaks a scalar at single spaces once a line is longer than 80. */
function fold(text: string, indent: number, column: number, mayBreak: boolean, isDouble: boolean): string {
  if (!mayBreak || column + text.length <= 80) return text;
  let out = '';
  let at = column;
  for (let index = 0; index < text.length; index++) {
    const isBreak =
      text[index] === ' ' &&
      at > 80 &&
      index > 1 &&
      index < text.length - 2 &&
      text[index - 1] !== ' ' &&
      (isDouble || text[index + 1] !== ' ');
    if (isBreak) {
      out += `\n${' '.repeat(indent)}${isDouble && text[index + 1] === ' ' ? '\\' : ''}`;
      at = indent;
    } else {
      out += text[index];
      at++;
    }
  }
  return out;
}

/** yaml.v2's key order: letters after other characters, runs of digits by value. */
function compareKeys(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let at = 0; at < left.length && at < right.length; at++) {
    const l = left[at] as string;
    const r = right[at] as string;
    if (l === r) continue;
    const isLeftLetter = /\p{L}/u.test(l);
    const isRightLetter = /\p{L}/u.test(r);
    if (isLeftLetter && isRightLetter) return l < r ? -1 : 1;
    if (isLeftLetter || isRightLetter) return isRightLetter ? -1 : 1;
    return compareDigits(left, right, at) || (l < r ? -1 : 1);
  }
  return left.length - right.length;
}

function compareDigits(left: readonly string[], right: readonly string[], at: number): number {
  const followsNonZero =
    left.slice(0, at).join('').match(/\d*$/)?.[0].match(/[1-9]/) && (left[at] === '0' || right[at] === '0') ? '1' : '0';
  const run = (characters: readonly string[]) => characters.slice(at).join('').match(/^\d*/)?.[0] ?? '';
  const l = run(left);
  const r = run(right);
  return Number(followsNonZero + l) - Number(followsNonZero + r) || l.length - r.length;
}

/** The documents of a YAML stream (JSON included), empty ones left out. `source` is named when it cannot be read. */
export function parseYamlDocuments(text: string, source: string): unknown[] {
  const documents = parseAllDocuments(text, {
    version: '1.1',
    prettyErrors: false,
    uniqueKeys: false,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !/timestamp|binary|omap|pairs|set$/.test(tag.tag)),
  });
  if ('empty' in documents) return [];
  return documents.flatMap((document) => {
    if (document.errors.length > 0) throw unreadable(source, goSentence(document.errors, text));
    const value = plain(document, source);
    return value === null || value === undefined ? [] : [value];
  });
}

function unreadable(source: string, sentence: string): CommandError {
  return new CommandError(`error parsing ${source}: error converting YAML to JSON: yaml: ${sentence}`);
}

function plain(document: { toJS(options: { maxAliasCount: number }): unknown }, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 1000 });
  } catch (error) {
    const anchor = /alias\): (\S+)$/.exec(error instanceof Error ? error.message : '')?.[1];
    throw unreadable(source, anchor ? `unknown anchor '${anchor}' referenced` : String(error));
  }
}

interface Problem {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
}

/** yaml.v2's sentence for what the parser of this house calls otherwise. */
function goSentence(problems: readonly Problem[], text: string): string {
  const [{ code, message, pos }] = problems as [Problem];
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length;
  const at = lineOf(pos[0]);
  const multiline = problems.find((one) => one.code === 'MULTILINE_IMPLICIT_KEY');
  if (code === 'TAB_AS_INDENT' || code === 'BAD_SCALAR_START') return `line ${at}: found character that cannot start any token`;
  if (/Flow (map|sequence)/.test(message)) return `line ${at - 1}: did not find expected ',' or '${message.includes('map') ? '}' : ']'}'`;
  if (/block sequence may not be used/.test(message)) return `line ${at - 1}: did not find expected key`;
  if (code === 'BLOCK_AS_IMPLICIT_KEY')
    return `line ${multiline ? lineOf(multiline.pos[1]) : at}: mapping values are not allowed in this context`;
  if (multiline)
    return isAtMargin(text, multiline.pos[0])
      ? `line ${lineOf(multiline.pos[1])}: could not find expected ':'`
      : `line ${lineOf(multiline.pos[1])}: mapping values are not allowed in this context`;
  if (/closing .*quote/i.test(message)) return `line ${lineOf(pos[1])}: found unexpected end of stream`;
  if (code === 'BAD_INDENT')
    return `line ${at - 1}: did not find expected ${/^\s*- /.test(text.split('\n')[at - 2] ?? '') ? "'-' indicator" : 'key'}`;
  if (code === 'UNEXPECTED_TOKEN' || code === 'MISSING_CHAR') return `line ${at}: did not find expected key`;
  return `line ${at}: ${message.toLowerCase()}`;
}

function isAtMargin(text: string, offset: number): boolean {
  return offset === 0 || text[offset - 1] === '\n';
}
