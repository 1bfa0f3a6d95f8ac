import type { V1Node, V1NodeCondition, V1NodeStatus } from '@/generated/kubernetes/types';
import { hash32, memo } from '@/lib/base';
import { instant, rfc3339 } from '../kernel';
import type { Machine } from '../machine';
import type { Image } from '../runtime/cri';

export interface NodeStatusInput {
  readonly machine: Machine;
  readonly now: number;
  readonly podsMax: number;
  readonly runtimeVersion: string;
  readonly images: readonly Image[];
  /** Why the node cannot run Pods now; empty when it can. */
  readonly problems: readonly string[];
  readonly previous: V1NodeStatus | undefined;
}

const imagesMax = 50;
const diskBytes = 100 * 1024 ** 3;
/** `evictionHard` takes `memory.available<100Mi` from what Pods may have. */
const memoryReserve = 100 * 1024 ** 2;
/** What the kernel keeps for itself of a machine's memory. */
const kernelMemory = 239_348 * 1024;

/** What the kubelet reports of its machine (`kubelet/nodestatus/setters.go`). */
export function nodeStatus(input: NodeStatusInput): V1NodeStatus {
  const { machine, images } = input;
  const { cpuMillis } = machine.spec;
  const memoryBytes = machine.spec.memoryBytes - kernelMemory;
  const cpu = cpuMillis % 1000 === 0 ? String(cpuMillis / 1000) : `${cpuMillis}m`;
  const shared = { 'hugepages-1Gi': '0', 'hugepages-2Mi': '0' };
  const pods = String(input.podsMax);
  return {
    addresses: [
      { type: 'InternalIP', address: machine.ip },
      { type: 'Hostname', address: machine.name },
    ],
    capacity: { cpu, 'ephemeral-storage': `${diskBytes / 1024}Ki`, ...shared, memory: `${Math.floor(memoryBytes / 1024)}Ki`, pods },
    allocatable: {
      cpu,
      'ephemeral-storage': String(Math.floor(diskBytes * 0.9)),
      ...shared,
      memory: `${Math.floor((memoryBytes - memoryReserve) / 1024)}Ki`,
      pods,
    },
    conditions: conditions(input),
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      machineID: identity(machine.name),
      systemUUID: identity(`${machine.name}/system`),
      bootID: machine.bootId,
      kernelVersion: '6.12.48',
      osImage: 'Debian GNU/Linux 13 (trixie)',
      containerRuntimeVersion: input.runtimeVersion,
      kubeletVersion: 'v1.36.0',
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
    images: [...images]
      .sort((a, b) => b.sizeBytes - a.sizeBytes)
      .slice(0, imagesMax)
      .map(({ name, ref, sizeBytes }) => ({ names: [ref, name], sizeBytes })),
    runtimeHandlers: ['', 'runc'].map((name) => ({ name, features: { recursiveReadOnlyMounts: true, userNamespaces: true } })),
    features: { supplementalGroupsPolicy: true },
  };
}

export function nodeLabels({ name }: { name: string }): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
  };
}

const pressures = [
  {
    type: 'MemoryPressure',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
    event: 'NodeHasSufficientMemory',
  },
  { type: 'DiskPressure', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure', event: 'NodeHasNoDiskPressure' },
  {
    type: 'PIDPressure',
    reason: 'KubeletHasSufficientPID',
    message: 'kubelet has sufficient PID available',
    event: 'NodeHasSufficientPID',
  },
] as const;

export const pressureEvents = pressures.map(({ event }) => event);

function conditions({ problems, previous, now }: NodeStatusInput): V1NodeCondition[] {
  const ready =
    problems.length === 0
      ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : {
          type: 'Ready',
          status: 'False',
          reason: 'KubeletNotReady',
          message: problems.length === 1 ? (problems[0] as string) : `[${problems.join(', ')}]`,
        };
  const wanted = [...pressures.map(({ type, reason, message }) => ({ type, status: 'False', reason, message })), ready];
  const at = rfc3339(instant(now));
  const others = (previous?.conditions ?? []).filter(({ type }) => !wanted.some((one) => one.type === type));
  return [...wanted.map((condition) => stamped(condition, previous, at)), ...others];
}

function stamped(
  { type, status, reason, message }: { type: string; status: string; reason: string; message: string },
  previous: V1NodeStatus | undefined,
  at: string,
): V1NodeCondition {
  const old = previous?.conditions?.find((condition) => condition.type === type);
  return {
    type,
    status,
    lastHeartbeatTime: at,
    lastTransitionTime: old?.status === status && old.lastTransitionTime ? old.lastTransitionTime : at,
    reason,
    message,
  };
}

/** 32 hexadecimal digits that stand for the machine. */
const identity = memo((text) => [0, 1, 2, 3].map((part) => hash32(`${text}/${part}`).toString(16).padStart(8, '0')).join(''), { max: 256 });

export function isReady(node: V1Node): boolean {
  return node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}
