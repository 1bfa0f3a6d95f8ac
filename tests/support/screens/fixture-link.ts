import type { LinkListener, SandboxLink } from '@/app/workspace/link';
import type { CheckResult } from '@/lib/grading/verdict';
import type { JoinResult, PastView } from '@/lib/realtime/events';
import { clusterView, start } from './cluster-view';

const prompt = '\x1b[1;36m~\x1b[0m \x1b[2m$\x1b[0m ';
const yaml = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: render
  namespace: shop
spec:
  replicas: 1
  selector: { matchLabels: { app: render } }
  template:
    metadata: { labels: { app: render } }
    spec:
      nodeSelector: { accelerator: gpu }
      tolerations:
      - key: gpu
        operator: Equal
        value: silver
        effect: NoSchedule
      container:
      - name: render
        image: shop/render:2.1
`;

const check = (id: string, stepId: string, more: Partial<CheckResult>): CheckResult => ({
  id,
  stepId,
  title: id,
  points: 0,
  maxPoints: 2,
  verdict: 'not-yet',
  message: '',
  visibility: 'public',
  ...more,
});

export const checks: readonly CheckResult[] = [
  check('node-tainted', 'taint', { title: 'worker-1 repels Pods that do not tolerate gpu', verdict: 'pass', points: 2 }),
  check('tolerates', 'tolerate', {
    title: 'render tolerates the gpu taint',
    message: 'Not yet: the toleration names another value.',
    expected: { value: 'gold' },
    actual: { value: 'silver' },
    path: 'spec.template.spec.tolerations[0]',
    object: 'Deployment shop/render',
    revision: 1907,
    feedback: 'render tolerates silver, the node says gold.',
  }),
  check('survives', 'survive', { title: 'web answers six minutes after worker-2 is lost', maxPoints: 3, isOnSubmitOnly: true }),
];

const joined: JoinResult = {
  sandboxId: 'fixture',
  status: { type: 'running' },
  clock: { now: start, isPaused: false, speed: 1 },
  view: clusterView,
  history: {
    from: start - 90_000,
    trimmed: `history before ${new Date(start - 90_000).toISOString().slice(11, 19)} was trimmed (8 MiB budget)`,
  },
  terminals: [
    {
      terminal: 'terminal-1',
      title: 'workstation',
      offset: 0,
      sequence: 0,
      text: `${prompt}kubectl taint nodes worker-1 gpu=gold:NoSchedule\r\nnode/worker-1 tainted\r\n${prompt}kubectl get pods\r\nNAME                      READY   STATUS    RESTARTS   AGE\r\nclient                    1/1     Running   0          6m52s\r\nrender-6c9d8b7f45-4kzqt   0/1     Pending   0          12s\r\nweb-7d4b9c6f58-hq9zd      1/1     Running   0          6m52s\r\n${prompt}`,
    },
  ],
  files: [
    { path: 'render.yaml', size: yaml.length, version: '1' },
    { path: 'web.yaml', size: 10, version: '1' },
  ],
  checks,
  editor: null,
  submissions: [],
  incarnation: 1,
  isReadOnly: false,
};

const past: PastView = {
  view: { ...clusterView, revision: clusterView.revision - 12, pods: clusterView.pods.slice(1) },
  changes: [
    {
      revision: clusterView.revision - 12,
      at: start - 31_000,
      operation: 'update',
      object: 'Pod/shop/render-6c9d8b7f45-4kzqt',
      actor: 'kube-scheduler',
      what: 'PATCH /api/v1/namespaces/shop/pods/render-6c9d8b7f45-4kzqt/status',
    },
    {
      revision: clusterView.revision - 15,
      at: start - 32_000,
      operation: 'create',
      object: 'Deployment/shop/render',
      actor: 'you',
      what: 'POST /apis/apps/v1/namespaces/shop/deployments',
    },
  ],
};

/** A sandbox that never changes, for looking at screens. */
export function fixtureLink(): SandboxLink {
  return {
    ask: (async (name: string) =>
      name === 'file:read'
        ? { path: 'render.yaml', text: yaml }
        : name === 'lab:hint'
          ? { hints: ['Taints live on the Node.'] }
          : name === 'history:look'
            ? past
            : {}) as unknown as SandboxLink['ask'],
    type: () => undefined,
    listen(listener: LinkListener) {
      listener.onJoin(joined);
      return () => undefined;
    },
  };
}
