import type { V1Container, V1ContainerStatus, V1Pod, V1Probe } from '@/generated/kubernetes/types';
import type { Entry, Kernel } from '../kernel';
import type { Container } from '../runtime/cri';
import { settlingMs } from '../runtime/process';
import { probeOf, type Ask, type ProbeOutcome, type ProbeTools } from './handlers';

export type ProbeType = 'liveness' | 'readiness' | 'startup';

export interface ProberOptions {
  readonly kernel: Kernel;
  readonly actor: string;
  readonly tools: ProbeTools;
  /** The container as it is now. */
  readonly find: (containerId: string) => Container | undefined;
  /** The address of a Pod whose sandbox is up. */
  readonly podIp: (podUid: string) => string | undefined;
  /** What the last status says of the container. */
  readonly reported: (podUid: string, container: string) => V1ContainerStatus | undefined;
  readonly onFailure: (pod: V1Pod, container: V1Container, type: ProbeType, outcome: ProbeOutcome) => void;
  /** A result crossed its threshold: readiness or startup changed, or liveness failed. */
  readonly onChange: (podUid: string, container: V1Container, type: ProbeType) => void;
}

interface WorkerOptions extends ProberOptions {
  readonly isStarted: (podUid: string, container: V1Container, id: string) => boolean;
}

/** From a container's start to the first look at its readiness. */
const triggerMs = 10;
const probeTypes = { liveness: 'livenessProbe', readiness: 'readinessProbe', startup: 'startupProbe' } as const;
const probeOrder: readonly ProbeType[] = ['startup', 'readiness', 'liveness'];

/**
 * One worker for each probe of each container of each Pod on the node (`kubelet/prober`). Results are memory; until there is one,
 * a container that was running before the kubelet started stays as started and as ready as it was reported (KEP-4781).
 */
