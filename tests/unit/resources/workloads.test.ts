import { definitionOf, defaulted, prepared, refusalOf, rowOf, updateRefusalOf } from '../../support/objects';

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] } };
const workload = (spec: object = {}) => ({
  metadata: { name: 'web' },
  spec: { selector: { matchLabels: { app: 'web' } }, template, ...spec },
});

test('a Deployment rolls by a quarter and keeps ten revisions unless told otherwise', () => {
  expect(defaulted('Deployment', workload()).spec).toMatchObject({
    replicas: 1,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  });
});

test('a template gets a Pod spec’s defaults, but not those of a Pod', () => {
  const spec = defaulted('Deployment', workload()).spec.template.spec;
  expect(spec).toMatchObject({ restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' });
  expect(spec).not.toHaveProperty('enableServiceLinks');
});

test('replicas: 0 is not the same as no replicas', () => {
  expect(defaulted('ReplicaSet', workload({ replicas: 0 })).spec.replicas).toBe(0);
  expect(defaulted('ReplicaSet', workload()).spec.replicas).toBe(1);
});

test.each([
  ['Deployment', { replicas: -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
  [
    'Deployment',
    { selector: { matchLabels: { app: 'other' } } },
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ],
  ['Deployment', { selector: {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
  [
    'Deployment',
    { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
  ],
  [
    'Deployment',
    { strategy: { type: 'Recreate', rollingUpdate: {} } },
    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
  ],
  [
    'Deployment',
    { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],
  [
    'Deployment',
    { progressDeadlineSeconds: 5, minReadySeconds: 5 },
    'spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds',
  ],
  [
    'DaemonSet',
    { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } },
    'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
  ],
  [
    'DaemonSet',
    { updateStrategy: { type: 'X' } },
    'spec.updateStrategy: Unsupported value: {"Type":"X","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"',
  ],
])('a %s with %j is refused', (kind, spec, sentence) => {
  expect(refusalOf(kind, workload(spec))).toBe(`${kind}.apps "web" is invalid: ${sentence}`);
});

test.each(['Deployment', 'ReplicaSet', 'DaemonSet'])('the selector of a %s is immutable', (kind) => {
  const refusal = updateRefusalOf(kind, workload(), (object) => {
    object.spec.selector.matchLabels = { app: 'other' };
    object.spec.template.metadata.labels = { app: 'other' };
  });
  expect(refusal).toBe(`${kind}.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable`);
});

test('a DaemonSet counts the generations of its template', () => {
  const old = prepared('DaemonSet', workload());
  expect(old.metadata.annotations).toEqual({ 'deprecated.daemonset.template.generation': '1' });
  const changed = prepared(
    'DaemonSet',
    workload({ template: { ...template, spec: { containers: [{ name: 'web', image: 'nginx:1.28' }] } } }),
  );
  definitionOf('DaemonSet').prepareForUpdate?.(changed, old, { now: '', user: '', requester: { name: '', groups: [] } });
  expect(changed.metadata.annotations).toEqual({ 'deprecated.daemonset.template.generation': '2' });
});

test('a name with dots is warned about, since it ends up in host names', () => {
  const deployment = prepared('Deployment', { ...workload(), metadata: { name: 'web.v1' } });
  expect(definitionOf('Deployment').warnings?.(deployment)).toEqual([
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
  ]);
});

test('the row of a Deployment', () => {
  const deployment = {
    ...prepared('Deployment', workload({ replicas: 3 })),
    status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 },
  };
  deployment.metadata.creationTimestamp = '2026-01-05T07:58:30Z';
  expect(rowOf('Deployment', deployment)).toEqual({
    Name: 'web',
    Ready: '2/3',
    'Up-to-date': 3,
    Available: 2,
    Age: '90s',
    Containers: 'web',
    Images: 'nginx:1.27',
    Selector: 'app=web',
  });
});
