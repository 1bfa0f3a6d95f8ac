/** A flag of a command: whether it takes a value. */
export type FlagTable = Readonly<Record<string, 'switch' | 'value'>>;

export interface CommandLine {
  readonly words: readonly string[];
  readonly flags: Readonly<Record<string, string>>;
}

export class UsageError extends Error {}

const globalFlags: FlagTable = {
  endpoints: 'value',
  cacert: 'value',
  cert: 'value',
  key: 'value',
  'write-out': 'value',
  'command-timeout': 'value',
  'dial-timeout': 'value',
  'keepalive-time': 'value',
  'keepalive-timeout': 'value',
  user: 'value',
  password: 'value',
  hex: 'switch',
  debug: 'switch',
  'insecure-skip-tls-verify': 'switch',
  'insecure-transport': 'switch',
  help: 'switch',
  version: 'switch',
};

const commandFlags: FlagTable = {
  prefix: 'switch',
  'keys-only': 'switch',
  'count-only': 'switch',
  'print-value-only': 'switch',
  'from-key': 'switch',
  limit: 'value',
  order: 'value',
  'sort-by': 'value',
  rev: 'value',
  consistency: 'value',
  'min-mod-rev': 'value',
  'max-mod-rev': 'value',
  'min-create-rev': 'value',
  'max-create-rev': 'value',
  'prev-kv': 'switch',
  lease: 'value',
  'ignore-value': 'switch',
  'ignore-lease': 'switch',
  range: 'switch',
  interactive: 'switch',
  'progress-notify': 'switch',
  keys: 'switch',
  once: 'switch',
  'peer-urls': 'value',
  learner: 'switch',
  cluster: 'switch',
  physical: 'switch',
  'data-dir': 'value',
  name: 'value',
  'initial-cluster': 'value',
  'initial-cluster-token': 'value',
  'initial-advertise-peer-urls': 'value',
  'skip-hash-check': 'switch',
  'bump-revision': 'value',
  'mark-compacted': 'switch',
  'wal-dir': 'value',
  'new-user-password': 'value',
  'no-password': 'switch',
  detail: 'switch',
};

const short: Readonly<Record<string, string>> = { w: 'write-out', h: 'help', i: 'interactive', d: 'debug' };

/** Flags may stand anywhere, as cobra has it; `--` ends them. Environment variables `ETCDCTL_…` stand in for global ones. */
export function parseCommandLine(args: readonly string[], env: Readonly<Record<string, string>>): CommandLine {
  const flags: Record<string, string> = {};
  for (const name of Object.keys(globalFlags)) {
    const value = env[`ETCDCTL_${name.toUpperCase().replaceAll('-', '_')}`];
    if (value !== undefined) flags[name] = value;
  }
  const words: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] as string;
    if (word === '--') return { words: [...words, ...args.slice(at + 1)], flags };
    if (!word.startsWith('-') || word === '-') {
      words.push(word);
      continue;
    }
    const { name, inline } = named(word);
    const kind = globalFlags[name] ?? commandFlags[name];
    if (!kind) throw new UsageError(word.startsWith('--') ? `unknown flag: --${name}` : `unknown shorthand flag: '${word[1]}' in ${word}`);
    const value = inline ?? (kind === 'switch' ? 'true' : args[++at]);
    if (value === undefined) throw new UsageError(`flag needs an argument: --${name}`);
    flags[name] = value;
  }
  return { words, flags };
}

function named(word: string): { name: string; inline: string | undefined } {
  if (!word.startsWith('--'))
    return { name: short[word[1] as string] ?? '', inline: word.length > 2 ? word.slice(2).replace(/^=/, '') : undefined };
  const equals = word.indexOf('=');
  return equals < 0 ? { name: word.slice(2), inline: undefined } : { name: word.slice(2, equals), inline: word.slice(equals + 1) };
}
