import {
  copyObject,
  FieldPath,
  fieldError,
  labelSelectorAsSelector,
  statusErrors,
  type ApiRequest,
  type KubeObject,
  type ResourceDefinition,
} from '../api';
import { since } from '../resources';
import { decodeBody } from './body';
import { apiVersionOf, typeOf, type RequestContext } from './context';
import {
  decodeManagers,
  difference,
  encodeManagers,
  fieldsOf,
  hasPath,
  managerOf,
  setOfPath,
  trackUpdate,
  type Manager,
  type TrackedWrite,
} from './fields';
import { readWriteOptions, type WriteOptions } from './options';
import { applyProducer, patchProducer, readPatchType } from './patches';
import { checkName, notAllowed, rendered, writing, type ResourceHandler } from './handler';
import { mainStrategy } from './store';

const scaleId = 'io.k8s.api.autoscaling.v1.Scale';
const scaleDefinition: ResourceDefinition = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  names: { plural: 'scales', singular: 'scale' },
  scope: 'Namespaced',
  columns: [
    { name: 'Name', describedBy: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta.name', value: ({ metadata }) => metadata.name },
    {
      name: 'Desired',
      type: 'integer',
      describedBy: 'io.k8s.api.autoscaling.v1.ScaleSpec.replicas',
      value: ({ spec }) => spec.replicas ?? 0,
    },
    {
      name: 'Available',
      type: 'integer',
      describedBy: 'io.k8s.api.autoscaling.v1.ScaleStatus.replicas',
      value: ({ status }) => status.replicas,
    },
    {
      name: 'Age',
      describedBy: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta.creationTimestamp',
      value: ({ metadata }, now) => since(metadata.creationTimestamp, now),
    },
  ],
};
const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale', definitionId: scaleId };

/** `…/scale`: a view of a workload that shows and sets only its replicas (`registry/apps/deployment/storage`). */
export const answerScale: ResourceHandler = (services, request, context) => {
  const { definition, info } = context;
  const shown = (scale: KubeObject) => rendered(services, request, { ...context, definition: scaleDefinition }, scale);
  const options =
    info.verb === 'get'
      ? undefined
      : readWriteOptions(info.query, info.verb === 'patch' ? 'PatchOptions' : 'UpdateOptions', {
          isApply: info.verb === 'patch' && readPatchType(request) === 'apply',
        });
  if (!options) return info.verb === 'get' ? shown(scaleOf(definition, services.store.get(context))) : refuse();
  const scaling = writing(context, request, options);
  const produce = scaleProducer(request, scaling, options);
  const scaled = (old: KubeObject | undefined) => {
    if (!old) throw statusErrors.notFound({ group: definition.group, resource: definition.names.plural }, info.name);
    return withReplicas(definition, old, produce({ ...scaleOf(definition, old), ...ownersOf(definition, old) }));
  };
  const { object } = services.store.update(scaling, scaled, {
    ...mainStrategy(definition),
    subresource: '',
    shownAs: {
      operation: 'UPDATE',
      kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      show: (whole) => scaleOf(definition, whole),
    },
  });
  return shown(scaleOf(definition, object));
};

function scaleProducer(request: ApiRequest, context: RequestContext, options: WriteOptions): (scale: KubeObject) => KubeObject {
  const write: TrackedWrite = {
    type: scaleId,
    group: 'autoscaling',
    version: 'v1',
    kind: 'Scale',
    manager: context.fieldManager,
    subresource: 'scale',
    timestamp: context.timestamp,
    reset: undefined,
  };
  switch (context.info.verb) {
    case 'update':
      return followed(write, putScale(request, context, options.fieldValidation));
    case 'patch': {
      const type = readPatchType(request);
      return type === 'apply'
        ? applyProducer(request, context, options, write)
        : followed(write, patchProducer(request, context, type, options, scaleId, 'scale'));
    }
    default:
      return refuse();
  }
}

function followed(write: TrackedWrite, produce: (scale: KubeObject) => KubeObject): (scale: KubeObject) => KubeObject {
  return (scale) => {
    const changed = produce(scale);
    trackUpdate(write, scale, changed);
    return changed;
  };
}

const replicasInScale = setOfPath(['f:spec', 'f:replicas']);

function replicasPathOf({ subresources }: ResourceDefinition): string[] {
  return (subresources?.scale?.replicas ?? 'spec.replicas').split('.').map((name) => `f:${name}`);
}

