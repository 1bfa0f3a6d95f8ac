import type { KubeObject } from '../api';

/** Names of the Secrets a Pod's spec reads, in its own namespace (`podutil.VisitPodSecretNames`). */
export function secretNamesOf({ spec }: KubeObject): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (name: string | undefined) => void (name && names.add(name));
  for (const { name } of spec.imagePullSecrets ?? []) add(name);
  for (const container of containersOf(spec)) {
    for (const { secretRef } of container.envFrom ?? []) add(secretRef?.name);
    for (const { valueFrom } of container.env ?? []) add(valueFrom?.secretKeyRef?.name);
  }
  for (const volume of spec.volumes ?? []) {
    add(volume.secret?.secretName);
    for (const { secret } of volume.projected?.sources ?? []) add(secret?.name);
    for (const source of secretVolumeSources) add(volume[source]?.secretRef?.name);
    add(volume.azureFile?.secretName);
    add(volume.csi?.nodePublishSecretRef?.name);
  }
  return names;
}

const secretVolumeSources = ['cephfs', 'cinder', 'flexVolume', 'iscsi', 'rbd', 'scaleIO', 'storageos'];

/** Names of the ConfigMaps a Pod's spec reads. */
export function configMapNamesOf({ spec }: KubeObject): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (name: string | undefined) => void (name && names.add(name));
  for (const container of containersOf(spec)) {
    for (const { configMapRef } of container.envFrom ?? []) add(configMapRef?.name);
    for (const { valueFrom } of container.env ?? []) add(valueFrom?.configMapKeyRef?.name);
  }
  for (const volume of spec.volumes ?? []) {
    add(volume.configMap?.name);
    for (const { configMap } of volume.projected?.sources ?? []) add(configMap?.name);
  }
  return names;
}

/** Names of the claims a Pod mounts, those of its own making included. */
export function claimNamesOf({ metadata, spec }: KubeObject): ReadonlySet<string> {
  const names = new Set<string>();
  for (const volume of spec.volumes ?? []) {
    if (volume.persistentVolumeClaim?.claimName) names.add(volume.persistentVolumeClaim.claimName);
    if (volume.ephemeral) names.add(`${metadata.name}-${volume.name}`);
  }
  return names;
}

export const mirrorAnnotation = 'kubernetes.io/config.mirror';

export function isMirrorPod({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[mirrorAnnotation] !== undefined;
}

export function containersOf(spec: KubeObject['spec']): any[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
}
