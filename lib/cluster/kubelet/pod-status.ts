import type { V1Container, V1ContainerState, V1ContainerStatus, V1Pod, V1PodCondition, V1PodStatus } from '@/generated/kubernetes/types';
import { instant, rfc3339 } from '../kernel';
import { qosClassOf } from '../resources';
import type { Container } from '../runtime/cri';
import { ephemeralContainers, isRestartableInit, latestOf, sandboxOf, shouldBeRestarted, type RuntimePod } from './containers';

/** Why a container is waiting, remembered from the last try to start it (`kubelet/reason_cache.go`). */
export interface WaitingReason {
  readonly reason: string;
  readonly message: string;
}

export interface StatusInput {
  readonly pod: V1Pod;
  readonly runtimePod: RuntimePod;
  readonly previous: V1PodStatus;
  readonly now: number;
  readonly hostIp: string;
  /** The Pod will not be restarted whatever its policy says: it is being shut down. */
  readonly isTerminal: boolean;
  readonly isStatic: boolean;
  readonly reasons: ReadonlyMap<string, WaitingReason>;
  readonly isReady: (container: V1Container, id: string) => boolean;
  readonly isStarted: (container: V1Container, id: string) => boolean;
  readonly terminationMessage: (container: V1Container, of: Container) => string;
  /** What the kubelet decided about the Pod itself: eviction, deadline. */
  readonly verdict?: { readonly reason: string; readonly message: string } | undefined;
}

const kubeletConditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];

/** `kubelet_pods.go generateAPIPodStatus`: the whole status of a Pod from what the runtime says now. */
export function generatePodStatus(input: StatusInput): V1PodStatus {
  const { pod, runtimePod, previous, hostIp, now } = input;
  const initContainerStatuses = containerStatuses(input, pod.spec.initContainers ?? [], true);
  const statuses = containerStatuses(input, pod.spec.containers, false);
  const ephemeral = ephemeralContainers(pod).map((container) => withReason(input, container, false, rawStatus(input, container)));
  const phase = input.verdict ? 'Failed' : phaseOf(pod, initContainerStatuses, statuses, input.isTerminal);
  const sandbox = sandboxOf(runtimePod) ?? runtimePod.sandboxes[0];
  const ip = sandbox?.ip ?? previous.podIP;
  const hasIp = ip !== undefined && (pod.spec.hostNetwork || sandbox !== undefined || previous.podIP !== undefined);
  return {
    ...(input.isStatic || pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    conditions: conditionsOf(input, phase, initContainerStatuses, statuses),
    ...(input.verdict ?? {}),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(hasIp ? { podIP: ip, podIPs: [{ ip }] } : {}),
    startTime: previous.startTime ?? rfc3339(instant(now)),
    ...(initContainerStatuses.length ? { initContainerStatuses } : {}),
    containerStatuses: statuses,
    ...(ephemeral.length ? { ephemeralContainerStatuses: ephemeral } : {}),
    qosClass: previous.qosClass ?? qosClassOf(pod.spec),
    resources: {},
    ...(previous.nominatedNodeName ? { nominatedNodeName: previous.nominatedNodeName } : {}),
  };
}

function containerStatuses(input: StatusInput, containers: readonly V1Container[], isInit: boolean): V1ContainerStatus[] {
  return containers.map((container) => {
    const status = withReason(input, container, isInit, rawStatus(input, container));
    const latest = latestOf(input.runtimePod, container.name);
    const isRunning = status.state?.running !== undefined && latest !== undefined;
    const started = isRunning && input.isStarted(container, latest.id);
    status.started = started;
    if (isInit && !isRestartableInit(container)) status.ready = status.state?.terminated?.exitCode === 0;
    else status.ready = isRunning && started && input.isReady(container, latest.id);
    return status;
  });
}

function rawStatus(input: StatusInput, container: V1Container): V1ContainerStatus {
  const { pod, runtimePod, previous } = input;
  const [latest, before] = runtimePod.containers.filter(({ name }) => name === container.name);
  if (!latest) return missingStatus(input, container);
  const mounts = (container.volumeMounts ?? []).map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly ? { readOnly: true, recursiveReadOnly: 'Disabled' } : {}),
  }));
  const old = statusBefore(previous, container);
  const uid = container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser ?? 0;
  const gid = container.securityContext?.runAsGroup ?? pod.spec.securityContext?.runAsGroup ?? 0;
  return {
    name: container.name,
    state: stateOf(input, container, latest),
    lastState: before
      ? stateOf(input, container, before)
      : latest.attempt > 0
        ? old?.restartCount === latest.attempt
          ? (old.lastState ?? {})
          : {}
        : {},
    ready: false,
    restartCount: latest.attempt,
    image: latest.imageName,
    imageID: latest.imageRef,
    containerID: `containerd://${latest.id}`,
    resources: container.resources ?? {},
    ...(container.resources?.requests ? { allocatedResources: container.resources.requests } : {}),
    ...(mounts.length ? { volumeMounts: mounts } : {}),
    user: { linux: { uid, gid, supplementalGroups: [pod.spec.securityContext?.fsGroup ?? gid] } },
  };
}

