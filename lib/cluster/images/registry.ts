import type { ImageRegistry } from '../runtime/cri';
import type { Daemon, ImageDefinition } from '../runtime/program';
import { alpine, alpineFiles } from './alpine';
import { alpinePrograms, debianPrograms } from './applets';
import { busybox } from './busybox';
import { componentImages } from './components';
import { curl } from './curl';
import { createRegistry } from './define-registry';
import { echoServers } from './echo-servers';
import { httpd } from './httpd';
import { metricsServer } from './metrics-server';
import { defineNginx } from './nginx';
import { pause } from './pause';

const nginx = defineNginx(
  { programs: debianPrograms, tools: ['coreutils', 'curl'] },
  { programs: (more) => alpinePrograms(more, { hasCurl: true }), tools: ['busybox', 'curl'], files: alpineFiles },
);

/** Every image there is, but for those whose programs are components of Kubernetes. */
export const images: readonly ImageDefinition[] = [alpine, busybox, curl, httpd, metricsServer, nginx, pause, ...echoServers];

/** The simulated internet's images; `components` are the programs of Kubernetes' own, by name (`kube-apiserver`). */
export function createImageRegistry(components: Readonly<Record<string, Daemon>>): ImageRegistry {
  return createRegistry([...images, ...componentImages(components)]);
}
