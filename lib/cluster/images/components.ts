import { etcdPrograms } from './etcdctl';
import { defineImage, type Daemon, type Footprint, type ImageDefinition } from '../runtime/program';

interface ComponentImage {
  readonly name: string;
  readonly repository: string;
  readonly tags: readonly string[];
  readonly sizeBytes: number;
  readonly footprint: Footprint;
  /** Where the program is; the entrypoint too, unless the image has none. */
  readonly path: string;
  readonly hasEntrypoint?: boolean;
}

/** About what it uses in a small cluster with little to do. */
const footprint = (milliCpu: number, mebibytes: number): Footprint => ({ milliCpu, memoryBytes: mebibytes * 1024 * 1024 });

const kubernetesTags = ['v1.36.0', 'v1.36.1', 'v1.36.2'];

/** What `kubeadm config images list` names, with the sizes registries report. */
const componentImageList: readonly ComponentImage[] = [
  {
    name: 'etcd',
    footprint: footprint(20, 40),
    repository: 'registry.k8s.io/etcd',
    tags: ['3.6.8-0', '3.6.6-0', '3.6.5-0'],
    sizeBytes: 23_653_536,
    path: '/usr/local/bin/etcd',
  },
  {
    name: 'kube-apiserver',
    footprint: footprint(40, 220),
    repository: 'registry.k8s.io/kube-apiserver',
    tags: kubernetesTags,
    sizeBytes: 27_673_815,
    path: '/usr/local/bin/kube-apiserver',
  },
  {
    name: 'kube-controller-manager',
    footprint: footprint(15, 45),
    repository: 'registry.k8s.io/kube-controller-manager',
    tags: kubernetesTags,
    sizeBytes: 23_117_226,
    path: '/usr/local/bin/kube-controller-manager',
  },
  {
    name: 'kube-scheduler',
    footprint: footprint(5, 20),
    repository: 'registry.k8s.io/kube-scheduler',
    tags: kubernetesTags,
    sizeBytes: 17_382_979,
    path: '/usr/local/bin/kube-scheduler',
  },
  {
    name: 'kube-proxy',
    footprint: footprint(1, 16),
    repository: 'registry.k8s.io/kube-proxy',
    tags: kubernetesTags,
    sizeBytes: 25_788_229,
    path: '/usr/local/bin/kube-proxy',
  },
  {
    name: 'coredns',
    footprint: footprint(2, 14),
    repository: 'registry.k8s.io/coredns/coredns',
    tags: ['v1.14.2', 'v1.13.1', 'v1.12.4'],
    sizeBytes: 23_553_139,
    path: '/coredns',
    hasEntrypoint: true,
  },
];

/** The images of the control plane and the add-ons, which run real components of this simulation. One that is missing has no image. */
export function componentImages(components: Readonly<Record<string, Daemon>>): ImageDefinition[] {
  return componentImageList.flatMap(({ name, repository, tags, sizeBytes, footprint: uses, path, hasEntrypoint }) => {
    const daemon = components[name];
    return daemon
      ? [
          defineImage({
            repository,
            tags,
            sizeBytes,
            footprint: uses,
            daemons: { [path]: daemon },
            ...(name === 'etcd' ? { programs: etcdPrograms } : {}),
            ...(hasEntrypoint ? { entrypoint: [path] } : {}),
          }),
        ]
      : [];
  });
}
