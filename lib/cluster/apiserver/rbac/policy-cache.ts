import type { KubeObject, ResourceDefinition } from '../../api';
import { storageKey } from '../storage';
import type { WatchCache, WatchCaches } from '../watch-cache';
import type { PolicySource } from './rbac-authorizer';

/** What decides what a request may do: a few kinds as the API server's own caches have them, and a mark that changes whenever one of theirs does. */
export class PolicyCache implements PolicySource {
  readonly #caches: WatchCaches;
  readonly #definitions: readonly ResourceDefinition[];
  #open: readonly WatchCache[] | undefined;

  constructor(caches: WatchCaches, resources: readonly ResourceDefinition[], kinds: readonly string[]) {
    this.#caches = caches;
    this.#definitions = resources.filter(({ kind }) => kinds.includes(kind));
  }

  get mark(): number {
    this.#open ??= this.#definitions.map((definition) => this.#caches.of(definition));
    let mark = 0;
    for (const cache of this.#open) mark += cache.changedAt;
    return mark;
  }

  list(kind: string): readonly KubeObject[] {
    const cache = this.#cacheOf(kind);
    const found: KubeObject[] = [];
    cache?.forEach(cache.root, (object) => void found.push(object));
    return found;
  }

  find(kind: string, namespace: string, name: string): KubeObject | undefined {
    const definition = this.#definitions.find((one) => one.kind === kind);
    return definition && this.#caches.of(definition).get(storageKey(definition, namespace, name));
  }

  #cacheOf(kind: string): WatchCache | undefined {
    const definition = this.#definitions.find((one) => one.kind === kind);
    return definition && this.#caches.of(definition);
  }
}
