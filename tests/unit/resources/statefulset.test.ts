import { defaulted, refusalOf, rowOf, prepared, updateRefusalOf } from '../../support/objects';

const template = { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'db', image: 'postgres:17' }] } };
const statefulSet = (spec: object = {}) => ({
  metadata: { name: 'db' },
  spec: { serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template, ...spec },
});

test('a StatefulSet brings its Pods up in order, updates from the last and keeps the claims', () => {
  expect(defaulted('StatefulSet', statefulSet()).spec).toMatchObject({
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    revisionHistoryLimit: 10,
  });
});

test('claims in the template of a StatefulSet are defaulted as those that stand alone', () => {
  const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
  expect(defaulted('StatefulSet', statefulSet({ volumeClaimTemplates: [claim] })).spec.volumeClaimTemplates).toMatchObject([
    { kind: 'PersistentVolumeClaim', apiVersion: 'v1', spec: { volumeMode: 'Filesystem' }, status: { phase: 'Pending' } },
  ]);
});

test.each([
  [{ podManagementPolicy: 'Random' }, `spec.podManagementPolicy: Invalid value: "Random": must be 'OrderedReady' or 'Parallel'`],
  [
    { updateStrategy: { type: 'Recreate' } },
    `spec.updateStrategy: Invalid value: {"Type":"Recreate","RollingUpdate":null}: must be 'RollingUpdate' or 'OnDelete'`,
  ],
  [
    { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 2 } } },
    `spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":2,"MaxUnavailable":null}: only allowed for updateStrategy 'RollingUpdate'`,
  ],
  [{ selector: {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for statefulset'],
])('a StatefulSet with %j is refused', (spec, sentence) => {
  expect(refusalOf('StatefulSet', statefulSet(spec))).toBe(`StatefulSet.apps "db" is invalid: ${sentence}`);
});

test('of a StatefulSet only what a rolling update can follow may change', () => {
  const why =
    "StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  expect(updateRefusalOf('StatefulSet', statefulSet(), ({ spec }) => void (spec.serviceName = 'other'))).toBe(why);
  expect(updateRefusalOf('StatefulSet', statefulSet(), ({ spec }) => void (spec.replicas = 5))).toBeUndefined();
});

test('kubectl get statefulsets shows how many are ready', () => {
  expect(rowOf('StatefulSet', prepared('StatefulSet', statefulSet({ replicas: 3 })))).toMatchObject({
    Ready: '0/3',
    Images: 'postgres:17',
  });
});
