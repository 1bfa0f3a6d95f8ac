import { Disk, instant } from '@/lib/cluster/kernel';
import { ContainerLog, readLog } from '@/lib/cluster/runtime/logs';

const path = '/var/log/pods/default_web_1/web/0.log';

function filled(lines: number, line: (index: number) => string): Disk {
  const disk = new Disk('worker-1');
  let log = new ContainerLog(disk, path);
  for (let index = 0; index < lines; index++) {
    if (index % 1_000 === 999) log = new ContainerLog(disk, path);
    log.write(instant(index), [{ stream: 'stdout', text: line(index) }]);
  }
  return disk;
}

test('a log keeps its newest lines, four thousand or so, also across restarts of the runtime', () => {
  const entries = readLog(
    filled(6_000, (index) => `${index}\n`),
    path,
  );
  expect(entries.at(-1)?.text).toBe('5999\n');
  expect(entries.length).toBeGreaterThan(3_900);
  expect(entries.length).toBeLessThanOrEqual(4_000);
  expect(entries.map(({ time }) => time)).toEqual(entries.map((_, index) => 6_000 - entries.length + index));
});

test('a log of long lines keeps a MiB of them, and what is written again with each line stays small', () => {
  const disk = filled(400, (index) => `${index} ${'x'.repeat(15_000)}\n`);
  const bytes = readLog(disk, path).reduce((total, { text }) => total + text.length, 0);
  expect(readLog(disk, path).at(-1)?.text).toMatch(/^399 x/);
  expect(bytes).toBeGreaterThan(900_000);
  expect(bytes).toBeLessThan(1_100_000);
  for (const [, chunk] of disk.list(`${path}/`)) expect(JSON.stringify(chunk).length).toBeLessThan(40_000);
});
