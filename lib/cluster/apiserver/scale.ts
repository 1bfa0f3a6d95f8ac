import { deepCopy } from '@/lib/base';
import { copyObject, FieldPath, fieldError, labelSelectorAsSelector, statusErrors, type KubeObject, type ResourceDefinition } from '../api';
import { since } from '../resources';
import { decodeBody } from './body';
import { definitionIdOfKind, type RequestContext } from './context';
import { readWriteOptions } from './options';
import { patchProducer, readPatchType } from './patches';
import { checkName, notAllowed, rendered, writing, type ResourceHandler } from './handler';
import { mainStrategy } from './store';

const scaleId = 'io.k8s.api.autoscaling.v1.Scale';
const scaleDefinition: ResourceDefinition = {
  group: 'autoscaling', version: 'v1', kind: 'Scale', names: { plural: 'scales', singular: 'scale' }, scope: 'Namespaced',
  columns: [
    { name: 'Name', describedBy: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta.name', value: ({ metadata }) => metadata.name },
    { name: 'Desired', type: 'integer', describedBy: 'io.k8s.api.autoscaling.v1.ScaleSpec.replicas', value: ({ spec }) => spec.replicas ?? 0 },
    { name: 'Available', type: 'integer', describedBy: 'io.k8s.api.autoscaling.v1.ScaleStatus.replicas', value: ({ status }) => status.replicas },
    { name: 'Age', describedBy: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta.creationTimestamp', value: ({ metadata }, now) => since(metadata.creationTimestamp, now) },
  ],
};
const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale', definitionId: scaleId };

/** `…/scale`: a view of a workload that shows and sets only its replicas (`registry/apps/deployment/storage`). */
export const answerScale: ResourceHandler = (services, request, context) => {
  const { definition, info } = context;
  const shown = (scale: KubeObject) => rendered(services, request, { ...context, definition: scaleDefinition }, scale);
  const options = info.verb === 'get' ? undefined : readWriteOptions(info.query, info.verb === 'patch' ? 'PatchOptions' : 'UpdateOptions');
  if (!options) return info.verb === 'get' ? shown(scaleOf(definition, services.store.get(context))) : refuse();
  const produce = info.verb === 'update' ? putScale(request, context, options.fieldValidation) : info.verb === 'patch' ? patchProducer(request, context, readPatchType(request), options, scaleId, 'scale') : refuse();
  const scaled = (old: KubeObject | undefined) => {
    if (!old) throw statusErrors.notFound({ group: definition.group, resource: definition.names.plural }, info.name);
    return withReplicas(definition, old, produce(scaleOf(definition, old)));
  };
  const { object } = services.store.update(writing(context, request, options), scaled, { ...mainStrategy(definition), subresource: '' });
  return shown(scaleOf(definition, object));
};

function refuse(): never {
  throw notAllowed();
}

function putScale(request: Parameters<ResourceHandler>[1], context: RequestContext, fieldValidation: 'Strict' | 'Warn' | 'Ignore'): () => KubeObject {
  const scale = decodeBody(request, scaleKind, fieldValidation, context.warnings);
  checkName(scale, context.info.name);
  return () => scale;
}

function scaleOf({ subresources }: ResourceDefinition, object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const paths = subresources?.scale;
  const replicas = at(object, paths?.replicas) as number | undefined;
  const selector = labelSelectorAsSelector(at(object, paths?.selector) as object | undefined).toString();
  return {
    kind: 'Scale', apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace ? { namespace } : {}), uid, resourceVersion, creationTimestamp } as KubeObject['metadata'],
    spec: replicas ? { replicas } : {},
    status: { replicas: (at(object, paths?.statusReplicas) as number | undefined) ?? 0, ...(selector ? { selector } : {}) },
  };
}

function withReplicas(definition: ResourceDefinition, old: KubeObject, scale: KubeObject): KubeObject {
  const replicas: number = scale.spec?.replicas ?? 0;
  if (replicas < 0) throw statusErrors.invalid({ group: 'autoscaling', resource: 'Scale' }, old.metadata.name, [fieldError.invalid(FieldPath.of('spec').child('replicas'), replicas, 'must be greater than or equal to 0')]);
  const object = copyObject(definitionIdOfKind(definition), old);
  const path = (definition.subresources?.scale?.replicas ?? 'spec.replicas').split('.');
  const parent = path.slice(0, -1).reduce((value: any, name) => value[name], object);
  parent[path.at(-1) as string] = replicas;
  object.metadata = { ...deepCopy(object.metadata), uid: scale.metadata.uid || old.metadata.uid, resourceVersion: scale.metadata.resourceVersion || old.metadata.resourceVersion };
  return object;
}

function at(object: unknown, path = ''): unknown {
  return path.split('.').reduce((value: any, name) => value?.[name], object);
}
