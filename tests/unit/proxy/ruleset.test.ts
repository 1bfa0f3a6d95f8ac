import { renderRuleset } from '@/lib/cluster/network';
import { buildRuleset } from '@/lib/cluster/proxy/ruleset';
import { serviceOf, sliceOf } from '@/tests/support/network-objects';

const node = { name: 'worker-1', clusterCidr: '10.244.0.0/16' };
const rules = (...args: Parameters<typeof buildRuleset> extends [infer A, infer B, ...unknown[]] ? [A, B] : never) =>
  renderRuleset(buildRuleset(args[0], args[1], node)).split('\n');

test('a ClusterIP with two endpoints gives the chains a real kube-proxy gives, by name', () => {
  const text = rules(
    [serviceOf('demo/web', { clusterIP: '10.96.10.1', ports: [{ port: 80 }] })],
    [
      sliceOf('demo/web', 8080, [
        ['10.244.1.11', 'worker-1'],
        ['10.244.2.12', 'worker-2'],
      ]),
    ],
  );
  expect(text).toEqual(
    expect.arrayContaining([
      '-A KUBE-SERVICES -d 10.96.10.1/32 -p tcp -m comment --comment "demo/web cluster IP" -m tcp --dport 80 -j KUBE-SVC-YTGZ2JEENUBCE3T3',
      '-A KUBE-SVC-YTGZ2JEENUBCE3T3 ! -s 10.244.0.0/16 -d 10.96.10.1/32 -p tcp -m comment --comment "demo/web cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ',
      '-A KUBE-SVC-YTGZ2JEENUBCE3T3 -m comment --comment "demo/web -> 10.244.1.11:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-WGELP5JROWWCYCPC',
      '-A KUBE-SVC-YTGZ2JEENUBCE3T3 -m comment --comment "demo/web -> 10.244.2.12:8080" -j KUBE-SEP-XLS7NQ6OVS6XK745',
      '-A KUBE-SEP-WGELP5JROWWCYCPC -p tcp -m comment --comment "demo/web" -m tcp -j DNAT --to-destination 10.244.1.11:8080',
    ]),
  );
});

test('three endpoints share by 1/3, 1/2 and the rest, as the kernel rounds them', () => {
  const text = rules(
    [serviceOf('demo/web', { clusterIP: '10.96.10.1', ports: [{ port: 80 }] })],
    [
      sliceOf('demo/web', 80, [
        ['10.244.1.1', 'worker-1'],
        ['10.244.1.2', 'worker-1'],
        ['10.244.1.3', 'worker-1'],
      ]),
    ],
  );
  expect(text.flatMap((line) => /--probability (\S+)/.exec(line)?.[1] ?? [])).toEqual(['0.33333333349', '0.50000000000']);
});

test('no endpoints means no nat rules, only a REJECT', () => {
  const text = rules([serviceOf('demo/web', { clusterIP: '10.96.10.1', ports: [{ port: 80 }] })], []);
  expect(text.filter((line) => line.includes('demo/web'))).toEqual([
    '-A KUBE-SERVICES -d 10.96.10.1/32 -p tcp -m comment --comment "demo/web has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable',
  ]);
});

test('endpoints that terminate but still serve are used only when nothing is ready', () => {
  const service = serviceOf('demo/web', { clusterIP: '10.96.10.1', ports: [{ port: 80 }] });
  const targets = (...endpoints: Parameters<typeof sliceOf>[2]) =>
    rules([service], [sliceOf('demo/web', 80, endpoints)]).flatMap((line) => /--to-destination (\S+)/.exec(line)?.[1] ?? []);
  expect(targets(['10.244.1.1', 'worker-1', 'terminating'], ['10.244.1.2', 'worker-1'])).toEqual(['10.244.1.2:80']);
  expect(targets(['10.244.1.1', 'worker-1', 'terminating'])).toEqual(['10.244.1.1:80']);
});

test('a node port with externalTrafficPolicy Local drops where no endpoint is local', () => {
  const service = serviceOf('demo/web', {
    type: 'NodePort',
    externalTrafficPolicy: 'Local',
    clusterIP: '10.96.10.1',
    ports: [{ name: 'http', port: 80, nodePort: 30080 }],
  });
  expect(rules([service], [sliceOf('demo/web', 80, [['10.244.2.1', 'worker-2']], 'http')])).toContain(
    '-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "demo/web:http has no local endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j DROP',
  );
});

test('a headless Service has no rules', () => {
  expect(
    rules(
      [serviceOf('demo/web', { clusterIP: 'None', ports: [{ port: 80 }] })],
      [sliceOf('demo/web', 80, [['10.244.1.1', 'worker-1']])],
    ).filter((line) => line.includes('demo/web')),
  ).toEqual([]);
});
