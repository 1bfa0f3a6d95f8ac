import { deepCopy, deepEqual } from '@/lib/base';
import { labelSelectorAsSelector, type KubeObject } from '@/lib/cluster';
import { dryRunFlag, fieldManagerFlag, fileFlags, printFlags, selectorFlag, timeoutFlag } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { groupResource, pathOf } from '../discovery';
import { describePodTemplateRaw } from '../describe/pod-template';
import { CommandError } from '../errors';
import { flag } from '../flags';
import { hasFiles } from '../manifests';
import { objectPrinter, ResultPrinter } from '../output';
import { patchBetween } from '../patch/update';
import { TabWriter } from '../printers/table';
import { selectLive, type Info } from '../resources';
import { lastApplied } from './last-applied';
import { watchUntil } from '../watch-until';

const revisionAnnotation = 'deployment.kubernetes.io/revision';
const usage = '(TYPE NAME | TYPE/NAME) [flags]';

async function workloads(context: Context): Promise<Info[]> {
  if (context.args.length === 0 && !hasFiles(context) && !context.flags.string('selector'))
    throw new CommandError('required resource not specified');
  return selectLive(context, { mayListAll: true });
}

const status = defineCommand({
  name: 'status',
  short: 'Show the status of the rollout',
  long: 'Show the status of the rollout.\n\n By default it follows the latest rollout until it is done; --watch=false looks once. With --revision=N it stops with an error as soon as another revision takes over.',
  examples: [['Watch the rollout status of a deployment', 'kubectl rollout status deployment/nginx']],
  usage,
  flags: [
    ...fileFlags(),
    selectorFlag,
    timeoutFlag(
      'The length of time to wait before ending watch, zero means never. Any other values should contain a corresponding time unit (e.g. 1s, 2m, 3h).',
    ),
    flag.int('revision', 'Pin to a specific revision for showing its status. Defaults to 0 (last revision).'),
    flag.bool('watch,w', "Watch the status of the rollout until it's done.", true),
  ],
  async run(context) {
    for (const info of await workloads(context)) await followRollout(context, info);
  },
});

async function followRollout(context: Context, info: Info): Promise<void> {
  const timeoutMs = context.flags.duration('timeout');
  const isOnce = !context.flags.bool('watch');
  const outcome = await watchUntil(
    context,
    info,
    (object) => {
      if (!object) throw new CommandError(`object has been deleted`);
      const { text, isDone } = rolloutStatus(object, context.flags.int('revision'));
      context.out(text);
      return isDone || isOnce;
    },
    timeoutMs > 0 ? context.io.now() + timeoutMs : undefined,
  );
  if (outcome === 'timeout') throw new CommandError('timed out waiting for the condition');
}

/** The sentence about a rollout and whether it is over (`polymorphichelpers/rollout_status.go`). */
export function rolloutStatus(object: KubeObject, revision = 0): { text: string; isDone: boolean } {
  if (object.kind === 'Deployment') return deploymentStatus(object, revision);
  if (object.kind === 'DaemonSet') return daemonSetStatus(object);
  if (object.kind === 'StatefulSet') return statefulSetStatus(object);
  throw new CommandError(`no status viewer has been implemented for ${object.kind}`);
}

const waiting = (text: string) => ({ text: `${text}\n`, isDone: false });
const finished = (text: string) => ({ text: `${text}\n`, isDone: true });

