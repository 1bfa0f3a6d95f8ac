import { freshCluster } from '../../support/template';
import { Desk, webManifest } from '../../support/kubectl';

const home = '/home/learner';

async function deskWithWeb(): Promise<Desk> {
  const desk = new Desk(freshCluster(), { [`${home}/web.yaml`]: webManifest });
  await desk.run('apply -f web.yaml');
  await desk.run('rollout status deployment/web');
  desk.cluster.kernel.runUntilIdle();
  return desk;
}

const ok = (stdout: string) => ({ stdout, stderr: '', exitCode: 0 });

test('edit sends what was changed, and nothing when nothing was', async () => {
  const desk = await deskWithWeb();
  expect(await desk.run('edit deployment web')).toEqual(ok('Edit cancelled, no changes made.\n'));
  desk.edit = (text) => text.replace('replicas: 2', 'replicas: 3');
  expect(await desk.run('edit deployment web')).toEqual(ok('deployment.apps/web edited\n'));
  expect((await desk.run('get deployment web -o jsonpath={.spec.replicas}')).stdout).toBe('3');
});

test('edit opens again with the reason when the server refuses, and gives up when it is closed', async () => {
  const desk = await deskWithWeb();
  const seen: string[] = [];
  desk.edit = (text) => {
    seen.push(text);
    return seen.length === 1 ? text.replace('replicas: 2', 'replicas: -2') : null;
  };
  const { stderr, exitCode } = await desk.run('edit deployment web');
  expect(seen[1]).toContain(
    '# deployments.apps "web" was not valid:\n# The Deployment "web" is invalid: spec.replicas: Invalid value: -2: must be greater than or equal to 0\n',
  );
  expect(stderr).toContain('error: Edit cancelled, no valid changes were saved.\n');
  expect(exitCode).toBe(1);
});

test('a watch shows changes as they come, until Ctrl-C', async () => {
  const desk = await deskWithWeb();
  desk.cluster.kernel.schedule({
    delayMs: 1000,
    actor: 'test',
    what: 'delete',
    run: () =>
      void desk.cluster.asAdmin('test')({ method: 'DELETE', url: '/apis/apps/v1/namespaces/default/deployments/web', headers: {} }),
  });
  const { stdout, exitCode } = await desk.run('get deployments -w', { stopAfterMs: 3000 });
  expect(exitCode).toBe(130);
  expect(stdout).toMatch(/^NAME {3}READY .*\nweb {4}2\/2 .*\n(web {4}\d\/2 .*\n)+$/);
});

test('a namespace may be given before the verb and is not taken for it', async () => {
  const desk = new Desk(freshCluster());
  expect((await desk.run('-n kube-system get deployments -o name')).stdout).toBe('deployment.apps/coredns\n');
  expect((await desk.run('get --namespace=kube-system deployments -o name')).stdout).toBe('deployment.apps/coredns\n');
});

test('what stands in standard input is applied', async () => {
  const desk = new Desk(freshCluster());
  const manifest =
    'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n';
  expect(await desk.run('apply -f -', { stdin: manifest })).toEqual(ok('configmap/a created\nconfigmap/b created\n'));
});

test('applying again removes what the manifest no longer says and keeps what others set', async () => {
  const desk = await deskWithWeb();
  await desk.run('label deployment web theirs=1');
  desk.files[`${home}/web.yaml`] = webManifest.replace('        ports:\n        - containerPort: 80\n', '').replace('  replicas: 2\n', '');
  expect(await desk.run('apply -f web.yaml')).toEqual(ok('deployment.apps/web configured\n'));
  expect((await desk.run('get deployment web -o jsonpath={.spec.template.spec.containers[0].ports}{.metadata.labels}')).stdout).toBe(
    '{"theirs":"1"}',
  );
});

test('apply on an object made otherwise warns and takes it over', async () => {
  const desk = new Desk(freshCluster(), { [`${home}/c.yaml`]: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: "2"\n' });
  await desk.run('create configmap c --from-literal=a=1');
  const { stdout, stderr } = await desk.run('apply -f c.yaml');
  expect(stdout).toBe('configmap/c configured\n');
  expect(stderr).toMatch(/^Warning: resource configmaps\/c is missing the kubectl\.kubernetes\.io\/last-applied-configuration annotation/);
});

test('the kubeconfig keeps what config sets', async () => {
  const desk = new Desk(freshCluster());
  await desk.run('config set-context --current --namespace=kube-system');
  expect((await desk.run('get deployments -o name')).stdout).toBe('deployment.apps/coredns\n');
  expect(await desk.run('config use-context nope')).toEqual({
    stdout: '',
    stderr: 'error: no context exists with the name: "nope"\n',
    exitCode: 1,
  });
  expect((await desk.run('config view')).stdout).toContain('token: REDACTED');
});

test('-v=6 shows each request', async () => {
  const { stderr } = await new Desk(freshCluster()).run('get nodes -v=6');
  expect(stderr).toMatch(
    /round_trippers\.go:632\] "Response" verb="GET" url="https:\/\/172\.18\.0\.2:6443\/api\/v1\/nodes\?limit=500" status="200 OK" milliseconds=0\n/,
  );
});

test('drain evicts what a controller replaces and leaves the DaemonSet’s Pods', async () => {
  const desk = await deskWithWeb();
  const { stdout, exitCode } = await desk.run('drain worker-1 --ignore-daemonsets --delete-emptydir-data');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^node\/worker-1 cordoned\n(evicting pod .*\n)+(pod\/.* evicted\n)+node\/worker-1 drained\n$/);
  expect((await desk.run('get pods -A --field-selector=spec.nodeName=worker-1 -o name')).stdout).toMatch(/^pod\/kube-proxy-\w+\n$/);
});

test('exec runs a command in a container, with its input, its output and its exit code', async () => {
  const desk = await deskWithWeb();
  expect(await desk.run(['exec', 'deploy/web', '--', 'sh', '-c', 'echo hi; exit 3'])).toEqual({
    stdout: 'hi\n',
    stderr: 'command terminated with exit code 3\n',
    exitCode: 3,
  });
  expect(await desk.run('exec -i deploy/web -- cat', { stdin: 'abc' })).toEqual(ok('abc'));
});

test('logs -f follows until Ctrl-C', async () => {
  const desk = await deskWithWeb();
  const { stdout, stderr, exitCode } = await desk.run('logs -f deployment/web --tail=1', { stopAfterMs: 2000 });
  expect({ stderr: stderr.replace(/-[a-z0-9]+$/m, '-x'), exitCode }).toEqual({
    stderr: expect.stringMatching(/^Found 2 pods, using pod\/web-/),
    exitCode: 130,
  });
  expect(stdout.split('\n')).toHaveLength(2);
});

test('without an API server kubectl says so', async () => {
  const desk = new Desk(freshCluster());
  desk.cluster.crash('cp-1');
  expect((await desk.run('get pods')).stderr).toMatch(/\nUnable to connect to the server: dial tcp 172\.18\.0\.2:6443: i\/o timeout\n$/);
});

test('every verb has help in kubectl’s layout', async () => {
  const { stdout } = await new Desk(freshCluster()).run('--help');
  expect(stdout).toMatch(/^kubectl controls the Kubernetes cluster manager\.\n/);
  const help = (await new Desk(freshCluster()).run('scale --help')).stdout;
  expect(help).toMatch(
    /\n\nExamples:\n {2}# Scale a replica set[^]*\n\nOptions:\n {4}--all=false:\n\t[^]*\n\nUsage:\n {2}kubectl scale \[--resource-version=version\][^\n]* \[options\]\n\nUse "kubectl options"/,
  );
});
