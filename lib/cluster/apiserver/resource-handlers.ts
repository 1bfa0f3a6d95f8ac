import { failure, statusErrors, type ApiRequest, type KubeObject, type ObjectList, type ResourceDefinition } from '../api';
import { decodeBody, decodeDeleteOptions, withDefaults } from './body';
import { isBuiltIn, resourceOf, type RequestContext } from './context';
import { componentStatuses } from './component-statuses';
import { checkDeleteOptions, type DeleteOptions } from './deletion';
import {
  checkName,
  checkShowable,
  includeOf,
  notAllowed,
  notServed,
  rendered,
  writing,
  type ResourceHandler,
  type ResourceServices,
} from './handler';
import { trackUpdate, tracked, writeOf } from './fields';
import { listObjects } from './lists';
import { negotiate, negotiateStream, type Rendering } from './media-types';
import { readListOptions, readWriteOptions } from './options';
import { applyProducer, patchProducer, readPatchType } from './patches';
import { isTrue } from './request-info';
import { answered, type Answer } from './responses';
import { fromStorage, objectOf } from './storage';
import { mainStrategy, statusStrategy, type UpdateStrategy } from './store';
import { findSubresource } from './subresources';
import { partialMetadata, partialMetadataList, tableOf } from './tables';
import { watchObjects } from './watches';

export const answerResource: ResourceHandler = (services, request, context) => {
  const { info, definition } = context;
  if ((request.method === 'HEAD' || request.method === 'OPTIONS') && info.subresource !== 'proxy') throw notAllowed();
  if (definition.type) checkCustom(context);
  if (showsWritten(info)) checkShowable(request, context);
  if (info.subresource) return answerSubresource(services, request, context);
  if (definition.scope === 'Cluster' && info.namespace && !isBuiltIn('Namespace', definition)) throw notServed();
  if (definition.verbs && !definition.verbs.includes(info.verb)) throw notAllowed();
  switch (info.verb) {
    case 'get':
      return get(services, request, context);
    case 'list':
      return list(services, request, context);
    case 'watch':
      return watch(services, request, context);
    case 'create':
      return create(services, request, context);
    case 'update':
      return update(services, request, context);
    case 'patch':
      return patch(services, request, context);
    case 'delete':
      return remove(services, request, context);
    case 'deletecollection':
      return removeCollection(services, request, context);
  }
};

/** What the handler of custom resources says of what it does not do (`customresource_handler.go`). */
function checkCustom({ definition, info }: RequestContext): void {
  const { subresources, group, names } = definition;
  const isPart = info.subresource !== '';
  if (isPart && !(info.subresource === 'status' ? subresources?.status : info.subresource === 'scale' && subresources?.scale))
    throw statusErrors.notFound(resourceOf(definition), info.name);
  if (isPart && !['get', 'update', 'patch'].includes(info.verb))
    throw failure(405, 'MethodNotAllowed', `${info.verb} is not supported on resources of kind "${names.plural}.${group}"`, {
      group,
      kind: names.plural,
    });
}

const connections = ['attach', 'exec', 'log', 'portforward', 'proxy'];

/** Whether the answer is an object that was changed. */
function showsWritten({ verb, subresource }: RequestContext['info']): boolean {
  return ['create', 'update', 'patch', 'delete'].includes(verb) && !connections.includes(subresource);
}

const answerSubresource: ResourceHandler = (services, request, context) => {
  const { info, definition } = context;
  const { subresources } = definition;
  if (info.subresource === 'status' && subresources?.status) return answerPart(services, request, context, statusStrategy(definition));
  const part = subresources?.parts?.[info.subresource];
  if (part) return answerPart(services, request, context, { subresource: info.subresource, ...part });
  const handler = findSubresource(definition, info.subresource);
  if (!handler) throw notServed();
  return handler(services, request, context);
};

/** A subresource that is the object itself, of which it may change a part. */
function answerPart(services: ResourceServices, request: ApiRequest, context: RequestContext, strategy: UpdateStrategy): Answer {
  switch (context.info.verb) {
    case 'get':
      return get(services, request, context);
    case 'update':
      return update(services, request, context, strategy);
    case 'patch':
      return patch(services, request, context, strategy);
    default:
      throw notAllowed();
  }
}

