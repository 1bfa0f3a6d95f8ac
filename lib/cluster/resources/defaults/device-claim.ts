import type { V1DeviceClaim, V1ExactDeviceRequest } from '@/generated/kubernetes/types';

/** One device of each, unless more are asked for (`pkg/apis/resource/v1/defaults.go`). */
export function defaultDeviceClaim(claim: V1DeviceClaim | undefined): void {
  for (const { exactly, firstAvailable } of claim?.requests ?? [])
    for (const devices of [...(exactly ? [exactly] : []), ...(firstAvailable ?? [])]) defaultDevices(devices);
}

function defaultDevices(devices: Pick<V1ExactDeviceRequest, 'allocationMode' | 'count' | 'tolerations'>): void {
  devices.allocationMode ||= 'ExactCount';
  if (devices.allocationMode === 'ExactCount') devices.count ||= 1;
  for (const toleration of devices.tolerations ?? []) toleration.operator ||= 'Equal';
}
