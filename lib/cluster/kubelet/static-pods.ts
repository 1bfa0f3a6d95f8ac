import type { V1Node, V1Pod } from '@/generated/kubernetes/types';
import { compareBytes, deepFreeze, hash32, memo } from '@/lib/base';
import { decodeObject, DecodeError, definitionIdOf, FieldPath, readYaml } from '../api';
import type { Disk, Instant } from '../kernel';
import { rfc3339Micro } from '../kernel';
import { defaultPodOnly, defaultPodSpec, Pod } from '../resources';
import { validateObjectMeta } from '../resources/validation/object-meta';
import { validatePodCreate } from '../resources/validation/pod';

export const annotations = {
  hash: 'kubernetes.io/config.hash',
  mirror: 'kubernetes.io/config.mirror',
  seen: 'kubernetes.io/config.seen',
  source: 'kubernetes.io/config.source',
} as const;

/** A manifest that is no Pod, and why. */
export interface BadManifest {
  readonly path: string;
  readonly error: string;
}

/** The Pods of `staticPodPath`. Their uid is a hash of the manifest, so that a changed file is another Pod (`kubelet/config/file.go`). */
export function readStaticPods(
  disk: Disk,
  directory: string,
  { nodeName, now }: { nodeName: string; now: Instant },
): { pods: V1Pod[]; bad: BadManifest[] } {
  const pods: V1Pod[] = [];
  const bad: BadManifest[] = [];
  for (const [path, text] of disk.list<unknown>(`${directory}/`)) {
    const file = path.slice(directory.length + 1);
    if (file.includes('/') || file.startsWith('.') || typeof text !== 'string') continue;
    const pod = readStaticPod(text, { path, nodeName, now });
    if ('error' in pod) bad.push({ path, error: pod.error as string });
    else pods.push(pod as V1Pod);
  }
  return { pods: pods.sort((a, b) => compareBytes(a.metadata.name as string, b.metadata.name as string)), bad };
}

/** Every start of a kubelet asks for those of the same few manifests. */
const hashOf = memo((manifest) => {
  const seed = hash32(manifest);
  return [0, 1, 2, 3].map((part) => hash32(String(part), seed).toString(16).padStart(8, '0')).join('');
});

function readStaticPod(text: string, { path, nodeName, now }: { path: string; nodeName: string; now: Instant }): V1Pod | { error: string } {
  const read = parseManifest(text);
  if ('error' in read) return { error: `${path}: ${read.error}` };
  const hash = hashOf(`${nodeName}/${path}/${text}/`);
  const { metadata, spec } = read.pod;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name: `${metadata.name}-${nodeName}`,
      namespace: metadata.namespace ?? 'default',
      uid: metadata.uid ?? hash,
      annotations: {
        ...metadata.annotations,
        [annotations.hash]: hash,
        [annotations.seen]: rfc3339Micro(now).replace('Z', '000Z'),
        [annotations.source]: 'file',
      },
    },
    spec: {
      ...spec,
      nodeName,
      tolerations: [
        ...(spec.tolerations ?? []),
        ...(spec.tolerations?.some((one) => one.operator === 'Exists' && !one.key && (!one.effect || one.effect === 'NoExecute'))
          ? []
          : [{ effect: 'NoExecute' as const, operator: 'Exists' as const }]),
      ],
    },
    status: {},
  };
}

type Manifest = { readonly pod: Pick<V1Pod, 'metadata' | 'spec'> } | { readonly error: string };

/** `config/common.go tryDecodeSinglePod`: the types are those of the API, and so are its rules. */
const parseManifest = memo((text): Manifest => {
  try {
    const pod = deepFreeze(decodedPod(readYaml(text).value));
    const errors = podErrors(pod);
    return errors.length > 0 ? { error: `invalid pod: [${errors.join(', ')}]` } : { pod };
  } catch (error) {
    return { error: `couldn't parse as pod(${(error as Error).message.split('\n')[0]}), please check config file` };
  }
});

function decodedPod(data: unknown): V1Pod {
  const { apiVersion, kind } = (data ?? {}) as { apiVersion?: unknown; kind?: unknown };
  for (const [name, value] of [
    ['Kind', kind],
    ['apiVersion', apiVersion],
  ])
    if (value === undefined || value === '') throw new DecodeError(`Object '${name}' is missing in '${JSON.stringify(data)}'`);
  if (kind !== 'Pod' || apiVersion !== 'v1')
    throw new DecodeError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} as a static Pod`);
  const pod = decodeObject(definitionIdOf('core.v1.Pod'), data).value as unknown as V1Pod;
  if (!pod.metadata?.name) throw new DecodeError('invalid pod: name is needed for the pod');
  const { metadata, spec = {} as V1Pod['spec'] } = pod;
  defaultPodSpec(spec);
  defaultPodOnly(spec);
  return { ...pod, metadata: { ...metadata, namespace: metadata.namespace ?? 'default' }, spec };
}

function podErrors(pod: V1Pod): string[] {
  return [...validateObjectMeta(pod.metadata, Pod, FieldPath.of('metadata')), ...validatePodCreate(pod)].map(
    ({ field, message }) => `${field}: ${message}`,
  );
}

export function isMirror(pod: V1Pod): boolean {
  return pod.metadata.annotations?.[annotations.mirror] !== undefined;
}

/** Whether a mirror shows this static Pod as it is now. */
export function isMirrorOf(mirror: V1Pod, pod: V1Pod): boolean {
  return mirror.metadata.annotations?.[annotations.mirror] === pod.metadata.annotations?.[annotations.hash];
}

/** The API object that makes a static Pod visible; nothing is decided by it. */
export function mirrorOf(pod: V1Pod, node: V1Node): V1Pod {
  const { uid: _uid, ...metadata } = pod.metadata;
  const hash = pod.metadata.annotations?.[annotations.hash] as string;
  return {
    ...pod,
    metadata: {
      ...(metadata as V1Pod['metadata']),
      annotations: { ...metadata.annotations, [annotations.mirror]: hash },
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Node', name: node.metadata.name as string, uid: node.metadata.uid as string, controller: true },
      ],
    },
  };
}
