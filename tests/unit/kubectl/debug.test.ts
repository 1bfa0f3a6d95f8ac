import { Desk } from '../../support/kubectl';
import { freshCluster } from '../../support/template';

let desk: Desk;

beforeAll(async () => {
  desk = new Desk(freshCluster());
  await desk.run('run web --image=nginx');
  await desk.run('wait --for=condition=Ready pod/web');
});

const query = async (path: string) => (await desk.run(['get', 'pod', 'web', '-o', `jsonpath={${path}}`])).stdout;

test('debug adds an ephemeral container, as the profile and the flags say', async () => {
  expect(await desk.run('debug web --image=busybox:1.36 --target=web -c dd --env=A=b -- sleep 60')).toEqual({
    stdout: 'Targeting container "web". If you don\'t see processes from this container it may be because the container runtime doesn\'t support this feature.\n', // prettier-ignore
    stderr: '',
    exitCode: 0,
  });
  expect(JSON.parse(await query('.spec.ephemeralContainers[0]'))).toEqual({
    command: ['sleep', '60'],
    env: [{ name: 'A', value: 'b' }],
    image: 'busybox:1.36',
    imagePullPolicy: 'IfNotPresent',
    name: 'dd',
    resources: {},
    securityContext: { capabilities: { add: ['SYS_PTRACE'] } },
    targetContainerName: 'web',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
});

test('without a name it gets one, and what it prints is shown', async () => {
  const { stdout } = await desk.run(['debug', 'web', '--image=busybox:1.36', '--attach', '--', 'sh', '-c', 'sleep 2; hostname']);
  expect(stdout).toMatch(/^Defaulting debug container name to debugger-[a-z0-9]{5}\.\nweb\n$/);
  expect(await query('.status.ephemeralContainerStatuses[*].name')).toMatch(/debugger-/);
});

test('a node is debugged by a Pod that runs on it', async () => {
  const { stdout } = await desk.run('debug node/worker-2 --image=busybox:1.36 -- sleep 60');
  const name = /^Creating debugging pod (node-debugger-worker-2-[a-z0-9]{5}) with container debugger on node worker-2\.\n$/.exec(
    stdout,
  )?.[1];
  const { stdout: seen } = await desk.run([
    'get',
    'pod',
    name as string,
    '-o',
    'jsonpath={.spec.nodeName} {.spec.hostPID} {.spec.volumes[0].hostPath.path}',
  ]);
  expect(seen).toBe('worker-2 true /');
});

test.each([
  ['debug', 'error: you must specify --image when not using --copy-to.\n'],
  ['debug web --image=b -t', 'error: -i/--stdin is required for containers with -t/--tty=true\n'],
  ['debug web --image=b --profile=x', 'error: unknown profile: x\n'],
  ['debug svc/kubernetes --image=b', 'error: "/v1, Kind=Service" not supported by debug\n'],
  ['debug nope --image=b', 'Error from server (NotFound): pods "nope" not found\n'],
  ['debug web --image=b -c web', 'The Pod "web" is invalid: spec.ephemeralContainers[2].name: Duplicate value: "web"\n'],
])('kubectl %s is refused', async (command, stderr) => {
  expect(await desk.run(command)).toEqual({ stdout: '', stderr, exitCode: 1 });
});
