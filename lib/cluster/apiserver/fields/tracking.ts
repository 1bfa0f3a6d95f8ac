import type { KubeObject, ResourceDefinition } from '../../api';
import { apiVersionOf, definitionIdOfKind, typeOf, type RequestContext } from '../context';
import { toStorage } from '../storage';
import { trackUpdate, type TrackedWrite } from './field-manager';
import { setOfPath, union, type FieldSet } from './field-set';

/** The write a request is about, as field ownership sees it. */
export function writeOf({ definition, info, fieldManager, timestamp }: RequestContext): TrackedWrite {
  const { group, version, kind } = definition;
  return {
    ...(definition.otherVersions ? { inVersion: (apiVersion: string) => conversionTo(definition, apiVersion) } : {}),
    type: typeOf(definition),
    group,
    version,
    kind,
    manager: fieldManager,
    subresource: info.subresource,
    timestamp,
    reset: resetFieldsOf(definition, info.subresource),
  };
}

/** How an object of `definition` reads in another served version. */
function conversionTo(definition: ResourceDefinition, apiVersion: string): ReturnType<NonNullable<TrackedWrite['inVersion']>> {
  const other = definition.otherVersions?.().find((one) => apiVersionOf(one) === apiVersion);
  if (!other) return undefined;
  if (other.type) return { type: other.type, convert: (object) => ({ ...object, apiVersion }) };
  return {
    type: typeOf(other),
    convert(object) {
      const stored = toStorage(definition, object);
      return other.storedAs ? other.storedAs.decode(stored) : stored;
    },
  };
}

/** `produce` with the fields it changes given to the request's manager. */
export function tracked(
  context: RequestContext,
  produce: (old: KubeObject | undefined) => KubeObject,
): (old: KubeObject | undefined) => KubeObject {
  return (old) => {
    const object = produce(old);
    trackUpdate(writeOf(context), old, object);
    return object;
  };
}

const status = setOfPath(['f:status']);
const resets = new Map<string, FieldSet>();

function resetFieldsOf(definition: ResourceDefinition, subresource: string): FieldSet {
  if (!definition.subresources?.status) return undefined;
  if (subresource !== 'status') return status;
  if (definition.type) return statusResets(definition);
  const id = definitionIdOfKind(definition);
  if (!resets.has(id)) resets.set(id, statusResets(definition));
  return resets.get(id);
}

function statusResets({ statusKeeps = [] }: ResourceDefinition): FieldSet {
  return ['spec', ...statusKeeps].map((path) => setOfPath(path.split('.').map((name) => `f:${name}`))).reduce<FieldSet>(union, undefined);
}
