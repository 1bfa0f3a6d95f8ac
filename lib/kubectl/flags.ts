import { CommandError } from './errors';
import { formatDuration, parseDuration } from './duration';

/** `strings` splits on commas, `array` takes each occurrence whole, `custom` is a string with a form of its own. */
export type FlagType = 'string' | 'custom' | 'bool' | 'int' | 'duration' | 'strings' | 'array';

export interface FlagDefinition {
  readonly name: string;
  readonly shorthand?: string;
  readonly type: FlagType;
  /** As help shows it: `''`, `[]`, `0s`. */
  readonly initial: string;
  readonly usage: string;
  /** What the flag means when it stands alone (`--cascade`); bools mean true. */
  readonly alone?: string;
  readonly isHidden?: boolean;
  readonly isRequired?: boolean;
}

type Extra = Pick<FlagDefinition, 'alone' | 'isHidden' | 'isRequired'>;

/** `'output,o'` names a flag and its shorthand. */
function define(type: FlagType, names: string, initial: string, usage: string, extra: Extra = {}): FlagDefinition {
  const [name = '', shorthand] = names.split(',');
  return { name, ...(shorthand ? { shorthand } : {}), type, initial, usage, ...extra };
}

export const flag = {
  string: (names: string, usage: string, initial = '', extra?: Extra) => define('string', names, initial, usage, extra),
  bool: (names: string, usage: string, initial = false, extra?: Extra) => define('bool', names, String(initial), usage, extra),
  int: (names: string, usage: string, initial = 0, extra?: Extra) => define('int', names, String(initial), usage, extra),
  custom: (names: string, usage: string) => define('custom', names, '', usage),
  duration: (names: string, usage: string, initial = '0s', extra?: Extra) => define('duration', names, initial, usage, extra),
  strings: (names: string, usage: string, extra?: Extra) => define('strings', names, '', usage, extra),
  array: (names: string, usage: string, extra?: Extra) => define('array', names, '', usage, extra),
};

/** The flags of one invocation, parsed as pflag does. */
export class Flags {
  readonly #definitions: ReadonlyMap<string, FlagDefinition>;
  readonly #values = new Map<string, string[]>();

  constructor(definitions: readonly FlagDefinition[]) {
    this.#definitions = new Map(definitions.map((one) => [one.name, one]));
  }

  /** Records one occurrence; throws pflag's sentence when the value has the wrong form. */
  set(definition: FlagDefinition, value: string): void {
    const why = reject(definition, value);
    if (why) {
      const shown = definition.shorthand ? `-${definition.shorthand}, --${definition.name}` : `--${definition.name}`;
      throw new FlagError(`invalid argument ${JSON.stringify(value)} for "${shown}" flag: ${why}`);
    }
    const isList = definition.type === 'strings' || definition.type === 'array';
    this.#values.set(definition.name, isList ? [...(this.#values.get(definition.name) ?? []), value] : [value]);
  }

  has(name: string): boolean {
    return this.#definitions.has(name);
  }

  /** Whether the flag was given, even with its default value. */
  changed(name: string): boolean {
    return this.#values.has(name);
  }

  string(name: string): string {
    return this.#values.get(name)?.[0] ?? this.#definitions.get(name)?.initial ?? '';
  }

  bool(name: string): boolean {
    return /^(1|t|true)$/i.test(this.string(name));
  }

  int(name: string): number {
    return Number(this.string(name));
  }

  /** Milliseconds. */
  duration(name: string): number {
    return parseDuration(this.string(name)) ?? 0;
  }

  /** Whether it may be repeated: `create rolebinding --user` is such a flag, the kubeconfig's `--user` is not. */
  isList(name: string): boolean {
    const type = this.#definitions.get(name)?.type;
    return type === 'strings' || type === 'array';
  }

  list(name: string): string[] {
    const values = this.#values.get(name) ?? [];
    return this.#definitions.get(name)?.type === 'strings' ? values.flatMap(splitCsv) : values;
  }
}

export class FlagError extends CommandError {}

