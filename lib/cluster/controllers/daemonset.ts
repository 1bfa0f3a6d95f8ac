import type { V1DaemonSet, V1DaemonSetStatus, V1Node, V1Pod } from '@/generated/kubernetes/types';
import { deepCopy, deepEqual } from '@/lib/base';
import { keyOf, labelSelectorAsSelector } from '../api';
import { done, requeueAfter, type Outcome } from '../client';
import { ControllerRevision, DaemonSet, Node, Pod } from '../resources';
import { claimObjects } from './claim';
import { controllerKey, defineController, type ReconcileContext } from './controller';
import { nodeShouldRun } from './daemonset/eligibility';
import { syncHistory } from './daemonset/history';
import { daemonPod, hashLabel } from './daemonset/pods';
import { planRollingUpdate } from './daemonset/update';
import { createPod, deletePod, slowStart } from './pod-control';
import { availableAt, isAvailable, isReady } from './pod-state';
import { nonZero } from './replicaset';

type Context = ReconcileContext<V1DaemonSet>;

const burstReplicas = 250;

/** Runs one Pod of a template on every node it is meant for (`pkg/controller/daemon`). */
export const daemonSetController = defineController<V1DaemonSet>({
  name: 'daemonset-controller',
  for: DaemonSet,
  owns: [Pod],
  adopts: (daemonSet) => daemonSet.spec.selector,
  watches: [
    { resource: Node, keys: (_node, cache) => cache(DaemonSet).list().map(keyOf), matters: changesEligibility, ignoresDeletion: true },
    {
      resource: ControllerRevision,
      keys: (revision, cache) => [controllerKey(DaemonSet, cache(DaemonSet), revision)].filter((key) => key !== undefined),
    },
  ],
  reconcile,
});

/** Of a node only labels, taints and its being there decide where daemons run. */
function changesEligibility(old: V1Node, node: V1Node): boolean {
  return (
    !deepEqual(old.metadata.labels, node.metadata.labels) ||
    !deepEqual(old.spec?.taints, node.spec?.taints) ||
    old.spec?.unschedulable !== node.spec?.unschedulable
  );
}

/** A DaemonSet's Pods by node, in order of creation within each. */
export type PodsByNode = ReadonlyMap<string, readonly V1Pod[]>;

function reconcile(context: Context): Outcome {
  const { object: daemonSet, expectations, key } = context;
  if (!daemonSet) {
    expectations.forget(key);
    return done;
  }
  const { matchLabels = {}, matchExpressions = [] } = daemonSet.spec.selector ?? {};
  if (Object.keys(matchLabels).length === 0 && matchExpressions.length === 0) {
    context.record(daemonSet, 'Warning', 'SelectingAll', 'This daemon set is selecting all pods. A non-empty selector is required.');
    return done;
  }
  if (daemonSet.metadata.deletionTimestamp) return done;
  const hash = syncHistory(context, daemonSet, ownPods(context, daemonSet));
  const failure = expectations.areSatisfied(key) ? attempt(() => update(context, daemonSet, hash)) : undefined;
  writeStatus(context, daemonSet, hash);
  if (failure) throw failure;
  return nextAvailability(context, daemonSet);
}

function attempt(call: () => void): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return error;
  }
}

function update(context: Context, daemonSet: V1DaemonSet, hash: string): void {
  manage(context, daemonSet, hash);
  if (!context.expectations.areSatisfied(context.key) || daemonSet.spec.updateStrategy?.type !== 'RollingUpdate') return;
  const nodes = context.cache(Node).list();
  const { create, remove } = planRollingUpdate(daemonSet, nodes, podsByNode(context, daemonSet), hash, context.now);
  syncNodes(context, daemonSet, hash, create, remove);
}

function ownPods({ client, cache }: Context, daemonSet: V1DaemonSet): V1Pod[] {
  const candidates = [...cache(Pod).controlledBy(daemonSet.metadata.uid), ...cache(Pod).orphans(daemonSet.metadata.namespace)];
  return claimObjects(
    {
      client,
      resource: Pod,
      owner: { resource: DaemonSet, object: daemonSet },
      selector: labelSelectorAsSelector(daemonSet.spec.selector),
    },
    candidates,
  );
}

function podsByNode(context: Context, daemonSet: V1DaemonSet): PodsByNode {
  const byNode = new Map<string, V1Pod[]>();
  for (const pod of ownPods(context, daemonSet)) {
    const name = targetNode(pod);
    if (name !== undefined) byNode.set(name, [...(byNode.get(name) ?? []), pod]);
  }
  for (const pods of byNode.values())
    pods.sort((a, b) =>
      a.metadata.creationTimestamp < b.metadata.creationTimestamp
        ? -1
        : a.metadata.creationTimestamp > b.metadata.creationTimestamp
          ? 1
          : 0,
    );
  return byNode;
}

/** Where a Pod is, or the node its affinity names while it waits to be scheduled. */
function targetNode({ spec }: V1Pod): string | undefined {
  if (spec.nodeName) return spec.nodeName;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const field = terms.flatMap(({ matchFields = [] }) => matchFields).find(({ key }) => key === 'metadata.name');
  return field?.values?.[0];
}

