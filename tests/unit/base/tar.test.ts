import { execFileSync } from 'node:child_process';
import { readTar, TarError, writeTar, type TarEntry } from '@/lib/base';

const long = `${'directory-with-a-name/'.repeat(6)}file`;
const entries: TarEntry[] = [
  { path: 'd/', isDirectory: true, text: '' },
  { path: 'd/a.txt', isDirectory: false, text: 'hällo\n' },
  { path: long, isDirectory: false, text: 'x'.repeat(1000) },
];

test('what was written is read again, long names and all', () => {
  expect(readTar(writeTar(entries, 1_700_000_000))).toEqual(entries);
});

test('tar itself understands what is written, and is understood', () => {
  const listed = execFileSync('tar', ['-tvf', '-'], { input: writeTar(entries, 0), encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });
  expect(listed).toContain('-rw-r--r-- root/root         7 1970-01-01 00:00 d/a.txt');
  expect(listed).toContain(long);
  const archive = execFileSync('tar', ['-cf', '-', '-C', 'lib/base', 'tar.ts'], { maxBuffer: 1 << 24 });
  expect(readTar(archive).map(({ path, isDirectory }) => [path, isDirectory])).toEqual([['tar.ts', false]]);
});

test('an archive is whole records of 10 KiB', () => {
  expect(writeTar([], 0)).toHaveLength(10_240);
  expect(writeTar(entries, 0).length % 10_240).toBe(0);
});

test.each([
  ['no archive', new TextEncoder().encode('x'.repeat(600)), 'This does not look like a tar archive'],
  ['one that is cut', writeTar(entries, 0).subarray(0, 3_000), 'Unexpected EOF in archive'],
  ['half a header', writeTar(entries, 0).subarray(0, 300), 'Unexpected EOF in archive'],
])('%s is refused', (_what, bytes, message) => {
  expect(() => readTar(bytes)).toThrow(new TarError(message));
});
