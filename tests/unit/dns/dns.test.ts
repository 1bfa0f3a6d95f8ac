import { CorefileError, parseCorefile } from '@/lib/cluster/dns/corefile';
import { answerQuery, type DnsSource } from '@/lib/cluster/dns/records';
import { serviceOf, sliceOf } from '@/tests/support/network-objects';

const services = [
  serviceOf('shop/web', { clusterIP: '10.96.1.1', ports: [{ name: 'http', port: 80 }] }),
  serviceOf('shop/db', { clusterIP: 'None', ports: [{ port: 5432 }] }),
  serviceOf('shop/away', { type: 'ExternalName', externalName: 'example.com', ports: [] }),
];
const slices = [
  sliceOf('shop/db', 5432, [
    ['10.244.1.7', 'worker-1'],
    ['10.244.2.8', 'worker-2', 'terminating'],
  ]),
];
const source: DnsSource = {
  hasNamespace: (name) => name === 'shop',
  findService: (namespace, name) => services.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
  slicesOf: (_, service) => slices.filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === service),
  findServiceByIp: (ip) => services.find(({ spec }) => spec.clusterIP === ip),
};
const ask = (name: string, type: 'A' | 'AAAA' | 'SRV' | 'PTR' = 'A') => answerQuery(source, 'cluster.local', { name, type });

test.each([
  ['web.shop.svc.cluster.local', ['10.96.1.1']],
  ['db.shop.svc.cluster.local', ['10.244.1.7']],
  ['10-244-1-7.shop.pod.cluster.local', ['10.244.1.7']],
  ['away.shop.svc.cluster.local', ['example.com']],
])('%s answers %j', (name, values) => {
  expect(ask(name).answers.map(({ value }) => value)).toEqual(values);
});

test.each(['nosuch.shop.svc.cluster.local', 'web.nosuch.svc.cluster.local', 'web.shop.cluster.local', '1.2.shop.pod.cluster.local'])(
  '%s is NXDOMAIN',
  (name) => {
    expect(ask(name)).toEqual({ rcode: 'NXDOMAIN', answers: [] });
  },
);

test('a name that exists has no data of another type', () => {
  expect(ask('web.shop.svc.cluster.local', 'AAAA')).toEqual({ rcode: 'NOERROR', answers: [] });
});

test('SRV records name the port and the host, and a ClusterIP looks up backwards', () => {
  expect(ask('_http._tcp.web.shop.svc.cluster.local', 'SRV').answers[0]?.value).toBe('0 100 80 web.shop.svc.cluster.local');
  expect(ask('1.1.96.10.in-addr.arpa', 'PTR').answers[0]?.value).toBe('web.shop.svc.cluster.local');
});

test('a Corefile gives zones, plugins and their options, and a word it does not know stops CoreDNS', () => {
  const [block] = parseCorefile('.:53 {\n  errors # a comment\n  kubernetes cluster.local {\n    pods insecure\n    ttl 30\n  }\n}\n');
  expect(block?.zones).toEqual([{ zone: '', port: 53 }]);
  expect(block?.directives.map(({ name, args, options }) => [name, args, options])).toEqual([
    ['errors', [], []],
    [
      'kubernetes',
      ['cluster.local'],
      [
        ['pods', 'insecure'],
        ['ttl', '30'],
      ],
    ],
  ]);
  expect(() => parseCorefile('.:53 {\n  kubernets cluster.local\n}\n')).toThrow(
    new CorefileError("Corefile:2 - Error during parsing: Unknown directive 'kubernets'"),
  );
});
