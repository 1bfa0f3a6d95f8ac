import type { KubeObject, ResourceDefinition } from '../../api';
import { definitionIdOfKind, type RequestContext } from '../context';
import { trackUpdate, type TrackedWrite } from './field-manager';
import { setOfPath, union, type FieldSet } from './field-set';

/** The write a request is about, as field ownership sees it. */
export function writeOf({ definition, info, fieldManager, timestamp }: RequestContext): TrackedWrite {
  const { group, version, kind } = definition;
  return {
    definitionId: definitionIdOfKind(definition),
    group,
    version,
    kind,
    manager: fieldManager,
    subresource: info.subresource,
    timestamp,
    reset: resetFieldsOf(definition, info.subresource),
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
  const id = definitionIdOfKind(definition);
  if (!resets.has(id)) resets.set(id, statusResets(definition));
  return resets.get(id);
}

function statusResets({ statusKeeps = [] }: ResourceDefinition): FieldSet {
  return ['spec', ...statusKeeps].map((path) => setOfPath(path.split('.').map((name) => `f:${name}`))).reduce<FieldSet>(union, undefined);
}
