import { ConnectionError, type ApiStream } from '@/lib/cluster/api';
import type { PeerMessage } from '@/lib/cluster/etcd';
import { Disk, instant, Kernel } from '@/lib/cluster/kernel';
import { Machine } from '@/lib/cluster/machine';
import { SimulatedNetwork, type LinkFault } from '@/lib/cluster/network';

/** Two machines; the second serves HTTP, an API with a watch, names, and an etcd member's peer port. */
function lan(world = new Disk('world')) {
  const kernel = new Kernel({ seed: 1, now: instant(0) });
  const network = new SimulatedNetwork({ kernel, world, podCidr: '10.244.0.0/16' });
  for (const [name, ip] of [
    ['cp-1', '172.18.0.2'],
    ['cp-2', '172.18.0.3'],
  ] as const) {
    const spec = { name, role: 'control-plane' as const, ip, cpuMillis: 4000, memoryBytes: 2 ** 33, podsMax: 110 };
    const machine = new Machine({ spec, disk: new Disk(name), kernel, units: [] });
    network.addMachine(machine);
    machine.boot();
  }
  const messages: number[] = [];
  let served = 0;
  let sink: Parameters<ApiStream['start']>[0] | undefined;
  const stream: ApiStream = { start: (given) => ((sink = given), () => void (sink = undefined)) };
  const host = network.host('cp-2');
  host.listen(80, 'TCP', { http: () => (served++, { status: 200, headers: {}, body: 'hello' }) });
  host.listen(6443, 'TCP', { api: () => (served++, { status: 200, headers: {}, stream }) });
  host.listen(53, 'UDP', { dns: () => ({ rcode: 'NOERROR', answers: [{ name: 'a.', type: 'A', ttl: 5, value: '10.0.0.1' }] }) });
  host.listen(2380, 'TCP', { peer: (message) => messages.push(message.term) > 0 });
  const from = network.host('cp-1');
  return {
    kernel,
    network,
    messages,
    served: () => served,
    write: (chunk: unknown) => sink?.write(chunk),
    isWatched: () => sink !== undefined,
    there: (fault: LinkFault | undefined) => network.setLinkFault('cp-1', 'cp-2', fault),
    back: (fault: LinkFault | undefined) => network.setLinkFault('cp-2', 'cp-1', fault),
    get: (timeoutMs = 10_000) => network.http(from, { method: 'GET', url: 'http://172.18.0.3/', headers: {} }, { timeoutMs }),
    dial: () => network.dialApi(from, 'https://172.18.0.3:6443')({ method: 'GET', url: '/', headers: {} }),
    connect: (timeoutMs: number) => network.connect(from, '172.18.0.3', 80, { timeoutMs }),
    resolve: () =>
      network.resolve(
        {
          ...from,
          name: 'x',
          ip: from.ip,
          machine: 'cp-1',
          resolver: { nameservers: ['172.18.0.3'], search: [], ndots: 1 },
          findListener: () => undefined,
        },
        'a.',
      ),
    send: (term: number) =>
      network.sendPeer(from, 'https://172.18.0.3:2380', { type: 'timeout-now', from: 'a', to: 'b', term } as PeerMessage),
  };
}

test('a slow link makes a request as much slower as its packets cross it', () => {
  const { get, there, back } = lan();
  expect(get()).toMatchObject({ type: 'response', tookMs: 1 });
  there({ delayMs: 100 });
  expect(get()).toMatchObject({ type: 'response', tookMs: 201 });
  back({ delayMs: 50 });
  expect(get()).toMatchObject({ type: 'response', tookMs: 301 });
  there(undefined);
  back(undefined);
  expect(get()).toMatchObject({ type: 'response', tookMs: 1 });
});

test('TCP hides loss behind retransmissions, until the client gives up', () => {
  const { get, there, connect } = lan();
  there({ loss: 0.5 });
  const tries = Array.from({ length: 100 }, () => get());
  expect(tries.every(({ type, tookMs }) => (type === 'response' ? tookMs >= 1 : tookMs === 10_000))).toBe(true);
  expect(tries.filter(({ type, tookMs }) => type === 'response' && tookMs > 200).length).toBeGreaterThan(40);
  expect(tries.filter(({ type }) => type === 'response').length).toBeGreaterThan(80);
  there({ loss: 1 });
  expect(get()).toMatchObject({ type: 'error', error: 'timeout', tookMs: 10_000 });
  expect(connect(3_000)).toEqual({ type: 'timeout', tookMs: 3_000 });
});

