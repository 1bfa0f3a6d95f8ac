import type { V1Container, V1LifecycleHandler, V1Pod, V1PodStatus, V1Service } from '@/generated/kubernetes/types';
import type { Random } from '@/lib/base';
import { ConnectionError } from '../api';
import type { Client, EventText } from '../client';
import type { Disk, Entry, Kernel } from '../kernel';
import type { NetworkNamespace } from '../network/types';
import type { Container, ContainerRuntime, PodSandbox } from '../runtime/cri';
import { CriError } from '../runtime/cri-error';
import { settlingMs } from '../runtime/process';
import { Backoff } from './backoff';
import {
  allContainers,
  containerHash,
  ephemeralContainers,
  fieldPathOf,
  formatPod,
  isRestartableInit,
  latestOf,
  logDirectory,
  podDirectory,
  runtimePodOf,
  sandboxOf,
  shouldBeRestarted,
  type RuntimePod,
} from './containers';
import { expand, makeEnvironment } from './environment';
import { ConfigError, type References } from './references';
import { runHook, type HookOutcome, type ProbeTools } from './handlers';
import type { Prober } from './prober';
import type { StatusManager } from './status-manager';
import { ensureImage, type ImagePuller } from './image-puller';
import { generatePodStatus, isTerminalPhase, stamped, type WaitingReason } from './pod-status';
import { PodVolumes } from './pod-volumes';
import { runSteps, type Running, type Steps } from './steps';
import { containerMounts, refreshMs, terminationLog } from './volumes';

/** What a Pod worker uses of its kubelet. */
export interface PodWorkerContext {
  readonly kernel: Kernel;
  readonly runtime: ContainerRuntime;
  readonly disk: Disk;
  readonly client: Client;
  readonly nodeName: string;
  readonly hostIp: string;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly random: Random;
  readonly tools: ProbeTools;
  readonly restartBackoff: Backoff;
  readonly puller: ImagePuller;
  readonly references: References;
  readonly statuses: StatusManager;
  readonly prober: Prober;
  /** It goes on where a kubelet of the same name was, as if it had never been away. */
  readonly isResumed: boolean;
  /** Until the runtime's events are next looked at. */
  relistDelayMs(): number;
  recordPodEvent(pod: V1Pod, text: EventText, fieldPath?: string): void;
  ensureMirrorPod(pod: V1Pod): void;
  hostnameOf(pod: V1Pod): string;
  dnsOf(pod: V1Pod): NetworkNamespace['resolver'];
  servicesFor(pod: V1Pod): readonly V1Service[];
  logTail(container: Container): string;
  removeDirectory(path: string): void;
  deleteFromApi(pod: V1Pod): void;
  /** Nothing of the Pod is left anywhere but on the node's disk. */
  forget(worker: PodWorker): void;
}

/** Where a Pod is in its life on this node (`kubelet/pod_workers.go`): nothing goes back. */
export type PodWork = 'syncing' | 'terminating' | 'terminated';

/** What came of starting one container: undefined when it started. */
type StartFailure = WaitingReason & { readonly isBackoff?: { readonly remainingMs: number } };

const syncErrorMs = 10_000;
const transientErrorMs = 1_000;
const retryJitter = 0.5;
const minimumGraceMs = 2_000;
/** `volumemanager/volume_manager.go`, podAttachAndMountTimeout. */
const mountTimeoutMs = 123_000;
/** A container's last words that are kept. */
const terminationMessageMax = 4_096;

/**
 * One Pod on this node, from admission until nothing of it is left. Each sync is level-based: it looks at what the runtime has,
 * writes the status, and does what is missing. A sync takes simulated time; what happens meanwhile makes it run once more.
 */
export class PodWorker {
  readonly uid: string;
  readonly isStatic: boolean;
  readonly #context: PodWorkerContext;
  readonly #reasons = new Map<string, WaitingReason>();
  #pod: V1Pod;
  #work: PodWork = 'syncing';
  #verdict: { reason: string; message: string } | undefined;
  #graceSeconds: number | undefined;
  #isGoneFromApi = false;
  #running: Running | undefined;
  #isDirty = false;
  #next: Entry | undefined;
  #refresh: Entry | undefined;
  #deadline: Entry | undefined;
  readonly #volumes: PodVolumes;
  #hasSynced = false;
  #kills: Running[] = [];
  #isFinished = false;

