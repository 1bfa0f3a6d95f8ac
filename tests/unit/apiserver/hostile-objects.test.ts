import { ApiBench } from '../../support/api-server';

function bench(): ApiBench {
  const api = new ApiBench();
  api.kernel.runFor(1000);
  api.create('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  return api;
}

const limits = [{ type: 'Container', default: { cpu: '1' } }];
const toResource = { defaultBackend: { resource: { kind: 'Bucket', name: 'b' } } };
const policy = { rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [1] } }] };
const topology = { provisioner: 'a.b/c', allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone' }] }] };

test.each([
  ['/api/v1/namespaces/default/pods', { spec: { initContainers: [{ name: 'i', image: 'x' }] } }, 422],
  ['/apis/batch/v1/namespaces/default/jobs', { spec: { podFailurePolicy: policy, template: { spec: { restartPolicy: 'Never' } } } }, 422],
  ['/apis/storage.k8s.io/v1/storageclasses', topology, 422],
  ['/apis/networking.k8s.io/v1/namespaces/default/ingresses', { spec: toResource }, 201],
])('what a list or a pointer of an object at %s leaves out is answered, not suffered', (path, body, expected) => {
  const api = bench();
  api.create('/api/v1/namespaces/default/limitranges', { metadata: { name: 'l' }, spec: { limits } });
  expect(api.send('POST', path, { metadata: { name: 'x' }, ...body }).status).toBe(expected);
});

test('a resource named as JavaScript names an object’s parent is a bad name and no more', () => {
  const limits = JSON.parse('[{"type":"Container","max":{"__proto__":"1"},"min":{"cpu":"1"}}]') as object[];
  expect(bench().refusal('POST', '/api/v1/namespaces/default/limitranges', { metadata: { name: 'x' }, spec: { limits } })).toContain(
    'spec.limits[0].max[__proto__]: Invalid value: "__proto__"',
  );
});
