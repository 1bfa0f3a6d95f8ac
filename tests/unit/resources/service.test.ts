import type { V1Service } from '@/generated/kubernetes/types';
import { deepCopy } from '@/lib/base';
import { definitionOf, defaulted, prepared, refusalOf, rowOf, updateRefusalOf } from '../../support/objects';

const serviceOf = (spec: object = {}) => ({
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
});
const allocated = (spec: object = {}) =>
  serviceOf({ clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', ...spec });

/** What an update of `before` to `spec` is stored as. */
function updated(before: object, change: (service: V1Service) => void): V1Service['spec'] {
  const old = prepared<V1Service>('Service', before);
  const service = deepCopy(old);
  change(service);
  definitionOf('Service').defaults?.(service);
  definitionOf('Service').prepareForUpdate?.(service, old, { now: '', user: '', requester: { name: '', groups: [] } });
  return service.spec;
}

test('a Service gets the defaults of v1.36', () => {
  expect(defaulted('Service', serviceOf()).spec).toEqual({
    selector: { app: 'web' },
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    type: 'ClusterIP',
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
  });
});

test('client affinity lasts three hours', () => {
  expect(defaulted('Service', serviceOf({ sessionAffinity: 'ClientIP' })).spec.sessionAffinityConfig).toEqual({
    clientIP: { timeoutSeconds: 10800 },
  });
});

test.each([
  [{ type: 'Magic' }, 'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'],
  [{ ports: [] }, 'spec.ports: Required value'],
  [{ ports: [{ port: 80 }, { port: 81 }] }, '[spec.ports[0].name: Required value, spec.ports[1].name: Required value]'],
  [{ ports: [{ port: 80, nodePort: 30080 }] }, "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
  [
    { ports: [{ port: 0 }] },
    '[spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive]',
  ],
  [{ type: 'NodePort', clusterIP: 'None' }, 'spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services'],
  [{ type: 'ExternalName', ports: [] }, 'spec.externalName: Required value'],
  [
    { externalTrafficPolicy: 'Local' },
    'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
  ],
  [
    { externalIPs: ['127.0.0.1'] },
    'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ],
])('a Service with %j is refused', (spec, sentence) => {
  expect(refusalOf('Service', serviceOf(spec))).toBe(`Service "web" is invalid: ${sentence}`);
});

test('a Service is named by a DNS-1035 label', () => {
  expect(refusalOf('Service', { ...serviceOf(), metadata: { name: '1web' } })).toContain(
    'a DNS-1035 label must consist of lower case alphanumeric characters',
  );
});

test('a headless Service needs no ports', () => {
  expect(refusalOf('Service', serviceOf({ clusterIP: 'None', ports: [] }))).toBeUndefined();
});

describe('update', () => {
  test('a cluster IP may not change', () => {
    expect(updateRefusalOf('Service', allocated(), (service) => void (service.spec.clusterIP = '10.96.0.8'))).toBe(
      'Service "web" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set',
    );
  });

  test('leaving the cluster IP out keeps it', () => {
    const spec = updated(allocated(), (service) => {
      delete service.spec.clusterIP;
      delete service.spec.clusterIPs;
    });
    expect(spec).toMatchObject({ clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'] });
  });

  test('a node port is kept for the same port', () => {
    const spec = updated(
      allocated({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }),
      (service) => void (service.spec.ports = [{ port: 80 }]),
    );
    expect(spec.ports?.[0]?.nodePort).toBe(30080);
  });

  test('what the old type needed goes with it', () => {
    const spec = updated(
      allocated({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }),
      (service) => void (service.spec.type = 'ClusterIP'),
    );
    expect(spec.ports?.[0]).not.toHaveProperty('nodePort');
    expect(spec).not.toHaveProperty('externalTrafficPolicy');
    expect(spec.clusterIP).toBe('10.96.0.7');
  });

  test('a Service that becomes an ExternalName gives up its address', () => {
    const spec = updated(allocated(), (service) => Object.assign(service.spec, { type: 'ExternalName', externalName: 'example.com' }));
    expect(spec).not.toHaveProperty('clusterIP');
    expect(spec).not.toHaveProperty('ipFamilies');
  });
});

describe('the row of kubectl get services', () => {
  const row = (spec: object, status: object = { loadBalancer: {} }) =>
    rowOf('Service', { ...prepared('Service', allocated(spec)), status });

  test.each([
    ['ClusterIP', {}, { 'Cluster-IP': '10.96.0.7', 'External-IP': '<none>', 'Port(s)': '80/TCP', Selector: 'app=web' }],
    [
      'NodePort',
      {
        type: 'NodePort',
        ports: [
          { port: 80, nodePort: 30080 },
          { port: 53, protocol: 'UDP', nodePort: 30053 },
        ],
      },
      { 'Port(s)': '80:30080/TCP,53:30053/UDP' },
    ],
    ['a LoadBalancer that waits', { type: 'LoadBalancer' }, { 'External-IP': '<pending>' }],
    ['headless', { clusterIP: 'None', clusterIPs: ['None'], selector: undefined }, { 'Cluster-IP': 'None', Selector: '<none>' }],
  ])('%s', (_, spec, cells) => {
    expect(row(spec)).toMatchObject(cells);
  });

  test('an ExternalName', () => {
    expect(
      rowOf('Service', prepared('Service', serviceOf({ type: 'ExternalName', externalName: 'example.com', ports: [] }))),
    ).toMatchObject({ 'Cluster-IP': '<none>', 'External-IP': 'example.com', 'Port(s)': '<none>' });
  });

  test('a LoadBalancer with an address', () => {
    expect(row({ type: 'LoadBalancer' }, { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } })['External-IP']).toBe('203.0.113.9');
  });
});
