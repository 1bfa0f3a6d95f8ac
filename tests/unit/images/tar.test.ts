import { readTar, writeTar } from '@/lib/base';
import { busyboxPrograms } from '@/lib/cluster/images/applets';
import { LoneContainer } from '../../support/container';

const programs = busyboxPrograms();
const files = { '/etc/app/a.conf': 'a\n', '/etc/app/sub/b.conf': 'b\n' };
const decoded = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function run(argv: readonly string[], stdin = '') {
  return new LoneContainer({ programs, argv, files, stdin });
}

test('tar cf - packs a directory, without the slash in front', () => {
  const { stdout, stderr, exitCode } = run(['tar', 'cf', '-', '/etc/app']);
  expect(readTar(new TextEncoder().encode(stdout)).map(({ path, text }) => [path, text])).toEqual([
    ['etc/app/', ''],
    ['etc/app/a.conf', 'a\n'],
    ['etc/app/sub/', ''],
    ['etc/app/sub/b.conf', 'b\n'],
  ]);
  expect([stderr, exitCode]).toEqual(["tar: Removing leading `/' from member names\n", 0]);
});

test('tar -xmf - -C unpacks what is piped in', () => {
  const archive = decoded(writeTar([{ path: 'new/', isDirectory: true, text: '' }, { path: 'new/c', isDirectory: false, text: 'ü\n' }], 0)); // prettier-ignore
  const container = run(['tar', '-xmf', '-', '-C', '/etc/app'], archive);
  expect([container.exitCode, container.stderr]).toEqual([0, '']);
  expect(container.files.read('/etc/app/new/c')).toBe('ü\n');
});

test('names that lead out of the directory, missing files and rubbish are refused', () => {
  const evil = decoded(writeTar([{ path: '../../etc/passwd', isDirectory: false, text: 'x' }], 0));
  const container = run(['tar', 'xf', '-', '-C', '/etc/app'], evil);
  expect(container.exitCode).toBe(2);
  expect(container.stderr).toContain("Member name contains '..'");
  expect(container.files.exists('/etc/passwd')).toBe(false);
  expect(run(['tar', 'cf', '-', '/nowhere'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('tar: /nowhere: Cannot stat: No such file or directory') }); // prettier-ignore
  expect(run(['tar', 'xf', '-'], 'x'.repeat(600))).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('This does not look like a tar archive') }); // prettier-ignore
});

test('compression is not simulated, and says so', () => {
  expect(run(['tar', 'czf', '-', '/etc/app'])).toMatchObject({ exitCode: 2, stderr: 'tar: not simulated: -z\n' });
});
