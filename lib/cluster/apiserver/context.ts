import { definitionIdOf, type KubeObject, type ResourceDefinition, type TypeRef } from '../api';
import type { Instant } from '../kernel';
import type { User } from './authentication';
import type { Attributes } from './authorization';
import type { ResourceRequestInfo } from './request-info';

/** One request on its way through admission and the registry. */
export interface RequestContext {
  readonly info: ResourceRequestInfo;
  readonly definition: ResourceDefinition;
  readonly user: User;
  readonly actor: string;
  readonly userAgent: string;
  readonly now: Instant;
  /** RFC 3339, whole seconds. */
  readonly timestamp: string;
  /** How much the request can add to what is stored; 0 from a component. */
  readonly sentBytes: number;
  readonly isDryRun: boolean;
  readonly fieldManager: string;
  /** Sentences for `Warning:` headers, in order. */
  readonly warnings: string[];
  /** An update of what is not there creates it, and whoever asks must be allowed to. */
  readonly isCreateOnUpdate?: boolean;
  /** Admission has decided about what this write is a part of. */
  readonly isAdmitted?: boolean;
  /** Says something about the request in its audit event; what shows a part of it only where the policy asks for the request too. */
  annotate(key: string, value: string, isOfRequest?: boolean): void;
  /** Throws Forbidden unless the user may do this too. */
  authorize(attributes: Attributes): void;
  /** Runs a write under its trace entry, so that what it causes knows its cause. */
  commit<T>(object: KubeObject, write: () => T): T;
}

export function kindOf({ group, kind }: ResourceDefinition): { group: string; resource: string } {
  return { group, resource: kind };
}

export function resourceOf({ group, names }: ResourceDefinition): { group: string; resource: string } {
  return { group, resource: names.plural };
}

export function apiVersionOf({ group, version }: Pick<ResourceDefinition, 'group' | 'version'>): string {
  return group ? `${group}/${version}` : version;
}

/** Whether this is the built-in kind of that name: a custom one may be called the same. */
export function isBuiltIn(kind: string, definition: ResourceDefinition): boolean {
  return definition.kind === kind && !definition.type;
}

/** What objects of this kind are decoded, compared and applied by. */
export function typeOf(definition: ResourceDefinition): TypeRef {
  return definition.type ?? definitionIdOfKind(definition);
}

/** The name of an OpenAPI definition of a kind: `io.k8s.api.apps.v1.Deployment`. */
export function definitionIdOfKind({ group, version, kind }: Pick<ResourceDefinition, 'group' | 'version' | 'kind'>): string {
  return definitionIdOf(`${group === '' ? 'core' : group.split('.')[0]}.${version}.${kind}`);
}
