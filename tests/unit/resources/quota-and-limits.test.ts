import { defaulted, refusalOf, rowOf, updateRefusalOf } from '../../support/objects';

const quota = (spec: object) => ({ metadata: { name: 'q' }, spec });
const limits = (...items: object[]) => ({ metadata: { name: 'l' }, spec: { limits: items } });

test.each([
  [{ hard: { pods: '-1' } }, 'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0'],
  [{ hard: { pods: '1.5' } }, 'spec.hard[pods]: Invalid value: "1500m": must be an integer'],
  [
    { hard: { gpu: '1' } },
    '[spec.hard[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified, spec.hard[gpu]: Invalid value: "gpu": must be a standard resource for quota]',
  ],
  [{ hard: { cpu: '1' }, scopes: ['BestEffort'] }, 'spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
  [
    { hard: { pods: '1' }, scopes: ['Terminating', 'NotTerminating'] },
    'spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes',
  ],
  [
    { hard: { pods: '1' }, scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In' }] } },
    "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
  ],
])('a ResourceQuota with %j is refused', (spec, sentence) => {
  expect(refusalOf('ResourceQuota', quota(spec))).toBe(`ResourceQuota "q" is invalid: ${sentence}`);
});

test('a quota may count objects of any kind, and nodes’ own resources', () => {
  expect(refusalOf('ResourceQuota', quota({ hard: { 'count/jobs.batch': '3', 'requests.nvidia.com/gpu': '1' } }))).toBeUndefined();
});

test('what a quota counts is chosen once', () => {
  const change = (object: any) => void (object.spec.scopes = ['BestEffort']);
  expect(updateRefusalOf('ResourceQuota', quota({ hard: { pods: '1' } }), change)).toContain(
    'spec.scopes: Invalid value: ["BestEffort"]: field is immutable',
  );
});

test('kubectl get quota shows use against the limits', () => {
  const status = { hard: { pods: '10', 'requests.cpu': '1', 'limits.cpu': '2' }, used: { pods: '1', 'requests.cpu': '500m' } };
  expect(rowOf('ResourceQuota', { metadata: { name: 'q' }, spec: {}, status })).toMatchObject({
    Request: 'pods: 1/10, requests.cpu: 500m/1',
    Limit: 'limits.cpu: 0/2',
  });
});

test('the largest a container may have is its limit, and its limit its request, unless told otherwise', () => {
  const [item] = defaulted('LimitRange', limits({ type: 'Container', max: { cpu: '2' }, min: { memory: '1Mi' } })).spec.limits;
  expect(item).toMatchObject({ default: { cpu: '2' }, defaultRequest: { cpu: '2', memory: '1Mi' } });
});

test.each([
  [[{ type: 'Container' }, { type: 'Container' }], 'spec.limits[1].type: Duplicate value: "Container"'],
  [[{ type: 'Pod', default: { cpu: '1' } }], "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"],
  [
    [{ type: 'Container', min: { cpu: '2' }, max: { cpu: '1' }, default: { cpu: '1' }, defaultRequest: { cpu: '1' } }],
    '[spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1, spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1, spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1]',
  ],
  [
    [{ type: 'PersistentVolumeClaim' }],
    'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
  ],
  [
    [{ type: 'Pod', min: { cpu: '1' }, max: { cpu: '2' }, maxLimitRequestRatio: { cpu: '4' } }],
    'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "4": ratio 4 is greater than max/min = 2.000000',
  ],
])('a LimitRange of %j is refused', (items, sentence) => {
  expect(refusalOf('LimitRange', limits(...items))).toBe(`LimitRange "l" is invalid: ${sentence}`);
});
