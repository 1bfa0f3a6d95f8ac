import { defineCommand, type Command } from '../command';
import type { Context } from '../context';
import { CommandError } from '../errors';
import { cut, flag, type FlagDefinition } from '../flags';
import { absolute, kubeconfigObject, saveKubeconfig, type Kubeconfig } from '../kubeconfig';
import { printFlags } from '../common-flags';
import { JsonPath } from '../jsonpath';
import { toJson } from '../output';
import { TabWriter } from '../printers/table';
import { toYaml } from '../yaml';
import { setProperty, unsetProperty } from './config-property';

type Maps = { clusters: Map<string, any>; users: Map<string, any>; contexts: Map<string, any> };

/** A copy of the loaded config whose maps may be changed. */
function draft(config: Kubeconfig): Kubeconfig & Maps {
  return { ...config, clusters: new Map(config.clusters), users: new Map(config.users), contexts: new Map(config.contexts) };
}

function only(context: Context): string {
  const [name] = context.args;
  if (context.args.length !== 1 || name === undefined) throw context.usageError(`unexpected args: [${context.args.join(' ')}]`);
  return name;
}

const view = defineCommand({
  name: 'view',
  short: 'Display merged kubeconfig settings or a specified kubeconfig file',
  long: 'Display merged kubeconfig settings or a specified kubeconfig file.\n\n Secrets are left out unless --raw is given. You can use --output jsonpath={...} to extract specific values using a jsonpath expression.',
  examples: [
    ['Show merged kubeconfig settings', 'kubectl config view'],
    ['Show merged kubeconfig settings, raw certificate data, and exposed secrets', 'kubectl config view --raw'],
  ],
  flags: [
    ...printFlags.map((one) => (one.name === 'output' ? { ...one, initial: 'yaml' } : one)),
    flag.bool(
      'flatten',
      'Flatten the resulting kubeconfig file into self-contained output (useful for creating portable kubeconfig files)',
    ),
    flag.bool('merge', 'Merge the full hierarchy of kubeconfig files', true),
    flag.bool('minify', 'Remove all information not used by current-context from the output'),
    flag.bool('raw', 'Display raw byte data and sensitive data'),
  ],
  async run(context) {
    const config = context.flags.bool('minify') ? minified(context) : context.config;
    const object = context.flags.bool('raw') ? kubeconfigObject(config) : redacted(kubeconfigObject(config));
    const [format, template] = cut(context.flags.string('output'), '=');
    if (format === 'yaml') context.out(toYaml(object));
    else if (format === 'json') context.out(`${toJson(object)}\n`);
    else if (format === 'jsonpath' && template) context.out(JsonPath.parse(template).render(object));
    else
      throw new CommandError(
        `unable to match a printer suitable for the output format ${JSON.stringify(context.flags.string('output'))}, allowed formats are: json,jsonpath,yaml`,
      );
  },
});

function minified(context: Context): Kubeconfig {
  const { config } = context;
  const name = context.flags.string('context') || config.currentContext;
  const current = config.contexts.get(name);
  if (!current) throw new CommandError('current-context must exist in order to minify');
  const keep = <T>(entries: ReadonlyMap<string, T>, key: string | undefined) => new Map([...entries].filter(([one]) => one === key));
  return {
    ...config,
    currentContext: name,
    contexts: keep(config.contexts, name),
    clusters: keep(config.clusters, current.cluster),
    users: keep(config.users, current.user),
  };
}

function redacted(object: Record<string, unknown>): Record<string, unknown> {
  const hide = (value: unknown, key: string): unknown => {
    if (typeof value === 'string' && key.endsWith('-data')) return 'DATA+OMITTED';
    if (typeof value === 'string' && /^(token|password)$/.test(key)) return 'REDACTED';
    if (Array.isArray(value)) return value.map((item) => hide(item, ''));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hide(item, name)]));
  };
  return hide(object, '') as Record<string, unknown>;
}

const currentContext = defineCommand({
  name: 'current-context',
  short: 'Display the current-context',
  examples: [['Display the current-context', 'kubectl config current-context']],
  async run({ config, io }) {
    if (!config.currentContext) throw new CommandError('current-context is not set');
    io.stdout(`${config.currentContext}\n`);
  },
});

