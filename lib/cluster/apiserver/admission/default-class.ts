import { compareBytes } from '@/lib/base';
import type { KubeObject } from '../../api';
import type { Lookup } from './plugin';

/** The class of a kind that its annotation makes the default: the newest of several (`storageutil.GetDefaultClass`). */
export function defaultClass(lookup: Lookup, kind: string, annotations: readonly string[]): KubeObject | undefined {
  return lookup
    .list(kind)
    .filter(({ metadata }) => annotations.some((annotation) => metadata.annotations?.[annotation] === 'true'))
    .sort(
      (a, b) =>
        compareBytes(b.metadata.creationTimestamp ?? '', a.metadata.creationTimestamp ?? '') ||
        compareBytes(a.metadata.name, b.metadata.name),
    )[0];
}
