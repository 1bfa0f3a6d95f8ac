import { ApiBench } from '../../support/api-server';

const template = { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'db', image: 'postgres:17' }] } };
const statefulSet = { metadata: { name: 'db' }, spec: { serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template } };
const path = '/apis/apps/v1/namespaces/default/statefulsets';

function benchWithNamespace(): ApiBench {
  const bench = new ApiBench();
  bench.kernel.runFor(1000);
  return bench;
}

test('an object that nothing acts upon yet says so in a Warning Event, as describe and get events show', () => {
  const bench = benchWithNamespace();
  const { metadata } = bench.create(path, statefulSet);
  const { items } = bench.get('/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=db') as unknown as { items: object[] };
  expect(items).toMatchObject([
    {
      type: 'Warning',
      reason: 'NotSimulated',
      involvedObject: { kind: 'StatefulSet', apiVersion: 'apps/v1', namespace: 'default', name: 'db', uid: metadata.uid },
      message: expect.stringContaining('nothing in this cluster acts upon it yet') as string,
    },
  ]);
});

test('of an object without a namespace the default namespace tells', () => {
  const bench = benchWithNamespace();
  bench.create('/apis/resource.k8s.io/v1/deviceclasses', { metadata: { name: 'gpu.example' }, spec: {} });
  const { items } = bench.get('/api/v1/namespaces/default/events') as unknown as { items: object[] };
  expect(items).toMatchObject([{ reason: 'NotSimulated', involvedObject: { kind: 'DeviceClass', name: 'gpu.example' } }]);
});

test('a dry run warns of nothing', () => {
  const bench = benchWithNamespace();
  bench.create(`${path}?dryRun=All`, statefulSet);
  const { items } = bench.get('/api/v1/namespaces/default/events') as unknown as { items: object[] };
  expect(items).toEqual([]);
});

test('a kind that is acted upon needs no such Event', () => {
  const bench = benchWithNamespace();
  bench.create('/apis/apps/v1/namespaces/default/replicasets', { ...statefulSet, spec: { selector: statefulSet.spec.selector, template } });
  expect((bench.get('/api/v1/events') as unknown as { items: object[] }).items).toEqual([]);
});