const getContexts = defineCommand({
  name: 'get-contexts',
  short: 'Describe one or many contexts',
  long: 'Display one or many contexts from the kubeconfig file.',
  examples: [['List all the contexts in your kubeconfig file', 'kubectl config get-contexts']],
  usage: '[(-o|--output=)name)]',
  flags: [
    flag.bool('no-headers', "When using the default or custom-column output format, don't print headers (default print headers)."),
    flag.string('output,o', 'Output format. One of: (name).'),
  ],
  async run(context) {
    const { config, args, flags } = context;
    if (!['', 'name'].includes(flags.string('output')))
      throw new CommandError(`output must be one of '' or 'name': ${flags.string('output')}`);
    const names = args.length ? args : [...config.contexts.keys()].sort();
    const missing = names.filter((name) => !config.contexts.has(name));
    const known = names.filter((name) => config.contexts.has(name));
    if (flags.string('output') === 'name') context.out(known.map((name) => `${name}\n`).join(''));
    else {
      const rows = known.map((name) => {
        const { cluster = '', user = '', namespace = '' } = config.contexts.get(name) ?? {};
        return [name === config.currentContext ? '*' : '', name, cluster, user, namespace];
      });
      context.out(
        new TabWriter().write(flags.bool('no-headers') ? rows : [['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'], ...rows]),
      );
    }
    if (missing.length) throw new CommandError(`context ${missing[0]} not found`);
  },
});

function listNames(name: string, short: string, pick: (config: Kubeconfig) => ReadonlyMap<string, unknown>): Command {
  return defineCommand({
    name,
    short,
    examples: [[short, `kubectl config ${name}`]],
    async run(context) {
      context.out(
        `NAME\n${[...pick(context.config).keys()]
          .sort()
          .map((one) => `${one}\n`)
          .join('')}`,
      );
    },
  });
}

const useContext = defineCommand({
  name: 'use-context',
  aliases: ['use'],
  short: 'Set the current-context in a kubeconfig file',
  examples: [['Use the context for the minikube cluster', 'kubectl config use-context minikube']],
  usage: 'CONTEXT_NAME',
  async run(context) {
    const name = only(context);
    if (!context.config.contexts.has(name)) throw new CommandError(`no context exists with the name: ${JSON.stringify(name)}`);
    await saveKubeconfig(context.io, { ...context.config, currentContext: name });
    context.out(`Switched to context ${JSON.stringify(name)}.\n`);
  },
});

interface Stanza {
  readonly name: string;
  readonly short: string;
  readonly usage: string;
  readonly kind: keyof Maps;
  readonly noun: string;
  readonly flags: readonly FlagDefinition[];
}

/** `set-cluster`, `set-context` and `set-credentials` change one stanza by their flags. */
function stanzaCommand({ name, short, usage, kind, noun, flags }: Stanza): Command {
  return defineCommand({
    name,
    short,
    usage,
    flags,
    async run(context) {
      const isCurrent = context.flags.has('current') && context.flags.bool('current');
      const key = isCurrent ? context.config.currentContext : only(context);
      if (isCurrent && !key) throw new CommandError('no current context is set');
      const config = draft(context.config);
      const isNew = !config[kind].has(key);
      config[kind].set(key, { ...config[kind].get(key), ...(await changes(context, flags)) });
      await saveKubeconfig(context.io, config);
      context.out(
        kind === 'contexts'
          ? `Context ${JSON.stringify(key)} ${isNew ? 'created' : 'modified'}.\n`
          : `${noun} ${JSON.stringify(key)} set.\n`,
      );
    },
  });
}

async function changes(context: Context, flags: readonly FlagDefinition[]): Promise<Record<string, unknown>> {
  const changed = flags.filter(({ name }) => name !== 'current' && name !== 'embed-certs' && context.flags.changed(name));
  return Object.fromEntries(
    changed.map(({ name, type }) => [
      name,
      type === 'bool'
        ? context.flags.bool(name)
        : /^(certificate-authority|client-certificate|client-key)$/.test(name)
          ? absolute(context.io, context.flags.string(name))
          : context.flags.string(name),
    ]),
  );
}

function deleteCommand(name: string, kind: keyof Maps, noun: string): Command {
  return defineCommand({
    name,
    short: `Delete the specified ${noun} from the kubeconfig`,
    usage: 'NAME',
    async run(context) {
      const key = only(context);
      const config = draft(context.config);
      if (!config[kind].delete(key)) throw new CommandError(`cannot delete ${noun} ${key}, not in ${context.config.defaultPath}`);
      if (kind === 'contexts' && key === config.currentContext)
        context.warn('warning: this removed your active context, use "kubectl config use-context" to select a different one\n');
      await saveKubeconfig(context.io, config);
      context.out(`deleted ${noun} ${key} from ${context.config.defaultPath}\n`);
    },
  });
}