function statusBefore(
  { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] }: V1PodStatus,
  container: V1Container,
): V1ContainerStatus | undefined {
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(({ name }) => name === container.name);
}

function missingStatus(input: StatusInput, container: V1Container): V1ContainerStatus {
  const { pod, previous, isTerminal } = input;
  const old = statusBefore(previous, container);
  const waiting: V1ContainerStatus = {
    name: container.name,
    state: { waiting: { reason: pod.spec.initContainers?.length ? 'PodInitializing' : 'ContainerCreating' } },
    lastState: {},
    ready: false,
    restartCount: old?.restartCount ?? 0,
    image: container.image ?? '',
    imageID: '',
    resources: container.resources ?? {},
    ...(container.resources?.requests ? { allocatedResources: container.resources.requests } : {}),
    ...mountStatuses(container),
  };
  if (old?.state?.terminated) return { ...waiting, ...old, state: old.state };
  if (old?.state?.running)
    return {
      ...waiting,
      ...old,
      state: {
        terminated: {
          exitCode: 137,
          reason: 'ContainerStatusUnknown',
          message: 'The container could not be located when the pod was deleted.  The container used to be Running',
          startedAt: null,
          finishedAt: null,
        } as never,
      },
    };
  if (isTerminal && isMissed(input, container))
    return {
      ...waiting,
      state: {
        terminated: {
          exitCode: 137,
          reason: 'ContainerStatusUnknown',
          message: 'The container could not be located when the pod was terminated',
          startedAt: null,
          finishedAt: null,
        } as never,
      },
    };
  return waiting;
}

/** Of a Pod that is shut down, containers that should have been there: all once it was initialized, and init containers before one that ran. */
function isMissed({ pod, runtimePod }: StatusInput, container: V1Container): boolean {
  const inits = pod.spec.initContainers ?? [];
  const hasRun = ({ name }: V1Container) => latestOf(runtimePod, name) !== undefined;
  const at = inits.indexOf(container);
  if (at >= 0) return inits.slice(at + 1).some(hasRun);
  return inits.filter((init) => !isRestartableInit(init)).every(({ name }) => latestOf(runtimePod, name)?.exitCode === 0);
}

function mountStatuses(container: V1Container): Pick<V1ContainerStatus, 'volumeMounts'> {
  const mounts = (container.volumeMounts ?? []).map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly ? { readOnly: true, recursiveReadOnly: 'Disabled' } : {}),
  }));
  return mounts.length ? { volumeMounts: mounts } : {};
}

