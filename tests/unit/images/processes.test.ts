import { PodLab } from '../../support/pods';
import { freshCluster } from '../../support/template';

function execIn(image: string, ...commands: readonly (readonly string[])[]): string[] {
  const pods = new PodLab(freshCluster()).create('box', { containers: [{ image, command: ['sleep', '1000'] }] }).run(5_000);
  const runtime = pods.cluster.runtimeOf('worker-1');
  const { id } = runtime.listContainers().find(({ name }) => name === 'main') ?? { id: '' };
  return commands.map((argv) => {
    let printed = '';
    runtime.exec(id, { argv, write: (_, text) => void (printed += text), onExit: () => {} });
    return printed;
  });
}

test('ps shows the first process, what runs beside it, and itself', () => {
  const [, printed] = execIn('busybox:1.36', ['sleep', '60'], ['ps', 'aux']);
  expect(printed).toMatch(
    /^PID {3}USER {5}TIME {2}COMMAND\n {4}1 root {6}0:00 sleep 1000\n +\d+ root {6}0:00 sleep 60\n +\d+ root {6}0:00 ps aux\n$/,
  );
});

test.each([
  ['busybox:1.36', 'free'],
  ['alpine:3.22', 'apk'],
  ['nginx:1.27', 'apt-get'],
])('%s has %s, which says that it is not simulated', (image, name) => {
  expect(execIn(image, [name], ['sh', '-c', `${name} x; echo $?`])).toEqual([`${name}: not simulated\n`, `${name}: not simulated\n2\n`]);
});

test('a slim Debian has no ps', () => {
  expect(() => execIn('nginx:1.27', ['ps'])).toThrow('exec: "ps": executable file not found in $PATH');
});