function noObjects({ kind }: ResourceDefinition): ObjectList {
  return { kind: `${kind}List`, apiVersion: 'v1', metadata: { resourceVersion: '' }, items: [] };
}

const get: ResourceHandler = (services, request, context) => {
  const { definition, info } = context;
  const version = info.query.get('resourceVersion');
  if (version && !/^\d+$/.test(version))
    throw failure(
      500,
      undefined,
      `resourceVersion: Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`,
    );
  const object = findObject(services, context);
  if (!object) throw statusErrors.notFound(resourceOf(definition), info.name);
  return rendered(services, request, context, object);
};

function findObject(services: ResourceServices, { definition, info }: RequestContext): KubeObject | undefined {
  if (isBuiltIn('ComponentStatus', definition)) return componentStatuses(services).find(({ metadata }) => metadata.name === info.name);
  const kv = services.store.find(definition, info.namespace, info.name);
  return kv && fromStorage(definition, objectOf(kv));
}

const list: ResourceHandler = (services, request, context) => {
  const { definition, info, now } = context;
  const rendering = negotiate(request.headers['accept']);
  const options = readListOptions(info.query, definition);
  const found = isBuiltIn('ComponentStatus', definition)
    ? { ...noObjects(definition), items: componentStatuses(services) }
    : listObjects(definition, services.caches.of(definition), services.etcd, info.namespace, options);
  switch (rendering.as) {
    case 'object':
      return answered(definition.type ? untypedList(found) : found, 200, rendering.format);
    case 'Table':
      return answered(
        tableOf(definition, found.items, {
          metadata: found.metadata,
          include: includeOf(context),
          now,
          descriptions: services.descriptions(),
        }),
        200,
        rendering.format,
      );
    case 'PartialObjectMetadataList':
      return answered(partialMetadataList(found), 200, rendering.format);
    case 'PartialObjectMetadata':
      throw failure(406, 'NotAcceptable', 'you requested PartialObjectMetadata, but the requested object is a list');
  }
};

/** A list without a Go type tells where it continues even when it does not. */
function untypedList(list: ObjectList): ObjectList {
  return { ...list, metadata: { continue: '', ...list.metadata } as ObjectList['metadata'] };
}

const watch: ResourceHandler = (services, request, context) => {
  const { definition, info } = context;
  const rendering = negotiateStream(request.headers['accept']);
  const options = readListOptions(info.query, definition, { isWatch: true });
  const isOfOne = info.name !== '' && !isBuiltIn('Namespace', definition);
  const stream = watchObjects(definition, services.caches.of(definition), services.kernel, {
    asked: isOfOne ? { ...options, fields: [...options.fields, { field: 'metadata.name', operator: '=', value: info.name }] } : options,
    namespace: definition.scope === 'Namespaced' ? info.namespace : '',
    render: watchRendering(services, context, rendering),
    open: services.openWatches,
    hearer: request.isHeardInTrace ? undefined : context.actor,
  });
  return { type: 'stream', stream, contentType: 'application/json' };
};

const whole = (object: KubeObject) => object;

function watchRendering(
  { kernel, descriptions }: ResourceServices,
  context: RequestContext,
  { as }: Rendering,
): (object: KubeObject) => unknown {
  const { definition } = context;
  if (as === 'object') return whole;
  if (as !== 'Table') return partialMetadata;
  const include = includeOf(context);
  let isHeaderless = false;
  return (object) => {
    const table = tableOf(definition, [object], {
      metadata: { resourceVersion: object.metadata.resourceVersion },
      include,
      now: kernel.now,
      descriptions: descriptions(),
      isHeaderless,
    });
    isHeaderless = true;
    return table;
  };
}

const create: ResourceHandler = (services, request, context) => {
  const { definition, info } = context;
  if (info.name) throw notAllowed();
  const options = readWriteOptions(info.query, 'CreateOptions');
  const object = withDefaults(definition, decodeBody(request, definition, options.fieldValidation, context.warnings));
  if (definition.scope === 'Namespaced' && info.namespace === '') throw notAllowed();
  const creating = writing(context, request, options);
  wipeSystemFields(object);
  trackUpdate(writeOf(creating), undefined, object);
  const created = services.store.create(creating, object);
  return rendered(services, request, context, created, 201);
};