function deploymentStatus(object: KubeObject, revision: number) {
  const name = JSON.stringify(object.metadata.name);
  const actual = Number(object.metadata.annotations?.[revisionAnnotation] ?? 0);
  if (revision > 0 && actual !== revision)
    throw new CommandError(`desired revision (${revision}) is different from the running revision (${actual})`);
  const { observedGeneration = 0, updatedReplicas = 0, replicas = 0, availableReplicas = 0, conditions = [] } = object['status'] ?? {};
  if ((object.metadata.generation ?? 0) > observedGeneration) return waiting('Waiting for deployment spec update to be observed...');
  const progressing = conditions.find(({ type }: { type: string }) => type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') throw new CommandError(`deployment ${name} exceeded its progress deadline`);
  const desired = object['spec'].replicas ?? 1;
  const prefix = `Waiting for deployment ${name} rollout to finish:`;
  if (updatedReplicas < desired) return waiting(`${prefix} ${updatedReplicas} out of ${desired} new replicas have been updated...`);
  if (replicas > updatedReplicas) return waiting(`${prefix} ${replicas - updatedReplicas} old replicas are pending termination...`);
  if (availableReplicas < updatedReplicas)
    return waiting(`${prefix} ${availableReplicas} of ${updatedReplicas} updated replicas are available...`);
  return finished(`deployment ${name} successfully rolled out`);
}

function daemonSetStatus(object: KubeObject) {
  const name = JSON.stringify(object.metadata.name);
  if ((object['spec'].updateStrategy?.type ?? 'RollingUpdate') !== 'RollingUpdate')
    throw new CommandError('rollout status is only available for RollingUpdate strategy type');
  const { observedGeneration = 0, updatedNumberScheduled = 0, desiredNumberScheduled = 0, numberAvailable = 0 } = object['status'] ?? {};
  if ((object.metadata.generation ?? 0) > observedGeneration) return waiting('Waiting for daemon set spec update to be observed...');
  const prefix = `Waiting for daemon set ${name} rollout to finish:`;
  if (updatedNumberScheduled < desiredNumberScheduled)
    return waiting(`${prefix} ${updatedNumberScheduled} out of ${desiredNumberScheduled} new pods have been updated...`);
  if (numberAvailable < desiredNumberScheduled)
    return waiting(`${prefix} ${numberAvailable} of ${desiredNumberScheduled} updated pods are available...`);
  return finished(`daemon set ${name} successfully rolled out`);
}

function statefulSetStatus(object: KubeObject) {
  if ((object['spec'].updateStrategy?.type ?? 'RollingUpdate') !== 'RollingUpdate')
    throw new CommandError('rollout status is only available for RollingUpdate strategy type');
  const {
    observedGeneration = 0,
    readyReplicas = 0,
    updatedReplicas = 0,
    currentReplicas = 0,
    updateRevision = '',
    currentRevision = '',
  } = object['status'] ?? {};
  if (observedGeneration === 0 || (object.metadata.generation ?? 0) > observedGeneration)
    return waiting('Waiting for statefulset spec update to be observed...');
  const desired = object['spec'].replicas ?? 1;
  if (readyReplicas < desired) return waiting(`Waiting for ${desired - readyReplicas} pods to be ready...`);
  const partition = object['spec'].updateStrategy?.rollingUpdate?.partition ?? 0;
  if (partition > 0) {
    if (updatedReplicas < desired - partition)
      return waiting(
        `Waiting for partitioned roll out to finish: ${updatedReplicas} out of ${desired - partition} new pods have been updated...`,
      );
    return finished(`partitioned roll out complete: ${updatedReplicas} new pods have been updated...`);
  }
  if (updateRevision !== currentRevision)
    return waiting(`waiting for statefulset rolling update to complete ${updatedReplicas} pods at revision ${updateRevision}...`);
  return finished(`statefulset rolling update complete ${currentReplicas} pods at revision ${currentRevision}...`);
}

/** Former and present templates of a workload, oldest first. */
interface Revision {
  readonly number: number;
  readonly changeCause: string;
  readonly template: KubeObject['template'];
  readonly annotations: Readonly<Record<string, string>>;
}

async function revisionsOf(context: Context, { object, resource }: Info): Promise<Revision[]> {
  if (object.kind === 'Deployment') return deploymentRevisions(context, object);
  if (object.kind === 'DaemonSet' || object.kind === 'StatefulSet') return controllerRevisions(context, object);
  throw new CommandError(`no history viewer has been implemented for ${JSON.stringify(resource.kind)}`);
}

async function deploymentRevisions(context: Context, deployment: KubeObject): Promise<Revision[]> {
  const sets = await ownedBy(context, 'replicasets.apps', deployment);
  return sets
    .map(({ metadata, spec }: KubeObject) => ({
      number: Number(metadata.annotations?.[revisionAnnotation] ?? 0),
      changeCause: metadata.annotations?.['kubernetes.io/change-cause'] || '<none>',
      template: spec.template,
      annotations: metadata.annotations ?? {},
    }))
    .filter(({ number }) => number > 0)
    .sort((a, b) => a.number - b.number);
}

async function controllerRevisions(context: Context, owner: KubeObject): Promise<Revision[]> {
  const revisions = await ownedBy(context, 'controllerrevisions.apps', owner);
  return revisions
    .map((one) => ({
      number: Number(one['revision']),
      changeCause: one.metadata.annotations?.['kubernetes.io/change-cause'] || '<none>',
      template: one['data']?.spec?.template ?? {},
      annotations: one.metadata.annotations ?? {},
    }))
    .sort((a, b) => a.number - b.number);
}

async function ownedBy(context: Context, type: string, owner: KubeObject): Promise<KubeObject[]> {
  const resource = await context.discovery.get(type);
  const labelSelector = labelSelectorAsSelector(owner['spec'].selector).toString();
  const { items } = await context.client.get(pathOf(resource, owner.metadata.namespace), { query: { labelSelector } });
  return (items as KubeObject[]).filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === owner.metadata.uid),
  );
}

