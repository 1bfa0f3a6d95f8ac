import fc from 'fast-check';
import { Cluster, type ClusterSnapshot } from '@/lib/cluster';
import { adminOf, deploymentOf, paths } from '@/tests/support/api-calls';
import { freshCluster } from '@/tests/support/template';

/** How often; CI has more patience than a person at the keyboard. */
const restores = Number(process.env['ORRERY_RESTORES'] ?? 100);

/** What a person may do to a cluster. Total: whatever comes, it can be done. */
type Action =
  | { readonly type: 'create' | 'scale' | 'delete'; readonly name: string; readonly replicas: number }
  | { readonly type: 'crash' | 'boot'; readonly machine: string }
  | { readonly type: 'wait'; readonly ms: number };

const name = fc.constantFrom('web', 'api');
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ type: fc.constantFrom('create' as const, 'scale' as const, 'delete' as const), name, replicas: fc.nat(4) }),
  fc.record({ type: fc.constantFrom('crash' as const, 'boot' as const), machine: fc.constantFrom('worker-1', 'worker-2') }),
  { weight: 2, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 60_000 }) }) },
);

function act(cluster: Cluster, one: Action): void {
  try {
    actOrFail(cluster, one);
  } catch {
    // It is there already, or it is not there, or nobody answers: that is an answer too.
  }
}

function actOrFail(cluster: Cluster, one: Action): void {
  const admin = adminOf(cluster);
  switch (one.type) {
    case 'create':
      return void admin.create(paths.deployments, deploymentOf(one.name, one.replicas));
    case 'scale':
      return void admin.merge(`${paths.deployments}/${one.name}`, { spec: { replicas: one.replicas } });
    case 'delete':
      return void admin.remove(`${paths.deployments}/${one.name}`);
    case 'crash':
      return void cluster.crash(one.machine);
    case 'boot':
      return void cluster.bootMachine(one.machine);
    case 'wait':
      return void cluster.kernel.runFor(one.ms);
  }
}

/** As the database has it. */
function written(cluster: Cluster): ClusterSnapshot {
  return JSON.parse(JSON.stringify(cluster.snapshot())) as ClusterSnapshot;
}

/** A snapshot without the count of how often components were started, which is what a restore raises, and without how its history is packed. */
function state({ generation: _, history: __, ...rest }: ClusterSnapshot): Omit<ClusterSnapshot, 'generation' | 'history'> {
  return rest;
}

test('fork then run is restore then run, trace hash for trace hash, whatever was done before and after', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 8 }), fc.array(action, { minLength: 1, maxLength: 8 }), (before, after) => {
      const original = freshCluster({ seed: 'any' });
      for (const one of before) act(original, one);
      const untouched = written(original);
      const [fork, restored] = [original.fork(), Cluster.restore(written(original))];
      for (const cluster of [fork, restored]) {
        for (const one of after) act(cluster, one);
        cluster.kernel.runFor(30_000);
      }
      expect(restored.kernel.trace.hash).toBe(fork.kernel.trace.hash);
      expect(state(written(restored))).toEqual(state(written(fork)));
      expect(written(original)).toEqual(untouched);
    }),
    { numRuns: Math.ceil(restores / 25), seed: 11 },
  );
}, 120_000);

test('a cluster that is restored a thousand times in a row is the same to the last byte as after the first time, and runs on the same', () => {
  const original = freshCluster({ seed: 'thousand', workers: 1 });
  for (const one of [
    { type: 'create', name: 'web', replicas: 3 },
    { type: 'wait', ms: 2_300 },
    { type: 'crash', machine: 'worker-1' },
    { type: 'wait', ms: 700 },
  ] as const)
    act(original, one);
  // Whoever leads renews its lease when it starts again: once, for time does not pass.
  const first = written(Cluster.restore(written(original)));
  let last = first;
  for (let time = 1; time < restores; time++) {
    const again = Cluster.restore(last);
    last = time % 20 === 0 ? written(again) : again.snapshot();
  }
  last = JSON.parse(JSON.stringify(last)) as ClusterSnapshot;
  expect(last.generation).toBe(first.generation + restores - 1);
  expect(state(last)).toEqual(state(first));
  expect(JSON.stringify(last.history).length).toBe(JSON.stringify(first.history).length);
  const [once, often] = [first, { ...last, generation: first.generation }].map((snapshot) => Cluster.restore(snapshot)) as [
    Cluster,
    Cluster,
  ];
  for (const cluster of [once, often]) {
    act(cluster, { type: 'boot', machine: 'worker-1' });
    cluster.kernel.runFor(600_000);
  }
  expect(often.kernel.trace.hash).toBe(once.kernel.trace.hash);
}, 240_000);
