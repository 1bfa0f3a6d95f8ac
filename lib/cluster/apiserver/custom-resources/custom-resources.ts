import type { V1CustomResourceDefinition } from '@/generated/kubernetes/types';
import { failure, StatusError, statusErrors, type KubeObject, type ResourceDefinition } from '../../api';
import type { ResourceRequestInfo } from '../request-info';
import { storageKey, storageRoot } from '../storage';
import type { WatchCaches } from '../watch-cache';
import { isTrue } from './conditions';
import { definitionsOf } from './definition';

/** What CustomResourceDefinitions add to what is served, as it is now (`apiextensions-apiserver/pkg/apiserver/customresource_handler.go`). */
export class CustomResources {
  readonly #caches: WatchCaches;
  readonly #kind: ResourceDefinition | undefined;
  #known: { readonly at: number; readonly resources: readonly ResourceDefinition[] } = { at: -1, resources: [] };

  /** `kind` is the one of the definitions themselves; without it there are none. */
  constructor(caches: WatchCaches, kind: ResourceDefinition | undefined) {
    this.#caches = caches;
    this.#kind = kind;
  }

  /** The kind served at `group/version` under `plural`. */
  find(group: string, version: string, plural: string): ResourceDefinition | undefined {
    if (!this.#kind || !group.includes('.')) return undefined;
    const crd = this.#caches.of(this.#kind).get(storageKey(this.#kind, '', `${plural}.${group}`));
    return crd && isServed(crd) ? definitionsOf(asDefinition(crd)).get(version) : undefined;
  }

  /** Refuses what cannot be done as its definition stands: nothing new is made of a kind that goes, and no webhook converts. */
  check(definition: ResourceDefinition, { verb, subresource }: Pick<ResourceRequestInfo, 'verb' | 'subresource'>): void {
    const { group, version, names, kind } = definition;
    const found = this.#kind && this.#caches.of(this.#kind).get(storageKey(this.#kind, '', `${names.plural}.${group}`));
    if (!found) return;
    const crd = asDefinition(found);
    if (verb === 'create' && !subresource && isTrue(crd, 'Terminating'))
      throw failure(405, 'MethodNotAllowed', 'create not allowed while custom resource definition is terminating', {
        group,
        kind: names.plural,
      });
    if (crd.spec.conversion?.strategy === 'Webhook' && version !== definition.storageVersion)
      throw statusErrors.internal(
        `conversion webhook for ${group}/${version}, Kind=${kind} failed: this cluster calls no conversion webhooks; use ${group}/${definition.storageVersion}`,
      );
  }

  /** Every version of every kind that discovery tells of, in order of name; the same array until something changes. What was known last while etcd is away. */
  get resources(): readonly ResourceDefinition[] {
    try {
      return this.#kind ? this.#read(this.#kind) : [];
    } catch (error) {
      if (error instanceof StatusError) return this.#known.resources;
      throw error;
    }
  }

  /** When `resources` were last another. */
  get revision(): number {
    return this.#known.at;
  }

  #read(kind: ResourceDefinition): readonly ResourceDefinition[] {
    const cache = this.#caches.of(kind);
    if (this.#known.at === cache.changedAt) return this.#known.resources;
    const resources: ResourceDefinition[] = [];
    cache.forEach(storageRoot(kind), (crd) => {
      if (isTrue(asDefinition(crd), 'Established')) resources.push(...definitionsOf(asDefinition(crd)).values());
    });
    this.#known = { at: cache.changedAt, resources };
    return resources;
  }
}

/** The names may be accepted a moment before it is established, and both count. */
function isServed(crd: KubeObject): boolean {
  return isTrue(asDefinition(crd), 'NamesAccepted') || isTrue(asDefinition(crd), 'Established');
}

function asDefinition(crd: KubeObject): V1CustomResourceDefinition {
  return crd as unknown as V1CustomResourceDefinition;
}
