import { compareBytes } from '@/lib/base';
import { StatusError, type KubeObject } from '@/lib/cluster';
import { allFlag, chunkSizeFlag, dryRunFlag, fieldManagerFlag, printFlags, selectorFlag, timeoutFlag, validateFlag } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { Aggregate, CommandError } from '../errors';
import { flag } from '../flags';
import { dryRunNote, ResultPrinter } from '../output';
import { infoOf, visitLive, type Info } from '../resources';
import { watchUntil } from '../watch-until';

async function nodesOf(context: Context, verb: string): Promise<Info[]> {
  const { args, flags } = context;
  if (args.length === 0 && !flags.string('selector')) throw context.usageError(`USAGE: ${verb} NODE [flags]`);
  if (args.length > 0 && flags.string('selector')) throw new CommandError('error: cannot specify both a node name and a --selector option');
  const words = args.map((arg) => (arg.includes('/') ? arg : `node/${arg}`));
  const errors: unknown[] = [];
  const infos: Info[] = [];
  for await (const found of visitLive(context, { args: args.length ? words : ['nodes'] })) {
    if ('error' in found) errors.push(found.error);
    else infos.push(found);
  }
  Aggregate.throwAll(errors);
  return infos;
}

/** Marks a node, or says that it is marked already. */
async function cordonOne(context: Context, info: Info, isUnschedulable: boolean): Promise<void> {
  const done = isUnschedulable ? 'cordoned' : 'uncordoned';
  if ((info.object['spec'].unschedulable ?? false) === isUnschedulable)
    return context.out(`node/${info.name} already ${done}${dryRunNote(context)}\n`);
  if (context.dryRun !== 'client') {
    const patch = { spec: { unschedulable: isUnschedulable || null } };
    await context.client.patch(
      pathOf(info.resource, undefined, info.name),
      'application/strategic-merge-patch+json',
      patch,
      context.writeQuery(),
    );
  }
  context.out(`node/${info.name} ${done}${dryRunNote(context)}\n`);
}

export const cordon = defineCommand({
  name: 'cordon',
  short: 'Mark node as unschedulable',
  long: 'Mark node as unschedulable.',
  examples: [['Mark node "foo" as unschedulable', 'kubectl cordon foo']],
  usage: 'NODE',
  flags: [dryRunFlag, selectorFlag],
  async run(context) {
    for (const info of await nodesOf(context, 'cordon')) await cordonOne(context, info, true);
  },
});

export const uncordon = defineCommand({
  name: 'uncordon',
  short: 'Mark node as schedulable',
  long: 'Mark node as schedulable.',
  examples: [['Mark node "foo" as schedulable', 'kubectl uncordon foo']],
  usage: 'NODE',
  flags: [dryRunFlag, selectorFlag],
  async run(context) {
    for (const info of await nodesOf(context, 'uncordon')) await cordonOne(context, info, false);
  },
});

