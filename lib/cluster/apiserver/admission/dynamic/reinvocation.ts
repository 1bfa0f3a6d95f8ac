import { deepEqual } from '@/lib/base';
import type { KubeObject } from '../../../api';
import type { AdmissionRequest } from '../plugin';

/**
 * When a policy or webhook changes an object, the mutating chain is run once more, and of that plugin's hooks those that were called
 * before the change and say IfNeeded are called again (`admission/reinvocation.go`).
 */
export class Reinvocations {
  readonly #request: AdmissionRequest;
  readonly #wanted = new Set<string>();
  readonly #called = new Set<string>();
  #output: string | undefined;

  private constructor(request: AdmissionRequest) {
    this.#request = request;
  }

  /** Those of one plugin for one request; on the second run, what the first has left. */
  static of(request: AdmissionRequest, plugin: string): Reinvocations {
    const { rounds } = request;
    rounds.plugins ??= new Map();
    const known = rounds.plugins.get(plugin) as Reinvocations | undefined;
    if (!known) {
      const begun = new Reinvocations(request);
      rounds.plugins.set(plugin, begun);
      return begun;
    }
    if (rounds.isSecond && known.#output !== JSON.stringify(request.object)) known.#wantAgain();
    return known;
  }

  /** Nobody is called for the first time on the second run. */
  isWanted(key: string): boolean {
    return !this.#request.rounds.isSecond || this.#wanted.has(key);
  }

  /** Whether `run` changes the object. */
  watching(run: () => void): boolean {
    const { object } = this.#request;
    const before = object && (JSON.parse(JSON.stringify(object)) as KubeObject);
    run();
    return !deepEqual(before, object && JSON.parse(JSON.stringify(object)));
  }

  called(key: string, { hasChanged, canAgain }: { hasChanged: boolean; canAgain: boolean }): void {
    if (hasChanged) {
      this.#wantAgain();
      this.#request.rounds.wantsSecond = true;
    }
    if (canAgain) this.#called.add(key);
  }

  /** The object as this plugin leaves it: another one on the second run means that others have changed it. */
  remember(): void {
    this.#output = JSON.stringify(this.#request.object);
  }

  #wantAgain(): void {
    for (const key of this.#called) this.#wanted.add(key);
    this.#called.clear();
  }
}
