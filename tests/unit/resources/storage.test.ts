import { prepared, refusalOf, rowOf, updateRefusalOf } from '../../support/objects';

const claim = (spec: object = {}) => ({
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});
const volume = (spec: object = {}) => ({
  metadata: { name: 'disk' },
  spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' }, ...spec },
});

test('a claim waits to be bound, for a filesystem unless it asks for a device', () => {
  expect(prepared('PersistentVolumeClaim', claim())).toMatchObject({ spec: { volumeMode: 'Filesystem' }, status: { phase: 'Pending' } });
});

test('a claim’s data source is said in the old words and in the new', () => {
  const dataSource = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'monday' };
  expect(prepared('PersistentVolumeClaim', claim({ dataSource })).spec.dataSourceRef).toEqual(dataSource);
  expect(prepared('PersistentVolumeClaim', claim({ dataSourceRef: dataSource })).spec.dataSource).toEqual(dataSource);
});

test.each([
  [{ accessModes: [] }, 'spec.accessModes: Required value: at least 1 access mode is required'],
  [
    { accessModes: ['ReadWriteOnce', 'ReadWriteOncePod'] },
    'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
  ],
  [{ resources: {} }, 'spec.resources[storage]: Required value'],
  [{ resources: { requests: { storage: '0' } } }, 'spec.resources[storage]: Invalid value: "0": must be greater than zero'],
  [
    { dataSource: { kind: 'VolumeSnapshot', name: 'x' } },
    `[spec.dataSource: Invalid value: "VolumeSnapshot": must be 'PersistentVolumeClaim' when referencing the default apiGroup, spec.dataSourceRef: Invalid value: "VolumeSnapshot": must be 'PersistentVolumeClaim' when referencing the default apiGroup]`,
  ],
])('a claim with %j is refused', (spec, sentence) => {
  expect(refusalOf('PersistentVolumeClaim', claim(spec))).toBe(`PersistentVolumeClaim "data" is invalid: ${sentence}`);
});

test('only a bound claim may ask for more', () => {
  const grow = ({ spec }: { spec: any }) => void (spec.resources.requests.storage = '2Gi');
  expect(updateRefusalOf('PersistentVolumeClaim', claim(), grow)).toContain(
    'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n@@ -6,7 +6,7 @@',
  );
  const bind = ({ spec }: { spec: any }) => void (spec.volumeName = 'disk');
  expect(updateRefusalOf('PersistentVolumeClaim', claim(), bind)).toBeUndefined();
});

test('kubectl get pvc shows size and modes of a claim that has a volume', () => {
  const status = { phase: 'Bound', accessModes: ['ReadWriteOnce', 'ReadOnlyMany'], capacity: { storage: '5Gi' } };
  const bound = { ...prepared('PersistentVolumeClaim', claim({ volumeName: 'disk', storageClassName: 'fast' })), status };
  expect(rowOf('PersistentVolumeClaim', bound)).toMatchObject({
    Status: 'Bound',
    Capacity: '5Gi',
    'Access Modes': 'RWO,ROX',
    StorageClass: 'fast',
  });
  expect(rowOf('PersistentVolumeClaim', prepared('PersistentVolumeClaim', claim()))).toMatchObject({ Capacity: '', 'Access Modes': '' });
});

test.each([
  [{ hostPath: undefined }, 'spec: Required value: must specify a volume type'],
  [{ nfs: { server: 'a', path: '/b' } }, 'spec.nfs: Forbidden: may not specify more than 1 volume type'],
  [{ capacity: undefined }, '[spec.capacity: Required value, spec.capacity: Unsupported value: null: supported values: "storage"]'],
  [{ hostPath: undefined, local: { path: '/d' } }, 'spec.nodeAffinity: Required value: Local volume requires node affinity'],
  [
    { hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' },
    "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
  ],
])('a PersistentVolume with %j is refused', (spec, sentence) => {
  expect(refusalOf('PersistentVolume', volume(spec))).toBe(`PersistentVolume "disk" is invalid: ${sentence}`);
});

test('where a PersistentVolume’s bytes are never changes', () => {
  const move = ({ spec }: { spec: any }) => void (spec.hostPath.path = '/other');
  expect(updateRefusalOf('PersistentVolume', volume(), move)).toContain('spec.persistentvolumesource is immutable after creation\n@@');
  const keep = ({ spec }: { spec: any }) => void (spec.persistentVolumeReclaimPolicy = 'Delete');
  expect(updateRefusalOf('PersistentVolume', volume(), keep)).toBeUndefined();
});

test('a StorageClass deletes what it made and binds at once, unless told otherwise', () => {
  const storageClass = {
    metadata: { name: 'fast', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'a.b/c',
  };
  expect(prepared('StorageClass', storageClass)).toMatchObject({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' });
  expect(rowOf('StorageClass', prepared('StorageClass', storageClass))).toMatchObject({
    Name: 'fast (default)',
    AllowVolumeExpansion: 'false',
  });
  expect(updateRefusalOf('StorageClass', storageClass, (object) => void (object.provisioner = 'z'))).toBe(
    'StorageClass.storage.k8s.io "fast" is invalid: provisioner: Invalid value: "z": field is immutable',
  );
});

test.each([
  [
    'CSIDriver',
    { spec: { fsGroupPolicy: 'X' } },
    'spec.fsGroupPolicy: Unsupported value: "X": supported values: "File", "None", "ReadWriteOnceWithFSType"',
  ],
  ['CSINode', { spec: { drivers: [{ name: 'a' }] } }, 'spec.drivers[0].nodeID: Required value'],
  [
    'VolumeAttachment',
    { spec: { attacher: 'a.b', nodeName: 'n', source: {} } },
    'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
  ],
  ['VolumeAttributesClass', { driverName: 'a.b' }, 'parameters: Required value: must contain at least one key/value pair'],
])('a %s with %j is refused', (kind, draft, sentence) => {
  expect(refusalOf(kind, { metadata: { name: 'x' }, ...draft })).toBe(`${kind}.storage.k8s.io "x" is invalid: ${sentence}`);
});

test('a change of a forbidden field is shown as the API server’s library matches lines, longest run first', () => {
  const toNfs = ({ spec }: { spec: any }) => {
    delete spec.hostPath;
    spec.nfs = { server: 'a', path: '/b' };
  };
  expect(updateRefusalOf('PersistentVolume', volume(), toNfs)).toContain(
    [
      '@@ -1,12 +1,13 @@',
      ' {',
      '  "GCEPersistentDisk": null,',
      '  "AWSElasticBlockStore": null,',
      '- "HostPath": {',
      '-  "Path": "/data",',
      '-  "Type": ""',
      '+ "HostPath": null,',
      '+ "Glusterfs": null,',
      '+ "NFS": {',
      '+  "Server": "a",',
      '+  "Path": "/b",',
      '+  "ReadOnly": false',
      '  },',
      '- "Glusterfs": null,',
      '- "NFS": null,',
    ].join('\n'),
  );
});
