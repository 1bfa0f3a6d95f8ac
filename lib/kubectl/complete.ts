import type { KubeObject } from '@/lib/cluster';
import { globalFlags } from './common-flags';
import { commands } from './commands/registry';
import type { Command } from './command';
import { Context } from './context';
import { pathOf } from './discovery';
import { aloneValue, Flags, parseArguments, type FlagDefinition } from './flags';
import type { KubectlIo } from './io';
import { loadKubeconfig } from './kubeconfig';
import { containerNames } from './pods/containers';
import { findCommand, flagsOf } from './run';

export interface Completion {
  /** Whole words that may stand in place of the last one; one that ends in `=` or `/` wants more after it. Empty means files. */
  readonly candidates: readonly string[];
}

/**
 * What Tab may put in place of the last word of `argv` (without the word `kubectl`): verbs, flags, types and their
 * short names, names from the API, namespaces and containers. Nothing is printed; a cluster that does not answer gives nothing.
 */
export async function complete(argv: readonly string[], io: KubectlIo): Promise<Completion> {
  try {
    const candidates = await candidatesFor(argv, io);
    const word = argv.at(-1) ?? '';
    return { candidates: [...new Set(candidates)].filter((one) => one.startsWith(word)).sort() };
  } catch {
    return { candidates: [] };
  }
}

async function candidatesFor(argv: readonly string[], io: KubectlIo): Promise<readonly string[]> {
  const word = argv.at(-1) ?? '';
  const { command, path, words } = findCommand(argv.slice(0, -1));
  const flags = command ? flagsOf(command) : globalFlags;
  if (words.includes('--')) return [];
  const pending = pendingFlag(words.at(-1), flags);
  if (pending) return flagValues(pending.name, await contextOf(command, path, words.slice(0, -1), io), '');
  if (word.startsWith('--') && word.includes('=')) return inlineFlagValues(word, await contextOf(command, path, words, io));
  if (word.startsWith('-'))
    return flags.filter((one) => !one.isHidden).map((one) => `--${one.name}${aloneValue(one) === undefined ? '=' : ''}`);
  if (!command) return commands.map(({ name }) => name);
  if (command.subcommands && !command.run) return command.subcommands.map(({ name }) => name);
  return argumentsFor(command, await contextOf(command, path, words, io), word);
}

/** The flag whose value the word being typed is. */
function pendingFlag(previous: string | undefined, flags: readonly FlagDefinition[]): FlagDefinition | undefined {
  if (!previous?.startsWith('-') || previous.includes('=')) return undefined;
  const found = previous.startsWith('--')
    ? flags.find((one) => one.name === previous.slice(2))
    : flags.find((one) => one.shorthand === previous.slice(-1));
  return found && aloneValue(found) === undefined ? found : undefined;
}

async function contextOf(command: Command | undefined, path: string, words: readonly string[], io: KubectlIo): Promise<Context> {
  const target = command ?? { name: 'kubectl', short: '' };
  const config = await loadKubeconfig(io, '');
  try {
    return new Context({ io, command: target, path, config, ...parseArguments(words, flagsOf(target)) });
  } catch {
    return new Context({ io, command: target, path, config, flags: new Flags(flagsOf(target)), args: [], dashAt: -1 });
  }
}

async function inlineFlagValues(word: string, context: Context): Promise<readonly string[]> {
  const at = word.indexOf('=') + 1;
  return flagValues(word.slice(2, at - 1), context, word.slice(0, at));
}

const choices: Readonly<Record<string, readonly string[]>> = {
  output: ['json', 'yaml', 'name', 'wide', 'jsonpath=', 'custom-columns=', 'go-template='],
  'dry-run': ['none', 'client', 'server'],
  cascade: ['background', 'foreground', 'orphan'],
  validate: ['strict', 'warn', 'ignore'],
  type: ['ClusterIP', 'NodePort', 'LoadBalancer'],
};

async function flagValues(name: string, context: Context, prefix: string): Promise<readonly string[]> {
  const values = await valuesOf(name, context);
  return values.map((value) => prefix + value);
}

async function valuesOf(name: string, context: Context): Promise<readonly string[]> {
  if (name === 'namespace') return namesOf(context, 'namespaces');
  if (name === 'container') return containersOfFirst(context);
  if (name === 'context') return [...context.config.contexts.keys()];
  if (name === 'cluster') return [...context.config.clusters.keys()];
  if (name === 'user') return [...context.config.users.keys()];
  return choices[name] ?? [];
}

async function containersOfFirst(context: Context): Promise<readonly string[]> {
  const name = (context.args[0] ?? '').replace(/^pods?\//, '');
  const resource = await context.discovery.get('pods');
  return containerNames(await context.client.get(pathOf(resource, context.namespace, name)));
}

/** Verbs whose first argument is a Pod or TYPE/NAME. */
const podVerbs = ['logs', 'exec', 'attach', 'port-forward'];
const nodeVerbs = ['cordon', 'uncordon', 'drain'];
const workloads = ['deployments', 'daemonsets', 'statefulsets', 'replicasets'];

async function argumentsFor(command: Command, context: Context, word: string): Promise<readonly string[]> {
  const { args } = context;
  if (command.name === 'explain') return explainArguments(context);
  if (nodeVerbs.includes(command.name)) return namesOf(context, 'nodes');
  if (/^(use-context|delete-context|rename-context|set-context|get-contexts)$/.test(command.name))
    return [...context.config.contexts.keys()];
  if (podVerbs.includes(command.name)) return args.length === 0 ? podArguments(context, word) : containersOfFirst(context);
  if (command.name === 'create') return args.length === 0 ? (command.subcommands ?? []).map(({ name }) => name) : [];
  if (command.flags?.every(({ name }) => name !== 'filename') && !['delete', 'taint', 'wait'].includes(command.name)) return [];
  if (word.includes('/')) return typedNames(context, word.slice(0, word.indexOf('/')));
  if (args.length === 0) return typeWords(context, context.path.includes(' rollout ') || command.name === 'scale' ? workloads : undefined);
  return args[0]?.includes('/') ? typeWords(context, undefined) : namesOf(context, args[0] as string);
}

async function explainArguments(context: Context): Promise<readonly string[]> {
  return (await context.discovery.resources()).map(({ plural }) => plural);
}

async function podArguments(context: Context, word: string): Promise<readonly string[]> {
  if (word.includes('/')) return typedNames(context, word.slice(0, word.indexOf('/')));
  return [...(await namesOf(context, 'pods')), 'deployment/', 'service/'];
}

async function typedNames(context: Context, type: string): Promise<readonly string[]> {
  return (await namesOf(context, type)).map((name) => `${type}/${name}`);
}

async function typeWords(context: Context, only: readonly string[] | undefined): Promise<readonly string[]> {
  const resources = (await context.discovery.resources()).filter(
    ({ plural, verbs }) => verbs.includes('list') && (!only || only.includes(plural)),
  );
  const words = resources.flatMap(({ plural, singular, shortNames }) => [plural, singular, ...shortNames]);
  return only ? words : [...words, 'all'];
}

async function namesOf(context: Context, type: string): Promise<readonly string[]> {
  const resource = await context.discovery.get(type.split(',')[0] as string);
  const { items } = await context.client.get(pathOf(resource, context.namespace));
  return (items as KubeObject[]).map(({ metadata }) => metadata.name);
}
