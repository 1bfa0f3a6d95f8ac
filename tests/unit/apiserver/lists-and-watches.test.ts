import { readListOptions } from '@/lib/cluster/apiserver/options';
import { ConfigMap } from '@/lib/cluster/resources';
import { ApiBench, configMap, mediaTypes } from '../../support/api-server';
import { collectGarbage } from '../../support/garbage';

const maps = '/api/v1/namespaces/default/configmaps';
const lease = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'l' },
  spec: { renewTime: '2026-01-05T08:00:00.000000Z' },
};
const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';

let api: ApiBench;
beforeEach(() => {
  api = new ApiBench();
  for (const name of ['a', 'b', 'c']) api.create(maps, configMap(name, {}, { labels: { letter: name } }));
});

const namesOf = (list: any) => list.items.map((one: any) => one.metadata.name);
const said = (watch: { events: { type: string; object: any }[] }) =>
  watch.events.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim());

test('a list in pages shows the state of its first page', () => {
  const first = api.get(`${maps}?limit=2`) as any;
  expect([namesOf(first), first.metadata.remainingItemCount]).toEqual([['a', 'b'], 1]);
  api.send('DELETE', `${maps}/c`);
  const second = api.get(`${maps}?limit=2&continue=${first.metadata.continue}`) as any;
  expect(namesOf(second)).toEqual(['c']);
  expect(second.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
});

test('a page of a compacted revision is Expired', () => {
  const { metadata } = api.get(`${maps}?limit=1`) as any;
  api.create(maps, configMap('d'));
  api.etcd.compact(api.etcd.revision);
  expect(api.refusal('GET', `${maps}?limit=1&continue=${metadata.continue}`)).toMatch(
    /^410 The provided continue parameter is too old to display a consistent list result/,
  );
  expect(api.refusal('GET', `${maps}?resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=Exact`)).toBe(
    '410 The resourceVersion for the provided list is too old.',
  );
});

test('labels and fields select', () => {
  expect(namesOf(api.get(`${maps}?labelSelector=letter+in+(a,c)`))).toEqual(['a', 'c']);
  expect(namesOf(api.get(`${maps}?fieldSelector=metadata.name%3Db`))).toEqual(['b']);
  expect(api.refusal('GET', `${maps}?fieldSelector=data%3Dx`)).toBe(
    '400 "data" is not a known field selector: only "metadata.name", "metadata.namespace"',
  );
  expect(api.refusal('GET', '/api/v1/pods?fieldSelector=spec.containers%3Dx')).toBe('400 field label not supported: spec.containers');
});

test('a list from the future is a timeout', () => {
  expect(api.refusal('GET', `${maps}?resourceVersion=9999`)).toBe(
    `504 Timeout: Too large resource version: 9999, current: ${api.etcd.revision}`,
  );
});

test('a watch without a revision begins with what is there', () => {
  const watch = api.watch(`${maps}?watch=1`);
  expect(watch.events).toEqual([]);
  api.kernel.runUntilIdle();
  expect(said(watch)).toEqual(['ADDED a', 'ADDED b', 'ADDED c']);
});

test('a watch from a revision sees each later change once and in order', () => {
  const { resourceVersion } = (api.get(maps) as any).metadata;
  api.patch(`${maps}/a`, 'merge', { data: { x: '1' } });
  const watch = api.watch(`${maps}?watch=1&resourceVersion=${resourceVersion}`);
  api.send('DELETE', `${maps}/b`);
  api.create(maps, configMap('d'));
  api.kernel.runUntilIdle();
  expect(said(watch)).toEqual(['MODIFIED a', 'DELETED b', 'ADDED d']);
  expect(watch.events.map(({ object }) => Number(object.metadata.resourceVersion))).toEqual(
    [1, 2, 3].map((later) => Number(resourceVersion) + later),
  );
});

test('changes reach a watcher later in the same instant, never inside the request', () => {
  const watch = api.watch(`${maps}?watch=1&resourceVersion=${api.etcd.revision}`);
  api.create(maps, configMap('d'));
  expect(watch.events).toEqual([]);
  const before = api.kernel.now;
  api.kernel.runUntilIdle();
  expect(said(watch)).toEqual(['ADDED d']);
  expect(api.kernel.now).toBe(before);
});

test('an object that ceases to match a watch is deleted for it, one that begins to is added', () => {
  const watch = api.watch(`${maps}?watch=1&resourceVersion=${api.etcd.revision}&labelSelector=letter%3Da`);
  api.patch(`${maps}/a`, 'merge', { metadata: { labels: { letter: 'z' } } });
  api.patch(`${maps}/b`, 'merge', { metadata: { labels: { letter: 'a' } } });
  api.kernel.runUntilIdle();
  expect(said(watch)).toEqual(['DELETED a', 'ADDED b']);
});

test('a watch from a compacted revision is told so and ended', () => {
  const { revision } = api.etcd;
  api.create(maps, configMap('d'));
  api.etcd.compact(api.etcd.revision);
  const watch = api.watch(`${maps}?watch=1&resourceVersion=${revision - 1}`);
  api.kernel.runUntilIdle();
  expect(watch.events[0]).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  expect(watch.isOver).toBe(true);
});

test('sendInitialEvents ends with a bookmark that says so', () => {
  const watch = api.watch(`${maps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`);
  api.kernel.runUntilIdle();
  expect(said(watch)).toEqual(['ADDED a', 'ADDED b', 'ADDED c', 'BOOKMARK']);
  expect(watch.events.at(-1)?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
});

test('a watch lasts as long as it asked for, by the simulated clock', () => {
  const watch = api.watch(`${maps}?watch=1&timeoutSeconds=30`);
  api.kernel.runFor(29_000);
  expect(watch.isOver).toBe(false);
  api.kernel.runFor(2_000);
  expect(watch.isOver).toBe(true);
});

test('a watcher that hung up hears nothing more', () => {
  const watch = api.watch(`${maps}?watch=1&resourceVersion=${api.etcd.revision}`);
  api.create(maps, configMap('d'));
  watch.close();
  api.kernel.runUntilIdle();
  expect(watch.events).toEqual([]);
});

test('a lease renewed in the background does not wake the cluster, another write does', () => {
  api.create(leases, lease);
  api.watch(`${leases}?watch=1`);
  api.watch(`${maps}?watch=1`);
  api.kernel.runUntilIdle();
  const inBackground = (run: () => void) => {
    let hasRun = false;
    api.kernel.schedule({
      delayMs: 0,
      actor: 'kubelet',
      what: 'heartbeat',
      background: true,
      run: () => {
        run();
        hasRun = true;
      },
    });
    api.kernel.runUntilCondition(() => hasRun);
  };
  inBackground(() => void api.patch(`${leases}/l`, 'merge', { spec: { renewTime: '2026-01-05T08:00:10.000000Z' } }));
  expect(api.kernel.isIdle).toBe(true);
  inBackground(() => void api.patch(`${maps}/a`, 'merge', { data: { x: 'y' } }));
  expect(api.kernel.isIdle).toBe(false);
});

test('an API server that stops ends its watches', () => {
  const watch = api.watch(`${maps}?watch=1`);
  api.server.stop();
  expect(watch.isOver).toBe(true);
});

test('a Table has a row an object, and a watch sends the columns once', () => {
  const table = api.send('GET', maps, undefined, { accept: mediaTypes.table }).body as any;
  expect(table.columnDefinitions.map((one: any) => one.name)).toEqual(['Name', 'Data', 'Age']);
  expect(table.rows.map((row: any) => [row.cells[0], row.object.kind])).toEqual([
    ['a', 'PartialObjectMetadata'],
    ['b', 'PartialObjectMetadata'],
    ['c', 'PartialObjectMetadata'],
  ]);
  const events: any[] = [];
  api
    .send('GET', `${maps}?watch=1`, undefined, { accept: mediaTypes.table })
    .stream?.start({ write: (chunk) => void events.push(chunk), end: () => {} });
  api.kernel.runUntilIdle();
  expect(events.map(({ object }) => object.columnDefinitions === null)).toEqual([false, true, true]);
});

test('of label selectors the long ones are not kept', async () => {
  const selectorOf = (length: number) => {
    const query = new Map([['labelSelector', `app in (${Array.from({ length }, (_, index) => `a${index}`).join()})`]]);
    return new WeakRef(readListOptions(query, ConfigMap).labels as object);
  };
  const [short, long] = [selectorOf(3), selectorOf(10_000)];
  await collectGarbage();
  expect([short.deref(), long.deref()]).toEqual([expect.anything(), undefined]);
});