export const drain = defineCommand({
  name: 'drain',
  short: 'Drain node in preparation for maintenance',
  long: 'Drain node in preparation for maintenance.\n\n The given node will be marked unschedulable to prevent new pods from arriving. Then its pods are evicted, or deleted with --disable-eviction. Pods of a DaemonSet would come back at once, so drain goes on only with --ignore-daemonsets; mirror pods cannot be deleted through the API server and stay. Pods that nothing would replace need --force.',
  examples: [
    ['Drain node "foo", even if there are pods not managed by a controller', 'kubectl drain foo --force'],
    [
      'As above, but abort if there are pods not managed by a controller, and use a grace period of 15 minutes',
      'kubectl drain foo --grace-period=900',
    ],
  ],
  usage: 'NODE',
  flags: [
    chunkSizeFlag,
    dryRunFlag,
    selectorFlag,
    timeoutFlag('The length of time to wait before giving up, zero means infinite'),
    flag.bool(
      'delete-emptydir-data',
      'Continue even if there are pods using emptyDir (local data that will be deleted when the node is drained).',
    ),
    flag.bool(
      'disable-eviction',
      'Force drain to use delete, even if eviction is supported. This will bypass checking PodDisruptionBudgets, use with caution.',
    ),
    flag.bool('force', 'Continue even if there are pods that do not declare a controller.'),
    flag.int(
      'grace-period',
      'Period of time in seconds given to each pod to terminate gracefully. If negative, the default value specified in the pod will be used.',
      -1,
    ),
    flag.bool('ignore-daemonsets', 'Ignore DaemonSet-managed pods.'),
    flag.string('pod-selector', 'Label selector to filter pods on the node'),
    flag.int(
      'skip-wait-for-delete-timeout',
      'If pod DeletionTimestamp older than N seconds, skip waiting for the pod.  Seconds must be greater than 0 to skip.',
    ),
  ],
  async run(context) {
    const nodes = await nodesOf(context, 'drain');
    for (const node of nodes) await cordonOne(context, node, true);
    const failures: unknown[] = [];
    const drained = new Set<string>();
    for (const node of nodes) {
      try {
        await drainOne(context, node);
        drained.add(node.name);
        context.out(`node/${node.name} drained${dryRunNote(context)}\n`);
      } catch (error) {
        if (!(error instanceof CommandError || error instanceof Aggregate || error instanceof StatusError)) throw error;
        failures.push(...(error instanceof Aggregate ? error.errors : [error]));
        const text = error instanceof Aggregate ? `[${error.message}]` : error.message;
        context.warn(`error: unable to drain node ${JSON.stringify(node.name)} due to error: ${text}, continuing command...\n`);
        context.warn(
          `There are pending nodes to be drained:\n${nodes
            .filter(({ name }) => !drained.has(name))
            .map(({ name }) => ` ${name}\n`)
            .join('')}`,
        );
      }
    }
    if (failures.length) throw new Aggregate(failures);
  },
});

interface Verdict {
  readonly isDeleted: boolean;
  readonly warning?: string;
  readonly fatal?: string;
}

/** Whether a Pod may go, and what is to be said about it (`kubectl/pkg/drain/filters.go`). */
function judge(context: Context, pod: KubeObject, daemonSets: ReadonlySet<string>): Verdict {
  const { flags } = context;
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
  const isOver = pod['status']?.phase === 'Succeeded' || pod['status']?.phase === 'Failed';
  if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return { isDeleted: false };
  if (owner?.kind === 'DaemonSet' && !isOver && daemonSets.has(`${pod.metadata.namespace}/${owner.name}`)) {
    return flags.bool('ignore-daemonsets')
      ? { isDeleted: false, warning: 'ignoring DaemonSet-managed Pods' }
      : { isDeleted: false, fatal: 'DaemonSet-managed Pods (use --ignore-daemonsets to ignore)' };
  }
  const hasLocalData = (pod['spec'].volumes ?? []).some(({ emptyDir }: { emptyDir?: object }) => emptyDir);
  if (hasLocalData && !isOver && !flags.bool('delete-emptydir-data'))
    return { isDeleted: false, fatal: 'Pods with local storage (use --delete-emptydir-data to override)' };
  if (!owner && !isOver)
    return flags.bool('force')
      ? { isDeleted: true, warning: 'deleting Pods that declare no controller' }
      : { isDeleted: false, fatal: 'cannot delete Pods that declare no controller (use --force to override)' };
  return { isDeleted: true, ...(hasLocalData && !isOver ? { warning: 'deleting Pods with local storage' } : {}) };
}

