import { Lessor } from '@/lib/cluster/etcd/lessor';
import { Kernel, parseInstant } from '@/lib/cluster/kernel';

test('the lease that ends first is waited for, among however many', () => {
  const kernel = new Kernel({ seed: '1', now: parseInstant('2026-01-05T08:00:00Z') });
  const lessor = new Lessor({ kernel, actor: 'etcd/cp-1', isPrimary: () => true, revoke: () => undefined });
  const start = kernel.now;
  lessor.reset(new Map(Array.from({ length: 300_000 }, (_, lease) => [lease, 60 + lease])));
  expect(kernel.peek()?.at).toBe(start + 60_000);
});