export class Prober {
  readonly #options: ProberOptions;
  readonly #workers = new Map<string, Map<string, ProbeWorker>>();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Starts the workers of a Pod whose containers have probes. */
  add(pod: V1Pod): void {
    const uid = pod.metadata.uid as string;
    if (this.#workers.has(uid)) return;
    const workers = new Map<string, ProbeWorker>();
    const options: WorkerOptions = {
      ...this.#options,
      isStarted: (...of) => this.isStarted(...of),
      onChange: (podUid, container, type) => {
        if (type === 'startup') workers.get(`${container.name}/readiness`)?.poke();
        this.#options.onChange(podUid, container, type);
      },
    };
    for (const container of [...(pod.spec.initContainers ?? []).filter((one) => one.restartPolicy === 'Always'), ...pod.spec.containers]) {
      for (const type of probeOrder) {
        const probe = container[probeTypes[type]];
        if (probe) workers.set(`${container.name}/${type}`, new ProbeWorker(options, { pod, container, type, probe }));
      }
    }
    if (workers.size > 0) this.#workers.set(uid, workers);
  }

  /** Begins probing a container that has just started. */
  started(podUid: string, container: Container): void {
    for (const worker of this.#workers.get(podUid)?.values() ?? []) worker.begin(container);
  }

  isReady(podUid: string, container: V1Container, id: string): boolean {
    if (container.readinessProbe === undefined) return true;
    const result = this.#workers.get(podUid)?.get(`${container.name}/readiness`)?.resultFor(id);
    return result ? result === 'success' : this.#reported(podUid, container, id)?.ready === true;
  }

  isStarted(podUid: string, container: V1Container, id: string): boolean {
    if (container.startupProbe === undefined) return true;
    const result = this.#workers.get(podUid)?.get(`${container.name}/startup`)?.resultFor(id);
    return result ? result === 'success' : this.#reported(podUid, container, id)?.started === true;
  }

  #reported(podUid: string, { name }: V1Container, id: string): V1ContainerStatus | undefined {
    const reported = this.#options.reported(podUid, name);
    return reported?.containerID?.endsWith(id) ? reported : undefined;
  }

  /** Which of its probes wants a container killed. */
  failed(podUid: string, container: V1Container, id: string): 'liveness' | 'startup' | undefined {
    return (['startup', 'liveness'] as const).find(
      (type) => this.#workers.get(podUid)?.get(`${container.name}/${type}`)?.resultFor(id) === 'failure',
    );
  }

  stopLivenessAndStartup(podUid: string): void {
    for (const worker of this.#workers.get(podUid)?.values() ?? []) if (worker.type !== 'readiness') worker.stop();
  }

  remove(podUid: string): void {
    for (const worker of this.#workers.get(podUid)?.values() ?? []) worker.stop();
    this.#workers.delete(podUid);
  }

  stop(): void {
    for (const uid of [...this.#workers.keys()]) this.remove(uid);
  }
}

class ProbeWorker {
  readonly type: ProbeType;
  readonly #options: WorkerOptions;
  readonly #pod: V1Pod;
  readonly #container: V1Container;
  readonly #probe: V1Probe;
  readonly #bornAt: number;
  readonly #what: string;
  readonly #due = () => this.#probeNow();
  #id = '';
  /** How the container is probed, once it has been. */
  #ask: Ask | undefined;
  #startedAt = 0;
  /** The container that is known to have started, for good. */
  #startedId: string | undefined;
  #result: 'success' | 'failure' | undefined;
  #last: ProbeOutcome['result'] | undefined;
  #run = 0;
  #isOnHold = false;
  #isStopped = false;
  #entry: Entry | undefined;

  constructor(
    options: WorkerOptions,
    { pod, container, type, probe }: { pod: V1Pod; container: V1Container; type: ProbeType; probe: V1Probe },
  ) {
    this.#options = options;
    this.type = type;
    this.#pod = pod;
    this.#container = container;
    this.#probe = probe;
    this.#bornAt = options.kernel.now;
    this.#what = `${type} probe of ${container.name} in ${pod.metadata.namespace}/${pod.metadata.name}`;
  }

  resultFor(id: string): 'success' | 'failure' | undefined {
    return id === this.#id ? this.#result : undefined;
  }

  begin({ id, name, startedAt = 0 }: Container): void {
    if (name !== this.#container.name || id === this.#id || this.#isStopped) return;
    this.#id = id;
    this.#ask = undefined;
    this.#startedAt = startedAt;
    this.#result = undefined;
    this.#last = undefined;
    this.#run = 0;
    this.#isOnHold = false;
    this.#schedule(this.#firstDelayMs());
  }

  /** Probes as soon as it may, instead of at the next tick. */
  poke(): void {
    if (this.#id && !this.#isStopped) this.#schedule(this.#firstDelayMs());
  }

  stop(): void {
    this.#isStopped = true;
    this.#entry?.cancel();
  }

  get #periodMs(): number {
    return (this.#probe.periodSeconds ?? 10) * 1000;
  }

  /** Readiness and startup are asked at once; liveness waits for its worker's next tick, which began with the Pod. */
  #firstDelayMs(): number {
    const { now } = this.#options.kernel;
    const due = this.#startedAt + (this.#probe.initialDelaySeconds ?? 0) * 1000;
    if (this.type !== 'liveness') return Math.max(triggerMs, due - now);
    const ticks = Math.max(1, Math.ceil((Math.max(due, now + 1) - this.#bornAt) / this.#periodMs));
    return this.#bornAt + ticks * this.#periodMs - now;
  }

  #schedule(delayMs: number): void {
    this.#entry?.cancel();
    const { kernel, actor } = this.#options;
    const isSettled = this.#result === 'success' || kernel.now + delayMs > this.#startedAt + settlingMs;
    this.#entry = kernel.schedule({
      delayMs,
      actor,
      what: this.#what,
      background: isSettled && this.#result !== 'failure',
      run: this.#due,
    });
  }

  #probeNow(): void {
    if (this.#isStopped || this.#isOnHold) return;
    const podUid = this.#pod.metadata.uid as string;
    if (this.#options.find(this.#id)?.state !== 'running') return;
    const isStarted = this.#startedId === this.#id || this.#options.isStarted(podUid, this.#container, this.#id);
    if (isStarted) this.#startedId = this.#id;
    if (this.type === 'startup' && isStarted) return void (this.#result = 'success');
    if (this.type !== 'startup' && !isStarted) return this.#schedule(this.#periodMs);
    const ask = (this.#ask ??= this.#prepare(podUid));
    if (!ask) return;
    const id = this.#id;
    ask((outcome) => {
      if (this.#isStopped || id !== this.#id) return;
      if (outcome.tookMs > 5) this.#options.tools.after(outcome.tookMs, () => this.#take(id, outcome));
      else this.#take(id, outcome);
    });
    this.#schedule(this.#periodMs);
  }

  #prepare(podUid: string): Ask | undefined {
    const podIp = this.#options.podIp(podUid);
    if (podIp === undefined) return undefined;
    return probeOf(this.#options.tools, { pod: this.#pod, container: this.#container, containerId: this.#id, podIp }, this.#probe);
  }

  #take(id: string, outcome: ProbeOutcome): void {
    if (this.#isStopped || id !== this.#id) return;
    if (outcome.result !== 'success') this.#options.onFailure(this.#pod, this.#container, this.type, outcome);
    if (outcome.result === 'unknown') return;
    this.#run = outcome.result === this.#last ? this.#run + 1 : 1;
    this.#last = outcome.result;
    const threshold = outcome.result === 'success' ? (this.#probe.successThreshold ?? 1) : (this.#probe.failureThreshold ?? 3);
    if (this.#run < threshold || this.#result === outcome.result) return;
    this.#result = outcome.result;
    if (this.type !== 'readiness' && outcome.result === 'failure') this.#hold();
    this.#options.onChange(this.#pod.metadata.uid as string, this.#container, this.type);
  }

  /** A container that is about to be killed is not probed again. */
  #hold(): void {
    this.#isOnHold = true;
    this.#entry?.cancel();
  }
}