function stateOf(input: StatusInput, spec: V1Container, container: Container): V1ContainerState {
  const at = (ms: number | undefined) => rfc3339(instant(ms ?? 0));
  if (container.state === 'created')
    return { waiting: { reason: input.pod.spec.initContainers?.length ? 'PodInitializing' : 'ContainerCreating' } };
  if (container.state === 'running') return { running: { startedAt: at(container.startedAt) } };
  const message = container.message ?? input.terminationMessage(spec, container);
  return {
    terminated: {
      exitCode: container.exitCode ?? 0,
      reason: container.reason ?? 'Error',
      ...(message ? { message } : {}),
      startedAt: at(container.startedAt),
      finishedAt: at(container.finishedAt),
      containerID: `containerd://${container.id}`,
    },
  };
}

/** A container whose last start failed, and which is to be started again, waits for that reason. */
function withReason(input: StatusInput, container: V1Container, isInit: boolean, status: V1ContainerStatus): V1ContainerStatus {
  const reason = input.reasons.get(container.name);
  if (!reason || input.isTerminal || !shouldBeRestarted(container, input.pod, input.runtimePod)) return status;
  const latest = latestOf(input.runtimePod, container.name);
  if (isInit && !isRestartableInit(container) && latest?.state === 'exited' && latest.exitCode === 0) return status;
  return {
    ...status,
    ...(status.state?.terminated ? { lastState: status.state } : {}),
    state: { waiting: { reason: reason.reason, message: reason.message } },
  };
}

/** `kubelet_pods.go getPhase`. */
export function phaseOf(
  pod: V1Pod,
  initStatuses: readonly V1ContainerStatus[],
  statuses: readonly V1ContainerStatus[],
  isTerminal: boolean,
): NonNullable<V1PodStatus['phase']> {
  const phase = phaseFrom(pod, initStatuses, statuses, isTerminal);
  return isTerminal && !isTerminalPhase(phase) ? 'Failed' : phase;
}

function phaseFrom(
  pod: V1Pod,
  initStatuses: readonly V1ContainerStatus[],
  statuses: readonly V1ContainerStatus[],
  isTerminal: boolean,
): NonNullable<V1PodStatus['phase']> {
  const { restartPolicy } = pod.spec;
  let pendingInit = 0;
  let failedInit = 0;
  for (const status of initStatuses) {
    const spec = pod.spec.initContainers?.find(({ name }) => name === status.name);
    if (spec && isRestartableInit(spec)) {
      if (!(status.state?.running && status.started)) pendingInit += status.state?.terminated || status.lastState?.terminated ? 0 : 1;
      continue;
    }
    const { running, terminated } = status.state ?? {};
    if (running) pendingInit++;
    else if (terminated) failedInit += terminated.exitCode === 0 ? 0 : 1;
    else pendingInit++;
  }
  const count = (test: (status: V1ContainerStatus) => boolean) => statuses.filter(test).length;
  const running = count(({ state }) => state?.running !== undefined);
  const stopped = count(
    ({ state, lastState }) => state?.terminated !== undefined || (!state?.running && lastState?.terminated !== undefined),
  );
  const succeeded = count(({ state }) => state?.terminated?.exitCode === 0);
  const waiting = statuses.length - running - stopped;
  if (failedInit > 0 && (restartPolicy === 'Never' || isTerminal)) return 'Failed';
  if ((pendingInit > 0 || failedInit > 0) && running === 0 && stopped === 0) return 'Pending';
  if (waiting > 0) return 'Pending';
  if (running > 0) return 'Running';
  if (stopped === 0) return 'Pending';
  if (isTerminal) return stopped === succeeded ? 'Succeeded' : 'Failed';
  if (restartPolicy === 'Always') return 'Running';
  if (stopped === succeeded) return 'Succeeded';
  return restartPolicy === 'Never' ? 'Failed' : 'Running';
}

