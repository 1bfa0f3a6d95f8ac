import type { ClusterView, NodeView, PodView } from '@/lib/cluster';

export const start = Date.UTC(2026, 0, 5, 10, 42, 7);

function node(name: string, more: Partial<NodeView> = {}): NodeView {
  return {
    name,
    roles: name.startsWith('cp') ? ['control-plane'] : [],
    status: 'Ready',
    isUp: true,
    taints: name.startsWith('cp') ? ['node-role.kubernetes.io/control-plane:NoSchedule'] : [],
    cpu: { requestedMillis: 950, allocatableMillis: 4000 },
    memory: { requestedBytes: 1.2 * 2 ** 30, allocatableBytes: 8 * 2 ** 30 },
    podsMax: 110,
    ...more,
  };
}

export function pod(name: string, on: string | undefined, more: Partial<PodView> = {}): PodView {
  return {
    uid: `uid-${name}`,
    namespace: 'default',
    name,
    node: on,
    status: on ? 'Running' : 'Pending',
    isReady: Boolean(on),
    ready: on ? '1/1' : '0/1',
    restarts: 0,
    ip: on ? '10.244.1.7' : undefined,
    labels: { app: name.split('-')[0] as string },
    owner: undefined,
    reason: undefined,
    ...more,
  };
}

const system = (name: string, on: string) => pod(name, on, { namespace: 'kube-system' });
const web = { owner: 'ReplicaSet/web-7d4b9c6f58' };

/** A lab in the middle of its work: one Pod waits, a Service has three endpoints, everything else runs. */
export const clusterView: ClusterView = {
  revision: 1907,
  now: start,
  nodes: [
    node('cp-1'),
    node('worker-1', { taints: ['gpu=gold:NoSchedule'] }),
    node('worker-2', { cpu: { requestedMillis: 1500, allocatableMillis: 4000 } }),
  ],
  pods: [
    ...['etcd-cp-1', 'kube-apiserver-cp-1', 'kube-scheduler-cp-1', 'kube-controller-manager-cp-1', 'kube-proxy-x2lq9'].map((name) =>
      system(name, 'cp-1'),
    ),
    system('kube-proxy-8fj2d', 'worker-1'),
    system('kube-proxy-mm7c4', 'worker-2'),
    system('coredns-76f75df574-2xk4p', 'worker-1'),
    system('coredns-76f75df574-9qv6z', 'worker-2'),
    pod('render-6c9d8b7f45-4kzqt', undefined, {
      owner: 'ReplicaSet/render-6c9d8b7f45',
      reason:
        "0/3 nodes are available: 1 node(s) had untolerated taint {gpu: gold}, 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 1 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
    }),
    pod('web-7d4b9c6f58-hq9zd', 'worker-1', web),
    pod('web-7d4b9c6f58-tl5nw', 'worker-2', web),
    pod('web-7d4b9c6f58-x7k2p', 'worker-2', web),
    pod('client', 'worker-2'),
    pod('cart-5f9b8c7d66-wn6jj', 'worker-1', {
      status: 'CrashLoopBackOff',
      isReady: false,
      ready: '0/1',
      restarts: 4,
      reason: 'back-off 40s restarting failed container=cart pod=cart-5f9b8c7d66-wn6jj_default',
      owner: 'ReplicaSet/cart-5f9b8c7d66',
    }),
  ],
  workloads: [
    { kind: 'Deployment', namespace: 'default', name: 'render', desired: 1, ready: 0, upToDate: 1, owner: undefined },
    { kind: 'Deployment', namespace: 'default', name: 'web', desired: 3, ready: 3, upToDate: 3, owner: undefined },
    { kind: 'ReplicaSet', namespace: 'default', name: 'web-7d4b9c6f58', desired: 3, ready: 3, upToDate: 3, owner: 'Deployment/web' },
  ],
  services: [
    {
      namespace: 'default',
      name: 'kubernetes',
      type: 'ClusterIP',
      clusterIp: '10.96.0.1',
      ports: ['443/TCP'],
      selector: {},
      endpoints: [],
    },
    {
      namespace: 'default',
      name: 'web',
      type: 'ClusterIP',
      clusterIp: '10.96.41.7',
      ports: ['80/TCP'],
      selector: { app: 'web' },
      endpoints: ['default/web-7d4b9c6f58-hq9zd', 'default/web-7d4b9c6f58-tl5nw', 'default/web-7d4b9c6f58-x7k2p'],
    },
  ],
  events: [
    {
      uid: 'e1',
      at: start,
      type: 'Warning',
      reason: 'FailedScheduling',
      message: '0/3 nodes are available',
      object: 'Pod/render-6c9d8b7f45-4kzqt',
      source: 'default-scheduler',
      count: 1,
    },
    {
      uid: 'e2',
      at: start - 15_000,
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: 'Created pod: render-6c9d8b7f45-4kzqt',
      object: 'ReplicaSet/render-6c9d8b7f45',
      source: 'replicaset-controller',
      count: 1,
    },
    {
      uid: 'e3',
      at: start - 129_000,
      type: 'Normal',
      reason: 'Started',
      message: 'Container started',
      object: 'Pod/web-7d4b9c6f58-x7k2p',
      source: 'kubelet',
      count: 1,
    },
  ],
};
