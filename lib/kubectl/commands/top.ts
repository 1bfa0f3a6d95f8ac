import { Quantity, type KubeObject } from '@/lib/cluster';
import { compareBytes } from '@/lib/base';
import { defineCommand } from '../command';
import { allNamespacesFlag, fieldSelectorFlag, selectorFlag } from '../common-flags';
import type { Context } from '../context';
import { CommandError } from '../errors';
import { flag } from '../flags';
import { TabWriter } from '../printers/table';

/** `ResourceList` of a `NodeMetrics` or of one container of a `PodMetrics`. */
interface Usage {
  readonly cpu: Quantity;
  readonly memory: Quantity;
}

interface Used {
  readonly name: string;
  readonly namespace: string;
  readonly usage: Usage;
}

const group = '/apis/metrics.k8s.io/v1beta1';
const pendingMs = 120_000;

const topFlags = (of: string) => [
  flag.bool('no-headers', 'If present, print output without headers'),
  selectorFlag,
  flag.string('sort-by', `If non-empty, sort ${of} list using specified field. The field can be either 'cpu' or 'memory'.`),
];

const topNode = defineCommand({
  name: 'node',
  aliases: ['nodes', 'no'],
  short: 'Display resource (CPU/memory) usage of nodes',
  long: 'Display resource (CPU/memory) usage of nodes.\n\n The top-node command allows you to see the resource consumption of nodes.',
  examples: [
    ['Show metrics for all nodes', 'kubectl top node'],
    ['Show metrics for a given node', 'kubectl top node NODE_NAME'],
  ],
  usage: '[NAME | -l label]',
  flags: [
    ...topFlags('nodes'),
    flag.bool('show-capacity', 'Print node resources based on Capacity instead of Allocatable(default) of the nodes.'),
  ],
  async run(context) {
    await check(context, 'node');
    const [measured, nodes] = [await metricsOf(context, `${group}/nodes`), await listed(context, '/api/v1/nodes')];
    if (measured.length === 0) throw new CommandError('metrics not available yet');
    const used = measured.map((one) => ({ ...named(one), usage: usageOf(one['usage']) }));
    const rows = sorted(used, context).map(({ name, usage }) => nodeRow(name, usage, sizeOf(context, nodes, name)));
    const isMeasured = new Set(used.map(({ name }) => name));
    const missing = nodes.map((node) => named(node).name).filter((name) => !isMeasured.has(name));
    const unknown = missing.sort(compareBytes).map((name) => [name, ...Array<string>(4).fill('<unknown>')]);
    print(context, ['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)'], [...rows, ...unknown]);
  },
});

const topPod = defineCommand({
  name: 'pod',
  aliases: ['pods', 'po'],
  short: 'Display resource (CPU/memory) usage of pods',
  long: "Display resource (CPU/memory) usage of pods.\n\n The 'top pod' command allows you to see the resource consumption of pods.\n\n Due to the metrics pipeline delay, they may be unavailable for a few minutes since pod creation.",
  examples: [
    ['Show metrics for all pods in the default namespace', 'kubectl top pod'],
    ['Show metrics for all pods in the given namespace', 'kubectl top pod --namespace=NAMESPACE'],
    ['Show metrics for a given pod and its containers', 'kubectl top pod POD_NAME --containers'],
    ['Show metrics for the pods defined by label name=myLabel', 'kubectl top pod -l name=myLabel'],
  ],
  usage: '[NAME | -l label]',
  flags: [
    ...topFlags('pods'),
    allNamespacesFlag,
    flag.bool('containers', 'If present, print usage of containers within a pod.'),
    fieldSelectorFlag,
    flag.bool('sum', 'Print the sum of the resource usage'),
  ],
  async run(context) {
    await check(context, 'pod');
    const isEverywhere = context.flags.bool('all-namespaces');
    const scope = isEverywhere ? '' : `/namespaces/${encodeURIComponent(context.namespace)}`;
    const measured = await metricsOf(context, `${group}${scope}/pods`);
    if (measured.length === 0) return explainNothing(context, await listed(context, `/api/v1${scope}/pods`));
    const pods = sorted(
      measured.map((one) => ({ ...named(one), usage: total(containersOf(one).map(({ usage }) => usage)), containers: containersOf(one) })),
      context,
    );
    const rows = context.flags.bool('containers')
      ? pods.flatMap((pod) => sorted(pod.containers, context).map(({ name, usage }) => [pod.namespace, pod.name, name, ...cells(usage)]))
      : pods.map(({ namespace, name, usage }) => [namespace, name, ...cells(usage)]);
    const header = ['NAMESPACE', ...(context.flags.bool('containers') ? ['POD'] : []), 'NAME', 'CPU(cores)', 'MEMORY(bytes)'];
    const blanks = Array<string>(header.length - 2).fill('');
    const sum = [
      [...blanks, '________', '________'],
      [...blanks, ...cells(total(pods.map(({ usage }) => usage)))],
    ];
    const all = context.flags.bool('sum') ? [...rows, ...sum] : rows;
    const from = isEverywhere ? 0 : 1;
    print(
      context,
      header.slice(from),
      all.map((row) => row.slice(from)),
    );
  },
});

