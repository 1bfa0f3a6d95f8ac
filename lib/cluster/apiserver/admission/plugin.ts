import type { KubeObject, ResourceDefinition } from '../../api';
import type { Kernel } from '../../kernel';
import type { RequestContext } from '../context';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What admission decides about (`admission.Attributes`). */
export interface AdmissionRequest {
  readonly operation: Operation;
  readonly context: RequestContext;
  readonly definition: ResourceDefinition;
  readonly namespace: string;
  /** Empty while a name is still to be generated. */
  readonly name: string;
  readonly subresource: string;
  /** Mutable in `mutate`. */
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
}

/** What plugins may look at: the API server's own caches. */
export interface Lookup {
  find(kind: string, namespace: string, name: string): KubeObject | undefined;
  /** Of one namespace, or of all. */
  list(kind: string, namespace?: string): KubeObject[];
  /** Writes an object's status as the API server itself. */
  updateStatus(object: KubeObject): void;
  readonly kernel: Kernel;
}

/** Throws a `StatusError` to refuse (`admission.MutationInterface`, `ValidationInterface`). */
export interface AdmissionPlugin {
  readonly name: string;
  mutate?(request: AdmissionRequest, lookup: Lookup): void;
  validate?(request: AdmissionRequest, lookup: Lookup): void;
}

export function defineAdmissionPlugin(plugin: AdmissionPlugin): AdmissionPlugin {
  return plugin;
}
