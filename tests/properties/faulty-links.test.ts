import fc from 'fast-check';
import { EtcdError } from '@/lib/cluster/etcd';
import { EtcdLan } from '@/tests/support/etcd-lan';
import { isLinearizable, type RegisterCall } from '@/tests/support/linearizability';

/** Groups of one to five members on the cluster's own network, whose links are cut, slow, lossy, duplicating and disorderly, each way by itself. */
type Action =
  | { readonly type: 'write' | 'read' | 'swap'; readonly member: number; readonly key: 'x' | 'y' }
  | { readonly type: 'crash' | 'boot'; readonly member: number }
  | { readonly type: 'cut'; readonly from: number; readonly to: number }
  | {
      readonly type: 'disturb';
      readonly from: number;
      readonly to: number;
      readonly delayMs: number;
      readonly jitterMs: number;
      readonly loss: number;
      readonly duplicate: number;
      readonly reorder: number;
    }
  | { readonly type: 'heal' }
  | { readonly type: 'wait'; readonly ms: number };

const member = fc.nat(4);
const share = fc.constantFrom(0, 0.1, 0.5);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      type: fc.constantFrom('write' as const, 'read' as const, 'swap' as const),
      member,
      key: fc.constantFrom('x' as const, 'y' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('crash' as const, 'boot' as const, 'boot' as const), member }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('cut' as const), from: member, to: member }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('disturb' as const),
      from: member,
      to: member,
      delayMs: fc.constantFrom(0, 5, 80, 600, 4_000),
      jitterMs: fc.constantFrom(0, 4, 70),
      loss: share,
      duplicate: share,
      reorder: share,
    }),
  },
  { weight: 1, arbitrary: fc.constant<Action>({ type: 'heal' }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(1, 20, 200, 1_500, 5_000) }) },
);

interface History {
  readonly lan: EtcdLan;
  readonly calls: Map<string, RegisterCall[]>;
}

/** What clients saw of each key, while links and machines were treated as the actions say. */
function play(size: number, seed: string, actions: readonly Action[]): History {
  const lan = new EtcdLan({ size, seed });
  lan.kernel.runFor(5_000);
  const calls = new Map<string, RegisterCall[]>([
    ['x', []],
    ['y', []],
  ]);
  const name = (index: number) => lan.names[index % size] as string;
  actions.forEach((one, time) => {
    switch (one.type) {
      case 'write':
      case 'read':
      case 'swap':
        return void calls.get(one.key)?.push(...call(lan, name(one.member), one.type, one.key, time));
      case 'crash':
        return lan.crash(name(one.member));
      case 'boot':
        return lan.boot(name(one.member));
      case 'cut':
        return lan.network.setLink(name(one.from), name(one.to), false);
      case 'disturb':
        return lan.network.setLinkFault(name(one.from), name(one.to), one);
      case 'heal':
        return lan.heal();
      case 'wait':
        return void lan.kernel.runFor(one.ms);
    }
  });
  return { lan, calls };
}

/** One call, or none where nothing was learned. */
function call(lan: EtcdLan, on: string, type: 'write' | 'read' | 'swap', key: string, calledAt: number): RegisterCall[] {
  const server = lan.server(on);
  const [times, unknown] = [
    { calledAt, returnedAt: calledAt + 0.5 },
    { calledAt, returnedAt: Infinity },
  ];
  try {
    if (type === 'read') return [{ type, ...times, value: server.range(key).kvs[0]?.value as number | undefined }];
    if (type === 'write') {
      server.put(key, calledAt);
      return [{ type, ...times, value: calledAt }];
    }
    const from = server.range(key, { serializable: true }).kvs[0];
    const { succeeded } = server.txn({
      compare: [{ key, target: 'mod', result: '=', operand: from?.modRevision ?? 0 }],
      success: [{ type: 'put', key, value: calledAt }],
      failure: [],
    });
    return [{ type, ...times, from: from?.value as number | undefined, to: calledAt, isDone: succeeded }];
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    return type === 'read' || error.message.startsWith('connection error') ? [] : [{ type: 'write', ...unknown, value: calledAt }];
  }
}

const size = fc.integer({ min: 1, max: 5 });
const seed = fc.nat(1_000_000).map(String);
const actions = fc.array(action, { maxLength: 60, size: 'max' });
const numRuns = Number(process.env['RUNS'] ?? 120);

test('clients of one to five members see one register a key, whatever the links between them do', () => {
  fc.assert(
    fc.property(size, seed, actions, (size, seed, actions) => {
      for (const calls of play(size, seed, actions).calls.values()) expect(isLinearizable(calls)).toBe(true);
    }),
    { numRuns },
  );
});

test('once links are mended a group is live again, holds the same everywhere, and has every write that was acknowledged', () => {
  fc.assert(
    fc.property(size, seed, actions, (size, seed, actions) => {
      const { lan, calls } = play(size, seed, actions);
      lan.heal();
      lan.kernel.runFor(30_000);
      expect(lan.leaders).toHaveLength(1);
      for (const [key, known] of calls) {
        const value = lan.server(lan.names.at(-1) as string).range(key).kvs[0]?.value as number | undefined;
        expect(isLinearizable([...known, { type: 'read', calledAt: 1_000, returnedAt: 1_001, value }])).toBe(true);
      }
      lan.server('cp-1').put('after', 1);
      expect(new Set(lan.hashes).size).toBe(1);
    }),
    { numRuns: Math.ceil(numRuns / 2) },
  );
});

test('slow and lossy links make calls fail now and then, and not always', () => {
  const lan = new EtcdLan({ size: 3, seed: 'lossy' });
  lan.kernel.runFor(5_000);
  lan.setFault({ delayMs: 30, jitterMs: 20, loss: 0.3, duplicate: 0.1, reorder: 0.1 });
  const outcomes = Array.from({ length: 60 }, (_, count) => {
    lan.kernel.runFor(1_000);
    return call(lan, lan.names[count % 3] as string, 'write', 'x', count)[0]?.returnedAt !== Infinity;
  });
  expect(outcomes.filter(Boolean).length).toBeGreaterThan(15);
  expect(outcomes.filter((isDone) => !isDone).length).toBeGreaterThan(3);
});

test('a group whose links are merely slow serves every call, until they are slower than the time a call may take', () => {
  const lan = new EtcdLan({ size: 3, seed: 'slow' });
  lan.kernel.runFor(5_000);
  for (const delayMs of [1, 20, 300]) {
    lan.setFault({ delayMs });
    lan.kernel.runFor(20_000);
    for (const name of lan.names) lan.server(name).put(name, delayMs);
    for (const name of lan.names) expect(lan.server(name).range('cp-2').kvs[0]?.value).toBe(delayMs);
  }
  lan.setFault({ delayMs: 8_000 });
  for (const name of lan.names) expect(() => lan.server(name).put('a', 1)).toThrow('etcdserver: request timed out');
});

test('the same seed and faults give the same group', () => {
  const run = () => {
    const lan = new EtcdLan({ size: 5, seed: 'same' });
    lan.setFault({ delayMs: 30, jitterMs: 20, loss: 0.2, duplicate: 0.2, reorder: 0.2 });
    for (let count = 0; count < 20; count++) {
      call(lan, lan.names[count % 5] as string, 'write', 'x', count);
      lan.kernel.runFor(700);
    }
    return [lan.kernel.trace.hash, ...lan.hashes];
  };
  expect(run()).toEqual(run());
});