function conditionsOf(
  input: StatusInput,
  phase: V1PodStatus['phase'],
  initStatuses: readonly V1ContainerStatus[],
  statuses: readonly V1ContainerStatus[],
): V1PodCondition[] {
  const { pod, previous, runtimePod } = input;
  const ready = containersReady(pod, phase, initStatuses, statuses);
  const wanted: Pick<V1PodCondition, 'type' | 'status' | 'reason' | 'message'>[] = [
    { type: 'PodReadyToStartContainers', status: sandboxOf(runtimePod) ? 'True' : 'False' },
    initialized(pod, phase, initStatuses),
    readiness(pod, previous, ready),
    { type: 'ContainersReady', ...ready },
    { type: 'PodScheduled', status: 'True' },
  ];
  const kept = (previous.conditions ?? []).filter(({ type }) => !kubeletConditions.includes(type));
  return [...wanted.map((condition) => stamped(input, condition)), ...kept];
}

/** Keeps the time of the last transition when the status did not change. */
export function stamped(
  { previous, now, pod, isStatic }: Pick<StatusInput, 'previous' | 'now' | 'pod' | 'isStatic'>,
  condition: Pick<V1PodCondition, 'type' | 'status' | 'reason' | 'message'>,
): V1PodCondition {
  const old = previous.conditions?.find(({ type }) => type === condition.type);
  const lastTransitionTime =
    old && old.status === condition.status && old.lastTransitionTime ? old.lastTransitionTime : rfc3339(instant(now));
  const { type, status, reason, message } = condition;
  return {
    type,
    ...(isStatic || pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    status,
    lastProbeTime: null as never,
    lastTransitionTime,
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
  };
}

type Verdict = { readonly status: 'True' | 'False'; readonly reason?: string; readonly message?: string };

export function containersReady(
  pod: V1Pod,
  phase: V1PodStatus['phase'],
  initStatuses: readonly V1ContainerStatus[],
  statuses: readonly V1ContainerStatus[],
): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const sidecars = (pod.spec.initContainers ?? []).filter(isRestartableInit);
  const isReady = (name: string) => [...initStatuses, ...statuses].find((status) => status.name === name)?.ready === true;
  const unready = [...sidecars, ...pod.spec.containers].map(({ name }) => name).filter((name) => !isReady(name));
  if (unready.length === 0) return { status: 'True' };
  return { status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
}

function initialized(
  pod: V1Pod,
  phase: V1PodStatus['phase'],
  initStatuses: readonly V1ContainerStatus[],
): Pick<V1PodCondition, 'type' | 'status' | 'reason' | 'message'> {
  const type = 'Initialized';
  if (phase === 'Succeeded') return { type, status: 'True', reason: 'PodCompleted' };
  const isDone = (container: V1Container) => {
    const status = initStatuses.find(({ name }) => name === container.name);
    return isRestartableInit(container) ? status?.started === true : status?.ready === true;
  };
  const incomplete = (pod.spec.initContainers ?? []).filter((container) => !isDone(container)).map(({ name }) => name);
  if (incomplete.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${incomplete.join(' ')}]`,
  };
}

function readiness(pod: V1Pod, previous: V1PodStatus, ready: Verdict): Pick<V1PodCondition, 'type' | 'status' | 'reason' | 'message'> {
  if (ready.status === 'False') return { type: 'Ready', ...ready };
  const unmet = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = previous.conditions?.find(({ type }) => type === conditionType);
    if (!condition) return [`corresponding condition of pod readiness gate ${JSON.stringify(conditionType)} does not exist.`];
    return condition.status === 'True'
      ? []
      : [`the status of pod readiness gate ${JSON.stringify(conditionType)} is not "True", but ${condition.status}`];
  });
  if (unmet.length === 0) return { type: 'Ready', status: 'True' };
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: unmet.join(', ') };
}

/** Whether a Pod's containers will never run again. */
export function isTerminalPhase(phase: V1PodStatus['phase']): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}
