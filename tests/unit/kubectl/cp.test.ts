import { Desk } from '../../support/kubectl';
import { freshCluster } from '../../support/template';

let desk: Desk;

beforeAll(async () => {
  desk = new Desk(freshCluster(), { '/home/learner/d/a.conf': 'ä\n', '/home/learner/d/sub/b.conf': 'b\n', '/home/learner/one': '1\n' });
  await desk.run('run web --image=nginx');
  await desk.run('wait --for=condition=Ready pod/web');
});

const cat = async (path: string) => (await desk.run(['exec', 'web', '--', 'cat', path])).stdout;

test('a directory is copied into a container with all that is in it', async () => {
  expect(await desk.run('cp d web:/tmp/new')).toEqual({ stdout: '', stderr: '', exitCode: 0 });
  expect(await cat('/tmp/new/a.conf')).toBe('ä\n');
  expect(await cat('/tmp/new/sub/b.conf')).toBe('b\n');
});

test('a file goes under its own name into a directory that is there, else under the new name', async () => {
  await desk.run('cp one web:/tmp');
  await desk.run('cp ./one default/web:/tmp/two -c web');
  expect([await cat('/tmp/one'), await cat('/tmp/two')]).toEqual(['1\n', '1\n']);
});

test('files and directories come back', async () => {
  await desk.run('cp web:/etc/nginx/nginx.conf nginx.conf');
  expect(desk.files['/home/learner/nginx.conf']).toContain('worker_processes');
  await desk.run('cp web:/etc/nginx/conf.d conf');
  expect(desk.files['/home/learner/conf/default.conf']).toContain('listen');
});

test.each([
  ['cp one', 'source and destination are required'],
  ['cp one two', 'one of src or dest must be a remote file specification'],
  ['cp web:/a web:/b', 'one of src or dest must be a local file specification'],
  ['cp nowhere web:/tmp', "nowhere doesn't exist in local filesystem"],
  ['cp one :/tmp', 'filespec must match the canonical format: [[namespace/]pod:]file/path'],
  ['cp one web:', 'filepath can not be empty'],
  ['cp one nope:/tmp', 'pods "nope" not found'],
  ['cp web:/nowhere x', 'tar: /nowhere: Cannot stat: No such file or directory'],
])('kubectl %s is refused', async (command, message) => {
  const { stderr, exitCode } = await desk.run(command);
  expect(stderr).toContain(message);
  expect(exitCode).toBe(1);
});
