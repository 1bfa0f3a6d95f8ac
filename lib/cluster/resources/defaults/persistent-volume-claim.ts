import type { V1PersistentVolumeClaim, V1PersistentVolumeClaimSpec } from '@/generated/kubernetes/types';

/** `SetDefaults_PersistentVolumeClaim`; claims in the template of a StatefulSet are defaulted as those that stand alone. */
export function defaultClaim(claim: V1PersistentVolumeClaim): void {
  claim.status ??= {};
  claim.status.phase ||= 'Pending';
  if (claim.spec) defaultClaimSpec(claim.spec);
}

/** `SetDefaults_PersistentVolumeClaimSpec`. */
export function defaultClaimSpec(spec: V1PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= 'Filesystem';
}
