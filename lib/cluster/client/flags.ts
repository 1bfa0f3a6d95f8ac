/** How a component reads its command line: one row a flag. `apply` gets the value as text; for a boolean flag `true` when it stands alone. */
export interface Flag<Options> {
  readonly type: 'string' | 'boolean' | 'duration' | 'number' | 'list';
  readonly apply: (options: Options, value: any) => Options;
}

export type Flags<Options> = Readonly<Record<string, Flag<Options>>>;

export type ParsedFlags<Options> =
  | { readonly type: 'options'; readonly options: Options }
  | { readonly type: 'error'; readonly message: string };

/** A flag that is known and changes nothing that is simulated. */
export const ignored: Flag<any> = { type: 'string', apply: (options) => options };

export function ignoredFlags(...names: readonly string[]): Flags<any> {
  return Object.fromEntries(names.map((name) => [name, ignored]));
}

/** What kube-scheduler and kube-controller-manager both know: how they serve and prove who they are, and what tunes their client and their election. */
export const ignoredComponentFlags = ignoredFlags(
  'authentication-kubeconfig',
  'authorization-kubeconfig',
  'bind-address',
  'client-ca-file',
  'feature-gates',
  'kube-api-burst',
  'kube-api-qps',
  'leader-elect-lease-duration',
  'leader-elect-renew-deadline',
  'leader-elect-retry-period',
  'leader-elect-resource-lock',
  'leader-elect-resource-name',
  'leader-elect-resource-namespace',
  'requestheader-client-ca-file',
  'tls-cert-file',
  'tls-private-key-file',
  'v',
);

/** Parses `--name=value`, `--name value` and boolean `--name` as pflag does, with its sentences (`spf13/pflag`). */
export function parseFlags<Options>(flags: Flags<Options>, argv: readonly string[], defaults: Options): ParsedFlags<Options> {
  let options = defaults;
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] as string;
    if (!word.startsWith('--'))
      return {
        type: 'error',
        message: word.startsWith('-') ? `unknown shorthand flag: '${word[1] ?? ''}' in ${word}` : `unknown command ${JSON.stringify(word)}`,
      };
    const equals = word.indexOf('=');
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (!flag) return { type: 'error', message: `unknown flag: --${name}` };
    const inline = equals < 0 ? undefined : word.slice(equals + 1);
    const text = inline ?? (flag.type === 'boolean' ? 'true' : argv[++index]);
    if (text === undefined) return { type: 'error', message: `flag needs an argument: --${name}` };
    const value = readValue(flag.type, text);
    if (value instanceof Error)
      return { type: 'error', message: `invalid argument ${JSON.stringify(text)} for "--${name}" flag: ${value.message}` };
    options = flag.apply(options, value);
  }
  return { type: 'options', options };
}

function readValue(type: Flag<unknown>['type'], text: string): unknown {
  switch (type) {
    case 'string':
      return text;
    case 'list':
      return text.split(',').filter((item) => item !== '');
    case 'boolean':
      return readBoolean(text);
    case 'number':
      return /^[-+]?(\d+\.?\d*|\.\d+)$/.test(text)
        ? Number(text)
        : new Error(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`);
    case 'duration':
      return readDuration(text);
  }
}

function readBoolean(text: string): boolean | Error {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false;
  return new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}

const unitMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Go's `time.ParseDuration`, in milliseconds: `1m30s`. */
export function readDuration(text: string): number | Error {
  if (text === '0') return 0;
  const match = /^([-+]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/.exec(text);
  if (!match) {
    return new Error(
      /^[-+]?\d+\.?\d*$/.test(text)
        ? `time: missing unit in duration ${JSON.stringify(text)}`
        : `time: invalid duration ${JSON.stringify(text)}`,
    );
  }
  let total = 0;
  for (const [, count, unit] of (match[2] as string).matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g))
    total += Number(count) * (unitMs[unit as string] as number);
  return match[1] === '-' ? -total : total;
}