async function drainOne(context: Context, node: Info): Promise<void> {
  const pods = await context.discovery.get('pods');
  const { items } = await context.client.get(pathOf(pods, undefined), {
    query: {
      fieldSelector: `spec.nodeName=${node.name}`,
      labelSelector: context.flags.string('pod-selector'),
      limit: context.flags.int('chunk-size'),
    },
  });
  const daemonSets = await context.discovery.find('daemonsets.apps');
  const sets: KubeObject[] = daemonSets ? (await context.client.get(pathOf(daemonSets, undefined))).items : [];
  const known = new Set(sets.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  const judged = (items as KubeObject[]).map((pod) => ({ pod, ...judge(context, pod, known) }));
  const fatal = grouped(judged, 'fatal').map(([why, names]) => new CommandError(`cannot delete ${why}: ${names}`));
  Aggregate.throwAll(fatal);
  const warnings = grouped(judged, 'warning').map(([what, names]) => `${what}: ${names}`);
  if (warnings.length) context.warn(`Warning: ${warnings.join('; ')}\n`);
  await evictAll(
    context,
    judged.filter(({ isDeleted }) => isDeleted).map(({ pod }) => infoOf(pods, { ...pod, apiVersion: 'v1', kind: 'Pod' })),
  );
}

function grouped(judged: readonly ({ readonly pod: KubeObject } & Verdict)[], field: 'warning' | 'fatal'): [string, string][] {
  const groups = new Map<string, string[]>();
  for (const one of judged) {
    const text = one[field];
    if (text) groups.set(text, [...(groups.get(text) ?? []), `${one.pod.metadata.namespace}/${one.pod.metadata.name}`]);
  }
  return [...groups].sort(([a], [b]) => compareBytes(a, b)).map(([text, names]) => [text, names.join(', ')]);
}

async function evictAll(context: Context, pods: readonly Info[]): Promise<void> {
  const timeoutMs = context.flags.duration('timeout');
  const deadline = timeoutMs > 0 ? context.io.now() + timeoutMs : undefined;
  const verb = context.flags.bool('disable-eviction') ? 'deleting' : 'evicting';
  for (const pod of pods) {
    context.out(`${verb} pod ${pod.namespace}/${pod.name}${dryRunNote(context)}\n`);
    if (context.dryRun === 'none') await evictOne(context, pod, deadline);
  }
  if (context.dryRun !== 'none') return;
  for (const pod of pods) {
    const { uid } = pod.object.metadata;
    if ((await watchUntil(context, pod, (live) => live === undefined || live.metadata.uid !== uid, deadline)) === 'timeout')
      throw new CommandError(
        `error when waiting for pod ${JSON.stringify(pod.name)} in namespace ${JSON.stringify(pod.namespace)} to terminate: global timeout reached: ${context.flags.string('timeout')}`,
      );
    context.out(`pod/${pod.name} ${verb === 'evicting' ? 'evicted' : 'deleted'}\n`);
  }
}

/** Asks for an eviction until the disruption budget lets it. */
async function evictOne(context: Context, pod: Info, deadline: number | undefined): Promise<void> {
  const grace = context.flags.int('grace-period');
  const deleteOptions = grace >= 0 ? { gracePeriodSeconds: grace } : {};
  const path = pathOf(pod.resource, pod.namespace, pod.name);
  for (;;) {
    try {
      if (context.flags.bool('disable-eviction'))
        await context.client.delete(path, { kind: 'DeleteOptions', apiVersion: 'v1', ...deleteOptions });
      else
        await context.client.post(`${path}/eviction`, {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name: pod.name, namespace: pod.namespace },
          deleteOptions,
        });
      return;
    } catch (error) {
      if (StatusError.is(error, 'NotFound')) return;
      if (!StatusError.is(error, 'TooManyRequests'))
        throw new CommandError(
          `error when evicting pods/${JSON.stringify(pod.name)} -n ${JSON.stringify(pod.namespace)}: ${error instanceof Error ? error.message : String(error)}`,
        );
      if (deadline !== undefined && context.io.now() >= deadline)
        throw new CommandError(
          `error when evicting pods/${JSON.stringify(pod.name)} -n ${JSON.stringify(pod.namespace)}: global timeout reached: ${context.flags.string('timeout')}`,
        );
      context.warn(
        `error when evicting pods/${JSON.stringify(pod.name)} -n ${JSON.stringify(pod.namespace)} (will retry after 5s): ${error.message}\n`,
      );
      await context.sleep(5000);
    }
  }
}

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export const taint = defineCommand({
  name: 'taint',
  short: 'Update the taints on one or more nodes',
  long: 'Update the taints on one or more nodes.\n\n A taint consists of a key, value, and effect: KEY=VALUE:EFFECT. The effect must be NoSchedule, PreferNoSchedule or NoExecute. A dash at the end removes it.',
  examples: [
    [
      "Update node 'foo' with a taint with key 'dedicated' and value 'special-user' and effect 'NoSchedule'",
      'kubectl taint nodes foo dedicated=special-user:NoSchedule',
    ],
    ["Remove from node 'foo' all the taints with key 'dedicated'", 'kubectl taint nodes foo dedicated-'],
  ],
  usage: 'NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N',
  flags: [
    ...printFlags,
    allFlag,
    dryRunFlag,
    fieldManagerFlag('kubectl-taint'),
    selectorFlag,
    validateFlag,
    flag.bool('overwrite', 'If true, allow taints to be overwritten, otherwise reject taint updates that overwrite existing taints.'),
  ],
  async run(context) {
    const first = context.args.findIndex((arg) => /[=:]/.test(arg) || arg.endsWith('-'));
    const targets = first < 0 ? context.args : context.args.slice(0, first);
    const specs = first < 0 ? [] : context.args.slice(first);
    if (targets.length === 0) throw new CommandError('one or more resources must be specified as <resource> <name>');
    if (!/^(nodes?|no)(\/|$)/i.test(targets[0] as string))
      throw new CommandError(`invalid resource type ${targets[0]}, only node types are supported`);
    if (specs.length === 0) throw new CommandError('at least one taint update is required');
    const { add, remove } = parseTaints(context, specs);
    const printer = await ResultPrinter.of(context);
    for await (const found of visitLive(context, { args: targets })) {
      if ('error' in found) throw found.error;
      await taintOne(context, found, add, remove, printer);
    }
  },
});

