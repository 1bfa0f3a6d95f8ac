import { Desk } from '../../support/kubectl';
import { freshCluster } from '../../support/template';

const cluster = freshCluster();

async function after(...commands: string[]): Promise<string> {
  const desk = new Desk(cluster);
  for (const command of commands) expect(await desk.run(`config ${command}`)).toMatchObject({ stderr: '', exitCode: 0 });
  return desk.files['/home/learner/.kube/config'] as string;
}

test('any property of a kubeconfig can be set, also of what is not there yet', async () => {
  const text = await after(
    'set clusters.kubernetes.server https://y',
    'set contexts.learner.namespace shop',
    'set users.jane.token t',
    'set clusters.kubernetes.insecure-skip-tls-verify true',
  );
  expect(text).toContain('insecure-skip-tls-verify: true\n    server: https://y');
  expect(text).toContain('namespace: shop');
  expect(text).toContain('- name: jane\n  user:\n    token: t');
  expect(await after('set current-context other')).toContain('current-context: other');
});

test('bytes are in base64 in the file, and are given so unless they are given raw', async () => {
  expect(await after('set users.learner.client-key-data a2V5')).toContain('client-key-data: a2V5\n');
  expect(await after('set users.learner.client-key-data key --set-raw-bytes')).toContain('client-key-data: a2V5\n');
});

test('properties are unset, and whole entries with them', async () => {
  expect(await after('set contexts.learner.namespace shop', 'unset contexts.learner.namespace')).not.toContain('namespace');
  expect(await after('unset current-context')).toContain('current-context: ""');
  expect(await after('unset users.learner')).toContain('users: null');
  expect(await after('unset clusters')).toContain('clusters: null');
});

test.each([
  ['set foo.bar x', 'error: unable to parse foo.bar after [] at api.Config\n'],
  ['set clusters x', "error: can't set a map to a value\n"],
  ['set clusters.kubernetes.insecure-skip-tls-verify maybe', 'error: strconv.ParseBool: parsing "maybe": invalid syntax\n'],
  ['set toString.x y', 'error: unable to parse toString.x after [] at api.Config\n'],
  ['set users.learner.client-key-data not-base64', 'error: error decoding input value: illegal base64 data\n'],
  ['unset foo', 'error: unable to parse foo after [] at api.Config\n'],
  ['unset contexts.nope.namespace', 'error: current map key `nope` is invalid\n'],
])('kubectl config %s is refused', async (command, message) => {
  expect(await new Desk(cluster).run(`config ${command}`)).toEqual({ stdout: '', stderr: message, exitCode: 1 });
});

test('neither goes without its arguments', async () => {
  expect((await new Desk(cluster).run('config set a')).stderr).toContain('error: Unexpected args: [a]');
  expect((await new Desk(cluster).run('config unset')).stderr).toContain('error: Unexpected args: []');
});
