import type { V1ContainerStatus, V1Pod } from '@/generated/kubernetes/types';
import type { TableColumn } from '../../api';
import { humanDuration } from './duration';
import { ageColumn, nameColumn } from './shared';

/** The columns of `kubectl get pods` (`printPod` of `pkg/printers/internalversion/printers.go`). */
export const podColumns: readonly TableColumn<V1Pod>[] = [
  nameColumn,
  { name: 'Ready', description: 'The aggregate readiness state of this pod for accepting traffic.', value: (pod) => summaryOf(pod).ready },
  { name: 'Status', description: 'The aggregate status of the containers in this pod.', value: (pod) => summaryOf(pod).status },
  {
    name: 'Restarts',
    description:
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    value: (pod, now) => restartsText(pod, now),
  },
  ageColumn,
  {
    name: 'IP',
    priority: 1,
    describedBy: 'io.k8s.api.core.v1.PodStatus.podIP',
    value: ({ status }) => status.podIPs?.[0]?.ip || status.podIP || '<none>',
  },
  { name: 'Node', priority: 1, describedBy: 'io.k8s.api.core.v1.PodSpec.nodeName', value: ({ spec }) => spec.nodeName || '<none>' },
  {
    name: 'Nominated Node',
    priority: 1,
    describedBy: 'io.k8s.api.core.v1.PodStatus.nominatedNodeName',
    value: ({ status }) => status.nominatedNodeName || '<none>',
  },
  { name: 'Readiness Gates', priority: 1, describedBy: 'io.k8s.api.core.v1.PodSpec.readinessGates', value: readinessGates },
];

interface PodSummary {
  readonly ready: string;
  readonly status: string;
  readonly restarts: number;
  readonly lastRestart: string | undefined;
}

const summaries = new WeakMap<V1Pod, PodSummary>();

/** What one line says of a Pod. Stored objects are frozen, so a summary is computed once for each. */
export function summaryOf(pod: V1Pod): PodSummary {
  const known = summaries.get(pod);
  if (known) return known;
  const summary = summarize(pod);
  if (Object.isFrozen(pod)) summaries.set(pod, summary);
  return summary;
}

function summarize(pod: V1Pod): PodSummary {
  const start = initialization(pod);
  const isInitialized = !start.isInitializing || hasCondition(pod, 'Initialized');
  const running = isInitialized ? regularContainers(pod, start.reason) : { reason: start.reason, ready: 0 };
  const counted = isInitialized ? [...sidecarStatuses(pod), ...(pod.status.containerStatuses ?? [])] : start.seen;
  const total = (pod.spec.containers?.length ?? 0) + sidecarNames(pod).size;
  return {
    ready: `${start.ready + running.ready}/${total}`,
    status: deletionReason(pod) ?? running.reason,
    restarts: counted.reduce((sum, { restartCount }) => sum + restartCount, 0),
    lastRestart: latest(counted.map(({ lastState }) => lastState?.terminated?.finishedAt)),
  };
}

/** How far the init containers are. `seen` are those up to the first that is not done. */
function initialization(pod: V1Pod): { reason: string; isInitializing: boolean; ready: number; seen: V1ContainerStatus[] } {
  const sidecars = sidecarNames(pod);
  const seen: V1ContainerStatus[] = [];
  let ready = 0;
  for (const [index, container] of (pod.status.initContainerStatuses ?? []).entries()) {
    seen.push(container);
    if (container.state?.terminated?.exitCode === 0) continue;
    if (sidecars.has(container.name) && container.started) {
      if (container.ready) ready++;
      continue;
    }
    return { reason: initReason(container, index, pod), isInitializing: true, ready, seen };
  }
  return { reason: phaseReason(pod), isInitializing: false, ready, seen };
}

function initReason({ state }: V1ContainerStatus, index: number, pod: V1Pod): string {
  if (state?.terminated) return `Init:${terminatedReason(state.terminated)}`;
  const waiting = state?.waiting?.reason;
  if (waiting && waiting !== 'PodInitializing') return `Init:${waiting}`;
  return `Init:${index}/${pod.spec.initContainers?.length ?? 0}`;
}

function terminatedReason({
  reason,
  signal,
  exitCode,
}: {
  reason?: string | undefined;
  signal?: number | undefined;
  exitCode: number;
}): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

function phaseReason({ status }: V1Pod): string {
  const isGated = status.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated');
  return isGated ? 'SchedulingGated' : status.reason || status.phase || '';
}

/** The first container that is not running names the Pod's status, so they are read from the last. */
function regularContainers(pod: V1Pod, initial: string): { reason: string; ready: number } {
  let reason = initial;
  let ready = 0;
  for (const container of [...(pod.status.containerStatuses ?? [])].reverse()) {
    const { waiting, terminated, running } = container.state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated) reason = terminatedReason(terminated);
    else if (container.ready && running) ready++;
  }
  if (reason === 'Completed' && ready > 0) reason = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
  return { reason, ready };
}

function deletionReason({ metadata, status }: V1Pod): string | undefined {
  if (!metadata.deletionTimestamp) return undefined;
  if (status.reason === 'NodeLost') return 'Unknown';
  return status.phase === 'Succeeded' || status.phase === 'Failed' ? undefined : 'Terminating';
}

function sidecarNames({ spec }: V1Pod): Set<string> {
  return new Set((spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name));
}

function sidecarStatuses(pod: V1Pod): V1ContainerStatus[] {
  const names = sidecarNames(pod);
  return (pod.status.initContainerStatuses ?? []).filter(({ name }) => names.has(name));
}

function hasCondition({ status }: V1Pod, type: string): boolean {
  return status.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

function latest(times: readonly (string | null | undefined)[]): string | undefined {
  return times.reduce<string | undefined>(
    (last, time) => (time && (!last || Date.parse(time) > Date.parse(last)) ? time : last),
    undefined,
  );
}

function restartsText(pod: V1Pod, now: number): string {
  const { restarts, lastRestart } = summaryOf(pod);
  return restarts > 0 && lastRestart ? `${restarts} (${humanDuration(now - Date.parse(lastRestart))} ago)` : String(restarts);
}

function readinessGates({ spec, status }: V1Pod): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const passed = gates.filter(({ conditionType }) => status.conditions?.find(({ type }) => type === conditionType)?.status === 'True');
  return `${passed.length}/${gates.length}`;
}