const renameContext = defineCommand({
  name: 'rename-context',
  short: 'Rename a context from the kubeconfig file',
  examples: [["Rename the context 'old-name' to 'new-name' in your kubeconfig file", 'kubectl config rename-context old-name new-name']],
  usage: 'CONTEXT_NAME NEW_NAME',
  async run(context) {
    const [from, to] = context.args;
    if (context.args.length !== 2 || !from || !to) throw context.usageError(`unexpected args: [${context.args.join(' ')}]`);
    const config = draft(context.config);
    const stanza = config.contexts.get(from);
    if (!stanza) throw new CommandError(`cannot rename the context ${JSON.stringify(from)}, it's not in ${config.defaultPath}`);
    if (config.contexts.has(to))
      throw new CommandError(
        `cannot rename the context ${JSON.stringify(from)}, the context ${JSON.stringify(to)} already exists in ${config.defaultPath}`,
      );
    config.contexts.delete(from);
    config.contexts.set(to, stanza);
    await saveKubeconfig(context.io, { ...config, currentContext: config.currentContext === from ? to : config.currentContext });
    context.out(`Context ${JSON.stringify(from)} renamed to ${JSON.stringify(to)}.\n`);
  },
});

export const config = defineCommand({
  name: 'config',
  short: 'Modify kubeconfig files',
  long: 'Modify kubeconfig files using subcommands like "kubectl config set-context --current --namespace=web".\n\n The loading order follows these rules:\n\n  1.  If the --kubeconfig flag is set, then only that file is loaded. The flag may only be set once and no merging takes place.\n  2.  If $KUBECONFIG environment variable is set, then it is used as a list of paths. These paths are merged.\n  3.  Otherwise, ${HOME}/.kube/config is used and no merging takes place.',
  subcommands: [
    currentContext,
    deleteCommand('delete-cluster', 'clusters', 'cluster'),
    deleteCommand('delete-context', 'contexts', 'context'),
    deleteCommand('delete-user', 'users', 'user'),
    listNames('get-clusters', 'Display clusters defined in the kubeconfig', ({ clusters }) => clusters),
    getContexts,
    listNames('get-users', 'Display users defined in the kubeconfig', ({ users }) => users),
    renameContext,
    setProperty,
    stanzaCommand({
      name: 'set-cluster',
      short: 'Set a cluster entry in kubeconfig',
      usage: 'NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true]',
      kind: 'clusters',
      noun: 'Cluster',
      flags: [
        flag.string('server', 'server for the cluster entry in kubeconfig'),
        flag.string('certificate-authority', 'Path to certificate-authority file for the cluster entry in kubeconfig'),
        flag.bool('embed-certs', 'embed-certs for the cluster entry in kubeconfig'),
        flag.bool('insecure-skip-tls-verify', 'insecure-skip-tls-verify for the cluster entry in kubeconfig'),
        flag.string('tls-server-name', 'tls-server-name for the cluster entry in kubeconfig'),
      ],
    }),
    stanzaCommand({
      name: 'set-context',
      short: 'Set a context entry in kubeconfig',
      usage: '[NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]',
      kind: 'contexts',
      noun: 'Context',
      flags: [
        flag.bool('current', 'Modify the current context'),
        flag.string('cluster', 'cluster for the context entry in kubeconfig'),
        flag.string('user', 'user for the context entry in kubeconfig'),
        flag.string('namespace,n', 'namespace for the context entry in kubeconfig'),
      ],
    }),
    stanzaCommand({
      name: 'set-credentials',
      short: 'Set a user entry in kubeconfig',
      usage:
        'NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password]',
      kind: 'users',
      noun: 'User',
      flags: [
        flag.string('token', 'token for the user entry in kubeconfig'),
        flag.string('username', 'username for the user entry in kubeconfig'),
        flag.string('password', 'password for the user entry in kubeconfig'),
        flag.string('client-certificate', 'Path to client-certificate file for the user entry in kubeconfig'),
        flag.string('client-key', 'Path to client-key file for the user entry in kubeconfig'),
        flag.bool('embed-certs', 'Embed client cert/key for the user entry in kubeconfig'),
      ],
    }),
    unsetProperty,
    useContext,
    view,
  ],
});
