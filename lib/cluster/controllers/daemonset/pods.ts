import type { V1DaemonSet, V1NodeSelectorTerm, V1Pod, V1Toleration } from '@/generated/kubernetes/types';
import type { Draft } from '../../api';
import { taintKeys } from '../taints';

export const hashLabel = 'controller-revision-hash';
export const generationAnnotation = 'deprecated.daemonset.template.generation';
const generationLabel = 'pod-template-generation';

/** Makes a Pod of the template one for this node: labelled with its revision, bound by affinity, and tolerant of what a node goes through. */
export function daemonPod(daemonSet: V1DaemonSet, nodeName: string, hash: string): (pod: Draft<V1Pod>) => void {
  return (pod) => {
    const generation = daemonSet.metadata.annotations?.[generationAnnotation];
    pod.metadata = {
      ...pod.metadata,
      labels: { ...pod.metadata?.labels, [hashLabel]: hash, ...(generation ? { [generationLabel]: generation } : {}) },
    };
    const spec = pod.spec as V1Pod['spec'];
    spec.tolerations = withTolerations(spec.tolerations ?? [], daemonTolerations(spec));
    spec.affinity = {
      ...spec.affinity,
      nodeAffinity: {
        ...spec.affinity?.nodeAffinity,
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: termsFor(nodeName) },
      },
    };
  };
}

/** `util.ReplaceDaemonSetPodNodeNameNodeAffinity`: the template's own terms have been weighed already, only the node's name is left. */
function termsFor(nodeName: string): V1NodeSelectorTerm[] {
  return [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }];
}

/** `util.AddOrUpdateDaemonPodTolerations`. */
export function daemonTolerations({ hostNetwork }: Pick<V1Pod['spec'], 'hostNetwork'>): V1Toleration[] {
  const exists = (key: string, effect: 'NoExecute' | 'NoSchedule'): V1Toleration => ({ key, operator: 'Exists', effect });
  return [
    exists(taintKeys.notReady, 'NoExecute'),
    exists(taintKeys.unreachable, 'NoExecute'),
    exists(taintKeys.diskPressure, 'NoSchedule'),
    exists(taintKeys.memoryPressure, 'NoSchedule'),
    exists(taintKeys.pidPressure, 'NoSchedule'),
    exists(taintKeys.unschedulable, 'NoSchedule'),
    ...(hostNetwork ? [exists(taintKeys.networkUnavailable, 'NoSchedule')] : []),
  ];
}

/** One of the same key and effect is replaced. */
export function withTolerations(own: readonly V1Toleration[], added: readonly V1Toleration[]): V1Toleration[] {
  const isReplaced = (toleration: V1Toleration) => added.some((one) => one.key === toleration.key && one.effect === toleration.effect);
  return [...own.filter((toleration) => !isReplaced(toleration)), ...added];
}
