import type { LinkListener, SandboxLink } from '@/app/workspace/link';
import type { CheckResult } from '@/lib/grading/verdict';
import type { JoinResult } from '@/lib/realtime/events';
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

/** A sandbox that never changes, for looking at screens. */
export function fixtureLink(): SandboxLink {
  return {
    ask: (async (name: string) =>
      name === 'file:read'
        ? { path: 'render.yaml', text: yaml }
        : name === 'lab:hint'
          ? { hints: ['Taints live on the Node.'] }
          : {}) as unknown as SandboxLink['ask'],
    type: () => undefined,
    listen(listener: LinkListener) {
      listener.onJoin(joined);
      return () => undefined;
    },
  };
}
