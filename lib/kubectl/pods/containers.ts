import type { KubeObject } from '@/lib/cluster';
import type { Context } from '../context';
import { CommandError } from '../errors';

export function containerNames(pod: KubeObject): string[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod['spec'];
  return [...initContainers, ...containers, ...ephemeralContainers].map(({ name }: { name: string }) => name);
}

/** The container a command means when none is named: the annotated default, else the first (`kubectl/pkg/cmd/util/podcmd`). */
export function defaultContainer(context: Context, pod: KubeObject, { isLoud }: { isLoud: boolean }): string {
  const annotated = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  const names = containerNames(pod);
  if (annotated && names.includes(annotated)) return annotated;
  const containers = pod['spec'].containers as { name: string }[];
  const [first] = containers;
  if (!first) throw new CommandError(`no containers in pod ${pod.metadata.name}`);
  if (isLoud && names.length > 1) context.warn(`Defaulted container ${JSON.stringify(first.name)} out of: ${namesWithKind(pod)}\n`);
  return first.name;
}

/** `web, sidecar, setup (init)`. */
export function namesWithKind(pod: KubeObject): string {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod['spec'];
  const list = (items: { name: string }[], suffix: string) => items.map(({ name }) => name + suffix);
  return [...list(containers, ''), ...list(ephemeralContainers, ' (ephem)'), ...list(initContainers, ' (init)')].join(', ');
}