/** One Pod on each node that should have one, none on the others; Pods that are over are replaced. */
function manage(context: Context, daemonSet: V1DaemonSet, hash: string): void {
  const byNode = podsByNode(context, daemonSet);
  const create: string[] = [];
  const remove: V1Pod[] = [];
  for (const node of context.cache(Node).list()) {
    const pods = byNode.get(node.metadata.name) ?? [];
    const { shouldRun, shouldContinue } = nodeShouldRun(daemonSet, node);
    if (shouldRun && pods.length === 0) create.push(node.metadata.name);
    else if (!shouldContinue) remove.push(...pods.filter((pod) => !pod.metadata.deletionTimestamp));
    else remove.push(...superfluous(context, daemonSet, node, pods, hash));
  }
  syncNodes(context, daemonSet, hash, create, remove);
}

/** Failed and succeeded Pods, and all but the oldest of those that run; with a surge one old and one new may run side by side. */
function superfluous(context: Context, daemonSet: V1DaemonSet, node: V1Node, pods: readonly V1Pod[], hash: string): V1Pod[] {
  const remove: V1Pod[] = [];
  const running: V1Pod[] = [];
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp) continue;
    if (pod.status?.phase === 'Failed') {
      context.record(
        daemonSet,
        'Warning',
        'FailedDaemonPod',
        `Found failed daemon pod ${keyOf(pod)} on node ${node.metadata.name}, will try to kill it`,
      );
      remove.push(pod);
    } else if (pod.status?.phase === 'Succeeded') {
      context.record(
        daemonSet,
        'Normal',
        'SucceededDaemonPod',
        `Found succeeded daemon pod ${keyOf(pod)} on node ${node.metadata.name}, will try to delete it`,
      );
      remove.push(pod);
    } else {
      running.push(pod);
    }
  }
  const surges = Boolean(daemonSet.spec.updateStrategy?.rollingUpdate?.maxSurge);
  const isNew = (pod: V1Pod) => pod.metadata.labels?.[hashLabel] === hash;
  const groups = surges ? [running.filter(isNew), running.filter((pod) => !isNew(pod))] : [running];
  return [...remove, ...groups.flatMap((group) => group.slice(1))];
}

function syncNodes(context: Context, daemonSet: V1DaemonSet, hash: string, create: readonly string[], remove: readonly V1Pod[]): void {
  const { expectations, key } = context;
  if (create.length === 0 && remove.length === 0) return;
  const names = create.slice(0, burstReplicas);
  const doomed = remove.slice(0, burstReplicas);
  expectations.expect(key, { creations: names.length, deletions: doomed.map(keyOf) });
  const { successes, error } = slowStart(names.length, (index) => {
    createPod(context, DaemonSet, daemonSet, daemonSet.spec.template, daemonPod(daemonSet, names[index] as string, hash));
  });
  for (let skipped = successes; skipped < names.length; skipped++) expectations.creationObserved(key);
  let failure = error;
  for (const pod of doomed) {
    failure ??= attempt(() => deletePod(context, daemonSet, pod));
    if (failure) expectations.deletionObserved(key, keyOf(pod));
  }
  if (failure) throw failure;
}

function writeStatus(context: Context, daemonSet: V1DaemonSet, hash: string): void {
  const status = calculateStatus(context, daemonSet, hash);
  if (!deepEqual(daemonSet.status, status)) context.client.updateStatus(DaemonSet, { ...deepCopy(daemonSet), status });
}

function calculateStatus(context: Context, daemonSet: V1DaemonSet, hash: string): V1DaemonSetStatus {
  const byNode = podsByNode(context, daemonSet);
  const minReadySeconds = daemonSet.spec.minReadySeconds ?? 0;
  let [desired, current, misscheduled, ready, updated, available] = [0, 0, 0, 0, 0, 0];
  for (const node of context.cache(Node).list()) {
    const pods = byNode.get(node.metadata.name) ?? [];
    if (!nodeShouldRun(daemonSet, node).shouldRun) {
      if (pods.length > 0) misscheduled++;
      continue;
    }
    desired++;
    const pod = pods[0];
    if (!pod) continue;
    current++;
    if (isReady(pod)) ready++;
    if (isAvailable(pod, minReadySeconds, context.now)) available++;
    if (pod.metadata.labels?.[hashLabel] === hash) updated++;
  }
  const { collisionCount } = daemonSet.status ?? {};
  return {
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    desiredNumberScheduled: desired,
    numberReady: ready,
    observedGeneration: daemonSet.metadata.generation ?? 0,
    ...nonZero('updatedNumberScheduled', updated),
    ...nonZero('numberAvailable', available),
    ...nonZero('numberUnavailable', desired - available),
    ...(collisionCount === undefined ? {} : { collisionCount }),
  };
}

function nextAvailability(context: Context, daemonSet: V1DaemonSet): Outcome {
  const minReadySeconds = daemonSet.spec.minReadySeconds ?? 0;
  if (minReadySeconds === 0) return done;
  const waits = context
    .cache(Pod)
    .controlledBy(daemonSet.metadata.uid)
    .map((pod) => (availableAt(pod, minReadySeconds) ?? 0) - context.now)
    .filter((wait) => wait > 0);
  return waits.length > 0 ? requeueAfter(Math.min(...waits)) : done;
}
