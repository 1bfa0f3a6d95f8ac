import { ConnectionError, type Transport } from '@/lib/cluster/api';
import { Client, LeaderElection, leaseRef } from '@/lib/cluster/client';
import { ControlPlane } from '@/tests/support/control-plane';

function candidates() {
  const cp = new ControlPlane({ controllers: false, scheduler: false, kubelet: false });
  const leaders: string[] = [];
  const news: string[] = [];
  const run = (identity: string, transport: Transport = cp.transport) => {
    const election = new LeaderElection({
      kernel: cp.kernel,
      client: new Client({ transport, actor: identity }),
      lease: { namespace: 'kube-system', name: 'thing' },
      identity,
      onStartedLeading: () => leaders.push(`+${identity}`),
      onStoppedLeading: () => leaders.push(`-${identity}`),
      onNewLeader: (leader) => news.push(`${identity} sees ${leader}`),
    });
    election.start();
    return election;
  };
  return { cp, leaders, news, run, lease: () => cp.client.get(leaseRef, { namespace: 'kube-system', name: 'thing' }).spec };
}

test('the first candidate leads, and the others do not while it renews', () => {
  const { cp, leaders, run } = candidates();
  run('a');
  run('b');
  cp.kernel.runFor(600_000);
  expect(leaders).toEqual(['+a']);
});

test('when a leader dies another takes over once its lease has run out, and not before', () => {
  const { cp, leaders, run, lease } = candidates();
  const first = run('a');
  run('b');
  cp.kernel.runFor(60_000);
  first.stop();
  const diedAt = cp.kernel.now;
  cp.kernel.runUntilCondition(() => leaders.includes('+b'), { limitMs: 60_000 });
  expect(cp.kernel.now - diedAt).toBeGreaterThan(12_000);
  expect(cp.kernel.now - diedAt).toBeLessThan(25_000);
  expect(lease()).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1, leaseDurationSeconds: 15 });
});

test('a leader that cannot reach the API server stops leading after the renew deadline', () => {
  const { cp, leaders, run } = candidates();
  let isCut = false;
  run('a', (request) => {
    if (isCut) throw new ConnectionError('i/o timeout');
    return cp.transport(request);
  });
  cp.kernel.runFor(60_000);
  isCut = true;
  cp.kernel.runFor(9_000);
  expect(leaders).toEqual(['+a']);
  cp.kernel.runFor(4_000);
  expect(leaders).toEqual(['+a', '-a']);
});

test('one that starts again under the same identity leads at once, and that is no news', () => {
  const { cp, leaders, news, run, lease } = candidates();
  run('a').stop();
  run('a');
  cp.kernel.runFor(10);
  expect(leaders).toEqual(['+a']);
  expect(news).toEqual(['a sees a']);
  expect(lease().leaseTransitions).toBe(0);
});