function parseTaints(context: Context, specs: readonly string[]): { add: Taint[]; remove: Taint[] } {
  const add: Taint[] = [];
  const remove: Taint[] = [];
  for (const spec of specs) {
    const bare = spec.replace(/-$/, '');
    const [, key = '', value, effect = ''] = /^([^=:]*)(?:=([^:]*))?(?::(.*))?$/.exec(bare) ?? [];
    if (key === '' || (!spec.endsWith('-') && effect === '')) throw new CommandError(`invalid taint spec: ${spec}`);
    if (effect && !effects.includes(effect)) throw context.usageError(`invalid taint effect: ${effect}, unsupported taint effect`);
    (spec.endsWith('-') ? remove : add).push({ key, ...(value ? { value } : {}), effect });
  }
  return { add, remove };
}

async function taintOne(
  context: Context,
  info: Info,
  add: readonly Taint[],
  remove: readonly Taint[],
  printer: ResultPrinter,
): Promise<void> {
  const before: Taint[] = info.object['spec'].taints ?? [];
  const clashes = add.filter((one) => before.some(({ key, effect }) => key === one.key && effect === one.effect));
  if (clashes.length && !context.flags.bool('overwrite'))
    throw new CommandError(
      `node ${info.name} already has ${[...new Set(clashes.map(({ key }) => key))].join(',')} taint(s) with same effect(s) and --overwrite is false`,
    );
  for (const one of remove)
    if (!before.some((taint) => isMeant(taint, one)))
      throw new CommandError(`taint ${JSON.stringify(one.effect ? `${one.key}:${one.effect}` : one.key)} not found`);
  const kept = before.filter(
    (taint) => !remove.some((one) => isMeant(taint, one)) && !add.some((one) => one.key === taint.key && one.effect === taint.effect),
  );
  const taints = [...add, ...kept];
  const path = pathOf(info.resource, undefined, info.name);
  const body = { spec: { taints: taints.length ? taints : null }, metadata: { resourceVersion: info.object.metadata.resourceVersion } };
  const result =
    context.dryRun === 'client'
      ? { ...info.object, spec: { ...info.object['spec'], taints } }
      : await context.client.patch(path, 'application/merge-patch+json', body, context.writeQuery());
  printer.print(
    info.resource,
    result,
    (add.length && remove.length) || context.flags.bool('overwrite') ? 'modified' : remove.length ? 'untainted' : 'tainted',
  );
}

function isMeant(taint: Taint, wanted: Taint): boolean {
  return taint.key === wanted.key && (wanted.effect === '' || taint.effect === wanted.effect);
}
