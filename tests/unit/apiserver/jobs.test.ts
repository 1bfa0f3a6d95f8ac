import { ApiBench } from '../../support/api-server';

const path = '/apis/batch/v1/namespaces/default/jobs';
const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox:1.37' }] } };

test('deleting a Job without a word about its Pods leaves them, with a warning', () => {
  const bench = new ApiBench();
  bench.kernel.runFor(1000);
  bench.create(path, { metadata: { name: 'once' }, spec: { template } });
  const { headers, body } = bench.send('DELETE', `${path}/once`);
  expect(headers.warning).toContain('child pods are preserved by default when jobs are deleted');
  expect(body).toMatchObject({ metadata: { finalizers: ['orphan'] } });
});

test('deleting a Job with its Pods warns of nothing', () => {
  const bench = new ApiBench();
  bench.kernel.runFor(1000);
  bench.create(path, { metadata: { name: 'once' }, spec: { template } });
  expect(bench.send('DELETE', `${path}/once?propagationPolicy=Background`).headers.warning).toBeUndefined();
});

test('Jobs are selected by how many Pods succeeded, and other fields refused in their own words', () => {
  const bench = new ApiBench();
  bench.kernel.runFor(1000);
  bench.create(path, { metadata: { name: 'once' }, spec: { template } });
  const { items } = bench.get(`${path}?fieldSelector=status.successful%3D0`) as unknown as { items: unknown[] };
  expect(items).toHaveLength(1);
  expect(bench.refusal('GET', `${path}?fieldSelector=status.failed%3D0`)).toBe('400 field label "status.failed" not supported for Job');
  expect(bench.refusal('GET', '/apis/apps/v1/statefulsets?fieldSelector=spec.replicas%3D0')).toBe(
    '400 field label not supported for appsv1.StatefulSet: spec.replicas',
  );
});