const history = defineCommand({
  name: 'history',
  short: 'View rollout history',
  long: 'View previous rollout revisions and configurations.',
  examples: [
    ['View the rollout history of a deployment', 'kubectl rollout history deployment/abc'],
    ['View the details of daemonset revision 3', 'kubectl rollout history daemonset/abc --revision=3'],
  ],
  usage,
  flags: [
    ...printFlags,
    ...fileFlags(),
    selectorFlag,
    flag.int('revision', 'See the details, including podTemplate of the revision specified'),
  ],
  async run(context) {
    const revision = context.flags.int('revision');
    if (revision < 0) throw new CommandError(`revision must be a positive integer: ${revision}`);
    const printer = await objectPrinter(context);
    for (const info of await workloads(context)) {
      const revisions = await revisionsOf(context, info);
      if (printer) context.out(printer.print(historyObject(info, revisions, revision), info.resource));
      else context.out(`${info.resource.kind.toLowerCase()}.${info.resource.group}/${info.name} ${historyText(revisions, revision)}\n`);
    }
  },
});

function findRevision(revisions: readonly Revision[], number: number): Revision {
  const found = revisions.find((one) => one.number === number);
  if (!found) throw new CommandError('unable to find the specified revision');
  return found;
}

function historyObject({ object }: Info, revisions: readonly Revision[], number: number): KubeObject {
  const revision = number > 0 ? findRevision(revisions, number) : revisions.at(-1);
  return revision ? { ...object, spec: { ...object['spec'], template: revision.template } } : object;
}

function historyText(revisions: readonly Revision[], number: number): string {
  if (number > 0) return `with revision #${number}\n${describePodTemplateRaw(findRevision(revisions, number).template)}`;
  if (revisions.length === 0) return '\nNo rollout history found.';
  return `\n${new TabWriter({ minWidth: 0, padding: 2 }).write([['REVISION', 'CHANGE-CAUSE'], ...revisions.map((one) => [String(one.number), one.changeCause])])}`;
}

const undo = defineCommand({
  name: 'undo',
  short: 'Undo a previous rollout',
  long: 'Roll back to a previous rollout.',
  examples: [
    ['Roll back to the previous deployment', 'kubectl rollout undo deployment/abc'],
    ['Roll back to daemonset revision 3', 'kubectl rollout undo daemonset/abc --to-revision=3'],
  ],
  usage,
  flags: [
    ...printFlags,
    ...fileFlags(),
    dryRunFlag,
    selectorFlag,
    flag.int('to-revision', 'The revision to rollback to. Default to 0 (last revision).'),
  ],
  async run(context) {
    const printer = await ResultPrinter.of(context);
    for (const info of await workloads(context)) printer.print(info.resource, info.object, await undoOne(context, info));
  },
});

async function undoOne(context: Context, info: Info): Promise<string> {
  const { object, resource } = info;
  const wanted = context.flags.int('to-revision');
  if (wanted < 0)
    throw new CommandError(
      `revision must be a positive integer: ${wanted}`.replace('revision must', 'unable to find specified revision; it must'),
    );
  warnAboutApply(context, info);
  if (object['spec'].paused)
    throw new CommandError(
      `you cannot rollback a paused ${object.kind.toLowerCase()}; resume it first with 'kubectl rollout resume' and try again`,
    );
  const revisions = await revisionsOf(context, info);
  const target = wanted > 0 ? revisions.find((one) => one.number === wanted) : revisions.at(-2);
  if (!target && wanted > 0) throw new CommandError(`unable to find specified revision ${wanted} in history`);
  if (!target) throw new CommandError(`no rollout history found for ${object.kind.toLowerCase()} ${JSON.stringify(object.metadata.name)}`);
  const template = withoutHash(target.template);
  if (context.dryRun === 'client') return describePodTemplateRaw(template).replace(/\n$/, '');
  if (deepEqual(template, withoutHash(object['spec'].template)))
    return `skipped rollback (current template already matches revision ${target.number})`;
  const patch = [
    { op: 'replace', path: '/spec/template', value: template },
    { op: 'replace', path: '/metadata/annotations', value: annotationsAfterUndo(object, target) },
  ];
  await context.client.patch(pathOf(resource, info.namespace, info.name), 'application/json-patch+json', patch, context.writeQuery());
  return 'rolled back';
}

function warnAboutApply(context: Context, { object, resource, name }: Info): void {
  if (object.metadata.annotations?.[lastApplied] === undefined) return;
  context.warn(
    `Warning: resource ${resource.plural}/${name} was previously managed with 'kubectl apply'. Rolling back will not update the ${lastApplied} annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.\n`,
  );
}

