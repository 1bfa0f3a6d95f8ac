import type { ClusterView, NodeView, PodView } from '@/lib/cluster';

function node(name: string, isControlPlane: boolean): NodeView {
  return {
    name,
    roles: isControlPlane ? ['control-plane'] : [],
    status: 'Ready',
    isUp: true,
    taints: isControlPlane ? ['node-role.kubernetes.io/control-plane:NoSchedule'] : [],
    cpu: { requestedMillis: isControlPlane ? 750 : 100, allocatableMillis: 4000 },
    memory: { requestedBytes: 100 * 2 ** 20, allocatableBytes: 8 * 2 ** 30 },
    podsMax: 110,
  };
}

function part(name: string, on: string): PodView {
  return {
    uid: name,
    namespace: 'kube-system',
    name,
    node: on,
    status: 'Running',
    isReady: true,
    ready: '1/1',
    restarts: 0,
    ip: undefined,
    labels: {},
    owner: undefined,
    reason: undefined,
  };
}

/** What every figure's cluster looks like before anybody asks anything of it: drawn while it is not yet running. */
export const restingView: ClusterView = {
  revision: 0,
  now: 0,
  nodes: [node('cp-1', true), node('worker-1', false), node('worker-2', false)],
  pods: [
    ...['etcd-', 'kube-apiserver-', 'kube-scheduler-', 'kube-controller-manager-', 'kube-proxy-'].map((name) => part(name, 'cp-1')),
    part('kube-proxy-1', 'worker-1'),
    part('kube-proxy-2', 'worker-2'),
    part('coredns-1', 'worker-1'),
    part('coredns-2', 'worker-2'),
  ],
  workloads: [],
  services: [],
  events: [],
};
