import { Keyboard } from '../../support/keyboard';
import { freshCluster } from '../../support/template';

const manifest = '/etc/kubernetes/manifests/kube-scheduler.yaml';

let open: Keyboard | undefined;

afterEach(() => open?.terminal.close());

async function onNode(name = 'cp-1') {
  const cluster = freshCluster({ workers: 1 });
  const keyboard = await Keyboard.sitDown({ cluster });
  open = keyboard;
  await keyboard.type(`ssh ${name}\r`);
  await keyboard.wait(1_000);
  return { cluster, keyboard };
}

test('what the editor saves is on the node, and its kubelet starts the static Pod anew', async () => {
  const { cluster, keyboard } = await onNode();
  await keyboard.type(`vi ${manifest}\r`);
  const [edit] = keyboard.edits;
  await keyboard.save((edit?.text ?? '').replace('--leader-elect=true', '--leader-elect=false'));
  expect(cluster.machine('cp-1').disk.get(manifest)).toContain('--leader-elect=false');
  await keyboard.wait(60_000);
  const runtime = cluster.runtimeOf('cp-1');
  const scheduler = runtime.listContainers().find(({ name, state }) => name === 'kube-scheduler' && state === 'running');
  expect(scheduler?.command).toContain('--leader-elect=false');
});

test('a session on a machine that is cut off ends with the next key', async () => {
  const { cluster, keyboard } = await onNode('worker-1');
  cluster.network.setLink('workstation', 'worker-1', false);
  expect(await keyboard.type('l')).toContain('client_loop: send disconnect: Broken pipe');
  expect(await keyboard.type('hostname\r')).toContain('workstation');
});

test('a session that was there before a reboot does not go on after it', async () => {
  const { cluster, keyboard } = await onNode('worker-1');
  cluster.crash('worker-1');
  cluster.bootMachine('worker-1');
  expect(await keyboard.type('l')).toContain('Broken pipe');
});

test('a directory made on a node is there for the programs beside the shell', async () => {
  const { cluster, keyboard } = await onNode();
  await keyboard.type('mkdir -p /opt/a/b && echo hello > /opt/a/b/c && rmdir /opt/a\r');
  await keyboard.wait(0);
  expect(cluster.machine('cp-1').disk.get('/opt/a/b/c')).toBe('hello\n');
});

test('etcdctl without a certificate gives up after its five seconds, and the next command comes after it', async () => {
  const { keyboard } = await onNode();
  expect(await keyboard.type('etcdctl get a; echo "exit: $?"\r')).not.toContain('exit: 1');
  expect(await keyboard.wait(6_000)).toMatch(/error reading server preface: EOF(.|\n)*Error: context deadline exceeded\nexit: 1\n/);
});

test.each(['-L 1:localhost:2', '-NfD 1080', '-J cp-1'])('ssh %s is refused, not left out', async (options) => {
  const keyboard = (open = await Keyboard.sitDown({ cluster: freshCluster({ workers: 1 }) }));
  const [option] = options.split(' ');
  expect(await keyboard.type(`ssh ${options} worker-1 hostname\r`)).toContain(`ssh: not simulated: ${option}\n`);
});

test('ssh takes the options that change nothing', async () => {
  const keyboard = (open = await Keyboard.sitDown({ cluster: freshCluster({ workers: 1 }) }));
  await keyboard.type('ssh -tq -o StrictHostKeyChecking=no -lroot -p 22 worker-1 hostname\r');
  expect(await keyboard.wait(1_000)).toContain('worker-1\n');
});
