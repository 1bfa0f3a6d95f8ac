import { prepared, refusalOf, rowOf } from '../../support/objects';
import { ApiBench } from '../../support/api-server';

const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const autoscaler = (spec: object = {}) => ({ metadata: { name: 'web' }, spec: { scaleTargetRef: target, maxReplicas: 5, ...spec } });
const memory = { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } } };
const kind = 'HorizontalPodAutoscaler';
const path = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;

function bench(): ApiBench {
  const api = new ApiBench();
  api.kernel.runFor(1000);
  return api;
}

test('an autoscaler keeps CPU at 80 % of what was requested, with at least one Pod', () => {
  expect(prepared(kind, autoscaler()).spec).toMatchObject({
    minReplicas: 1,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
  });
});

test('whoever says how to scale one way leaves the other way to the defaults', () => {
  const { behavior } = prepared(kind, autoscaler({ behavior: { scaleUp: { selectPolicy: 'Min' } } })).spec;
  expect(behavior).toMatchObject({
    scaleUp: {
      selectPolicy: 'Min',
      stabilizationWindowSeconds: 0,
      policies: [
        { type: 'Pods', value: 4 },
        { type: 'Percent', value: 100 },
      ],
    },
    scaleDown: { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
  });
});

test.each([
  [{ minReplicas: 6 }, 'spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`'],
  [
    { scaleTargetRef: { kind: 'Deployment', name: 'web' } },
    'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group',
  ],
  [
    { metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } }] },
    '[spec.metrics[0].resource.target. utilization, value and averageValue: Invalid value: "Utilization": at least one not nil, spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization]',
  ],
])('an autoscaler with %j is refused', (spec, sentence) => {
  expect(refusalOf(kind, autoscaler(spec))).toBe(`HorizontalPodAutoscaler.autoscaling "web" is invalid: ${sentence}`);
});

test('kubectl get hpa shows each metric beside its target', () => {
  const metrics = [...prepared(kind, autoscaler()).spec.metrics, memory, memory];
  const status = {
    currentReplicas: 2,
    desiredReplicas: 2,
    currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 12 } } }],
  };
  expect(rowOf(kind, { ...prepared(kind, autoscaler({ metrics })), status })).toMatchObject({
    Reference: 'Deployment/web',
    Targets: 'cpu: 12%/80%, memory: <unknown>/1Gi + 1 more...',
    Replicas: 2,
  });
});

test('autoscaling/v1 shows the share of CPU as a field and all other metrics as an annotation', () => {
  const api = bench();
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };
  api.create(path('v2'), autoscaler({ metrics: [cpu, memory] }));
  const { apiVersion, metadata, spec } = api.get(`${path('v1')}/web`);
  expect(apiVersion).toBe('autoscaling/v1');
  expect(spec).toEqual({ scaleTargetRef: target, minReplicas: 1, maxReplicas: 5, targetCPUUtilizationPercentage: 50 });
  expect(JSON.parse(metadata.annotations?.['autoscaling.alpha.kubernetes.io/metrics'] ?? '')).toEqual([
    { type: 'Resource', resource: { name: 'memory', targetAverageValue: '1Gi' } },
  ]);
});

test('what is written as autoscaling/v1 is stored, defaulted and read as autoscaling/v2', () => {
  const api = bench();
  api.create(path('v1'), autoscaler({ targetCPUUtilizationPercentage: 70 }));
  api.create(path('v1'), { ...autoscaler(), metadata: { name: 'plain' } });
  const share = (name: string) => api.get(`${path('v2')}/${name}`).spec.metrics[0].resource.target.averageUtilization;
  expect([share('web'), share('plain')]).toEqual([70, 80]);
});

test('a write through autoscaling/v1 keeps what only autoscaling/v2 can say', () => {
  const api = bench();
  api.create(path('v2'), autoscaler({ metrics: [memory], behavior: { scaleDown: { stabilizationWindowSeconds: 7 } } }));
  api.patch(`${path('v1')}/web`, 'merge', { spec: { maxReplicas: 9 } });
  const { spec, metadata } = api.get(`${path('v2')}/web`);
  expect(spec).toMatchObject({ maxReplicas: 9, metrics: [memory], behavior: { scaleDown: { stabilizationWindowSeconds: 7 } } });
  expect(metadata.annotations).toBeUndefined();
});

test.each([
  'not json',
  '5',
  '{}',
  '[5, null]',
  '[{"type":"Object","object":{}}]',
  '[{"type":"Pods","pods":7}]',
  '[{"type":"Resource","resource":{"name":"cpu","targetAverageValue":"lots"}}]',
  '[{"__proto__":{"type":"Resource"}}]',
])('annotations of autoscaling/v1 that say %s are answered, not suffered', (text) => {
  const api = bench();
  const annotations = Object.fromEntries(
    ['metrics', 'current-metrics', 'conditions', 'behavior'].map((name) => [`autoscaling.alpha.kubernetes.io/${name}`, text]),
  );
  const { status } = api.send('POST', path('v1'), { ...autoscaler(), metadata: { name: 'web', annotations } });
  expect([201, 422]).toContain(status);
});