/** What only the server sets, and so nobody owns (`rest.WipeObjectMetaSystemFields`). */
function wipeSystemFields({ metadata }: KubeObject): void {
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
}

function update(
  services: ResourceServices,
  request: ApiRequest,
  context: RequestContext,
  strategy = mainStrategy(context.definition),
): Answer {
  const { definition, info } = context;
  if (!info.name) throw notAllowed();
  const options = readWriteOptions(info.query, 'UpdateOptions');
  const kv =
    strategy.subresource === 'status' && typeof request.body === 'object'
      ? services.store.find(definition, info.namespace, info.name)
      : undefined;
  const known = kv && fromStorage(definition, objectOf(kv));
  const object = withDefaults(
    definition,
    decodeBody(request, definition, options.fieldValidation, context.warnings, known),
    strategy.subresource,
  );
  checkName(object, info.name);
  const updating = writing(context, request, options);
  const result = services.store.update(
    updating,
    tracked(updating, () => object),
    strategy,
  );
  return rendered(services, request, context, result.object, result.isCreated ? 201 : 200);
}

function patch(
  services: ResourceServices,
  request: ApiRequest,
  context: RequestContext,
  strategy: UpdateStrategy = mainStrategy(context.definition),
): Answer {
  const { info } = context;
  if (!info.name) throw notAllowed();
  const type = readPatchType(request, context.definition);
  const options = readWriteOptions(info.query, 'PatchOptions', { isApply: type === 'apply' });
  const patching = writing(context, request, options);
  const produce =
    type === 'apply' ? applyProducer(request, patching, options) : tracked(patching, patchProducer(request, context, type, options));
  const result = services.store.update(patching, produce, { ...strategy, createsMissing: type === 'apply' && !info.subresource });
  return rendered(services, request, context, result.object, result.isCreated ? 201 : 200);
}

const remove: ResourceHandler = (services, request, context) => {
  const options = readDeleteOptions(request, context);
  const { orphaningWarning } = context.definition;
  if (orphaningWarning && options.propagationPolicy === undefined && options.orphanDependents === undefined)
    context.warnings.push(orphaningWarning);
  const { object, wasDeleted } = services.store.delete(withDryRun(context, options), context.info.name, options);
  const status = !wasDeleted && options.orphanDependents === false ? 202 : 200;
  if (wasDeleted && !context.definition.returnsDeletedObject) return answered(deletedStatus(context.definition, object));
  return rendered(services, request, context, object, status);
};

function deletedStatus(definition: ResourceDefinition, { metadata }: KubeObject): object {
  const { group, names } = definition;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name: metadata.name, ...(group ? { group } : {}), kind: names.plural, uid: metadata.uid },
  };
}

const removeCollection: ResourceHandler = (services, request, context) => {
  const { definition, info } = context;
  if ((definition.scope === 'Namespaced' && !info.namespace) || isBuiltIn('Namespace', definition)) throw notAllowed();
  const listed = listObjects(
    definition,
    services.caches.of(definition),
    services.etcd,
    info.namespace,
    readListOptions(info.query, definition),
  );
  const options = readDeleteOptions(request, context);
  for (const { metadata } of listed.items) services.store.delete(withDryRun(context, options), metadata.name, options);
  return answered(definition.type ? untypedList(listed) : listed);
};

function readDeleteOptions(request: ApiRequest, { info }: RequestContext): DeleteOptions {
  const isAbsent = request.body === undefined || request.body === '' || (request.body as Uint8Array).length === 0;
  const options = isAbsent ? deleteOptionsOfQuery(info.query) : decodeDeleteOptions(request);
  checkDeleteOptions(options);
  return options;
}

function deleteOptionsOfQuery(query: RequestContext['info']['query']): DeleteOptions {
  const grace = query.get('gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  const orphan = query.get('orphanDependents');
  if (grace !== undefined && !/^-?\d+$/.test(grace))
    throw statusErrors.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`);
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(policy ? { propagationPolicy: policy as 'Orphan' } : {}),
    ...(orphan === undefined ? {} : { orphanDependents: isTrue(orphan) }),
    ...(query.has('dryRun') ? { dryRun: [query.get('dryRun') as string] } : {}),
  };
}

function withDryRun(context: RequestContext, { dryRun }: DeleteOptions): RequestContext {
  return dryRun?.includes('All') ? { ...context, isDryRun: true } : context;
}
