import { deepFreeze, memo } from '@/lib/base';
import { readTypedYaml } from '../api';
import type { Disk } from '../kernel';

/** What of `kubelet.config.k8s.io/v1beta1 KubeletConfiguration` is simulated, with its defaults. */
export interface KubeletConfiguration {
  readonly staticPodPath: string;
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  readonly podsMax: number;
  readonly nodeStatusReportMs: number;
  readonly registerNode: boolean;
  readonly registerWithTaints: readonly { key: string; value?: string; effect: string }[];
  readonly serializeImagePulls: boolean;
}

export const configurationPath = '/var/lib/kubelet/config.yaml';

/** Reads the file kubeadm leaves on every node; a missing file means the defaults. Throws `DecodeError` for what the kubelet would not start with. */
export function readConfiguration(disk: Disk, podsMax: number): KubeletConfiguration {
  const file = parseFile(disk.get<string>(configurationPath) ?? '');
  return {
    staticPodPath: file.staticPodPath ?? '',
    clusterDns: file.clusterDNS ?? [],
    clusterDomain: file.clusterDomain ?? '',
    podsMax: file.maxPods ?? podsMax,
    nodeStatusReportMs: durationMs(file.nodeStatusReportFrequency) || 300_000,
    registerNode: file.registerNode ?? true,
    registerWithTaints: file.registerWithTaints ?? [],
    serializeImagePulls: file.serializeImagePulls ?? true,
  };
}

interface ConfigurationFile {
  readonly staticPodPath?: string;
  readonly clusterDNS?: readonly string[];
  readonly clusterDomain?: string;
  readonly maxPods?: number;
  readonly nodeStatusReportFrequency?: string;
  readonly registerNode?: boolean;
  readonly registerWithTaints?: readonly { key: string; value?: string; effect: string }[];
  readonly serializeImagePulls?: boolean;
}

const parseFile = memo((text) =>
  deepFreeze(
    readTypedYaml<ConfigurationFile>(text, 'KubeletConfiguration', {
      staticPodPath: 'string',
      clusterDNS: ['string'],
      clusterDomain: 'string',
      maxPods: 'int',
      nodeStatusReportFrequency: 'string',
      registerNode: 'bool',
      registerWithTaints: [{ key: 'string', value: 'string', effect: 'string' }],
      serializeImagePulls: 'bool',
    }),
  ),
);

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Go's `1m30s`. */
function durationMs(text: unknown): number {
  let sum = 0;
  for (const [, amount, unit] of String(text ?? '').matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g))
    sum += Number(amount) * (unitMs[unit as string] as number);
  return sum;
}
