import { Backlog } from '@/lib/sandbox/backlog';

const limits = { sandboxBytes: 100, workerBytes: 250 };

function lines(count: number) {
  const backlog = new Backlog(limits);
  const held = Array.from({ length: count }, () => false);
  return { held, lines: held.map((_, index) => backlog.open((isHeld) => void (held[index] = isHeld))) };
}

test('a sandbox is held while more than its share waits to be saved, and goes on when half of that is saved', () => {
  const {
    held,
    lines: [line, other],
  } = lines(2);
  other?.add(1);
  line?.add(100);
  expect(held).toEqual([false, false]);
  line?.add(1);
  expect(held).toEqual([true, false]);
  line?.kept(50);
  expect(held).toEqual([true, false]);
  line?.kept(1);
  expect(held).toEqual([false, false]);
});

test('when too much of a whole worker waits, every sandbox with a part in it is held, and whoever comes to have one', () => {
  const { held, lines: all } = lines(4);
  for (const line of all.slice(0, 3)) line.add(90);
  expect(held).toEqual([true, true, true, false]);
  all[3]?.add(1);
  expect(held).toEqual([true, true, true, true]);
  for (const line of all.slice(0, 2)) line.kept(90);
  expect(held).toEqual([false, false, false, false]);
});

test('a sandbox that is closed counts no more', () => {
  const { held, lines: all } = lines(3);
  for (const line of all) line.add(90);
  expect(held).toEqual([true, true, true]);
  all[0]?.close();
  all[1]?.close();
  all[1]?.kept(90);
  expect(held).toEqual([false, false, false]);
  all[0]?.add(1_000);
  expect(held).toEqual([false, false, false]);
});