  constructor(context: PodWorkerContext, pod: V1Pod, { isStatic }: { isStatic: boolean }) {
    this.#context = context;
    this.#pod = pod;
    this.uid = pod.metadata.uid as string;
    this.isStatic = isStatic;
    this.#volumes = new PodVolumes(context);
  }

  get pod(): V1Pod {
    return this.#pod;
  }

  get work(): PodWork {
    return this.#work;
  }

  /** The Pod's spec or metadata changed, or it is being deleted. */
  update(pod: V1Pod, { isQuiet = false } = {}): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp) return this.terminate({ graceSeconds: pod.metadata.deletionGracePeriodSeconds });
    if (!isQuiet) this.poke();
  }

  /** Something may have changed: sync soon. */
  poke(delayMs = 0, { background = false } = {}): void {
    if (this.#work === 'terminated') return;
    const { kernel } = this.#context;
    if (this.#next && this.#next.at <= kernel.now + delayMs && (background || !this.#next.isBackground)) return;
    this.#next?.cancel();
    this.#next = kernel.schedule({
      delayMs: Math.round(delayMs),
      actor: this.#actor,
      what: `sync ${this.#name}`,
      kind: 'reconcile',
      about: { object: `Pod/${this.#name}` },
      background,
      run: () => this.#begin(),
    });
  }

  /** The Pod is to stop: deleted, evicted, past its deadline, or gone from its source. */
  terminate(options: { graceSeconds?: number | undefined; verdict?: { reason: string; message: string }; isGone?: boolean } = {}): void {
    if (options.isGone) this.#isGoneFromApi = true;
    if (options.verdict) this.#verdict ??= options.verdict;
    if (this.#work === 'terminated') return this.#finishDeletion();
    if (this.#work === 'terminating') return;
    this.#graceSeconds = options.graceSeconds;
    this.#work = 'terminating';
    this.#cancelSync();
    this.poke();
  }

  /** The kubelet stops; containers go on without it. */
  stop(): void {
    this.#cancelSync();
    for (const entry of [this.#next, this.#refresh, this.#deadline]) entry?.cancel();
  }

  /** A container of this Pod ended: look at it when the runtime is next relisted. */
  containerExited(): void {
    if (this.#work === 'syncing') this.poke(this.#context.relistDelayMs());
  }

  get #actor(): string {
    return `kubelet/${this.#context.nodeName}`;
  }

  get #name(): string {
    return `${this.#pod.metadata.namespace}/${this.#pod.metadata.name}`;
  }

  #cancelSync(): void {
    this.#running?.cancel();
    this.#running = undefined;
    for (const kill of this.#kills) kill.cancel();
    this.#kills = [];
    this.#isDirty = false;
  }

  #begin(): void {
    this.#next = undefined;
    if (this.#work === 'terminated') return;
    if (this.#running) {
      this.#isDirty = true;
      return;
    }
    const isTerminating = this.#work === 'terminating';
    let isOver = false;
    const running = runSteps(this.#context.kernel, {
      actor: this.#actor,
      what: `sync ${this.#name}`,
      steps: isTerminating ? this.#terminateSteps() : this.#syncSteps(),
      onDone: (again) => {
        isOver = true;
        this.#running = undefined;
        this.#again(again);
      },
    });
    if (!isOver) this.#running = running;
  }

  #again(again: Again | undefined): void {
    if (this.#isDirty) {
      this.#isDirty = false;
      this.poke();
    } else if (again) {
      this.poke(again.delayMs, { background: again.background });
    }
  }

  // --- status ---------------------------------------------------------------------------------------------------

  #setStatus(runtimePod: RuntimePod, { isTerminal = false } = {}): V1PodStatus {
    const { statuses, prober, kernel, hostIp } = this.#context;
    const status = generatePodStatus({
      pod: this.#pod,
      runtimePod,
      previous: statuses.get(this.#pod),
      now: kernel.now,
      hostIp,
      isTerminal,
      isStatic: this.isStatic,
      reasons: this.#reasons,
      isReady: (container, id) => prober.isReady(this.uid, container, id),
      isStarted: (container, id) => prober.isStarted(this.uid, container, id),
      terminationMessage: (container, of) => this.#terminationMessage(container, of),
      verdict: this.#verdict,
    });
    if (!this.#isGoneFromApi) statuses.set(this.#pod, status, { mayRun: this.#work !== 'terminated' });
    return status;
  }

  /** The one condition that is written in the middle of a sync. */
  #setReadyToStart(): void {
    const { statuses, kernel } = this.#context;
    const previous = statuses.get(this.#pod);
    const condition = stamped(
      { previous, now: kernel.now, pod: this.#pod, isStatic: this.isStatic },
      { type: 'PodReadyToStartContainers', status: 'True' },
    );
    statuses.set(
      this.#pod,
      { ...previous, conditions: (previous.conditions ?? []).map((one) => (one.type === condition.type ? condition : one)) },
      { mayRun: true },
    );
  }

  /** Readiness may change at any time; the rest of the status waits for the next sync. */
  refreshStatus(): void {
    if (this.#work !== 'terminated' && this.#hasSynced) this.#withRuntime(() => this.#setStatus(this.#look()));
  }

  #look(): RuntimePod {
    return runtimePodOf(this.#context.runtime, this.uid);
  }

  #withRuntime(body: () => void): void {
    try {
      body();
    } catch (error) {
      if (!(error instanceof CriError)) throw error;
    }
  }

  #terminationMessage(container: V1Container, of: Container): string {
    const message = this.#context.disk.get<string>(terminationLog(this.#pod, container, of.attempt)) ?? '';
    if (message || container.terminationMessagePolicy !== 'FallbackToLogsOnError' || of.exitCode === 0)
      return message.slice(0, terminationMessageMax);
    return this.#context.logTail(of);
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string, container?: string): void {
    this.#context.recordPodEvent(
      this.#pod,
      { type, reason, message },
      container === undefined ? undefined : fieldPathOf(this.#pod, container),
    );
  }

  // --- syncing --------------------------------------------------------------------------------------------------

  /** `kubelet.go SyncPod`. */
  *#syncSteps(): Steps<Again | undefined> {
    try {
      return yield* this.#sync();
    } catch (error) {
      if (error instanceof CriError || error instanceof ConnectionError) return this.#retry(syncErrorMs);
      throw error;
    }
  }

  *#sync(): Steps<Again | undefined> {
    const { prober } = this.#context;
    const runtimePod = this.#look();
    const status = this.#setStatus(runtimePod);
    this.#hasSynced = true;
    if (this.#isPastDeadline(status)) return undefined;
    if (isTerminalPhase(status.phase)) {
      this.terminate();
      return undefined;
    }
    if (this.isStatic) this.#context.ensureMirrorPod(this.#pod);
    if (!this.#pod.spec.hostNetwork) {
      const network = this.#context.runtime.networkStatus();
      if (!network.isReady) {
        this.#event('Warning', 'NetworkNotReady', `network is not ready: container runtime network not ready: ${network.message}`);
        return this.#retry(transientErrorMs);
      }
    }
    prober.add(this.#pod);
    for (const container of runtimePod.containers) if (container.state === 'running') prober.started(this.uid, container);
    if (!(yield* this.#mountSteps())) return this.#retry(syncErrorMs);
    this.#checkPullSecrets();
    const { failures, didChange } = yield* this.#syncContainers();
    this.#scheduleRefresh();
    if (didChange) return { delayMs: 5, background: false };
    return failures.length > 0 ? this.#retryAfter(failures) : undefined;
  }

  #checkPullSecrets(): void {
    const { references } = this.#context;
    const missing = (this.#pod.spec.imagePullSecrets ?? [])
      .map(({ name = '' }) => name)
      .filter((name) => !references.findSecret(this.#pod.metadata.namespace as string, name));
    if (missing.length > 0)
      this.#event(
        'Warning',
        'FailedToRetrieveImagePullSecret',
        `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`,
      );
  }

  /** Waits until every volume is mounted, but not for ever; what only could not be refreshed is tried again beside the sync. */
  *#mountSteps(): Steps<boolean> {
    const { kernel } = this.#context;
    for (const endsAt = kernel.now + mountTimeoutMs; kernel.now < endsAt;) {
      this.#mount();
      if (this.#volumes.areMounted(this.#pod)) return true;
      yield Math.min(this.#volumes.msToRetry(kernel.now) ?? 0, endsAt - kernel.now);
    }
    return false;
  }

  #mount(): void {
    const { disk, client, references, hostIp, allocatable, kernel } = this.#context;
    const podIp = sandboxOf(this.#look())?.ip ?? '';
    const failures = this.#volumes.mount({ pod: this.#pod, disk, client, references, podIp, hostIp, allocatable, now: kernel.now });
    for (const message of failures) this.#event('Warning', 'FailedMount', message);
  }

  /** `kuberuntime_manager.go SyncPod`: what is missing of sandbox and containers. */
  *#syncContainers(): Steps<{ failures: StartFailure[]; didChange: boolean }> {
    let runtimePod = this.#look();
    let sandbox = sandboxOf(runtimePod);
    let didChange = false;
    const before = signature(runtimePod);
    if (!sandbox) {
      if (runtimePod.sandboxes.length > 0 && !this.#wantsContainers(runtimePod)) return { failures: [], didChange };
      if (runtimePod.sandboxes.length > 0)
        this.#event('Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
      const created = yield* this.#createSandbox(runtimePod.sandboxes[0]);
      if ('reason' in created) return { failures: [created], didChange };
      sandbox = created;
      didChange = true;
      runtimePod = this.#look();
      this.#setReadyToStart();
    }
    const doomed = this.#doomed(runtimePod);
    for (const { container, why } of doomed) {
      yield* this.#killContainer(container, { why, graceMs: this.#graceMs(container) });
      didChange = true;
    }
    const failures: StartFailure[] = [];
    for (const spec of this.#containersToStart(
      runtimePod,
      doomed.map(({ container }) => container.name),
    )) {
      const failure = yield* this.#startContainer(spec, sandbox, runtimePod);
      if (!failure) this.#reasons.delete(spec.name);
      if (!failure) continue;
      failures.push(failure);
      this.#reasons.set(spec.name, failure);
      if (this.#pod.spec.initContainers?.includes(spec)) break;
    }
    return { failures, didChange: didChange || signature(this.#look()) !== before };
  }

  *#createSandbox(before: PodSandbox | undefined): Steps<PodSandbox | StartFailure> {
    const { runtime } = this.#context;
    if (before) runtime.stopPodSandbox(before.id);
    yield runtime.latency.sandboxMs(this.#context.random);
    try {
      const { namespace = '', name = '' } = this.#pod.metadata;
      return runtime.runPodSandbox({
        podUid: this.uid,
        namespace,
        name,
        attempt: before ? before.attempt + 1 : 0,
        hostNetwork: this.#pod.spec.hostNetwork ?? false,
        hostname: this.#context.hostnameOf(this.#pod),
        dns: this.#context.dnsOf(this.#pod),
        hosts: hostAliases(this.#pod),
      });
    } catch (error) {
      if (!(error instanceof CriError)) throw error;
      this.#event('Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${error.message}`);
      return { reason: 'CreatePodSandboxError', message: error.message };
    }
  }

  /** Whether there is anything left to run in a new sandbox. */
  #wantsContainers(runtimePod: RuntimePod): boolean {
    return this.#pod.spec.containers.some((container) => shouldBeRestarted(container, this.#pod, runtimePod));
  }

  /** Running containers that must go: their spec changed, or a probe failed. */
  #doomed(runtimePod: RuntimePod): { container: Container; why: string }[] {
    return allContainers(this.#pod).flatMap((spec) => {
      const container = latestOf(runtimePod, spec.name);
      if (container?.state !== 'running') return [];
      const kind = this.#pod.spec.initContainers?.includes(spec) ? 'Init container' : 'Container';
      if (container.hash !== containerHash(spec)) return [{ container, why: `${kind} ${spec.name} definition changed, will be restarted` }];
      const failed = this.#context.prober.failed(this.uid, spec, container.id);
      if (!failed) return [];
      const isRestarted = this.#pod.spec.restartPolicy !== 'Never';
      if (kind === 'Init container') return [{ container, why: `Init container ${spec.name} failed ${failed} probe` }];
      return [
        {
          container,
          why: isRestarted ? `Container ${spec.name} failed ${failed} probe, will be restarted` : `Stopping container ${spec.name}`,
        },
      ];
    });
  }

  /**
   * Ephemeral containers, once; init containers one after another, sidecars when they have started, then all the others (`computePodActions`).
   * What was killed in this sync is started again whatever it exited with, unless nothing ever is.
   */
  #containersToStart(runtimePod: RuntimePod, killed: readonly string[]): V1Container[] {
    const isKilled = ({ name }: V1Container) => killed.includes(name) && this.#pod.spec.restartPolicy !== 'Never';
    const due: V1Container[] = ephemeralContainers(this.#pod).filter(({ name }) => latestOf(runtimePod, name) === undefined);
    const hasStartedMain = this.#pod.spec.containers.some(
      ({ name }) => latestOf(runtimePod, name) !== undefined && this.#isInThisSandbox(runtimePod, name),
    );
    for (const init of this.#pod.spec.initContainers ?? []) {
      const status = latestOf(runtimePod, init.name);
      const isOurs = this.#isInThisSandbox(runtimePod, init.name);
      if (isRestartableInit(init)) {
        if (status?.state !== 'running' || killed.includes(init.name)) due.push(init);
        else if (!hasStartedMain && !this.#context.prober.isStarted(this.uid, init, status.id)) return due;
        if (due.includes(init) && !hasStartedMain) return due;
        continue;
      }
      if (hasStartedMain) continue;
      if (status?.state === 'running') return due;
      if (isOurs && status?.state === 'exited' && status.exitCode === 0) continue;
      if (isOurs && status?.state === 'exited' && this.#pod.spec.restartPolicy === 'Never') return due;
      return [...due, init];
    }
    return [
      ...due,
      ...this.#pod.spec.containers.filter((container) => isKilled(container) || shouldBeRestarted(container, this.#pod, runtimePod)),
    ];
  }

  #isInThisSandbox(runtimePod: RuntimePod, name: string): boolean {
    return latestOf(runtimePod, name)?.sandboxId === sandboxOf(runtimePod)?.id;
  }

  // --- starting a container -------------------------------------------------------------------------------------

  /** `kuberuntime_container.go startContainer`. */
  *#startContainer(spec: V1Container, sandbox: PodSandbox, runtimePod: RuntimePod): Steps<StartFailure | undefined> {
    const { runtime } = this.#context;
    const ended = runtimePod.containers.find(({ name, state }) => name === spec.name && state === 'exited');
    const backoff = ended && this.#backOff(spec, ended);
    if (backoff) return backoff;
    const last = latestOf(this.#look(), spec.name);
    const image = yield* ensureImage(this.#context, this.#pod, spec, (type, reason, message) =>
      this.#event(type, reason, message, spec.name),
    );
    if (image) return image;
    const attempt = last ? last.attempt + 1 : this.#restartCountBefore(spec);
    const env = this.#environment(spec, sandbox.ip);
    if ('reason' in env) return env;
    yield runtime.latency.createMs(this.#context.random);
    const created = this.#create(spec, sandbox, attempt, env.variables);
    if ('reason' in created) return created;
    const { container } = created;
    this.#event('Normal', 'Created', 'Container created', spec.name);
    if (last) this.#pruneDead(spec, last);
    yield runtime.latency.startMs(this.#context.random);
    const failure = this.#start(spec, container);
    if (failure) return failure;
    this.#event('Normal', 'Started', 'Container started', spec.name);
    const hook = spec.lifecycle?.postStart;
    const hookFailure = hook && (yield* this.#postStart(spec, container, sandbox, hook));
    if (hookFailure) return hookFailure;
    const running = runtime.findContainer(container.id);
    if (running?.state === 'running') this.#context.prober.started(this.uid, running);
    return undefined;
  }

  /** A container that keeps ending waits longer and longer before the next start. */
  #backOff(spec: V1Container, last: Container): StartFailure | undefined {
    const { restartBackoff, kernel } = this.#context;
    const key = `${this.uid}/${spec.name}/${containerHash(spec)}`;
    const finishedAt = last.finishedAt ?? kernel.now;
    const remainingMs = restartBackoff.remainingMs(key, finishedAt, kernel.now);
    if (remainingMs <= 0) {
      restartBackoff.next(key, finishedAt, kernel.now);
      return undefined;
    }
    this.#event('Warning', 'BackOff', `Back-off restarting failed container ${spec.name} in pod ${formatPod(this.#pod)}`, spec.name);
    const delay = formatSeconds(restartBackoff.delayMs(key));
    return {
      reason: 'CrashLoopBackOff',
      message: `back-off ${delay} restarting failed container=${spec.name} pod=${formatPod(this.#pod)}`,
      isBackoff: { remainingMs },
    };
  }

  /** After its dead containers were removed (a node that lost its disk), the count goes on from the status. */
  #restartCountBefore(spec: V1Container): number {
    const status = this.#context.statuses.get(this.#pod);
    const old = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].find(({ name }) => name === spec.name);
    return old?.containerID ? old.restartCount + 1 : 0;
  }

  #environment(spec: V1Container, podIp: string): { variables: Record<string, string> } | StartFailure {
    const { references, hostIp, allocatable } = this.#context;
    try {
      const services = this.isStatic ? [] : this.#context.servicesFor(this.#pod);
      return { variables: makeEnvironment({ pod: this.#pod, container: spec, references, services, podIp, hostIp, allocatable }) };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#event('Warning', 'Failed', `Error: ${error.message}`, spec.name);
      return { reason: 'CreateContainerConfigError', message: error.message };
    }
  }

  #create(spec: V1Container, sandbox: PodSandbox, attempt: number, env: Record<string, string>): { container: Container } | StartFailure {
    const { runtime, disk } = this.#context;
    try {
      const container = runtime.createContainer(sandbox.id, {
        name: spec.name,
        attempt,
        image: spec.image ?? '',
        command: (spec.command ?? []).map((part) => expand(part, env)),
        args: (spec.args ?? []).map((part) => expand(part, env)),
        env,
        mounts: containerMounts(this.#pod, spec, { volumes: this.#volumes.mounted, env, disk, attempt }),
        hash: containerHash(spec),
        logPath: `${logDirectory(this.#pod)}/${spec.name}/${attempt}.log`,
        ...(spec.workingDir ? { workingDir: spec.workingDir } : {}),
        ...(spec.securityContext?.readOnlyRootFilesystem ? { isReadonly: true } : {}),
        ...(spec.stdin ? { isInteractive: true } : {}),
      });
      return { container };
    } catch (error) {
      if (error instanceof ConfigError) {
        this.#event('Warning', 'Failed', `Error: ${error.message}`, spec.name);
        return { reason: 'CreateContainerConfigError', message: error.message };
      }
      if (!(error instanceof CriError)) throw error;
      this.#event('Warning', 'Failed', `Error: ${error.description}`, spec.name);
      return { reason: 'CreateContainerError', message: error.description };
    }
  }

  #start(spec: V1Container, created: Container): StartFailure | undefined {
    try {
      this.#context.runtime.startContainer(created.id);
      return undefined;
    } catch (error) {
      if (!(error instanceof CriError)) throw error;
      this.#event('Warning', 'Failed', `Error: ${error.description}`, spec.name);
      return { reason: 'RunContainerError', message: error.description };
    }
  }

  *#postStart(spec: V1Container, container: Container, sandbox: PodSandbox, hook: V1LifecycleHandler): Steps<StartFailure | undefined> {
    const outcome = yield* this.#hookSteps(spec, container, sandbox.ip, hook);
    if (outcome.isOk) return undefined;
    this.#event('Warning', 'FailedPostStartHook', 'PostStartHook failed', spec.name);
    yield* this.#killContainer(container, { why: 'FailedPostStartHook', graceMs: this.#graceMs(container) });
    return { reason: 'PostStartHookError', message: outcome.message };
  }

  *#hookSteps(spec: V1Container, container: Container, podIp: string, hook: V1LifecycleHandler): Steps<HookOutcome> {
    let outcome: HookOutcome | undefined;
    yield (resume) =>
      runHook(this.#context.tools, { pod: this.#pod, container: spec, containerId: container.id, podIp }, hook, (result) => {
        outcome = result;
        resume();
      });
    return outcome ?? { isOk: true };
  }

  /** Keeps one dead container of each name, the newest, for its logs and last state. */
  #pruneDead(spec: V1Container, keep: Container): void {
    const { runtime } = this.#context;
    for (const container of runtime.listContainers(this.uid)) {
      if (container.name === spec.name && container.state === 'exited' && container.id !== keep.id) runtime.removeContainer(container.id);
    }
  }

  // --- stopping -------------------------------------------------------------------------------------------------

  #graceMs(container: Container): number {
    const spec = allContainers(this.#pod).find(({ name }) => name === container.name);
    const failed = spec && this.#context.prober.failed(this.uid, spec, container.id);
    const probe = failed === 'liveness' ? spec?.livenessProbe : failed === 'startup' ? spec?.startupProbe : undefined;
    const seconds =
      probe?.terminationGracePeriodSeconds ??
      this.#graceSeconds ??
      this.#pod.metadata.deletionGracePeriodSeconds ??
      this.#pod.spec.terminationGracePeriodSeconds ??
      30;
    return Math.max(1, seconds) * 1000;
  }

  /** preStop, SIGTERM, and SIGKILL when the grace period is over (`killContainer`). Done when the container has exited. */
  *#killContainer(container: Container, { why, graceMs }: { why: string; graceMs: number }): Steps<void> {
    const { kernel, runtime } = this.#context;
    this.#event('Normal', 'Killing', why, container.name);
    const deadline = kernel.now + graceMs;
    const spec = allContainers(this.#pod).find(({ name }) => name === container.name);
    const preStop = spec?.lifecycle?.preStop;
    if (spec && preStop && runtime.findContainer(container.id)?.state === 'running')
      yield* this.#preStop(spec, container, preStop, graceMs);
    const leftMs = Math.max(deadline - kernel.now, preStop ? minimumGraceMs : 0);
    yield* this.#stopAndWait(container, leftMs);
  }

  *#preStop(spec: V1Container, container: Container, hook: V1LifecycleHandler, graceMs: number): Steps<void> {
    const podIp = sandboxOf(this.#look())?.ip ?? '';
    let outcome: HookOutcome | undefined;
    yield (resume) => {
      const stopTimer = this.#context.tools.after(graceMs, () => resume());
      runHook(this.#context.tools, { pod: this.#pod, container: spec, containerId: container.id, podIp }, hook, (result) => {
        outcome = result;
        stopTimer();
        resume();
      });
    };
    if (!outcome?.isOk) this.#event('Warning', 'FailedPreStopHook', 'PreStopHook failed', spec.name);
  }

  *#stopAndWait(container: Container, graceMs: number): Steps<void> {
    const { runtime } = this.#context;
    if (runtime.findContainer(container.id)?.state !== 'running') return;
    yield (resume) => {
      const stop = runtime.onContainerExit((exited) => {
        if (exited.id !== container.id) return;
        stop();
        resume();
      });
      runtime.stopContainer(container.id, graceMs);
    };
  }

  /** `SyncTerminatingPod`, then `SyncTerminatedPod`. */
  *#terminateSteps(): Steps<Again | undefined> {
    try {
      yield* this.#stopEverything();
    } catch (error) {
      if (error instanceof CriError) return this.#retry(syncErrorMs);
      throw error;
    }
    this.#work = 'terminated';
    this.#withRuntime(() => this.#setStatus(this.#look(), { isTerminal: true }));
    yield this.#context.runtime.latency.unmountMs;
    this.#context.removeDirectory(`${podDirectory(this.uid)}/volumes`);
    this.#isFinished = true;
    this.#finishDeletion();
    return undefined;
  }

  *#stopEverything(): Steps<void> {
    const { runtime, prober } = this.#context;
    this.#setStatus(this.#look());
    prober.stopLivenessAndStartup(this.uid);
    const { containers, sandboxes } = this.#look();
    const running = containers.filter(({ state }) => state === 'running');
    const wasUp = sandboxes[0]?.state === 'ready' && containers.length > 0;
    yield* this.#killAll(running);
    prober.remove(this.uid);
    for (const sandbox of runtime.listPodSandboxes(this.uid)) runtime.stopPodSandbox(sandbox.id);
    if (wasUp) yield this.#context.relistDelayMs();
  }

  /** All containers at once, but sidecars after the others, the last one started first (`TerminationOrdering`). */
  *#killAll(running: readonly Container[]): Steps<void> {
    const { kernel } = this.#context;
    const sidecars = (this.#pod.spec.initContainers ?? []).filter(isRestartableInit).map(({ name }) => name);
    const others = running.filter(({ name }) => !sidecars.includes(name));
    const ordered = [others, ...sidecars.reverse().map((name) => running.filter((container) => container.name === name))].filter(
      (group) => group.length > 0,
    );
    for (const group of ordered) {
      yield (resume) => {
        let left = group.length;
        for (const container of group) {
          const kill = runSteps(kernel, {
            actor: this.#actor,
            what: `kill ${container.name} of ${this.#name}`,
            steps: this.#killContainer(container, { why: `Stopping container ${container.name}`, graceMs: this.#graceMs(container) }),
            onDone: () => void (--left === 0 && resume()),
          });
          this.#kills.push(kill);
        }
      };
    }
  }

  /** Nothing of it is left on the node: the API object may go. */
  #finishDeletion(): void {
    if (!this.#isFinished) return;
    if (this.#isGoneFromApi) return this.#context.forget(this);
    if (this.#pod.metadata.deletionTimestamp && !this.isStatic) this.#context.deleteFromApi(this.#pod);
  }

  // --- when to look again ---------------------------------------------------------------------------------------

  #isPastDeadline(status: V1PodStatus): boolean {
    const seconds = this.#pod.spec.activeDeadlineSeconds;
    if (seconds === undefined || !status.startTime || this.#verdict) return false;
    const { kernel } = this.#context;
    const leftMs = Date.parse(status.startTime) + seconds * 1000 - kernel.now;
    if (leftMs > 0) {
      this.#deadline ??= kernel.schedule({
        delayMs: leftMs,
        actor: this.#actor,
        what: `deadline of ${this.#name}`,
        background: leftMs > settlingMs,
        run: () => this.poke(),
      });
      return false;
    }
    const message = 'Pod was active on the node longer than the specified deadline';
    this.#event('Normal', 'DeadlineExceeded', message);
    this.terminate({ verdict: { reason: 'DeadlineExceeded', message } });
    return true;
  }

  /** What is in volumes follows where it comes from, without a sync of the rest (`volumemanager/reconciler`, remounts). */
  #scheduleRefresh(): void {
    const { kernel, random } = this.#context;
    const periodMs = refreshMs(this.#pod);
    const retryMs = this.#volumes.msToRetry(kernel.now);
    if (this.#refresh && this.#refresh.at <= kernel.now + (retryMs ?? Infinity)) return;
    if (periodMs === undefined && retryMs === undefined) return;
    const delayMs = Math.min(retryMs ?? Infinity, (periodMs ?? Infinity) * (1 + retryJitter * random.float()));
    this.#refresh?.cancel();
    this.#refresh = kernel.schedule({
      delayMs: Math.round(delayMs),
      actor: this.#actor,
      what: `refresh volumes of ${this.#name}`,
      background: true,
      run: () => {
        this.#refresh = undefined;
        if (this.#work === 'syncing') this.#refreshVolumes();
      },
    });
  }

  /** What no sync had a chance to mount is left to the next one. */
  #refreshVolumes(): void {
    if (this.#running) return this.#scheduleRefresh();
    try {
      this.#mount();
      this.#scheduleRefresh();
    } catch (error) {
      if (!(error instanceof ConnectionError || error instanceof CriError)) throw error;
      this.poke(0, { background: true });
    }
  }

  #retry(delayMs: number): Again {
    return { delayMs: delayMs * (1 + retryJitter * this.#context.random.float()), background: false };
  }

  /** Back-offs are waited out, a little longer; other failures are tried again after ten seconds or so. Long waits do not keep the cluster busy. */
  #retryAfter(failures: readonly StartFailure[]): Again {
    const remaining = failures.map(({ isBackoff }) => isBackoff?.remainingMs ?? syncErrorMs);
    const again = this.#retry(Math.min(...remaining));
    const status = this.#context.statuses.get(this.#pod);
    const ageMs = this.#context.kernel.now - Date.parse(status.startTime ?? '');
    return { ...again, background: ageMs + again.delayMs > settlingMs };
  }
}

interface Again {
  readonly delayMs: number;
  readonly background: boolean;
}

/** Changes whenever the runtime's view of a Pod does. */
function signature({ sandboxes, containers }: RuntimePod): string {
  return [...sandboxes, ...containers].map(({ id, state }) => `${id}=${state}`).join();
}

function hostAliases(pod: V1Pod): Record<string, string> {
  return Object.fromEntries((pod.spec.hostAliases ?? []).flatMap(({ ip, hostnames = [] }) => hostnames.map((name) => [name, ip])));
}

/** Go's rendering of whole seconds: `10s`, `1m20s`, `5m0s`. */
export function formatSeconds(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
