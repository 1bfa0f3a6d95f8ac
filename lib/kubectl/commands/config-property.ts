import { decodeBytes, encodeBase64 } from '@/lib/cluster';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { CommandError } from '../errors';
import { flag } from '../flags';
import { saveKubeconfig, type Kubeconfig } from '../kubeconfig';

type Kind = 'clusters' | 'contexts' | 'users';

/** What a stanza may say (`clientcmd/api/types.go`), as far as a value can be set by itself. */
const fields: Readonly<Record<Kind, readonly string[]>> = {
  clusters: [
    'server',
    'tls-server-name',
    'insecure-skip-tls-verify',
    'certificate-authority',
    'certificate-authority-data',
    'proxy-url',
    'disable-compression',
  ],
  contexts: ['cluster', 'user', 'namespace'],
  users: [
    'client-certificate',
    'client-certificate-data',
    'client-key',
    'client-key-data',
    'token',
    'tokenFile',
    'username',
    'password',
    'as',
    'as-uid',
  ],
};
const booleans = ['insecure-skip-tls-verify', 'disable-compression'];

/** Where a property is: the current context, a whole map, one of its stanzas, or a field of one. */
type Place =
  | { readonly type: 'current-context' }
  | { readonly type: 'map'; readonly kind: Kind }
  | { readonly type: 'stanza'; readonly kind: Kind; readonly key: string }
  | { readonly type: 'field'; readonly kind: Kind; readonly key: string; readonly field: string };

/** Map keys may have dots in them after all, since a stanza is looked for by the longest name that fits. */
function placeOf(config: Kubeconfig, property: string): Place {
  if (property === 'current-context') return { type: 'current-context' };
  const [kind = '', ...rest] = property.split('.');
  if (!Object.hasOwn(fields, kind)) throw new CommandError(`unable to parse ${property} after [] at api.Config`);
  const known = kind as Kind;
  if (rest.length === 0) return { type: 'map', kind: known };
  const whole = rest.join('.');
  if (config[known].has(whole) || rest.length === 1) return { type: 'stanza', kind: known, key: whole };
  return { type: 'field', kind: known, key: rest.slice(0, -1).join('.'), field: rest.at(-1) as string };
}

export const setProperty = defineCommand({
  name: 'set',
  short: 'Set an individual value in a kubeconfig file',
  long: "Set an individual value in a kubeconfig file.\n\n PROPERTY_NAME is a dot delimited name where each token represents either an attribute name or a map key.  Map keys may not contain dots.\n\n PROPERTY_VALUE is the new value you want to set. Binary fields such as 'certificate-authority-data' expect a base64 encoded string unless the --set-raw-bytes flag is used.\n\n Specifying an attribute name that already exists will merge new fields on top of existing values.",
  examples: [
    ['Set the server field on the my-cluster cluster to https://1.2.3.4', 'kubectl config set clusters.my-cluster.server https://1.2.3.4'],
  ],
  usage: 'PROPERTY_NAME PROPERTY_VALUE',
  flags: [flag.bool('set-raw-bytes', 'When writing a []byte PROPERTY_VALUE, write the given string directly without base64 decoding.')],
  async run(context) {
    const [property, value] = context.args;
    if (context.args.length !== 2 || property === undefined || value === undefined)
      throw context.usageError(`Unexpected args: [${context.args.join(' ')}]`);
    await saveKubeconfig(context.io, changed(context, placeOf(context.config, property), property, value));
    context.out(`Property ${JSON.stringify(property)} set.\n`);
  },
});

function changed(context: Context, place: Place, property: string, value: string): Kubeconfig {
  const { config } = context;
  if (place.type === 'current-context') return { ...config, currentContext: value };
  if (place.type !== 'field') throw new CommandError("can't set a map to a value");
  if (!fields[place.kind].includes(place.field)) throw new CommandError(`unable to parse ${property} at ${place.kind}`);
  const stanza = { ...(config[place.kind].get(place.key) as object | undefined), [place.field]: typed(context, place.field, value) };
  return { ...config, [place.kind]: new Map<string, unknown>([...config[place.kind], [place.key, stanza]]) };
}

/** What the file says for a value: bytes are there in base64, as they are given unless they are given raw. */
function typed({ flags }: Context, field: string, value: string): string | boolean {
  if (field.endsWith('-data')) {
    if (flags.bool('set-raw-bytes')) return encodeBase64(value);
    if (decodeBytes(value)) return value;
    throw new CommandError('error decoding input value: illegal base64 data');
  }
  if (!booleans.includes(field)) return value;
  if (/^(1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw new CommandError(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
}

export const unsetProperty = defineCommand({
  name: 'unset',
  short: 'Unset an individual value in a kubeconfig file',
  long: 'Unset an individual value in a kubeconfig file.\n\n PROPERTY_NAME is a dot delimited name where each token represents either an attribute name or a map key.  Map keys may not contain dots.',
  examples: [
    ['Unset the current-context', 'kubectl config unset current-context'],
    ['Unset namespace in foo context', 'kubectl config unset contexts.foo.namespace'],
  ],
  usage: 'PROPERTY_NAME',
  async run(context) {
    const [property] = context.args;
    if (context.args.length !== 1 || property === undefined) throw context.usageError(`Unexpected args: [${context.args.join(' ')}]`);
    await saveKubeconfig(context.io, without(context.config, placeOf(context.config, property), property));
    context.out(`Property ${JSON.stringify(property)} unset.\n`);
  },
});

function without(config: Kubeconfig, place: Place, property: string): Kubeconfig {
  switch (place.type) {
    case 'current-context':
      return { ...config, currentContext: '' };
    case 'map':
      return { ...config, [place.kind]: new Map() };
    case 'stanza':
      return { ...config, [place.kind]: new Map<string, unknown>([...config[place.kind]].filter(([key]) => key !== place.key)) };
    case 'field': {
      const stanza = config[place.kind].get(place.key) as Record<string, unknown> | undefined;
      if (!stanza) throw new CommandError(`current map key \`${place.key}\` is invalid`);
      if (!fields[place.kind].includes(place.field)) throw new CommandError(`unable to parse ${property} at ${place.kind}`);
      const { [place.field]: _, ...rest } = stanza;
      return { ...config, [place.kind]: new Map<string, unknown>([...config[place.kind], [place.key, rest]]) };
    }
  }
}