function withoutHash(template: any): any {
  const copy = deepCopy(template);
  if (copy.metadata?.labels) delete copy.metadata.labels['pod-template-hash'];
  return copy;
}

const ownAnnotations = [
  lastApplied,
  revisionAnnotation,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
];

/** A revision's annotations come back with it, except those the Deployment keeps for itself. */
function annotationsAfterUndo(object: KubeObject, target: Revision): Record<string, string> {
  const kept = Object.entries(object.metadata.annotations ?? {}).filter(([key]) => ownAnnotations.includes(key));
  const restored = Object.entries(target.annotations).filter(([key]) => !ownAnnotations.includes(key));
  return Object.fromEntries([...restored, ...kept]);
}

interface Change {
  readonly name: string;
  readonly short: string;
  readonly long: string;
  readonly done: string;
  /** Changes the object in place, or throws why it may not be. */
  apply(object: KubeObject, info: Info, context: Context): void;
}

function changeCommand({ name, short, long, done, apply }: Change) {
  return defineCommand({
    name,
    short,
    long,
    examples: [[short, `kubectl rollout ${name} deployment/nginx`]],
    usage: `RESOURCE`,
    flags: [...printFlags, ...fileFlags(), fieldManagerFlag('kubectl-rollout'), selectorFlag],
    async run(context) {
      const printer = await ResultPrinter.of(context);
      for (const info of await workloads(context)) {
        const object = deepCopy(info.object);
        apply(object, info, context);
        const { contentType, patch } = patchBetween(info.object, object);
        printer.print(
          info.resource,
          await context.client.patch(pathOf(info.resource, info.namespace, info.name), contentType, patch, context.writeQuery()),
          done,
        );
      }
    },
  });
}

const about = ({ resource, name }: Info) => `${groupResource(resource)} ${JSON.stringify(name)}`;

const pause = changeCommand({
  name: 'pause',
  short: 'Mark the provided resource as paused',
  long: 'Mark the provided resource as paused.\n\n Paused resources are not reconciled by their controller until they are resumed. Currently only deployments support being paused.',
  done: 'paused',
  apply(object, info) {
    if (object.kind !== 'Deployment') throw new CommandError(`${about(info)} pausing is not supported`);
    if (object['spec'].paused) throw new CommandError(`${about(info)} is already paused`);
    object['spec'].paused = true;
  },
});

const resume = changeCommand({
  name: 'resume',
  short: 'Resume a paused resource',
  long: 'Resume a paused resource.\n\n Paused resources are not reconciled by their controller. Currently only deployments support being resumed.',
  done: 'resumed',
  apply(object, info) {
    if (object.kind !== 'Deployment') throw new CommandError(`${about(info)} resuming is not supported`);
    if (!object['spec'].paused) throw new CommandError(`${about(info)} is not paused`);
    delete object['spec'].paused;
  },
});

const restart = changeCommand({
  name: 'restart',
  short: 'Restart a resource',
  long: 'Restart a resource.\n\n Resource rollout will be restarted: its Pods are replaced in the way its strategy says.',
  done: 'restarted',
  apply(object, info, { io }) {
    if (!['Deployment', 'DaemonSet', 'StatefulSet'].includes(object.kind))
      throw new CommandError(`${about(info)} restarting is not supported`);
    if (object['spec'].paused) throw new CommandError(`${about(info)} can't restart paused deployment (run rollout resume first)`);
    const now = new Date(io.now()).toISOString().replace(/\.\d+Z$/, 'Z');
    const metadata = (object['spec'].template.metadata ??= {});
    const annotations = (metadata.annotations ??= {});
    if (annotations['kubectl.kubernetes.io/restartedAt'] === now)
      throw new CommandError(
        'if restart has already been triggered within the past second, please wait before attempting to trigger another',
      );
    annotations['kubectl.kubernetes.io/restartedAt'] = now;
  },
});

export const rollout = defineCommand({
  name: 'rollout',
  short: 'Manage the rollout of a resource',
  long: 'Manage the rollout of one or many resources.\n        \n Valid resource types include:\n\n  *  deployments\n  *  daemonsets\n  *  statefulsets',
  examples: [
    ['Rollback to the previous deployment', 'kubectl rollout undo deployment/abc'],
    ['Check the rollout status of a daemonset', 'kubectl rollout status daemonset/foo'],
    ['Restart a deployment', 'kubectl rollout restart deployment/abc'],
    ["Restart deployments with the 'app=nginx' label", 'kubectl rollout restart deployment --selector=app=nginx'],
  ],
  subcommands: [history, pause, restart, resume, status, undo],
});
