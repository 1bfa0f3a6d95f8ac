import type { AdmissionRequest } from '../plugin';
import type { User } from '../../authentication';
import { operationOf, ownTarget, type Target } from './target';

/** `AdmissionRequest` without its uid and objects: what webhooks are sent and expressions see as `request` (`CreateAdmissionRequest`). */
export function reviewRequest(request: AdmissionRequest, { kind, resource }: Target): Record<string, unknown> {
  const { context, namespace, name, subresource } = request;
  const own = ownTarget(request);
  return {
    kind,
    resource,
    ...(subresource ? { subResource: subresource } : {}),
    requestKind: own.kind,
    requestResource: own.resource,
    ...(subresource ? { requestSubResource: subresource } : {}),
    ...(name ? { name } : {}),
    ...(namespace ? { namespace } : {}),
    operation: operationOf(request),
    userInfo: userInfoOf(context.user),
    dryRun: context.isDryRun,
    ...(request.operation === 'CONNECT' ? {} : { options: optionsOf(request) }),
  };
}

function userInfoOf({ name, uid, groups, extra }: User): object {
  return { username: name, ...(uid ? { uid } : {}), ...(groups.length ? { groups } : {}), ...(extra ? { extra } : {}) };
}

const kinds = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions', CONNECT: '' } as const;

/** A patch is told as the create or update it comes to. */
function optionsOf(request: AdmissionRequest): object {
  const { context, deleteOptions } = request;
  const { query } = context.info;
  const type = { kind: kinds[operationOf(request)], apiVersion: 'meta.k8s.io/v1' };
  if (deleteOptions) return { ...deleteOptions, ...type };
  const fieldManager = query.get('fieldManager');
  const fieldValidation = query.get('fieldValidation');
  return {
    ...type,
    ...(context.isDryRun ? { dryRun: ['All'] } : {}),
    ...(fieldManager ? { fieldManager } : {}),
    ...(fieldValidation ? { fieldValidation } : {}),
  };
}
