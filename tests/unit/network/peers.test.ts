import { Disk, instant, Kernel } from '@/lib/cluster/kernel';
import { ConnectionError } from '@/lib/cluster/api';
import type { PeerMessage } from '@/lib/cluster/etcd';
import { Machine } from '@/lib/cluster/machine';
import { rulesetPath, SimulatedNetwork } from '@/lib/cluster/network';
import { buildRuleset } from '@/lib/cluster/proxy/ruleset';
import { deepCopy, type Json } from '@/lib/base';

/** Two machines, the second with an etcd member's peer port. */
function lan() {
  const kernel = new Kernel({ seed: 1, now: instant(0) });
  const network = new SimulatedNetwork({ kernel, world: new Disk('world'), podCidr: '10.244.0.0/16' });
  const [one, two] = ['cp-1', 'cp-2'].map((name, index) => {
    const spec = { name, role: 'control-plane' as const, ip: `172.18.0.${index + 2}`, cpuMillis: 4000, memoryBytes: 2 ** 33, podsMax: 110 };
    const machine = new Machine({ spec, disk: new Disk(name), kernel, units: [] });
    network.addMachine(machine);
    machine.boot();
    return machine;
  }) as [Machine, Machine];
  let received = 0;
  const close = network.host('cp-2').listen(2380, 'TCP', { peer: () => received++ >= 0 });
  const message = { type: 'timeout-now', from: 'a', to: 'b', term: 1 } as PeerMessage;
  return {
    network,
    one,
    two,
    close,
    received: () => received,
    send: () => network.sendPeer(network.host('cp-1'), 'https://172.18.0.3:2380', message),
  };
}

test('a message reaches a member while link, machine and port are there, each looked at anew', () => {
  const { network, two, close, send, received } = lan();
  expect([send(), send()]).toEqual([true, true]);
  network.setLink('cp-2', 'cp-1', false);
  expect(send()).toBe(false);
  network.setLink('cp-2', 'cp-1', true);
  expect(send()).toBe(true);
  two.crash();
  expect(send()).toBe(false);
  two.boot();
  expect(send()).toBe(true);
  close?.();
  expect(send()).toBe(false);
  expect(received()).toBe(4);
});

test.each(['to a member', 'to an API server'])('a rule that is added to either machine later closes an open connection %s', (where) => {
  const { network, two, send: sendPeer } = lan();
  network.host('cp-2').listen(6443, 'TCP', { api: () => ({ status: 200, headers: {} }) });
  const ask = network.dialApi(network.host('cp-1'), 'https://172.18.0.3:6443');
  const isAnswered = () => {
    try {
      return ask({ method: 'GET', url: '/', headers: {} }).status === 200;
    } catch {
      return false;
    }
  };
  const send = where === 'to a member' ? sendPeer : isAnswered;
  expect(send()).toBe(true);
  const rules = deepCopy(buildRuleset([], [], { name: 'cp-2', clusterCidr: '10.244.0.0/16' })) as unknown as {
    filter: { chains: { name: string; policy?: string }[] };
  };
  two.disk.set(rulesetPath, rules as unknown as Json);
  expect(send()).toBe(true);
  const dropping = deepCopy(rules) as typeof rules;
  for (const chain of dropping.filter.chains) if (chain.name === 'INPUT') chain.policy = 'DROP';
  two.disk.set(rulesetPath, dropping as unknown as Json);
  expect(send()).toBe(false);
  two.disk.set(rulesetPath, rules as unknown as Json);
  expect(send()).toBe(true);
});

test.each([':::', 'nonsense', 'ftp://172.18.0.3:2380', 'unix:///run/etcd', 'https://[::1]:2379'])('nobody is found at %s', (address) => {
  const { network, one } = lan();
  const from = network.host(one.name);
  expect(network.sendPeer(from, address, { type: 'timeout-now', from: 'a', to: 'b', term: 1 })).toBe(false);
  const api = network.dialApi(from, address);
  expect(() => api({ method: 'GET', url: '/', headers: {} })).toThrow(
    new ConnectionError(`dial tcp: address ${address}: missing port in address`),
  );
  const etcd = network.dialEtcd(from, address);
  expect(() => etcd.range('a')).toThrow(`address ${address}: missing port in address`);
});
