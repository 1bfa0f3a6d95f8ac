import { Disk, instant, Kernel } from '@/lib/cluster/kernel';
import { Machine, type MachineRole } from '@/lib/cluster/machine';
import { rulesetPath, SimulatedNetwork, type Listener, type NetworkNamespace } from '@/lib/cluster/network';
import { buildRuleset } from '@/lib/cluster/proxy/ruleset';
import type { Json } from '@/lib/base';
import { serviceOf, sliceOf } from '@/tests/support/network-objects';

function lan() {
  const kernel = new Kernel({ seed: 1, now: instant(0) });
  const network = new SimulatedNetwork({ kernel, world: new Disk('world'), podCidr: '10.244.0.0/16' });
  const machine = (name: string, role: MachineRole, index: number) => {
    const made = new Machine({
      spec: { name, role, ip: `172.18.0.${index}`, cpuMillis: 4000, memoryBytes: 2 ** 33, podsMax: 110 },
      disk: new Disk(name),
      kernel,
      units: [],
    });
    network.addMachine(made);
    made.boot();
    return made;
  };
  const machines = {
    one: machine('worker-1', 'worker', 3),
    two: machine('worker-2', 'worker', 4),
    desk: machine('workstation', 'workstation', 250),
  };
  const pod = (name: string, ip: string, on: string, listeners: Record<number, Listener> = {}): NetworkNamespace => {
    const namespace = {
      name: `pod ${name}`,
      ip,
      machine: on,
      resolver: { nameservers: ['10.96.0.10'], search: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local'], ndots: 5 },
      findListener: (port: number) => listeners[port],
    };
    network.attach(namespace);
    return namespace;
  };
  const says = (body: string): Listener => ({ http: (_, peer) => ({ status: 200, headers: {}, body: `${body} to ${peer.ip}` }) });
  const get = (from: NetworkNamespace, url: string, timeoutMs = 1000) =>
    network.http(from, { method: 'GET', url, headers: {} }, { timeoutMs });
  return { kernel, network, machines, pod, says, get };
}

test('a Pod reaches another Pod by its IP, across nodes, and sees its own address as the peer', () => {
  const { pod, says, get } = lan();
  const client = pod('client', '10.244.1.5', 'worker-1');
  pod('web', '10.244.2.6', 'worker-2', { 80: says('hello') });
  expect(get(client, 'http://10.244.2.6/')).toMatchObject({ type: 'response', response: { body: 'hello to 10.244.1.5' }, tookMs: 1 });
});

test('a port nobody listens on refuses, an address nobody has is unreachable, a lost machine does not answer', () => {
  const { pod, says, get, machines } = lan();
  const client = pod('client', '10.244.1.5', 'worker-1');
  pod('web', '10.244.2.6', 'worker-2', { 80: says('hello') });
  expect(get(client, 'http://10.244.2.6:81/')).toMatchObject({
    type: 'error',
    error: 'refused',
    message: 'dial tcp 10.244.2.6:81: connect: connection refused',
  });
  expect(get(client, 'http://10.244.9.9/', 10_000)).toMatchObject({ type: 'error', error: 'unreachable', tookMs: 3000 });
  machines.two.crash();
  expect(get(client, 'http://10.244.2.6/')).toMatchObject({ type: 'error', error: 'timeout', tookMs: 1000 });
});

test('an address that is no URL is an error of the request, not of the simulation', () => {
  const { pod, get } = lan();
  const client = pod('client', '10.244.1.5', 'worker-1');
  expect(get(client, 'http://')).toMatchObject({ type: 'error', message: 'URL rejected: http://' });
});

test("kube-proxy's rules spread a ClusterIP over its endpoints, and refuse where there are none", () => {
  const { pod, says, get, machines } = lan();
  const client = pod('client', '10.244.1.5', 'worker-1');
  pod('a', '10.244.1.6', 'worker-1', { 8080: says('a') });
  pod('b', '10.244.2.6', 'worker-2', { 8080: says('b') });
  const services = [
    serviceOf('default/web', { clusterIP: '10.96.7.7', ports: [{ port: 80, targetPort: 8080 }] }),
    serviceOf('default/empty', { clusterIP: '10.96.7.8', ports: [{ port: 80 }] }),
  ];
  const slices = [
    sliceOf('default/web', 8080, [
      ['10.244.1.6', 'worker-1'],
      ['10.244.2.6', 'worker-2'],
    ]),
  ];
  machines.one.disk.set(rulesetPath, buildRuleset(services, slices, { name: 'worker-1', clusterCidr: '10.244.0.0/16' }) as unknown as Json);
  const answers = new Set(
    Array.from({ length: 40 }, () => get(client, 'http://10.96.7.7/')).map((result) => result.type === 'response' && result.response.body),
  );
  expect([...answers].sort()).toEqual(['a to 10.244.1.5', 'b to 10.244.1.5']);
  expect(get(client, 'http://10.96.7.8/')).toMatchObject({ type: 'error', error: 'refused' });
});

test('session affinity keeps a client on one endpoint', () => {
  const { pod, says, get, machines } = lan();
  const client = pod('client', '10.244.1.5', 'worker-1');
  for (const [name, ip] of [
    ['a', '10.244.1.6'],
    ['b', '10.244.2.6'],
    ['c', '10.244.2.7'],
  ] as const)
    pod(name, ip, name === 'a' ? 'worker-1' : 'worker-2', { 80: says(name) });
  const service = serviceOf('default/web', { clusterIP: '10.96.7.7', sessionAffinity: 'ClientIP', ports: [{ port: 80 }] });
  const slice = sliceOf('default/web', 80, [
    ['10.244.1.6', 'worker-1'],
    ['10.244.2.6', 'worker-2'],
    ['10.244.2.7', 'worker-2'],
  ]);
  machines.one.disk.set(
    rulesetPath,
    buildRuleset([service], [slice], { name: 'worker-1', clusterCidr: '10.244.0.0/16' }) as unknown as Json,
  );
  const answers = new Set(
    Array.from({ length: 20 }, () => get(client, 'http://10.96.7.7/')).map((result) => result.type === 'response' && result.response.body),
  );
  expect(answers.size).toBe(1);
});

test('the workstation reaches a node port on any node, and neither Pod nor Service addresses', () => {
  const { pod, says, get, machines, network } = lan();
  pod('web', '10.244.1.6', 'worker-1', { 80: says('web') });
  const service = serviceOf('default/web', { type: 'NodePort', clusterIP: '10.96.7.7', ports: [{ port: 80, nodePort: 30080 }] });
  const slice = sliceOf('default/web', 80, [['10.244.1.6', 'worker-1']]);
  for (const machine of [machines.one, machines.two])
    machine.disk.set(
      rulesetPath,
      buildRuleset([service], [slice], { name: machine.name, clusterCidr: '10.244.0.0/16' }) as unknown as Json,
    );
  const desk = network.host('workstation');
  expect(get(desk, 'http://172.18.0.4:30080/')).toMatchObject({ type: 'response', response: { body: 'web to 172.18.0.4' } });
  expect(get(desk, 'http://10.244.1.6/')).toMatchObject({ type: 'error', error: 'timeout' });
  expect(get(desk, 'http://10.96.7.7/')).toMatchObject({ type: 'error', error: 'timeout' });
});

test('a cut link loses traffic both ways until it is mended', () => {
  const { pod, says, get, network } = lan();
  const client = pod('client', '10.244.1.5', 'worker-1');
  pod('web', '10.244.2.6', 'worker-2', { 80: says('hello') });
  network.setLink('worker-2', 'worker-1', false);
  expect(get(client, 'http://10.244.2.6/')).toMatchObject({ type: 'error', error: 'timeout' });
  network.setLink('worker-2', 'worker-1', true);
  expect(get(client, 'http://10.244.2.6/')).toMatchObject({ type: 'response' });
});

test('a short name is looked for along the search list before it is asked as it is', () => {
  const { pod, network } = lan();
  const client = pod('client', '10.244.1.5', 'worker-1');
  const asked: string[] = [];
  pod('dns', '10.96.0.10', 'worker-1', {
    53: {
      dns: ({ name }) => {
        asked.push(name);
        return name === 'web.shop.svc.cluster.local'
          ? { rcode: 'NOERROR', answers: [{ name, type: 'A', ttl: 30, value: '10.96.1.1' }] }
          : { rcode: 'NXDOMAIN', answers: [] };
      },
    },
  });
  expect(network.resolve(client, 'web.shop')).toMatchObject({ server: '10.96.0.10:53', answer: { answers: [{ value: '10.96.1.1' }] } });
  expect(asked).toEqual(['web.shop.default.svc.cluster.local', 'web.shop.svc.cluster.local']);
});

test("without a DNS server that answers, a look-up fails after resolv.conf's timeouts", () => {
  const { pod, network } = lan();
  const client = pod('client', '10.244.1.5', 'worker-1');
  expect(network.resolve(client, 'web')).toMatchObject({ answer: { rcode: 'SERVFAIL' }, tookMs: 10_000 });
});
