import { ApiBench } from '../../support/api-server';

const pods = '/api/v1/namespaces/default/pods';
const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';

/** A running Pod `web` under a budget that was counted so. */
function guarded(status: object, { isReady = true, spec = {} }: { isReady?: boolean; spec?: object } = {}): ApiBench {
  const bench = new ApiBench();
  bench.kernel.runFor(1000);
  bench.create('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  bench.create(pods, { metadata: { name: 'web', labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } });
  const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False' }];
  bench.patch(`${pods}/web/status`, 'merge', { status: { phase: 'Running', conditions } });
  bench.create(budgets, { metadata: { name: 'web' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } }, ...spec } });
  const counted = { observedGeneration: 1, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, disruptionsAllowed: 0, ...status };
  bench.patch(`${budgets}/web/status`, 'merge', { status: counted });
  return bench;
}

const evict = (bench: ApiBench, options: object = {}) =>
  bench.send('POST', `${pods}/web/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'web' }, ...options });

test('an eviction that would leave too few healthy Pods is refused, and why is said', () => {
  const { status, body } = evict(guarded({}));
  expect(status).toBe(429);
  expect(body).toMatchObject({
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget web needs 1 healthy pods and has 1 currently' }] },
  });
});

test('an eviction takes one disruption off the budget and names the Pod until it is gone', () => {
  const bench = guarded({ disruptionsAllowed: 1, currentHealthy: 2 });
  expect(evict(bench).status).toBe(201);
  expect(bench.get(`${budgets}/web`).status).toMatchObject({
    disruptionsAllowed: 0,
    disruptedPods: { web: expect.any(String) as string },
    conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
  });
  expect(bench.send('GET', `${pods}/web`).status).toBe(404);
});

test('an eviction tried out takes nothing', () => {
  const bench = guarded({ disruptionsAllowed: 1 });
  expect(evict(bench, { deleteOptions: { dryRun: ['All'] } }).status).toBe(201);
  expect(bench.get(`${budgets}/web`).status.disruptionsAllowed).toBe(1);
  expect(bench.send('GET', `${pods}/web`).status).toBe(200);
});

test('a budget that has not been counted since it changed lets nothing through, for ten seconds', () => {
  const { status, body, headers } = evict(guarded({ observedGeneration: 0 }));
  expect(status).toBe(429);
  expect(headers['retry-after']).toBe('10');
  expect(body).toMatchObject({ details: { causes: [{ message: 'The disruption budget web is still being processed by the server.' }] } });
});

test('a Pod that is not ready may go while enough others are', () => {
  expect(evict(guarded({}, { isReady: false })).status).toBe(201);
  expect(evict(guarded({ currentHealthy: 0 }, { isReady: false })).status).toBe(429);
  expect(evict(guarded({ currentHealthy: 0 }, { isReady: false, spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } })).status).toBe(201);
});

test('a Pod under two budgets cannot be evicted', () => {
  const bench = guarded({ disruptionsAllowed: 1 });
  bench.create(budgets, { metadata: { name: 'other' }, spec: { maxUnavailable: 1, selector: {} } });
  expect(evict(bench)).toMatchObject({
    status: 500,
    body: { message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.' },
  });
});

test('a Pod that has ended needs no budget', () => {
  const bench = guarded({});
  bench.patch(`${pods}/web/status`, 'merge', { status: { phase: 'Succeeded' } });
  expect(evict(bench).status).toBe(201);
});
