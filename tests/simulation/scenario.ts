import type { V1Deployment, V1Pod, V1ReplicaSet } from '@/generated/kubernetes/types';
import { Random } from '@/lib/base';
import { viewOf, type Cluster } from '@/lib/cluster';
import { adminOf, deploymentOf, paths } from '@/tests/support/api-calls';
import { freshCluster } from '@/tests/support/template';
import { always } from './checkers';

/** One thing that a run does to its cluster. Total: where it makes no sense, it does nothing. */
export type Action =
  | { readonly type: 'create'; readonly name: string; readonly replicas: number }
  | { readonly type: 'scale'; readonly name: string; readonly replicas: number }
  | { readonly type: 'set-image'; readonly name: string; readonly image: string }
  | { readonly type: 'delete'; readonly name: string }
  | { readonly type: 'delete-pod'; readonly pick: number }
  | { readonly type: 'crash'; readonly machine: string }
  | { readonly type: 'boot'; readonly machine: string }
  | { readonly type: 'wait'; readonly ms: number };

export interface Scenario {
  readonly seed: string;
  readonly workers: number;
  readonly actions: readonly Action[];
}

/** Draws a whole run from its seed. */
export function draw(seed: string): Scenario {
  const random = Random.of(seed).fork('scenario');
  const workers = random.between(1, 3);
  const names = ['web', 'api', 'db'];
  const machines = ['cp-1', ...Array.from({ length: workers }, (_, index) => `worker-${index + 1}`)];
  const action = (): Action => {
    switch (random.int(10)) {
      case 0:
      case 1:
        return { type: 'create', name: random.pick(names), replicas: random.between(0, 6) };
      case 2:
        return { type: 'scale', name: random.pick(names), replicas: random.between(0, 8) };
      case 3:
        return { type: 'set-image', name: random.pick(names), image: random.pick(['nginx:1.26', 'httpd:2.4', 'nginx:1.27']) };
      case 4:
        return { type: 'delete', name: random.pick(names) };
      case 5:
        return { type: 'delete-pod', pick: random.int(20) };
      case 6:
        return { type: 'crash', machine: random.pick(machines) };
      case 7:
        return { type: 'boot', machine: random.pick(machines) };
      default:
        return { type: 'wait', ms: random.pick([1, 50, 700, 12_000, 70_000, 400_000]) };
    }
  };
  return { seed, workers, actions: Array.from({ length: random.between(8, 25) }, action) };
}

export interface Outcome {
  readonly traceHash: string;
  readonly reached: ReadonlySet<string>;
}

/** Runs a scenario under every checker, then mends all faults and waits until what was asked for is there. Throws what went wrong. */
export function run(scenario: Scenario): Outcome {
  const cluster = freshCluster({ workers: scenario.workers, seed: scenario.seed });
  const checkers = always(cluster);
  const reached = new Set<string>();
  const step = () => {
    for (const { name, check } of checkers) {
      const wrong = check();
      if (wrong) throw new Error(`${name}: ${wrong}`);
    }
    return false;
  };
  for (const action of scenario.actions) {
    if (perform(cluster, action)) reached.add(action.type);
    cluster.kernel.runUntilCondition(step, { limitMs: action.type === 'wait' ? action.ms : 200 });
  }
  for (const machine of cluster.machines) cluster.bootMachine(machine.name);
  const settled = cluster.kernel.runUntilCondition(() => step() || (cluster.kernel.isIdle && isSettled(cluster)), { limitMs: 1_800_000 });
  if (!settled) throw new Error(`not settled after half an hour: ${[...unsettled(cluster), ...unready(cluster)].join('; ')}`);
  return { traceHash: cluster.kernel.trace.hash, reached };
}

/** Whether the action did anything. What the API server cannot take now (it may be down) is no defect. */
function perform(cluster: Cluster, action: Action): boolean {
  const admin = adminOf(cluster);
  try {
    switch (action.type) {
      case 'create':
        return Boolean(admin.create(paths.deployments, deploymentOf(action.name, action.replicas)));
      case 'scale':
        return Boolean(admin.merge(`${paths.deployments}/${action.name}`, { spec: { replicas: action.replicas } }));
      case 'set-image':
        return Boolean(
          admin.merge(`${paths.deployments}/${action.name}`, {
            spec: { template: { spec: { containers: [{ name: 'main', image: action.image }] } } },
          }),
        );
      case 'delete':
        return Boolean(admin.remove(`${paths.deployments}/${action.name}`));
      case 'delete-pod': {
        const pods = admin.list<V1Pod>(paths.pods);
        const pod = pods[action.pick % (pods.length || 1)];
        return pod ? Boolean(admin.remove(`${paths.pods}/${pod.metadata.name}`)) : false;
      }
      case 'crash':
        return cluster.findMachine(action.machine) ? cluster.crash(action.machine) : false;
      case 'boot':
        return cluster.findMachine(action.machine) ? cluster.bootMachine(action.machine) : false;
      case 'wait':
        return true;
    }
  } catch {
    return false;
  }
}

function isSettled(cluster: Cluster): boolean {
  return unsettled(cluster).length === 0;
}

/** What is not as it was asked for: `eventually` after faults stop. */
export function unsettled(cluster: Cluster): string[] {
  try {
    const admin = adminOf(cluster);
    const deployments = admin.list<V1Deployment>(paths.deployments);
    const pods = admin.list<V1Pod>(paths.pods);
    const replicaSets = admin.list<V1ReplicaSet>(paths.replicaSets);
    const uids = new Set([...deployments, ...replicaSets].map(({ metadata }) => metadata.uid));
    const unready = deployments.filter(
      ({ metadata, spec, status }) =>
        status.observedGeneration !== metadata.generation ||
        (status.readyReplicas ?? 0) !== spec.replicas ||
        (status.replicas ?? 0) !== spec.replicas ||
        (status.updatedReplicas ?? 0) !== spec.replicas,
    );
    const orphans = [...pods, ...replicaSets].filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => !uids.has(uid)));
    return [
      ...unready.map(({ metadata, spec, status }) => `Deployment ${metadata.name} wants ${spec.replicas}, has ${JSON.stringify(status)}`),
      ...orphans.map(({ kind, metadata }) => `${kind} ${metadata.name} has no owner`),
    ];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** What each Pod that is not Ready says of itself, and the last event about it. */
function unready(cluster: Cluster): string[] {
  const { pods, events } = viewOf(cluster);
  return pods
    .filter(({ isReady }) => !isReady)
    .map((pod) => {
      const last = events.find(({ object }) => object === `Pod/${pod.namespace}/${pod.name}`);
      return `Pod ${pod.name} on ${pod.node}: ${pod.status} ${pod.ready} ${pod.reason ?? ''} (${last ? `${last.reason}: ${last.message}` : 'no event'})`;
    });
}
