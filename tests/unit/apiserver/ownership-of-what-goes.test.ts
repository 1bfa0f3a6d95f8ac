import { ApiBench } from '../../support/api-server';

const fieldsOf = ({ metadata }: { metadata: { managedFields?: unknown } }) => JSON.stringify(metadata.managedFields);

function bench(): ApiBench {
  const api = new ApiBench();
  api.kernel.runFor(1000);
  return api;
}

test('whoever gives an empty list owns the field, though nothing is stored', () => {
  const slice = bench().create('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    metadata: { name: 'e' },
    addressType: 'IPv4',
    endpoints: [],
  });
  expect(slice['endpoints']).toBeNull();
  expect(fieldsOf(slice)).toContain('"f:endpoints":{}');
});

test('a field behind a gate that is off is dropped, but its writer owns it', () => {
  const container = { name: 'c', image: 'nginx', lifecycle: { stopSignal: 'SIGUSR1' } };
  const template = bench().create('/api/v1/namespaces/default/podtemplates', {
    metadata: { name: 't' },
    template: { spec: { containers: [container] } },
  });
  expect(template['template'].spec.containers[0]).not.toHaveProperty('lifecycle');
  expect(fieldsOf(template)).toContain('f:stopSignal');
});

test('an empty list where none was stored is no change', () => {
  const api = bench();
  const path = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
  const slice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'e' }, addressType: 'IPv4', endpoints: [] };
  const { resourceVersion } = api.create(path, slice).metadata;
  const { body } = api.send('PUT', `${path}/e`, slice);
  expect(body).toMatchObject({ metadata: { resourceVersion, generation: 1 } });
});
