import type { KubeObject, ResourceDefinition } from '../../../api';
import { fromStorage, toStorage } from '../../storage';
import type { AdmissionRequest } from '../plugin';

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** What a request is about in one of the versions its resource is served in. */
export interface Target {
  readonly definition: ResourceDefinition;
  readonly resource: GroupVersionResource;
  readonly kind: GroupVersionKind;
}

/** The request's own version. */
export function ownTarget(request: AdmissionRequest): Target {
  return targetOf(request, request.definition);
}

/** The other versions in which somebody may have asked to see such a request (`EquivalentResourceMapper`). */
export function equivalentTargets(request: AdmissionRequest): Target[] {
  return (request.definition.otherVersions?.() ?? []).map((definition) => targetOf(request, definition));
}

function targetOf({ shownAs }: AdmissionRequest, definition: ResourceDefinition): Target {
  const { group, version, kind, names } = definition;
  return { definition, resource: { group, version, resource: names.plural }, kind: shownAs?.kind ?? { group, version, kind } };
}

/** The object and what it was, as `target` words them. */
export function versioned(
  request: AdmissionRequest,
  { definition }: Target,
): { object: KubeObject | undefined; old: KubeObject | undefined } {
  const { shownAs, object, old } = request;
  if (shownAs)
    return { object: object && shownAs.show(object), old: old && shownAs.operation !== 'CREATE' ? shownAs.show(old) : undefined };
  return {
    object: object && inVersion(object, request.definition, definition),
    old: old && inVersion(old, request.definition, definition),
  };
}

export function inVersion(object: KubeObject, from: ResourceDefinition, to: ResourceDefinition): KubeObject {
  return from === to ? object : fromStorage(to, toStorage(from, object));
}

/** What the request does, as those outside are told. */
export function operationOf({ shownAs, operation }: AdmissionRequest): AdmissionRequest['operation'] {
  return shownAs?.operation ?? operation;
}
