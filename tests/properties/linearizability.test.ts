import fc from 'fast-check';
import { EtcdError } from '@/lib/cluster/etcd';
import { EtcdGroup } from '@/tests/support/etcd-group';
import { isLinearizable, type RegisterCall } from '@/tests/support/linearizability';

type Action =
  | { readonly type: 'write' | 'read' | 'swap'; readonly member: number; readonly key: 'x' | 'y' }
  | { readonly type: 'isolate' | 'crash' | 'start' | 'move-leader'; readonly member: number }
  | { readonly type: 'cut'; readonly from: number; readonly to: number }
  | { readonly type: 'heal' }
  | { readonly type: 'disturb'; readonly loss: number; readonly delay: number }
  | { readonly type: 'wait'; readonly ms: number };

const member = fc.nat(2);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      type: fc.constantFrom('write' as const, 'read' as const, 'read' as const, 'swap' as const),
      member,
      key: fc.constantFrom('x' as const, 'y' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom('isolate' as const, 'crash' as const, 'start' as const, 'start' as const, 'move-leader' as const),
      member,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cut' as const), from: member, to: member }) },
  { weight: 2, arbitrary: fc.constant<Action>({ type: 'heal' }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('disturb' as const),
      loss: fc.constantFrom(0, 0.1, 0.5),
      delay: fc.constantFrom(0, 0.3, 0.9),
    }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(1, 20, 200, 1_500, 5_000) }) },
);

/** What clients saw of each key, while the group was treated as the actions say. */
function histories(seed: string, actions: readonly Action[], { serializable = false } = {}): Map<string, RegisterCall[]> {
  const group = new EtcdGroup({ size: 3, seed, duplication: 0.1, snapshotCount: 5 });
  group.elect();
  const seen = new Map<string, RegisterCall[]>([
    ['x', []],
    ['y', []],
  ]);
  const name = (index: number) => `cp-${index + 1}`;
  actions.forEach((one, time) => {
    switch (one.type) {
      case 'write':
      case 'read':
      case 'swap': {
        const { member } = group.machine(name(one.member));
        if (member) seen.get(one.key)?.push(call(one.type, one.key, time));
        return;
      }
      case 'isolate':
        return group.isolate(name(one.member));
      case 'crash':
        return group.crash(name(one.member));
      case 'start':
        return group.start(name(one.member));
      case 'move-leader':
        return attempt(() => group.leader && group.member(group.leader).moveLeader(group.machine(name(one.member)).disk.id));
      case 'cut':
        return void group.cut.add(`${name(one.from)}>${name(one.to)}`);
      case 'heal':
        return group.heal();
      case 'disturb':
        [group.loss, group.delay] = [one.loss, one.delay];
        return;
      case 'wait':
        return void group.kernel.runFor(one.ms);
    }

    /** A call is made and answered at `time`; one that failed may still come to pass, whenever. */
    function call(type: 'write' | 'read' | 'swap', key: string, calledAt: number): RegisterCall {
      const member = group.member(name((one as { member: number }).member));
      const times = { calledAt, returnedAt: calledAt };
      const unknown = { calledAt, returnedAt: Infinity };
      try {
        if (type === 'read') return { type, ...times, value: member.range(key, { serializable }).kvs[0]?.value as number | undefined };
        if (type === 'write') {
          member.put(key, calledAt);
          return { type, ...times, value: calledAt };
        }
        const from = member.range(key, { serializable: true }).kvs[0];
        const { succeeded } = member.txn({
          compare: [{ key, target: 'mod', result: '=', operand: from?.modRevision ?? 0 }],
          success: [{ type: 'put', key, value: calledAt }],
          failure: [],
        });
        return { type, ...times, from: from?.value as number | undefined, to: calledAt, isDone: succeeded };
      } catch (error) {
        if (!(error instanceof EtcdError)) throw error;
        if (type === 'read') return { type: 'write', ...unknown, value: -1, calledAt: Infinity };
        return type === 'write' ? { type, ...unknown, value: calledAt } : { type: 'write', ...unknown, value: calledAt };
      }
    }
  });
  return new Map([...seen].map(([key, calls]) => [key, calls.filter(({ calledAt }) => calledAt < Infinity)]));
}

function attempt(body: () => unknown): void {
  try {
    body();
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
  }
}

const seed = fc.nat(1_000_000).map(String);
const actions = fc.array(action, { maxLength: 80, size: 'max' });
const numRuns = Number(process.env['RUNS'] ?? 150);

test('clients of three members see one register a key, whatever happens to members and messages', () => {
  fc.assert(
    fc.property(seed, actions, (seed, actions) => {
      for (const calls of histories(seed, actions).values()) expect(isLinearizable(calls)).toBe(true);
    }),
    { numRuns },
  );
});

test('a read that does not ask the group may be stale, and the checker sees it', () => {
  const stale = fc.property(seed, actions, (seed, actions) =>
    [...histories(seed, actions, { serializable: true }).values()].every(isLinearizable),
  );
  expect(fc.check(stale, { numRuns: 300 }).failed).toBe(true);
});

test('the checker accepts overlapping calls in any order and refuses a value from nowhere', () => {
  const write = (value: number, calledAt: number, returnedAt: number): RegisterCall => ({ type: 'write', value, calledAt, returnedAt });
  const read = (value: number, calledAt: number, returnedAt: number): RegisterCall => ({ type: 'read', value, calledAt, returnedAt });
  expect(isLinearizable([write(1, 0, 10), write(2, 0, 10), read(1, 11, 12)])).toBe(true);
  expect(isLinearizable([write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)])).toBe(false);
  expect(isLinearizable([write(1, 0, Infinity), read(1, 4, 5), read(1, 6, 7)])).toBe(true);
  expect(isLinearizable([write(1, 0, 1), write(2, 2, Infinity), read(2, 4, 5), read(1, 6, 7)])).toBe(false);
});
