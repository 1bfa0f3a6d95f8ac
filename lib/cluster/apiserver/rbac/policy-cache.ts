import type { KubeObject, ResourceDefinition } from '../../api';
import { storageKey } from '../storage';
import type { WatchCache, WatchCaches } from '../watch-cache';
import type { PolicySource } from './rbac-authorizer';

const kinds = ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'] as const;

/** Roles and bindings as the API server's own caches have them. */
export class PolicyCache implements PolicySource {
  readonly #caches: WatchCaches;
  readonly #definitions: readonly ResourceDefinition[];
  #open: readonly WatchCache[] | undefined;

  constructor(caches: WatchCaches, resources: readonly ResourceDefinition[]) {
    this.#caches = caches;
    this.#definitions = resources.filter(({ kind }) => (kinds as readonly string[]).includes(kind));
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
