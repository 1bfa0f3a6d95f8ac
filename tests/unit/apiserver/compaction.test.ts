import { EtcdError } from '@/lib/cluster/etcd';
import { ApiBench, configMap } from '../../support/api-server';

const maps = '/api/v1/namespaces/default/configmaps';
const minute = 60_000;
const interval = { etcdCompactionIntervalMs: 5 * minute };

test('etcd keeps the history of the last interval and forgets what is two intervals old', () => {
  const api = new ApiBench(interval);
  api.create(maps, configMap('a'));
  api.kernel.runFor(5 * minute);
  expect(api.etcd.compactedRevision).toBe(-1);
  const old = api.etcd.revision;
  api.patch(`${maps}/a`, 'merge', { data: { x: '1' } });
  api.kernel.runFor(5 * minute);
  expect(api.etcd.compactedRevision).toBe(old - 1);
});

test('unless told otherwise etcd keeps five to ten minutes, and everything with an interval of 0', () => {
  const [lab, archive] = [new ApiBench(), new ApiBench({ etcdCompactionIntervalMs: 0 })];
  for (const api of [lab, archive]) {
    api.create(maps, configMap('a'));
    api.kernel.runFor(9 * minute);
    expect(api.etcd.compactedRevision).toBe(-1);
    api.kernel.runFor(24 * 60 * minute);
  }
  expect(lab.etcd.compactedRevision).toBeGreaterThan(0);
  expect(archive.etcd.compactedRevision).toBe(-1);
});

test('of two API servers on one etcd one compacts each round, and both keep the last interval', () => {
  const first = new ApiBench(interval);
  const second = new ApiBench(interval, first.etcd);
  for (let round = 1; round <= 4; round++) {
    const begin = first.etcd.revision;
    first.create(maps, configMap(`round-${round}`));
    first.kernel.runFor(5 * minute);
    second.kernel.runFor(5 * minute);
    expect(first.etcd.range('compact_rev_key').kvs[0]?.version).toBe(round);
    expect(first.etcd.compactedRevision).toBeLessThanOrEqual(begin);
  }
  expect(first.etcd.compactedRevision).toBeGreaterThan(0);
});

test('an API server that is started anew between two rounds goes on where the last one was', () => {
  const before = new ApiBench(interval);
  before.create(maps, configMap('a'));
  before.kernel.runFor(5 * minute);
  before.server.stop();
  const revision = before.etcd.revision - 1;
  const after = new ApiBench(interval, before.etcd);
  after.kernel.runFor(5 * minute);
  expect(after.etcd.compactedRevision).toBe(revision);
});

function answersToWatch(api: ApiBench, resourceVersion: string): unknown {
  const watch = api.watch(`${maps}?watch=1&resourceVersion=${resourceVersion}`);
  api.kernel.runUntilIdle();
  return watch.events.map(({ type, object }) => [type, (object as any).reason]);
}

test('a watch of a kind that did not change goes on beyond compaction, one that missed something is Expired', () => {
  const api = new ApiBench();
  api.create(maps, configMap('a'));
  const { resourceVersion } = (api.get(maps) as any).metadata;
  api.create('/api/v1/namespaces/default/secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } });
  api.etcd.compact(api.etcd.revision);
  const quiet = api.watch(`${maps}?watch=1&resourceVersion=${resourceVersion}`);
  api.create(maps, configMap('b'));
  api.kernel.runUntilIdle();
  expect(quiet.events.map(({ type }) => type)).toEqual(['ADDED']);
  api.etcd.compact(api.etcd.revision);
  expect(answersToWatch(api, resourceVersion)).toEqual([['ERROR', 'Expired']]);
});

test('a watch that missed nothing but the compacted revision is Expired too: what was there before that nobody knows', () => {
  const api = new ApiBench();
  api.create(maps, configMap('a'));
  const { resourceVersion } = (api.get(maps) as any).metadata;
  api.etcd.deleteRange('/registry/configmaps/default/a');
  api.etcd.compact(api.etcd.revision);
  expect(answersToWatch(api, resourceVersion)).toEqual([['ERROR', 'Expired']]);
});

test('a watch that missed something while etcd is away ends with an internal error', () => {
  const api = new ApiBench();
  api.create(maps, configMap('a'));
  const { resourceVersion } = (api.get(maps) as any).metadata;
  api.create(maps, configMap('b'));
  Object.defineProperty(api.etcd, 'compactedRevision', {
    get: () => {
      throw new EtcdError('Unavailable', 'etcdserver: no leader');
    },
  });
  const watch = api.watch(`${maps}?watch=1&resourceVersion=${resourceVersion}`);
  api.kernel.runUntilIdle();
  expect(watch.events.map(({ type, object }) => [type, (object as any).reason])).toEqual([['ERROR', 'InternalError']]);
});
