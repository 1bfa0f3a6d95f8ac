import { EventsEvent } from '@/lib/cluster/resources';
import type { CoreV1Event } from '@/generated/kubernetes/types';
import { defaulted, definitionOf, prepared, refusalOf, rowOf, updateRefusalOf } from '../../support/objects';

describe('Node', () => {
  const node = (spec: object = {}, status: object = {}, labels: object = {}) => ({
    metadata: { name: 'worker-1', labels, creationTimestamp: '2026-01-05T07:00:00Z' },
    spec,
    status,
  });
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] };

  test.each([
    [node({}, ready), { Status: 'Ready', Roles: '<none>', 'Internal-IP': '<none>', 'OS-Image': '<unknown>' }],
    [node({ unschedulable: true }, ready), { Status: 'Ready,SchedulingDisabled' }],
    [node({}, { conditions: [{ type: 'Ready', status: 'Unknown' }] }), { Status: 'NotReady' }],
    [node(), { Status: 'Unknown' }],
    [node({}, ready, { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/role': 'edge' }), { Roles: 'control-plane,edge' }],
    [
      node({}, { ...ready, addresses: [{ type: 'InternalIP', address: '172.18.0.3' }] }),
      { 'Internal-IP': '172.18.0.3', 'External-IP': '<none>' },
    ],
  ])('row %#', (object, cells) => {
    expect(rowOf('Node', defaulted('Node', object))).toMatchObject(cells);
  });

  test('podCIDR and podCIDRs are one thing', () => {
    expect(defaulted('Node', node({ podCIDR: '10.244.1.0/24' })).spec.podCIDRs).toEqual(['10.244.1.0/24']);
    expect(defaulted('Node', node({ podCIDRs: ['10.244.1.0/24'] })).spec.podCIDR).toBe('10.244.1.0/24');
  });

  test('what a node can allocate is its capacity unless it says less', () => {
    expect(defaulted('Node', node({}, { capacity: { cpu: 4 } })).status.allocatable).toEqual({ cpu: '4' });
  });

  test('its Pod CIDR is given once', () => {
    expect(
      updateRefusalOf('Node', node({ podCIDR: '10.244.1.0/24' }), ({ spec }) =>
        Object.assign(spec, { podCIDR: '10.244.2.0/24', podCIDRs: ['10.244.2.0/24'] }),
      ),
    ).toBe('Node "worker-1" is invalid: spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid');
  });

  test('a taint has an effect', () => {
    expect(refusalOf('Node', node({ taints: [{ key: 'dedicated' }] }))).toBe(
      'Node "worker-1" is invalid: metadata.taints[0].effect: Required value',
    );
  });
});

describe('Namespace', () => {
  test('carries its name as a label, and a finalizer until it is empty', () => {
    expect(prepared('Namespace', { metadata: { name: 'team-a', labels: { 'kubernetes.io/metadata.name': 'lies' } } })).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'team-a' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  });
});

describe('ConfigMap and Secret', () => {
  test('what is immutable stays so', () => {
    const frozen = { metadata: { name: 'config' }, data: { a: '1' }, immutable: true };
    expect(updateRefusalOf('ConfigMap', frozen, ({ data }) => void (data.a = '2'))).toBe(
      'ConfigMap "config" is invalid: data: Forbidden: field is immutable when `immutable` is set',
    );
    expect(updateRefusalOf('Secret', { ...frozen, data: { a: 'MQ==' } }, (secret) => void delete secret.immutable)).toBe(
      'Secret "config" is invalid: immutable: Forbidden: field is immutable when `immutable` is set',
    );
  });

  test('stringData lands in data, where it wins', () => {
    const secret = defaulted('Secret', { metadata: { name: 'keys' }, data: { a: 'MQ==' }, stringData: { a: 'é', b: 'two' } });
    expect(secret).toMatchObject({ type: 'Opaque', data: { a: 'w6k=', b: 'dHdv' } });
    expect(secret).not.toHaveProperty('stringData');
  });

  test('a TLS Secret holds a certificate and a key', () => {
    expect(refusalOf('Secret', { metadata: { name: 'tls' }, type: 'kubernetes.io/tls' })).toBe(
      'Secret "tls" is invalid: [data[tls.crt]: Required value, data[tls.key]: Required value]',
    );
  });

  test('a key is a file name', () => {
    expect(refusalOf('ConfigMap', { metadata: { name: 'config' }, data: { 'a/b': '' } })).toContain(
      `data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.'`,
    );
  });
});

describe('EndpointSlice', () => {
  const slice = (fields: object) => ({
    metadata: { name: 'web-abc' },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.244.1.2'] }],
    ports: [{ port: 80 }],
    ...fields,
  });

  test('the row shows three of each and how many more', () => {
    const endpoints = ['10.244.1.2', '10.244.1.3', '10.244.2.2', '10.244.2.3'].map((address) => ({ addresses: [address] }));
    expect(rowOf('EndpointSlice', prepared('EndpointSlice', slice({ endpoints })))).toMatchObject({
      AddressType: 'IPv4',
      Ports: '80',
      Endpoints: '10.244.1.2,10.244.1.3,10.244.2.2 + 1 more...',
    });
    expect(rowOf('EndpointSlice', prepared('EndpointSlice', slice({ endpoints: [], ports: [] })))).toMatchObject({
      Ports: '<unset>',
      Endpoints: '<unset>',
    });
  });

  test('an endpoint has an address of the slice’s type', () => {
    expect(refusalOf('EndpointSlice', slice({ endpoints: [{ addresses: ['fd00::1'] }] }))).toBe(
      'EndpointSlice.discovery.k8s.io "web-abc" is invalid: endpoints[0].addresses: Invalid value: "fd00::1": must be an IPv4 address',
    );
    expect(refusalOf('EndpointSlice', slice({ endpoints: [{ addresses: [] }] }))).toContain(
      'endpoints[0].addresses: Required value: must contain at least 1 address',
    );
  });
});

describe('PriorityClass', () => {
  test('names that start with system- are taken', () => {
    expect(refusalOf('PriorityClass', { metadata: { name: 'system-x' }, value: 1 })).toContain(
      "priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class",
    );
    expect(refusalOf('PriorityClass', { metadata: { name: 'system-node-critical' }, value: 2000001000 })).toBeUndefined();
  });
});

describe('Event', () => {
  const event = prepared<CoreV1Event>('Event', {
    metadata: { name: 'web.1', creationTimestamp: '2026-01-05T07:00:00Z' },
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'web', fieldPath: 'spec.containers{web}' },
    reason: 'Started',
    message: 'Container started\n',
    source: { component: 'kubelet', host: 'worker-1' },
    type: 'Normal',
    count: 3,
    firstTimestamp: '2026-01-05T07:00:00Z',
    lastTimestamp: '2026-01-05T07:59:00Z',
  });

  test('the row tells when it was seen, how often and by whom', () => {
    expect(rowOf('Event', event)).toEqual({
      'Last Seen': '60s',
      Type: 'Normal',
      Reason: 'Started',
      Object: 'pod/web',
      Subobject: 'spec.containers{web}',
      Source: 'kubelet, worker-1',
      Message: 'Container started',
      'First Seen': '60m',
      Count: 3,
      Name: 'web.1',
    });
  });

  test('events.k8s.io shows the same Event in its own words, and back', () => {
    const view = EventsEvent.storedAs?.decode(event);
    expect(view).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      regarding: { name: 'web' },
      note: 'Container started\n',
      deprecatedCount: 3,
      deprecatedSource: { component: 'kubelet' },
    });
    expect(EventsEvent.storedAs?.encode(view as never)).toEqual(event);
  });

  test('lives beside what it is about', () => {
    expect(refusalOf('Event', { metadata: { name: 'e' }, involvedObject: { namespace: 'elsewhere' } })).toBe(
      'Event "e" is invalid: involvedObject.namespace: Invalid value: "elsewhere": does not match event.namespace',
    );
    expect(definitionOf('Event').selectableFields?.(event)).toMatchObject({ 'involvedObject.name': 'web', source: 'kubelet' });
  });
});
