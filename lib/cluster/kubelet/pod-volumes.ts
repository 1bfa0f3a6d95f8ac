import type { V1Pod, V1Volume } from '@/generated/kubernetes/types';
import { ConnectionError } from '../api';
import { allContainers } from './containers';
import { ConfigError } from './references';
import { findFilled, mountVolume, type MountedVolume, type VolumeInput } from './volumes';

/** Attempts of one volume (`goroutinemap/exponentialbackoff`). */
const retryMs = { initial: 500, max: 122_000 };

/**
 * What is mounted of one Pod's volumes (`volumemanager/cache/actual_state_of_world.go`). A volume that is mounted stays so, whatever becomes
 * of its source: only its refresh fails and is tried again (`operationexecutor/operation_generator.go`, markVolumeErrorState).
 */
export class PodVolumes {
  readonly #mounted = new Map<string, MountedVolume>();
  readonly #failing = new Map<string, { readonly delayMs: number; readonly retryAt: number }>();

  /** A kubelet that goes on after a restore has what it mounted before, as far as that is on its disk. */
  readonly #isResumed: boolean;

  constructor({ isResumed }: { readonly isResumed: boolean }) {
    this.#isResumed = isResumed;
  }

  get mounted(): ReadonlyMap<string, MountedVolume> {
    return this.#mounted;
  }

  /** Whether containers may start (`volume_manager.go`, WaitForAttachAndMount). */
  areMounted(pod: V1Pod): boolean {
    return usedVolumes(pod).every(({ name }) => this.#mounted.has(name));
  }

  /** Mounts and refreshes everything but what failed a moment ago, and answers with the sentences of what fails. */
  mount(input: VolumeInput): string[] {
    const { pod, now } = input;
    const due = usedVolumes(pod).filter(({ name }) => (this.#failing.get(name)?.retryAt ?? now) <= now);
    return due.flatMap((volume) => this.#mountOne(input, volume));
  }

  /** Until the next attempt at what failed; undefined when nothing did. */
  msToRetry(now: number): number | undefined {
    if (this.#failing.size === 0) return undefined;
    return Math.max(0, Math.min(...[...this.#failing.values()].map(({ retryAt }) => retryAt)) - now);
  }

  #mountOne(input: VolumeInput, volume: V1Volume): string[] {
    const { now } = input;
    const { name } = volume;
    try {
      this.#mounted.set(name, mountVolume(input, volume, this.#mounted.get(name)));
      this.#failing.delete(name);
      return [];
    } catch (error) {
      const isMounted = this.#mounted.has(name) || this.#findAgain(input, volume);
      // The kubelet has what it watches while no API server answers.
      if (error instanceof ConnectionError && isMounted) return [];
      if (!(error instanceof ConfigError)) throw error;
      const delayMs = Math.min((this.#failing.get(name)?.delayMs ?? retryMs.initial / 2) * 2, retryMs.max);
      this.#failing.set(name, { delayMs, retryAt: now + delayMs });
      return [error.message];
    }
  }

  #findAgain(input: VolumeInput, volume: V1Volume): boolean {
    const filled = this.#isResumed ? findFilled(input, volume) : undefined;
    if (filled) this.#mounted.set(volume.name, filled);
    return filled !== undefined;
  }
}

/** What no container mounts is left alone (`volume/util.GetPodVolumeNames`). */
function usedVolumes(pod: V1Pod): readonly V1Volume[] {
  const used = new Set(
    allContainers(pod).flatMap(({ volumeMounts = [], volumeDevices = [] }) => [...volumeMounts, ...volumeDevices].map(({ name }) => name)),
  );
  return (pod.spec.volumes ?? []).filter(({ name }) => used.has(name));
}