/** `kubectl top` (`kubectl/pkg/cmd/top`, `kubectl/pkg/metricsutil`). */
export const top = defineCommand({
  name: 'top',
  short: 'Display resource (CPU/memory) usage',
  long: 'Display resource (CPU/memory) usage.\n\n This command reads what the Metrics Server has gathered from the kubelets, so it needs a Metrics Server in the cluster.',
  usage: '[flags]',
  subcommands: [topNode, topPod],
});

async function check(context: Context, of: 'node' | 'pod'): Promise<void> {
  const { flags, args, discovery } = context;
  if (args.length > 1) throw context.usageError(`${of} [NAME | -l label]`);
  if (args.length > 0 && flags.string('selector')) throw new CommandError('only one of NAME or selector can be provided');
  if (!['', 'cpu', 'memory'].includes(flags.string('sort-by'))) throw new CommandError('--sort-by accepts only cpu or memory');
  if (!(await discovery.resources()).some((one) => one.group === 'metrics.k8s.io')) throw new CommandError('Metrics API not available');
}

/** The named one, or those that are selected. */
async function metricsOf(context: Context, path: string): Promise<readonly KubeObject[]> {
  const [name] = context.args;
  return name === undefined ? listed(context, path) : [await context.client.get(`${path}/${encodeURIComponent(name)}`)];
}

async function listed(context: Context, path: string): Promise<readonly KubeObject[]> {
  const { flags, args, client } = context;
  const fieldSelector =
    args[0] === undefined ? (flags.has('field-selector') && flags.string('field-selector')) || '' : `metadata.name=${args[0]}`;
  const { items } = await client.get(path, {
    query: { labelSelector: flags.string('selector') || undefined, fieldSelector: fieldSelector || undefined },
  });
  return items ?? [];
}

function explainNothing(context: Context, pods: readonly KubeObject[]): void {
  if (pods.length === 0)
    return context.warn(
      context.flags.bool('all-namespaces') ? 'No resources found\n' : `No resources found in ${context.namespace} namespace.\n`,
    );
  const now = context.io.now();
  const old = pods.find(({ metadata }) => now - Date.parse(metadata.creationTimestamp as string) > pendingMs);
  if (!old) throw new CommandError('metrics not available yet');
  const { namespace, name } = named(old);
  const seconds = Math.floor((now - Date.parse(old.metadata.creationTimestamp as string)) / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  throw new CommandError(`Metrics not available for pod ${namespace}/${name}, age: ${hours ? `${hours}h` : ''}${minutes}m${seconds % 60}s`);
}

function named({ metadata }: KubeObject): { name: string; namespace: string } {
  return { name: metadata.name as string, namespace: (metadata.namespace as string | undefined) ?? '' };
}

function usageOf({ cpu, memory }: { cpu?: string; memory?: string }): Usage {
  return { cpu: Quantity.of(cpu), memory: Quantity.of(memory) };
}

function containersOf(pod: KubeObject): Used[] {
  const containers = (pod['containers'] ?? []) as { name: string; usage: Record<string, string> }[];
  return containers.map(({ name, usage }) => ({ name, namespace: '', usage: usageOf(usage) }));
}

function total(usages: readonly Usage[]): Usage {
  return usages.reduce((sum, { cpu, memory }) => ({ cpu: sum.cpu.add(cpu), memory: sum.memory.add(memory) }), {
    cpu: Quantity.zero,
    memory: Quantity.zero,
  });
}

/** By name, or what uses most first. */
function sorted<T extends Used>(used: readonly T[], { flags }: Context): T[] {
  const by = flags.string('sort-by') as 'cpu' | 'memory' | '';
  return [...used].sort((a, b) =>
    by ? b.usage[by].compare(a.usage[by]) : compareBytes(a.namespace, b.namespace) || compareBytes(a.name, b.name),
  );
}

function sizeOf({ flags }: Context, nodes: readonly KubeObject[], name: string): Usage {
  const status = nodes.find(({ metadata }) => metadata.name === name)?.status;
  return usageOf((flags.bool('show-capacity') ? status?.capacity : status?.allocatable) ?? {});
}

function nodeRow(name: string, usage: Usage, size: Usage): string[] {
  const [cpu = '', memory = ''] = cells(usage);
  return [name, cpu, share(usage.cpu, size.cpu), memory, share(usage.memory, size.memory)];
}

function cells({ cpu, memory }: Usage): string[] {
  return [`${cpu.milliValue()}m`, `${Math.floor(memory.value() / (1024 * 1024))}Mi`];
}

function share(used: Quantity, size: Quantity): string {
  return size.isZero ? '<unknown>' : `${Math.floor((used.milliValue() / size.milliValue()) * 100)}%`;
}

/** Every cell ends with a tab, the last one too. */
function print(context: Context, header: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = context.flags.bool('no-headers') ? rows : [header, ...rows];
  context.out(new TabWriter().write(lines.map((line) => [...line, ''])));
}
