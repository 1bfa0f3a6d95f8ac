import { ApiBench } from '../../support/api-server';

const networking = '/apis/networking.k8s.io/v1';

function names(bench: ApiBench, url: string): string[] {
  return (bench.get(url) as unknown as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name);
}

test('an API server registers what it serves itself', () => {
  const bench = new ApiBench();
  const services = names(bench, '/apis/apiregistration.k8s.io/v1/apiservices');
  expect(services).toContain('v1.');
  expect(services).toContain('v2.autoscaling');
  expect(bench.get('/apis/apiregistration.k8s.io/v1/apiservices/v1.apps')).toMatchObject({
    metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
    spec: { group: 'apps', version: 'v1', groupPriorityMinimum: 17800, versionPriority: 15 },
    status: { conditions: [{ type: 'Available', status: 'True', reason: 'Local' }] },
  });
});

test('the mandatory and suggested priority levels are there, and every FlowSchema finds its own', () => {
  const bench = new ApiBench();
  const flow = '/apis/flowcontrol.apiserver.k8s.io/v1';
  expect(names(bench, `${flow}/prioritylevelconfigurations`)).toEqual([
    'catch-all',
    'exempt',
    'global-default',
    'leader-election',
    'node-high',
    'system',
    'workload-high',
    'workload-low',
  ]);
  expect(names(bench, `${flow}/flowschemas`)).toHaveLength(11);
  expect(bench.get(`${flow}/flowschemas/probes`)).toMatchObject({
    metadata: { generation: 1, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } },
    status: { conditions: [{ type: 'Dangling', status: 'False', reason: 'Found' }] },
  });
});

test('a FlowSchema says whether its priority level is there, and says otherwise when that changes', () => {
  const bench = new ApiBench();
  const flow = '/apis/flowcontrol.apiserver.k8s.io/v1';
  const missing = () => (bench.get(`${flow}/flowschemas/mine`) as any).status.conditions;
  const named = (level: string) =>
    `This FlowSchema references the PriorityLevelConfiguration object named "${level}" but there is no such object`;
  bench.create(`${flow}/flowschemas`, { metadata: { name: 'mine' }, spec: { priorityLevelConfiguration: { name: 'slow' } } });
  expect(missing()).toMatchObject([{ type: 'Dangling', status: 'True', reason: 'NotFound', message: named('slow') }]);
  const limited = { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } };
  bench.create(`${flow}/prioritylevelconfigurations`, { metadata: { name: 'slow' }, spec: { type: 'Limited', limited } });
  expect(missing()).toMatchObject([{ type: 'Dangling', status: 'False', reason: 'Found' }]);
  bench.send('DELETE', `${flow}/prioritylevelconfigurations/slow`);
  expect(missing()).toMatchObject([{ status: 'True' }]);
  const spec = { priorityLevelConfiguration: { name: 'other' } };
  bench.patch(`${flow}/flowschemas/mine`, 'merge', { spec });
  expect(missing()).toMatchObject([{ status: 'True', message: named('other') }]);
});

describe('addresses of Services', () => {
  const service = (name: string, spec: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...spec },
  });
  const services = '/api/v1/namespaces/default/services';

  test('the range they come from is an object', () => {
    expect(new ApiBench().get(`${networking}/servicecidrs/kubernetes`)).toMatchObject({
      spec: { cidrs: ['10.96.0.0/16'] },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
  });

  test('every address has an object that says whose it is, as long as the Service has it', () => {
    const bench = new ApiBench();
    const { spec } = bench.create(services, service('web'));
    expect(bench.get(`${networking}/ipaddresses/${spec.clusterIP}`)).toMatchObject({
      metadata: { labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } },
      spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
    });
    expect(names(bench, `${networking}/ipaddresses`)).toEqual(['10.96.0.1', spec.clusterIP]);
    bench.send('DELETE', `${services}/web`);
    expect(names(bench, `${networking}/ipaddresses`)).toEqual(['10.96.0.1']);
  });

  test('a refused or dry Service takes no address, and a headless one has none', () => {
    const bench = new ApiBench();
    bench.create(services, service('web', { clusterIP: 'None' }));
    bench.send('POST', services, service('web'));
    bench.send('POST', `${services}?dryRun=All`, service('other'));
    expect(names(bench, `${networking}/ipaddresses`)).toEqual(['10.96.0.1']);
  });

  test('an address that somebody else holds is not given away', () => {
    const bench = new ApiBench();
    const parentRef = { group: 'gateways.example', resource: 'gateways', name: 'edge' };
    bench.create(`${networking}/ipaddresses`, { metadata: { name: '10.96.7.7' }, spec: { parentRef } });
    expect(bench.refusal('POST', services, service('web', { clusterIP: '10.96.7.7' }))).toContain(
      'failed to allocate IP 10.96.7.7: provided IP is already allocated',
    );
  });
});
