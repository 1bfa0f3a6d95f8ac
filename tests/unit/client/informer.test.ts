import { Client, Informer } from '@/lib/cluster/client';
import { ConnectionError } from '@/lib/cluster/api';
import { ConfigMap } from '@/lib/cluster/resources';
import type { V1ConfigMap } from '@/generated/kubernetes/types';
import { ControlPlane } from '@/tests/support/control-plane';

function watched(cp: ControlPlane, transport = cp.transport) {
  const seen: string[] = [];
  const client = new Client({ transport, actor: 'watcher' });
  const informer = new Informer<V1ConfigMap>({ kernel: cp.kernel, client, resource: ConfigMap, filter: { namespace: 'default' } });
  informer.addHandler({
    added: ({ metadata }) => seen.push(`+${metadata.name}`),
    updated: (old, { metadata }) => seen.push(`~${metadata.name} ${old.data?.['n']}`),
    deleted: ({ metadata }) => seen.push(`-${metadata.name}`),
  });
  informer.start();
  return { seen, informer };
}

const bare = () => new ControlPlane({ controllers: false, scheduler: false, kubelet: false });
const create = (cp: ControlPlane, name: string) =>
  cp.client.create(ConfigMap, { metadata: { name, namespace: 'default' }, data: { n: '1' } });

test('a cache lags behind the API server by the latency of the watch, and then agrees with it', () => {
  const cp = bare();
  const { informer } = watched(cp);
  cp.settle();
  create(cp, 'a');
  expect(informer.get('default/a')).toBeUndefined();
  cp.settle();
  expect(informer.get('default/a')).toEqual(cp.client.get(ConfigMap, { namespace: 'default', name: 'a' }));
});

test('events of one watch arrive in the order of their revisions', () => {
  const cp = bare();
  const { seen } = watched(cp);
  cp.settle();
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) create(cp, name);
  cp.client.delete(ConfigMap, { namespace: 'default', name: 'c' });
  cp.settle();
  expect(seen).toEqual(['+a', '+b', '+c', '+d', '+e', '+f', '-c']);
});

test('what the list holds is told before what the watch brings', () => {
  const cp = bare();
  create(cp, 'a');
  const { seen } = watched(cp);
  create(cp, 'b');
  cp.settle();
  expect(seen).toEqual(['+a', '+b']);
});

test('an informer survives a restart of the API server and misses nothing', () => {
  const cp = bare();
  const { seen, informer } = watched(cp);
  create(cp, 'a');
  cp.settle();
  cp.restartApi();
  create(cp, 'b');
  cp.kernel.runFor(5_000);
  expect(seen).toEqual(['+a', '+b']);
  expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
});

test('after 410 Gone an informer lists again and tells the difference', () => {
  const cp = bare();
  create(cp, 'a');
  const { seen } = watched(cp);
  create(cp, 'b');
  cp.settle();
  cp.restartApi();
  cp.client.patch(ConfigMap, { namespace: 'default', name: 'a' }, { data: { n: '2' } });
  cp.client.delete(ConfigMap, { namespace: 'default', name: 'b' });
  create(cp, 'c');
  cp.etcd.compact(cp.etcd.revision);
  cp.restartApi();
  cp.kernel.runFor(10_000);
  expect([...seen].sort()).toEqual(['+a', '+b', '+c', '-b', '~a 1'].sort());
});

test('while nobody answers an informer tries again with growing pauses', () => {
  const cp = bare();
  const tries: number[] = [];

  watched(cp, () => {
    tries.push(cp.kernel.now);
    throw new ConnectionError('connect: connection refused');
  });
  cp.kernel.runFor(60_000);
  const pauses = tries.slice(1).map((at, index) => at - (tries[index] as number));
  expect(pauses[0]).toBeGreaterThanOrEqual(800);
  expect(pauses.at(-1)).toBeGreaterThan(8_000);
  expect(cp.kernel.isIdle).toBe(true);
});

test('a heartbeat is delivered as a background entry, so an idle cluster stays idle', () => {
  const cp = new ControlPlane({ kubelet: false });
  cp.addNode('worker-1');
  cp.kernel.runFor(10_000);
  let busy = 0;
  const end = cp.kernel.now + 60_000;
  while ((cp.kernel.peek()?.at ?? Infinity) < end) {
    cp.kernel.step();
    if (!cp.kernel.isIdle) busy++;
  }
  expect(busy).toBe(0);
});

test('an index files objects under what its function says, and refiles them when they change', () => {
  const cp = bare();
  const { informer } = watched(cp);
  informer.addIndex('n', ({ data }) => [data?.['n'] ?? '']);
  create(cp, 'a');
  create(cp, 'b');
  cp.settle();
  cp.client.patch(ConfigMap, { namespace: 'default', name: 'a' }, { data: { n: '2' } });
  cp.settle();
  expect(informer.byIndex('n', '1').map(({ metadata }) => metadata.name)).toEqual(['b']);
  expect(informer.byIndex('n', '2').map(({ metadata }) => metadata.name)).toEqual(['a']);
});

test('what a controller owns is found whether it is asked for before it is there or after', () => {
  const cp = bare();
  const { informer } = watched(cp);
  const { informer: late } = watched(cp);
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'u-1', controller: true };
  const namesOf = (found: V1ConfigMap[]) => found.map(({ metadata }) => metadata.name);
  cp.settle();
  expect(informer.controlledBy('u-1')).toEqual([]);
  cp.client.create(ConfigMap, { metadata: { name: 'owned', namespace: 'default', ownerReferences: [owner] } });
  create(cp, 'free');
  cp.settle();
  for (const one of [informer, late]) {
    expect(namesOf(one.controlledBy('u-1'))).toEqual(['owned']);
    expect(namesOf(one.orphans('default'))).toEqual(['free']);
  }
});

test('caches of which nothing was put into one hold nothing of another', () => {
  const cp = bare();
  const client = new Client({ transport: cp.transport, actor: 'watcher' });
  const informerOf = (namespace: string) =>
    new Informer<V1ConfigMap>({ kernel: cp.kernel, client, resource: ConfigMap, filter: { namespace } });
  const [here, elsewhere] = [informerOf('default'), informerOf('kube-system')];
  for (const one of [here, elsewhere]) one.start();
  cp.settle();
  create(cp, 'a');
  cp.settle();
  expect([here.size, elsewhere.size]).toEqual([1, 0]);
});