test('a request that does not get through is not served; one whose answer is lost was', () => {
  const { get, dial, there, back, served } = lan();
  there({ delayMs: 20_000 });
  get();
  expect(served()).toBe(0);
  there(undefined);
  // The connection is open in time; what comes back after it is not.
  back({ delayMs: 6_000 });
  expect(get()).toMatchObject({ error: 'timeout' });
  expect(served()).toBe(1);
  back({ loss: 1 });
  expect(dial).toThrow(new ConnectionError('dial tcp 172.18.0.3:6443: i/o timeout'));
  expect(served()).toBe(1);
});

test('duplicates and disorder are nothing that TCP shows', () => {
  const { get, there, write, dial, kernel } = lan();
  there({ duplicate: 1, reorder: 1, delayMs: 100 });
  expect(get()).toMatchObject({ type: 'response', tookMs: 1 });
  const seen: unknown[] = [];
  const { stream } = dial();
  stream?.start({ write: (chunk) => seen.push(chunk), end: () => seen.push('end') });
  write(1);
  write(2);
  kernel.runFor(1_000);
  expect(seen).toEqual([1, 2]);
});

test('messages of members go each by itself: lost, twice, late, or out of order', () => {
  const { send, there, messages, kernel } = lan();
  there({ loss: 1 });
  expect(send(1)).toBe(true);
  kernel.runFor(1_000);
  expect(messages).toEqual([]);
  there({ duplicate: 1 });
  send(2);
  expect(messages).toEqual([2, 2]);
  there({ delayMs: 30 });
  send(3);
  expect(messages).toEqual([2, 2]);
  kernel.runFor(30);
  expect(messages).toEqual([2, 2, 3]);
  there({ delayMs: 50, jitterMs: 40 });
  const sent = Array.from({ length: 20 }, (_, index) => index + 10);
  for (const term of sent) send(term);
  kernel.runFor(100);
  const arrived = messages.slice(3);
  expect([...arrived].sort((a, b) => a - b)).toEqual(sent);
  expect(arrived).not.toEqual(sent);
});

test('a call may let messages arrive ahead of the clock, in the order of their arrival and no further than its time', () => {
  const { send, there, network, messages, kernel } = lan();
  there({ delayMs: 500 });
  send(1);
  there({ delayMs: 100 });
  send(2);
  there({ delayMs: 9_000 });
  send(3);
  expect(network.settlePeers(() => messages.length === 1, 7_000)).toBe(100);
  expect(messages).toEqual([2]);
  expect(network.settlePeers(() => false, 7_000)).toBe(500);
  expect(messages).toEqual([2, 1]);
  expect(kernel.now).toBe(0);
  kernel.runFor(9_000);
  expect(messages).toEqual([2, 1, 3]);
});

test('a watch over a lossy link is late and whole; over a cut one it stands still, and ends when pings go unanswered', () => {
  const { kernel, network, back, write, dial, isWatched } = lan();
  const seen: unknown[] = [];
  dial().stream?.start({ write: (chunk) => seen.push(chunk), end: () => seen.push('end') });
  back({ loss: 0.4, delayMs: 20, jitterMs: 15 });
  const chunks = Array.from({ length: 30 }, (_, index) => index);
  for (const chunk of chunks) write(chunk);
  expect(seen).toEqual([]);
  kernel.runFor(60_000);
  expect(seen).toEqual(chunks);
  back(undefined);
  network.setLink('cp-2', 'cp-1', false);
  write('held');
  kernel.runFor(10_000);
  expect(seen).toHaveLength(30);
  network.setLink('cp-2', 'cp-1', true);
  write('after');
  kernel.runFor(20_000);
  expect(seen.slice(30)).toEqual(['held', 'after']);
  network.setLink('cp-2', 'cp-1', false);
  write('lost');
  kernel.runFor(44_000);
  expect(seen).toHaveLength(32);
  kernel.runFor(2_000);
  expect(seen.slice(32)).toEqual(['end']);
  expect(isWatched()).toBe(false);
});

test('names go by datagram, so a lost one costs the resolver five seconds', () => {
  const { resolve, there } = lan();
  expect(resolve()).toMatchObject({ answer: { rcode: 'NOERROR' }, tookMs: 0.5 });
  there({ delayMs: 40 });
  expect(resolve()).toMatchObject({ answer: { rcode: 'NOERROR' }, tookMs: 40.5 });
  there({ loss: 1 });
  expect(resolve()).toMatchObject({ answer: { rcode: 'SERVFAIL' }, tookMs: 10_000 });
});

test('faults of links are part of the world, which a snapshot keeps', () => {
  const world = new Disk('world');
  lan(world).there({ delayMs: 100 });
  expect(lan(world.fork()).get()).toMatchObject({ tookMs: 201 });
});
