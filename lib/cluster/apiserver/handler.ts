import { failure, statusErrors, type ApiRequest, type KubeObject } from '../api';
import type { Etcd } from '../etcd';
import type { Kernel } from '../kernel';
import type { Lookup } from './admission/plugin';
import type { RequestContext } from './context';
import type { KubeletDialer } from './kubelet-dialer';
import { negotiate } from './media-types';
import type { WriteOptions } from './options';
import { answered, type Answer } from './responses';
import type { ProxyDialer } from './proxy';
import type { Store } from './store';
import { partialMetadata, tableOf, type Descriptions, type IncludeObject } from './tables';
import type { WatchCaches } from './watch-cache';
import type { OpenWatch } from './watches';

/** What handlers of resources share. */
export interface ResourceServices {
  readonly kernel: Kernel;
  readonly etcd: Etcd;
  readonly store: Store;
  readonly lookup: Lookup;
  readonly caches: WatchCaches;
  readonly kubelet: KubeletDialer | undefined;
  readonly dial: ProxyDialer | undefined;
  readonly descriptions: () => Descriptions;
  readonly serviceAccountKey: string;
  readonly openWatches: Set<OpenWatch>;
}

/** One handler of a verb (`endpoints/handlers`). */
export type ResourceHandler = (services: ResourceServices, request: ApiRequest, context: RequestContext) => Answer;

/** The name in the body is the name in the path (`handlers/update.go`, `checkName`). */
export function checkName({ metadata }: KubeObject, name: string): void {
  if (!metadata.name)
    throw statusErrors.badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (metadata.name !== name)
    throw statusErrors.badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
}

/** The context of a write with its options. The field manager is the one named, or what the user agent begins with. */
export function writing(context: RequestContext, request: ApiRequest, { isDryRun, fieldManager }: WriteOptions): RequestContext {
  return { ...context, isDryRun, fieldManager: fieldManager || managerOf(request) };
}

/** What the user agent begins with. */
export function managerOf({ headers }: ApiRequest): string {
  return (headers['user-agent'] ?? '').split('/')[0]?.slice(0, 128) || 'unknown';
}

/** One object in the form the client asked for. */
export function rendered(
  services: ResourceServices,
  request: ApiRequest,
  context: RequestContext,
  object: KubeObject,
  status = 200,
): Answer {
  const { as, format } = negotiate(request.headers['accept']);
  const { definition, now } = context;
  switch (as) {
    case 'object':
      return answered(object, status, format);
    case 'Table':
      return answered(
        tableOf(definition, [object], {
          metadata: { resourceVersion: object.metadata.resourceVersion },
          include: includeOf(context),
          now,
          descriptions: services.descriptions(),
        }),
        status,
        format,
      );
    case 'PartialObjectMetadata':
      return answered(partialMetadata(object), status, format);
    case 'PartialObjectMetadataList':
      throw notAList();
  }
}

function notAList() {
  return failure(406, 'NotAcceptable', 'you requested PartialObjectMetadataList, but the requested object is not a list');
}

/** What cannot be shown in the form asked for is not done first. */
export function checkShowable({ headers }: ApiRequest, context: RequestContext): void {
  const { as } = negotiate(headers['accept']);
  if (as === 'PartialObjectMetadataList') throw notAList();
  if (as === 'Table') includeOf(context);
}

export function includeOf({ info }: RequestContext): IncludeObject {
  const include = info.query.get('includeObject') || 'Metadata';
  if (include === 'None' || include === 'Metadata' || include === 'Object') return include;
  throw statusErrors.badRequest(`invalid value for includeObject: ${include}`);
}

export function notAllowed() {
  return failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

export function notServed() {
  return failure(404, 'NotFound', 'the server could not find the requested resource', {});
}
