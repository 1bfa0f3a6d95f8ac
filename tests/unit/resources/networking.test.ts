import { FieldPath } from '@/lib/cluster/api';
import { canonicalAddress, isStrictSubset, validateStrictCidr } from '@/lib/cluster/resources/validation/ip-address';
import { defaulted, prepared, refusalOf, rowOf, updateRefusalOf } from '../../support/objects';

const says = (kind: string, name: string, why: string) => `${kind}.networking.k8s.io "${name}" is invalid: ${why}`;

describe('Ingress', () => {
  const service = { name: 'web', port: { number: 80 } };
  const ingress = (spec: object) => ({ metadata: { name: 'web' }, spec });
  const withPath = (path: object) => ingress({ rules: [{ host: 'a.example', http: { paths: [path] } }] });

  test.each([
    [ingress({}), 'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
    [ingress({ rules: [{ host: '10.0.0.1' }] }), 'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    [withPath({ path: '/', backend: { service } }), 'spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified'],
    [
      withPath({ path: 'a', pathType: 'Prefix', backend: { service } }),
      'spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path',
    ],
    [
      withPath({ path: '/a//b', pathType: 'Exact', backend: { service } }),
      `spec.rules[0].http.paths[0].path: Invalid value: "/a//b": must not contain '//'`,
    ],
    [
      withPath({ path: '/', pathType: 'Regex', backend: { service } }),
      'spec.rules[0].http.paths[0].pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
    ],
    [ingress({ defaultBackend: {} }), 'spec.defaultBackend: Invalid value: "": resource or service backend is required'],
    [ingress({ defaultBackend: { service: { name: 'web' } } }), 'spec.defaultBackend: Required value: port name or number is required'],
    [
      ingress({ defaultBackend: { service: { name: 'web', port: { name: 'http', number: 80 } } } }),
      'spec.defaultBackend: Invalid value: "": cannot set both port name & port number',
    ],
  ])('%j is refused', (draft, why) => {
    expect(refusalOf('Ingress', draft)).toBe(says('Ingress', 'web', why));
  });

  test('its row shows three hosts, addresses and whether it speaks TLS', () => {
    const hosts = ['a.example', 'b.example', 'c.example', 'd.example', 'e.example'];
    const shown = prepared('Ingress', ingress({ ingressClassName: 'nginx', rules: hosts.map((host) => ({ host })), tls: [{}] }));
    expect(rowOf('Ingress', { ...shown, status: { loadBalancer: { ingress: [{ ip: '10.0.0.2' }, { ip: '10.0.0.1' }] } } })).toMatchObject({
      Class: 'nginx',
      Hosts: 'a.example,b.example,c.example + 2 more...',
      Address: '10.0.0.1,10.0.0.2',
      Ports: '80, 443',
    });
    expect(rowOf('Ingress', prepared('Ingress', ingress({ defaultBackend: { service } })))).toMatchObject({
      Class: '<none>',
      Hosts: '*',
      Address: '',
      Ports: '80',
    });
  });
});

describe('IngressClass', () => {
  test('names its controller by a domain and keeps it', () => {
    const ingressClass = { metadata: { name: 'nginx' }, spec: { controller: 'k8s.io/ingress-nginx' } };
    expect(refusalOf('IngressClass', { ...ingressClass, spec: { controller: 'nginx' } })).toBe(
      says('IngressClass', 'nginx', 'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")'),
    );
    expect(updateRefusalOf('IngressClass', ingressClass, ({ spec }) => void (spec.controller = 'k8s.io/other'))).toBe(
      says('IngressClass', 'nginx', 'spec.controller: Invalid value: "k8s.io/other": field is immutable'),
    );
  });

  test('parameters are the whole cluster’s unless they say otherwise', () => {
    const parameters = { apiGroup: 'k8s.example.com', kind: 'Parameters', name: 'external' };
    const ingressClass = defaulted('IngressClass', { metadata: { name: 'nginx' }, spec: { controller: 'a.b/c', parameters } });
    expect(ingressClass.spec.parameters.scope).toBe('Cluster');
    expect(rowOf('IngressClass', ingressClass)).toMatchObject({ Controller: 'a.b/c', Parameters: 'Parameters.k8s.example.com/external' });
  });
});

describe('NetworkPolicy', () => {
  const policy = (spec: object) => ({ metadata: { name: 'deny' }, spec: { podSelector: {}, ...spec } });

  test('isolates incoming traffic, and outgoing traffic if it speaks of it', () => {
    expect(defaulted('NetworkPolicy', policy({})).spec.policyTypes).toEqual(['Ingress']);
    expect(defaulted('NetworkPolicy', policy({ egress: [{ ports: [{ port: 53 }] }] })).spec).toMatchObject({
      policyTypes: ['Ingress', 'Egress'],
      egress: [{ ports: [{ protocol: 'TCP', port: 53 }] }],
    });
  });

  test.each([
    [{ from: [{}] }, 'spec.ingress[0].from[0]: Required value: must specify a peer'],
    [
      { from: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] },
      'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
    ],
    [
      { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/9'] } }] },
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/9": must be a strict subset of `cidr`',
    ],
    [
      { ports: [{ port: 8080, endPort: 80 }] },
      'spec.ingress[0].ports[0].endPort: Invalid value: 8080: must be greater than or equal to `port`',
    ],
    [
      { ports: [{ protocol: 'ICMP' }] },
      'spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
    ],
  ])('rule %j is refused', (rule, why) => {
    expect(refusalOf('NetworkPolicy', policy({ ingress: [rule] }))).toBe(says('NetworkPolicy', 'deny', why));
  });
});

describe('IPAddress and ServiceCIDR', () => {
  const parentRef = { resource: 'services', namespace: 'default', name: 'web' };

  test('an IPAddress is named as the address is written', () => {
    expect(refusalOf('IPAddress', { metadata: { name: '10.96.0.7' }, spec: { parentRef } })).toBeUndefined();
    expect(refusalOf('IPAddress', { metadata: { name: '2001:db8:0:0::1' }, spec: { parentRef } })).toBe(
      says('IPAddress', '2001:db8:0:0::1', 'metadata.name: Invalid value: "2001:db8:0:0::1": must be in canonical form ("2001:db8::1")'),
    );
    expect(rowOf('IPAddress', { metadata: { name: '10.96.0.7' }, spec: { parentRef } })).toMatchObject({
      ParentRef: 'services/default/web',
    });
  });

  test('a ServiceCIDR may only be joined by a range of the other family', () => {
    const range = { metadata: { name: 'more' }, spec: { cidrs: ['10.97.0.0/24'] } };
    const become = (...cidrs: string[]) => updateRefusalOf('ServiceCIDR', range, ({ spec }) => void (spec.cidrs = cidrs));
    expect(become('10.97.0.0/24', '2001:db8::/64')).toBeUndefined();
    expect(become('10.98.0.0/24')).toBe(says('ServiceCIDR', 'more', 'spec.cidrs: Invalid value: ["10.98.0.0/24"]: field is immutable'));
    expect(become('10.98.0.0/24', '2001:db8::/64')).toBe(
      says('ServiceCIDR', 'more', 'spec.cidrs[0]: Invalid value: "10.98.0.0/24": primary CIDR can not be changed'),
    );
  });
});

describe('ranges of addresses', () => {
  test.each([
    ['10.0.0.0/8', undefined],
    ['2001:db8::/32', undefined],
    ['10.0.0/8', 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
    ['10.00.0.0/8', 'must not have leading 0s in IP or prefix length'],
    ['10.0.0.1/8', 'must not have bits set beyond the prefix length'],
    ['2001:db8::1/64', 'must not have bits set beyond the prefix length'],
  ])('%s: %s', (cidr, why) => {
    const [error] = validateStrictCidr(cidr, FieldPath.of('cidr'));
    expect(error?.message).toBe(why && `Invalid value: ${JSON.stringify(cidr)}: ${why}`);
  });

  test.each([
    ['::1', '::1'],
    ['2001:0DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['fd00:0:0:1::', 'fd00:0:0:1::'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ])('%s is written %s', (address, canonical) => {
    expect(canonicalAddress(address)).toBe(canonical);
  });

  test('a range lies within another only when it is smaller', () => {
    expect(isStrictSubset('10.1.0.0/16', '10.0.0.0/8')).toBe(true);
    expect(isStrictSubset('10.0.0.0/8', '10.0.0.0/8')).toBe(false);
    expect(isStrictSubset('2001:db8:1::/48', '2001:db8::/32')).toBe(true);
    expect(isStrictSubset('10.0.0.0/16', '2001:db8::/32')).toBe(false);
  });
});

describe('RuntimeClass', () => {
  test('its handler is a label and stays', () => {
    const runtimeClass = { metadata: { name: 'gvisor' }, handler: 'runsc' };
    expect(refusalOf('RuntimeClass', { metadata: { name: 'gvisor' } })).toBe(
      'RuntimeClass.node.k8s.io "gvisor" is invalid: handler: Required value',
    );
    expect(updateRefusalOf('RuntimeClass', runtimeClass, (object) => void (object.handler = 'kata'))).toBe(
      'RuntimeClass.node.k8s.io "gvisor" is invalid: handler: Invalid value: "kata": field is immutable',
    );
  });

  test('what it adds to a Pod is checked as a Pod’s own', () => {
    const runtimeClass = (more: object) => ({ metadata: { name: 'gvisor' }, handler: 'runsc', ...more });
    expect(refusalOf('RuntimeClass', runtimeClass({ overhead: { podFixed: { cpu: '-1' } } }))).toBe(
      'RuntimeClass.node.k8s.io "gvisor" is invalid: overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
    );
  });
});