function reject({ type }: FlagDefinition, value: string): string | undefined {
  if (type === 'bool' && !/^(1|0|t|f|true|false|T|F|TRUE|FALSE|True|False)$/.test(value))
    return `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`;
  if (type === 'int' && !/^[+-]?(\d+|0x[0-9a-fA-F]+)$/.test(value))
    return `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`;
  if (type === 'duration' && parseDuration(value) === undefined) return durationProblem(value);
  return undefined;
}

function durationProblem(value: string): string {
  return /^[+-]?\d+(\.\d+)?$/.test(value)
    ? `time: missing unit in duration ${JSON.stringify(value)}`
    : `time: invalid duration ${JSON.stringify(value)}`;
}

/** One line of CSV, as pflag reads a StringSlice: `a,"b,c"`. */
export function splitCsv(text: string): string[] {
  if (text === '') return [];
  const fields: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/y;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (!match) return [text];
    fields.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    if (pattern.lastIndex === text.length && text.endsWith(',')) fields.push('');
  }
  return fields;
}

export interface ParsedArguments {
  readonly flags: Flags;
  readonly args: readonly string[];
  /** How many arguments stood before `--`; -1 without one. */
  readonly dashAt: number;
  readonly wantsHelp: boolean;
}

/** Parses what stands after the command's name; flags and arguments may be mixed until `--`. */
export function parseArguments(words: readonly string[], definitions: readonly FlagDefinition[]): ParsedArguments {
  const flags = new Flags(definitions);
  const byName = new Map(definitions.map((one) => [one.name, one]));
  const byShorthand = new Map(definitions.flatMap((one) => (one.shorthand ? [[one.shorthand, one] as const] : [])));
  const args: string[] = [];
  let wantsHelp = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (word === '--') return { flags, args: [...args, ...words.slice(at + 1)], dashAt: args.length, wantsHelp };
    if (word.startsWith('--')) at += parseLong(word, words[at + 1]);
    else if (word.startsWith('-') && word !== '-') at += parseShort(word, words[at + 1]);
    else args.push(word);
  }
  return { flags, args, dashAt: -1, wantsHelp };

  /** Returns how many following words it took. */
  function parseLong(word: string, next: string | undefined): number {
    const [name = '', value] = cut(word.slice(2), '=');
    const normal = name.replaceAll('_', '-');
    if (name === '' || name.startsWith('-') || name.startsWith('=')) throw new FlagError(`bad flag syntax: ${word}`);
    const definition = byName.get(normal);
    if (!definition && normal === 'help') return ((wantsHelp = true), 0);
    if (!definition) throw new FlagError(`unknown flag: --${normal}`);
    if (value !== undefined) return (flags.set(definition, value), 0);
    const alone = aloneValue(definition);
    if (alone !== undefined) return (flags.set(definition, alone), 0);
    if (next === undefined) throw new FlagError(`flag needs an argument: --${normal}`);
    return (flags.set(definition, next), 1);
  }

  function parseShort(word: string, next: string | undefined): number {
    for (let at = 1; at < word.length; at++) {
      const letter = word[at] as string;
      const definition = byShorthand.get(letter);
      if (!definition && letter === 'h') return ((wantsHelp = true), 0);
      if (!definition) throw new FlagError(`unknown shorthand flag: '${letter}' in ${word}`);
      const rest = word.slice(at + 1);
      if (rest.startsWith('=')) return (flags.set(definition, rest.slice(1)), 0);
      const alone = aloneValue(definition);
      if (alone !== undefined) {
        flags.set(definition, alone);
        continue;
      }
      if (rest) return (flags.set(definition, rest), 0);
      if (next === undefined) throw new FlagError(`flag needs an argument: '${letter}' in ${word}`);
      return (flags.set(definition, next), 1);
    }
    return 0;
  }
}

export function aloneValue(definition: FlagDefinition): string | undefined {
  return definition.alone ?? (definition.type === 'bool' ? 'true' : undefined);
}

/** Splits at the first `separator`; the second part is absent without one. */
export function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** How help shows a flag's default. */
export function initialText({ type, initial }: FlagDefinition): string {
  if (type === 'string') return `'${initial}'`;
  if (type === 'strings' || type === 'array') return `[${initial}]`;
  return type === 'duration' && initial !== '0' ? formatDuration(parseDuration(initial) ?? 0) : initial;
}
