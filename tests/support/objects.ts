import { deepCopy } from '@/lib/base';
import { decodeObject, FieldPath, type KubeObject, type ResourceDefinition, statusErrors } from '@/lib/cluster/api';
import { definitionIdOfKind } from '@/lib/cluster/apiserver/context';
import { builtInResources } from '@/lib/cluster/resources';
import { validateObjectMeta, validateObjectMetaUpdate } from '@/lib/cluster/resources/validation/object-meta';

const metadataPath = FieldPath.of('metadata');

export function definitionOf(kind: string): ResourceDefinition {
  const found = builtInResources.find((definition) => definition.kind === kind && !definition.storedAs);
  if (!found) throw new Error(`no kind ${kind}`);
  return found;
}

/** `draft` as the API server would decode and default it, without admission or storage. */
export function defaulted<T = KubeObject>(kind: string, draft: object): T {
  const definition = definitionOf(kind);
  const apiVersion = definition.group ? `${definition.group}/${definition.version}` : definition.version;
  const object = decodeObject(definitionIdOfKind(definition), { apiVersion, kind, ...deepCopy(draft) }).value as KubeObject;
  if (definition.scope === 'Namespaced') object.metadata.namespace ??= 'default';
  definition.defaults?.(object);
  return object as T;
}

const uid = '00000000-0000-4000-8000-000000000001';
const strategy = { now: '2026-01-05T08:00:00Z', user: 'tester', requester: { name: 'tester', groups: ['system:authenticated'] } };

/** `draft` as it would be stored when created. */
export function prepared<T = KubeObject>(kind: string, draft: object): T {
  const object = defaulted(kind, draft);
  object.metadata.uid = uid;
  definitionOf(kind).prepareForCreate?.(object, strategy);
  return object as T;
}

/** The API server's sentence about creating `draft`, or undefined when it is fine. */
export function refusalOf(kind: string, draft: object): string | undefined {
  const definition = definitionOf(kind);
  const object = prepared(kind, draft);
  const errors = [
    ...validateObjectMeta(object.metadata, definition, metadataPath),
    ...(definition.validate?.(object, FieldPath.of('')) ?? []),
  ];
  return errors.length > 0
    ? statusErrors.invalid({ group: definition.group, resource: kind }, object.metadata.name, errors).message
    : undefined;
}

/** The API server's sentence about changing what `draft` made with `change`. */
export function updateRefusalOf(kind: string, draft: object, change: (object: any) => void): string | undefined {
  const definition = definitionOf(kind);
  const old = { ...prepared(kind, draft) };
  const object = deepCopy(old);
  change(object);
  definition.defaults?.(object);
  definition.prepareForUpdate?.(object, old, strategy);
  const errors = [
    ...validateObjectMetaUpdate(object.metadata, old.metadata, metadataPath),
    ...(definition.validateUpdate?.(object, old, FieldPath.of('')) ?? definition.validate?.(object, FieldPath.of('')) ?? []),
  ];
  return errors.length > 0
    ? statusErrors.invalid({ group: definition.group, resource: kind }, object.metadata.name, errors).message
    : undefined;
}

/** The row `kubectl get` would show: cells by column name. */
export function rowOf(kind: string, object: object, now = '2026-01-05T08:00:00Z'): Record<string, unknown> {
  const columns = definitionOf(kind).columns ?? [];
  return Object.fromEntries(columns.map(({ name, value }) => [name, value(object as KubeObject, Date.parse(now))]));
}
