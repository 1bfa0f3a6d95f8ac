import { kubeControllerManager, startControllerManager } from '@/lib/cluster/controllers';
import { kubeScheduler } from '@/lib/cluster/scheduler';
import { Lease } from '@/lib/cluster/resources';
import type { DaemonContext } from '@/lib/cluster/runtime/program';
import { ControlPlane } from '@/tests/support/control-plane';

function started(daemon: typeof kubeScheduler, ...argv: string[]) {
  const cp = new ControlPlane({ controllers: false, scheduler: false, kubelet: false });
  const lines: string[] = [];
  const exits: number[] = [];
  const served: number[] = [];
  const context = {
    kernel: cp.kernel,
    machine: { name: 'cp-1' },
    argv,
    env: {},
    files: { read: () => 'PEM' },
    instance: 'container-1',
    transport: () => cp.transport,
    listen: (port: number) => served.push(port),
    log: (line: string) => lines.push(line),
    exit: (code: number) => exits.push(code),
  } as unknown as DaemonContext;
  const running = daemon.start(context);
  cp.kernel.runFor(1_000);
  return { cp, lines, exits, served, running };
}

test.each([
  ['kube-scheduler', kubeScheduler],
  ['kube-controller-manager', kubeControllerManager],
] as const)('%s ends at once on a flag it does not know, and names it', (name, daemon) => {
  const { lines, exits } = started(daemon, name, '--leader-elect=true', '--color=blue');
  expect(exits).toEqual([1]);
  expect(lines).toEqual(['Error: unknown flag: --color']);
});

test('a controller nobody has heard of is refused, one that v1.36 has is not', () => {
  expect(started(kubeControllerManager, 'kube-controller-manager', '--controllers=*,nonsense').lines).toEqual([
    'Error: "nonsense" is not in the list of known controllers',
  ]);
  expect(started(kubeControllerManager, 'kube-controller-manager', '--controllers=*,bootstrapsigner,-ttl-controller').exits).toEqual([]);
  expect(started(kubeControllerManager, 'kube-controller-manager', '--controllers=*,-device-taint-eviction-controller').exits).toEqual([]);
});

test('each takes its lease in kube-system under the name of its node and container, and serves its health', () => {
  const { cp, served } = started(kubeScheduler, 'kube-scheduler', '--kubeconfig=/etc/kubernetes/scheduler.conf');
  expect(cp.client.get(Lease, { namespace: 'kube-system', name: 'kube-scheduler' }).spec.holderIdentity).toBe('cp-1_container-1');
  expect(served).toEqual([10259]);
  expect(cp.said('kube-scheduler', 'kube-system')).toEqual(['LeaderElection: cp-1_container-1 became leader']);
});

test('one that loses the API server for longer than it may lead without ends itself', () => {
  const { cp, exits, lines } = started(kubeControllerManager, 'kube-controller-manager');
  expect(lines.some((line) => line.includes('"Starting" controller="deployment-controller"'))).toBe(true);
  cp.client.delete(Lease, { namespace: 'kube-system', name: 'kube-controller-manager' });
  cp.client.create(Lease, {
    metadata: { namespace: 'kube-system', name: 'kube-controller-manager' },
    spec: { holderIdentity: 'other', leaseDurationSeconds: 3600 },
  });
  cp.kernel.runFor(15_000);
  expect(exits).toEqual([1]);
});

test('a controller that is switched off does nothing, the others do', () => {
  const cp = new ControlPlane({ controllers: ['*', '-replicaset-controller'] });
  cp.addNode('worker-1');
  cp.settle();
  cp.deploy('web', 1);
  cp.settle();
  expect(cp.said('web').map((line) => line.split(':')[0])).toEqual(['ScalingReplicaSet']);
  expect(cp.pods()).toEqual([]);
});

test('controllers that start anew take up what others left', () => {
  const cp = new ControlPlane({ controllers: false });
  cp.addNode('worker-1');
  cp.settle();
  startControllerManager({ kernel: cp.kernel, transport: cp.transport }).stop();
  cp.settle();
  cp.deploy('web', 2);
  cp.settle();
  expect(cp.pods()).toEqual([]);
  startControllerManager({ kernel: cp.kernel, transport: cp.transport });
  cp.settle();
  expect(cp.pods()).toHaveLength(2);
});
