import { parse } from 'yaml';
import { CommandError } from './errors';
import type { KubectlIo } from './io';
import { toYaml } from './yaml';

export interface KubeconfigCluster {
  server?: string;
  [field: string]: unknown;
}

export interface KubeconfigUser {
  token?: string;
  username?: string;
  password?: string;
  [field: string]: unknown;
}

export interface KubeconfigContext {
  cluster?: string;
  user?: string;
  namespace?: string;
  [field: string]: unknown;
}

/** What a kubeconfig file says, by name. */
export interface Kubeconfig {
  readonly clusters: ReadonlyMap<string, KubeconfigCluster>;
  readonly users: ReadonlyMap<string, KubeconfigUser>;
  readonly contexts: ReadonlyMap<string, KubeconfigContext>;
  readonly currentContext: string;
  /** The file each stanza came from; new ones go to `defaultPath`. */
  readonly paths: readonly string[];
  readonly defaultPath: string;
}

/** Loads `--kubeconfig`, or the files of $KUBECONFIG merged, or ~/.kube/config (`clientcmd/loader.go`). */
export async function loadKubeconfig(io: KubectlIo, explicit: string): Promise<Kubeconfig> {
  const candidates = explicit
    ? [absolute(io, explicit)]
    : (io.env['KUBECONFIG'] ?? '')
        .split(':')
        .filter(Boolean)
        .map((path) => absolute(io, path));
  const paths = candidates.length ? candidates : [`${io.home}/.kube/config`];
  const files: Kubeconfig[] = [];
  for (const path of paths) {
    if ((await io.files.kind(path)) !== undefined) files.push(parseKubeconfig(await io.files.read(path), path));
    else if (explicit) throw new CommandError(`stat ${explicit}: no such file or directory`);
  }
  return merge(files, paths);
}

function merge(files: readonly Kubeconfig[], paths: readonly string[]): Kubeconfig {
  const first = <T>(pick: (file: Kubeconfig) => ReadonlyMap<string, T>) => new Map([...files].reverse().flatMap((file) => [...pick(file)]));
  return {
    clusters: first((file) => file.clusters),
    users: first((file) => file.users),
    contexts: first((file) => file.contexts),
    currentContext: files.find((file) => file.currentContext)?.currentContext ?? '',
    paths: files.flatMap((file) => file.paths),
    defaultPath: files[0]?.paths[0] ?? (paths[paths.length - 1] as string),
  };
}

function parseKubeconfig(text: string, path: string): Kubeconfig {
  let file: Record<string, unknown> | null;
  try {
    file = parse(text) as Record<string, unknown> | null;
  } catch (error) {
    throw new CommandError(
      `error loading config file ${JSON.stringify(path)}: yaml: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
    );
  }
  const named = <T>(list: unknown, key: string) =>
    new Map(
      (Array.isArray(list) ? (list as Record<string, unknown>[]) : []).map((entry) => [String(entry['name']), (entry[key] ?? {}) as T]),
    );
  return {
    clusters: named<KubeconfigCluster>(file?.['clusters'], 'cluster'),
    users: named<KubeconfigUser>(file?.['users'], 'user'),
    contexts: named<KubeconfigContext>(file?.['contexts'], 'context'),
    currentContext: String(file?.['current-context'] ?? ''),
    paths: [path],
    defaultPath: path,
  };
}

/** The file's content for a config; also what `kubectl config view` prints. */
export function kubeconfigObject(config: Kubeconfig): Record<string, unknown> {
  const list = (entries: ReadonlyMap<string, unknown>, key: string) =>
    entries.size === 0 ? null : [...entries.keys()].sort().map((name) => ({ [key]: entries.get(name), name }));
  return {
    apiVersion: 'v1',
    clusters: list(config.clusters, 'cluster'),
    contexts: list(config.contexts, 'context'),
    'current-context': config.currentContext,
    kind: 'Config',
    users: list(config.users, 'user'),
  };
}

export async function saveKubeconfig(io: KubectlIo, config: Kubeconfig): Promise<void> {
  await io.files.write(config.defaultPath, toYaml(kubeconfigObject(config)));
}

/** Where to connect and as whom, after `--context`, `--cluster`, `--user`, `--server` and `--token` have had their say. */
export interface Target {
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly namespace: string;
}

export function selectTarget(
  config: Kubeconfig,
  flags: { string(name: string): string; list(name: string): string[]; isList(name: string): boolean },
): Target {
  const contextName = flags.string('context') || config.currentContext;
  const context = config.contexts.get(contextName);
  if (flags.string('context') && !context) throw new CommandError(`context ${JSON.stringify(contextName)} does not exist`);
  if (contextName && !context)
    throw new CommandError(`Error in configuration: context was not found for specified context: ${contextName}`);
  const clusterName = flags.string('cluster') || context?.cluster || '';
  const cluster = config.clusters.get(clusterName);
  if (flags.string('cluster') && !cluster) throw new CommandError(`cluster ${JSON.stringify(clusterName)} does not exist`);
  const asked = flags.isList('user') ? '' : flags.string('user');
  const userName = asked || context?.user || '';
  const user = config.users.get(userName);
  if (asked && !user) throw new CommandError(`auth info ${JSON.stringify(userName)} does not exist`);
  return {
    server: (flags.string('server') || cluster?.server || 'http://localhost:8080').replace(/\/$/, ''),
    headers: { ...credentials(flags.string('token') || user?.token), ...impersonation(flags) },
    namespace: context?.namespace || 'default',
  };
}

function credentials(token: string | undefined): Record<string, string> {
  return token ? { authorization: `Bearer ${token}` } : {};
}

function impersonation(flags: {
  string(name: string): string;
  list(name: string): string[];
  isList(name: string): boolean;
}): Record<string, string> {
  const groups = flags.list('as-group');
  return {
    ...(flags.string('as') ? { 'impersonate-user': flags.string('as') } : {}),
    ...(groups.length ? { 'impersonate-group': groups.join(', ') } : {}),
  };
}

/** A path as the shell means it: absolute, or under the working directory. */
export function absolute(io: Pick<KubectlIo, 'cwd' | 'home'>, path: string): string {
  const full = path.startsWith('/') ? path : path === '~' || path.startsWith('~/') ? io.home + path.slice(1) : `${io.cwd}/${path}`;
  const parts: string[] = [];
  for (const part of full.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