/** Who owns the replicas of a workload, as owners of its scale (`managedfields.ScaleHandler.ToSubresource`). */
function ownersOf(definition: ResourceDefinition, { metadata }: KubeObject): { metadata: KubeObject['metadata'] } {
  const owners = (decodeManagers(metadata.managedFields) ?? []).filter((owner) => hasPath(fieldsOf(owner), replicasPathOf(definition)));
  const managedFields = encodeManagers(
    owners.map((owner) => managerOf({ ...owner, apiVersion: 'autoscaling/v1' }, owner.time, replicasInScale)),
  );
  return { metadata: { ...scaleOf(definition, { metadata } as KubeObject).metadata, ...(managedFields ? { managedFields } : {}) } };
}

/** The workload's owners when those of its scale are `scaleOwners` (`ScaleHandler.ToParent`). */
function withScaleOwners(definition: ResourceDefinition, old: KubeObject, scale: KubeObject): KubeObject['metadata']['managedFields'] {
  const path = replicasPathOf(definition);
  const replicas = setOfPath(path);
  const scaleOwners = decodeManagers(scale.metadata.managedFields) ?? [];
  const before = decodeManagers(old.metadata.managedFields) ?? [];
  const kept = before.flatMap((owner) => {
    const isKept = !hasPath(fieldsOf(owner), path) || scaleOwners.some((one) => isSameOwner(one, owner));
    const fields = isKept ? fieldsOf(owner) : difference(fieldsOf(owner), replicas);
    return isKept ? [owner] : fields ? [managerOf(owner, owner.time, fields)] : [];
  });
  const added = scaleOwners.filter((owner) => !before.some((one) => isSameOwner(one, owner) && hasPath(fieldsOf(one), path)));
  return encodeManagers([
    ...kept,
    ...added.map((owner) =>
      managerOf({ ...owner, apiVersion: apiVersionOf(definition) }, definition.type ? undefined : owner.time, replicas),
    ),
  ]);
}

function isSameOwner(a: Manager, b: Manager): boolean {
  return a.manager === b.manager && a.operation === b.operation && a.subresource === b.subresource;
}

function refuse(): never {
  throw notAllowed();
}

function putScale(
  request: Parameters<ResourceHandler>[1],
  context: RequestContext,
  fieldValidation: 'Strict' | 'Warn' | 'Ignore',
): () => KubeObject {
  const scale = decodeBody(request, scaleKind, fieldValidation, context.warnings);
  checkName(scale, context.info.name);
  return () => scale;
}

function scaleOf({ subresources }: ResourceDefinition, object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const paths = subresources?.scale;
  const replicas = at(object, paths?.replicas) as number | undefined;
  const selector = selectorOf(paths, object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace ? { namespace } : {}), uid, resourceVersion, creationTimestamp } as KubeObject['metadata'],
    spec: replicas ? { replicas } : {},
    status: { replicas: (at(object, paths?.statusReplicas) as number | undefined) ?? 0, ...(selector ? { selector } : {}) },
  };
}

function selectorOf(paths: NonNullable<ResourceDefinition['subresources']>['scale'], object: KubeObject): string {
  if (!paths?.selector) return '';
  const given = at(object, paths.selector) as object | string | undefined;
  if (paths.isSelectorText) return typeof given === 'string' ? given : '';
  return labelSelectorAsSelector(
    (paths.isSelectorLabels ? { matchLabels: { ...(given as object) } } : given) as object | undefined,
  ).toString();
}

function withReplicas(definition: ResourceDefinition, old: KubeObject, scale: KubeObject): KubeObject {
  const replicas: number = scale.spec?.replicas ?? 0;
  if (replicas < 0 && !definition.type)
    throw statusErrors.invalid({ group: 'autoscaling', resource: 'Scale' }, old.metadata.name, [
      fieldError.invalid(FieldPath.of('spec').child('replicas'), replicas, 'must be greater than or equal to 0'),
    ]);
  const object = copyObject(typeOf(definition), old);
  const path = (definition.subresources?.scale?.replicas ?? 'spec.replicas').split('.');
  const parent = path.slice(0, -1).reduce((value: any, name) => (value[name] ??= {}), object);
  parent[path.at(-1) as string] = replicas;
  const managedFields = withScaleOwners(definition, old, scale);
  object.metadata = {
    ...object.metadata,
    uid: scale.metadata.uid || old.metadata.uid,
    resourceVersion: scale.metadata.resourceVersion || old.metadata.resourceVersion,
  };
  if (managedFields) object.metadata.managedFields = managedFields;
  else delete object.metadata.managedFields;
  return object;
}

function at(object: unknown, path = ''): unknown {
  return path.split('.').reduce((value: any, name) => value?.[name], object);
}
