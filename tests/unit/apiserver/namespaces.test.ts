import { ApiBench } from '../../support/api-server';

test('finalizing a Namespace does not take its name’s label off', () => {
  const bench = new ApiBench();
  const { labels: _, ...metadata } = bench.create('/api/v1/namespaces', { metadata: { name: 'red' } }).metadata;
  const { status, body } = bench.send('PUT', '/api/v1/namespaces/red/finalize', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata,
    spec: { finalizers: ['kubernetes', 'example.com/later'] },
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({ metadata: { labels: { 'kubernetes.io/metadata.name': 'red' } } });
});

test('whoever creates a DaemonSet owns the count of its templates', () => {
  const bench = new ApiBench();
  bench.kernel.runFor(1000);
  const template = { metadata: { labels: { app: 'log' } }, spec: { containers: [{ name: 'log', image: 'busybox:1.37' }] } };
  const { metadata } = bench.create('/apis/apps/v1/namespaces/default/daemonsets', {
    metadata: { name: 'log' },
    spec: { selector: { matchLabels: { app: 'log' } }, template },
  });
  expect(metadata.annotations).toEqual({ 'deprecated.daemonset.template.generation': '1' });
  expect(JSON.stringify(metadata.managedFields)).toContain('f:deprecated.daemonset.template.generation');
});
