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

const switches = (...names: readonly string[]): FlagTable => Object.fromEntries(names.map((name) => [name, 'switch']));
const values = (...names: readonly string[]): FlagTable => Object.fromEntries(names.map((name) => [name, 'value']));

const ofMembers = switches('cluster');

/** What each command knows beside the global ones. */
const commandFlags: Readonly<Record<string, FlagTable>> = {
  get: {
    ...switches('prefix', 'from-key', 'keys-only', 'count-only', 'print-value-only'),
    ...values('limit', 'order', 'sort-by', 'rev', 'consistency', 'min-mod-rev', 'max-mod-rev', 'min-create-rev', 'max-create-rev'),
  },
  put: { ...switches('prev-kv', 'ignore-value', 'ignore-lease'), ...values('lease') },
  del: switches('prefix', 'from-key', 'prev-kv', 'range'),
  txn: switches('interactive'),
  watch: { ...switches('interactive', 'prefix', 'prev-kv', 'progress-notify'), ...values('rev') },
  compaction: switches('physical'),
  compact: switches('physical'),
  defrag: ofMembers,
  'endpoint status': ofMembers,
  'endpoint health': ofMembers,
  'endpoint hashkv': { ...ofMembers, ...values('rev') },
  'lease timetolive': switches('keys'),
  'lease keep-alive': switches('once'),
  'member list': values('consistency'),
  'member add': { ...switches('learner'), ...values('peer-urls') },
  'member update': values('peer-urls'),
  'user add': { ...switches('interactive', 'no-password'), ...values('new-user-password') },
  'user get': switches('detail'),
  'user passwd': switches('interactive'),
  'role grant-permission': switches('prefix', 'from-key'),
  'role revoke-permission': switches('prefix', 'from-key'),
  'snapshot restore': {
    ...switches('skip-hash-check', 'mark-compacted'),
    ...values('data-dir', 'wal-dir', 'name', 'initial-cluster', 'initial-cluster-token', 'initial-advertise-peer-urls', 'bump-revision'),
  },
};

const everyFlag: FlagTable = Object.assign({}, globalFlags, ...Object.values(commandFlags));

/** Refuses what another command knows and this one does not. */
export function assertFlags(command: string, { flags }: CommandLine): void {
  const known = (Object.hasOwn(commandFlags, command) ? commandFlags[command] : undefined) ?? {};
  const stray = Object.keys(flags).find((name) => !Object.hasOwn(globalFlags, name) && !Object.hasOwn(known, name));
  if (stray !== undefined) throw new UsageError(`unknown flag: --${stray}`);
}

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
    const kind = Object.hasOwn(everyFlag, name) ? everyFlag[name] : undefined;
    if (!kind) throw new UsageError(word.startsWith('--') ? `unknown flag: --${name}` : `unknown shorthand flag: '${word[1]}' in ${word}`);
    const value = inline ?? (kind === 'switch' ? 'true' : args[++at]);
    if (value === undefined) throw new UsageError(`flag needs an argument: --${name}`);
    flags[name] = value;
  }
  return { words, flags };
}

function named(word: string): { name: string; inline: string | undefined } {
  if (!word.startsWith('--'))
    return {
      name: Object.hasOwn(short, word[1] as string) ? (short[word[1] as string] as string) : '',
      inline: word.length > 2 ? word.slice(2).replace(/^=/, '') : undefined,
    };
  const equals = word.indexOf('=');
  return equals < 0 ? { name: word.slice(2), inline: undefined } : { name: word.slice(2, equals), inline: word.slice(equals + 1) };
}
