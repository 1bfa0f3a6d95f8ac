import { ApiBench } from '../../support/api-server';

const path = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers/web`;
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };

function apply(bench: ApiBench, version: string, manager: string, spec: object, force = false) {
  const body = { apiVersion: `autoscaling/${version}`, kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' }, spec };
  const type = { 'content-type': 'application/apply-patch+yaml' };
  return bench.send('PATCH', `${path(version)}?fieldManager=${manager}&force=${force}`, body, type);
}

function applied(): ApiBench {
  const bench = new ApiBench();
  bench.kernel.runFor(1000);
  expect(apply(bench, 'v2', 'new', { scaleTargetRef, maxReplicas: 5, metrics: [cpu] }).status).toBe(201);
  return bench;
}

const fieldsOf = (bench: ApiBench, manager: string) =>
  bench.get(path('v2')).metadata.managedFields?.find((entry) => entry.manager === manager) as { apiVersion: string; fieldsV1: object };

test('a change through one version conflicts with whoever owns it in the words of another', () => {
  const { status, body } = apply(applied(), 'v1', 'old', { scaleTargetRef, maxReplicas: 5, targetCPUUtilizationPercentage: 70 });
  expect(status).toBe(409);
  expect((body as { message: string }).message).toBe('Apply failed with 1 conflict: conflict with "new": .spec.metrics');
});

test('what is taken by force through another version is no longer its owner’s', () => {
  const bench = applied();
  apply(bench, 'v1', 'old', { scaleTargetRef, maxReplicas: 5, targetCPUUtilizationPercentage: 70 }, true);
  expect(JSON.stringify(fieldsOf(bench, 'new'))).not.toContain('f:metrics');
  expect(fieldsOf(bench, 'old')).toMatchObject({
    apiVersion: 'autoscaling/v1',
    fieldsV1: { 'f:spec': { 'f:targetCPUUtilizationPercentage': {} } },
  });
});

test('an update through another version takes only what it changes', () => {
  const bench = applied();
  bench.patch(path('v1'), 'merge', { spec: { targetCPUUtilizationPercentage: 60 } });
  expect(JSON.stringify(fieldsOf(bench, 'new'))).not.toContain('f:metrics');
  expect(fieldsOf(bench, 'new')).toMatchObject({ apiVersion: 'autoscaling/v2', fieldsV1: { 'f:spec': { 'f:maxReplicas': {} } } });
});
