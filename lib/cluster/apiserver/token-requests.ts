import { FieldPath, fieldError, statusErrors, type KubeObject } from '../api';
import { rfc3339, type Instant } from '../kernel';
import { decodeBody } from './body';
import { readWriteOptions } from './options';
import { definitionIdOfKind } from './context';
import { trackUpdate, writeOf } from './fields';
import { notAllowed, writing, type ResourceHandler, type ResourceServices } from './handler';
import { answered } from './responses';
import { issuer, mintToken, type BoundObjects } from './service-account-tokens';

const tokenRequest = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' } as const;
const defaultSeconds = 3600;
const leastSeconds = 600;

/** `serviceaccounts/token`: a token bound to an account and, if asked, to a Pod (`registry/core/serviceaccount/storage/token.go`). */
export const createToken: ResourceHandler = (services, request, context) => {
  const { info } = context;
  if (info.verb !== 'create') throw notAllowed();
  const options = readWriteOptions(info.query, 'CreateOptions');
  const asked = decodeBody(request, tokenRequest, options.fieldValidation, context.warnings);
  const account = services.store.get(context);
  asked.spec = { ...asked.spec, expirationSeconds: asked.spec?.expirationSeconds || defaultSeconds };
  trackUpdate(
    {
      ...writeOf(writing(context, request, options)),
      type: definitionIdOfKind(tokenRequest),
      ...tokenRequest,
    },
    undefined,
    asked,
  );
  const { expirationSeconds } = asked.spec as { expirationSeconds: number };
  checkExpiration(expirationSeconds);
  const audiences: readonly string[] = asked.spec?.audiences?.length ? asked.spec.audiences : [issuer];
  services.store.admit(context, asked, tokenRequest);
  const bound = boundObjects(services, account, asked.spec?.boundObjectRef);
  const { token, expiresAt } = mintToken({ account, ...bound, audiences, expirationSeconds }, services);
  const { name, namespace, uid } = account.metadata;
  return answered(
    {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, uid, creationTimestamp: context.timestamp, managedFields: asked.metadata.managedFields },
      spec: { audiences, expirationSeconds, boundObjectRef: asked.spec?.boundObjectRef ?? null },
      status: { token, expirationTimestamp: rfc3339(expiresAt as Instant) },
    },
    201,
  );
};

function checkExpiration(seconds: number): void {
  const path = FieldPath.of('spec').child('expirationSeconds');
  const errors = [
    ...(seconds < leastSeconds ? [fieldError.invalid(path, seconds, 'may not specify a duration less than 10 minutes')] : []),
    ...(seconds > 2 ** 32 ? [fieldError.invalid(path, seconds, 'may not specify a duration larger than 2^32 seconds')] : []),
  ];
  if (errors.length > 0) throw statusErrors.invalid({ group: 'authentication.k8s.io', resource: 'TokenRequest' }, '', errors);
}

interface BoundObject {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly name?: string;
  readonly uid?: string;
}

/** Throws NotFound, Conflict or BadRequest for what cannot be bound (`getOrCreate…` of `token.go`). */
function boundObjects(services: ResourceServices, account: KubeObject, bound: BoundObject | undefined): BoundObjects {
  if (!bound) return {};
  const { kind = '', apiVersion = '' } = bound;
  const { namespace = '' } = account.metadata;
  switch (`${apiVersion} ${kind}`) {
    case 'v1 Pod': {
      const pod = found(services, bound, 'pods', namespace);
      if (pod.spec.serviceAccountName !== account.metadata.name)
        throw statusErrors.badRequest(
          `cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} to pod running with different serviceaccount name.`,
        );
      return { pod, node: pod.spec.nodeName ? nodeRef(services, pod.spec.nodeName) : undefined };
    }
    case 'v1 Node':
      return { node: nodeRef(services, found(services, bound, 'nodes', '').metadata.name) };
    case 'v1 Secret':
      return { secret: found(services, bound, 'secrets', namespace) };
    default:
      throw statusErrors.badRequest(
        `cannot bind token to object of type ${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`,
      );
  }
}

function found({ lookup }: ResourceServices, { kind = '', name = '', uid }: BoundObject, resource: string, namespace: string): KubeObject {
  const object = lookup.find(kind, namespace, name);
  if (!object) throw statusErrors.notFound({ group: '', resource }, name);
  if (uid && uid !== object.metadata.uid)
    throw statusErrors.conflict(
      { group: '', resource: kind },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  return object;
}

/** A node that is gone is named all the same. */
function nodeRef({ lookup }: ResourceServices, name: string): { name: string; uid: string } {
  return { name, uid: lookup.find('Node', '', name)?.metadata.uid ?? '' };
}
