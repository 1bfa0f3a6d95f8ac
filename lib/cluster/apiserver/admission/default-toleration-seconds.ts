import { defineAdmissionPlugin } from './plugin';

const keys = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
const seconds = 300;

interface Toleration {
  key?: string;
  operator?: string;
  effect?: string;
  tolerationSeconds?: number;
}

/** A Pod stays five minutes on a node that is lost unless it says otherwise (`plugin/pkg/admission/defaulttolerationseconds`). */
export const DefaultTolerationSeconds = defineAdmissionPlugin({
  name: 'DefaultTolerationSeconds',
  kinds: ['Pod'],
  mutate({ operation, subresource, object: pod }) {
    if (subresource || !pod || (operation !== 'CREATE' && operation !== 'UPDATE')) return;
    const tolerations: Toleration[] = pod.spec.tolerations ?? [];
    const missing = keys.filter((key) => !tolerations.some((one) => covers(one, key)));
    if (missing.length > 0)
      pod.spec.tolerations = [
        ...tolerations,
        ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds })),
      ];
  },
});

function covers({ key, effect }: Toleration, wanted: string): boolean {
  return (key === wanted || !key) && (effect === 'NoExecute' || !effect);
}
