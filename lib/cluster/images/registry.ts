import type { ImageRegistry } from '../runtime/cri';
import type { Daemon, ImageDefinition } from '../runtime/program';
import { componentImages } from './components';
import { createRegistry } from './define-registry';
import { busybox } from './busybox';
import { defineNginx } from './nginx';

/** Every image there is, but for those whose programs are components of Kubernetes. */
export const images: readonly ImageDefinition[] = [busybox, defineNginx({}, {})];

/** The simulated internet's images; `components` are the programs of Kubernetes' own, by name (`kube-apiserver`). */
export function createImageRegistry(components: Readonly<Record<string, Daemon>>): ImageRegistry {
  return createRegistry([...images, ...componentImages(components)]);
}
