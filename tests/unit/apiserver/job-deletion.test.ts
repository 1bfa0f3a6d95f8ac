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
