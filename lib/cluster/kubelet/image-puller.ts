import type { V1Container, V1Pod } from '@/generated/kubernetes/types';
import type { Kernel } from '../kernel';
import type { ContainerRuntime } from '../runtime/cri';
import { CriError } from '../runtime/cri-error';
import { parseImageName } from '../runtime/image-name';
import { Backoff } from './backoff';
import type { WaitingReason } from './pod-status';
import type { Steps } from './steps';

type RecordEvent = (type: 'Normal' | 'Warning', reason: string, message: string) => void;

/** Pulls images for all Pods of a node, one at a time unless told otherwise (`kubelet/images/puller.go`). */
export class ImagePuller {
  readonly #kernel: Kernel;
  readonly #runtime: ContainerRuntime;
  readonly #isSerial: boolean;
  readonly #waiting: Waiter[] = [];
  readonly #backoff = new Backoff();
  readonly #failures = new Map<string, { readonly at: number; readonly error: string }>();
  #isBusy = false;

  readonly #onPulled: () => void;

  constructor(options: { kernel: Kernel; runtime: ContainerRuntime; isSerial: boolean; onPulled: () => void }) {
    this.#onPulled = options.onPulled;
    this.#kernel = options.kernel;
    this.#runtime = options.runtime;
    this.#isSerial = options.isSerial;
  }

  /** The last error when the image may not be tried again yet. */
  backOff(key: string): string | undefined {
    const failure = this.#failures.get(key);
    return failure && this.#backoff.remainingMs(key, failure.at, this.#kernel.now) > 0 ? failure.error : undefined;
  }

  *pull(
    image: string,
    key: string,
  ): Steps<{ ok: true; tookMs: number; waitedMs: number; sizeBytes: number } | { ok: false; error: string }> {
    const { now } = this.#kernel;
    if (this.#isSerial && this.#isBusy) yield* this.#waitForTurn();
    this.#isBusy = true;
    try {
      const startedAt = this.#kernel.now;
      yield this.#runtime.pullDurationMs(image);
      const { sizeBytes } = this.#runtime.pullImage(image);
      this.#failures.delete(key);
      this.#onPulled();
      return { ok: true, tookMs: this.#kernel.now - startedAt, waitedMs: this.#kernel.now - now, sizeBytes };
    } catch (error) {
      if (!(error instanceof CriError)) throw error;
      const text = error.code === 'Unknown' ? error.description : error.message;
      this.#backoff.next(key, this.#kernel.now, this.#kernel.now);
      this.#failures.set(key, { at: this.#kernel.now, error: text });
      return { ok: false, error: text };
    } finally {
      this.#release();
    }
  }

  forget(podUid: string): void {
    this.#backoff.forget(podUid);
    for (const key of [...this.#failures.keys()]) if (key.startsWith(podUid)) this.#failures.delete(key);
  }

  /** A Pod may be deleted while it waits, or just when it is its turn: the turn then goes to the next. */
  *#waitForTurn(): Steps<void> {
    const waiter: Waiter = { resume: () => {}, hasTurn: false };
    let isResumed = false;
    try {
      yield (resume) => {
        waiter.resume = resume;
        this.#waiting.push(waiter);
      };
      isResumed = true;
    } finally {
      if (!isResumed) this.#giveUp(waiter);
    }
  }

  #giveUp(waiter: Waiter): void {
    if (waiter.hasTurn) this.#release();
    else this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
  }

  #release(): void {
    const next = this.#waiting.shift();
    this.#isBusy = next !== undefined;
    if (!next) return;
    next.hasTurn = true;
    next.resume();
  }
}

interface Waiter {
  resume: () => void;
  hasTurn: boolean;
}

export interface EnsureImageContext {
  readonly runtime: ContainerRuntime;
  readonly puller: ImagePuller;
}

/** `image_manager.go EnsureImageExists`: undefined when the image is on the node now. */
export function* ensureImage(
  { runtime, puller }: EnsureImageContext,
  pod: V1Pod,
  { image = '', imagePullPolicy }: V1Container,
  record: RecordEvent,
): Steps<WaitingReason | undefined> {
  const quoted = JSON.stringify(image);
  const parsed = parseImageName(image);
  const failed = (reason: string, message: string): WaitingReason => {
    record('Warning', 'Failed', `Error: ${reason}`);
    return { reason, message };
  };
  if ('error' in parsed) {
    const message = `Failed to apply default image tag ${quoted}: couldn't parse image name ${quoted}: ${parsed.error}`;
    record('Warning', 'InspectFailed', message);
    return failed('InvalidImageName', message);
  }
  const isPresent = runtime.findImage(image) !== undefined;
  const policy = imagePullPolicy ?? (parsed.tag === 'latest' ? 'Always' : 'IfNotPresent');
  if (isPresent && policy !== 'Always') {
    record('Normal', 'Pulled', `Container image ${quoted} already present on machine and can be accessed by the pod`);
    return undefined;
  }
  if (policy === 'Never') {
    const message = `Container image ${quoted} is not present with pull policy of Never`;
    record('Warning', 'ErrImageNeverPull', message);
    return failed('ErrImageNeverPull', message);
  }
  const key = `${pod.metadata.uid}_${image}`;
  const lastError = puller.backOff(key);
  if (lastError !== undefined) {
    record('Normal', 'BackOff', `Back-off pulling image ${quoted}`);
    return failed('ImagePullBackOff', `Back-off pulling image ${quoted}: ErrImagePull: ${lastError}`);
  }
  record('Normal', 'Pulling', `Pulling image ${quoted}`);
  const pulled = yield* puller.pull(image, key);
  if (!pulled.ok) {
    record('Warning', 'Failed', `Failed to pull image ${quoted}: ${pulled.error}`);
    return failed('ErrImagePull', pulled.error);
  }
  record(
    'Normal',
    'Pulled',
    `Successfully pulled image ${quoted} in ${formatDuration(pulled.tookMs)} (${formatDuration(pulled.waitedMs)} including waiting). Image size: ${pulled.sizeBytes} bytes.`,
  );
  return undefined;
}

/** Go's `time.Duration`, in milliseconds: `300ms`, `1.25s`, `1m2.5s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return ms === 0 ? '0s' : `${ms}ms`;
  const seconds = (ms % 60_000) / 1000;
  const minutes = Math.floor(ms / 60_000);
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
