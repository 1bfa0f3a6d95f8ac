import { ControlPlane } from '@/tests/support/control-plane';

test('the garbage collector watches what can be watched, and so has nothing to try again', () => {
  const { kernel } = new ControlPlane({ controllers: ['garbage-collector-controller'], scheduler: false, kubelet: false });
  const begin = kernel.trace.lastId;
  kernel.runFor(60_000);
  expect(kernel.trace.since(begin).filter(({ what }) => what.endsWith(' again'))).toEqual([]);
});
