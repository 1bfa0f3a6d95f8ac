import { FieldPath, fieldError, statusErrors, type KubeObject } from '../api';
import { rfc3339, type Instant } from '../kernel';
import { decodeBody } from './body';
import { readWriteOptions } from './options';
import { notAllowed, type ResourceHandler, type ResourceServices } from './handler';
import { answered } from './responses';
import { issuer, mintToken } from './service-account-tokens';

const defaultSeconds = 3600;
const leastSeconds = 600;

/** `serviceaccounts/token`: a token bound to an account and, if asked, to a Pod (`registry/core/serviceaccount/storage/token.go`). */
export const createToken: ResourceHandler = (services, request, context) => {
  const { info } = context;
  if (info.verb !== 'create') throw notAllowed();
  const options = readWriteOptions(info.query, 'CreateOptions');
  const asked = decodeBody(
    request,
    { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
    options.fieldValidation,
    context.warnings,
  );
  const account = services.store.get(context);
  const expirationSeconds: number = asked.spec?.expirationSeconds || defaultSeconds;
  checkExpiration(expirationSeconds);
  const audiences: readonly string[] = asked.spec?.audiences?.length ? asked.spec.audiences : [issuer];
  const pod = boundPod(services, account, asked.spec?.boundObjectRef);
  const { token, expiresAt } = mintToken({ account, pod, audiences, expirationSeconds }, services);
  const { name, namespace, uid } = account.metadata;
  return answered(
    {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, uid, creationTimestamp: context.timestamp },
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

function boundPod({ lookup }: ResourceServices, { metadata: account }: KubeObject, bound: BoundObject | undefined): KubeObject | undefined {
  if (!bound) return undefined;
  const { kind = '', apiVersion = '', name = '', uid } = bound;
  if (kind !== 'Pod' || apiVersion !== 'v1')
    throw statusErrors.badRequest(
      `cannot bind token to object of type ${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`,
    );
  const pod = lookup.find('Pod', account.namespace as string, name);
  if (!pod) throw statusErrors.notFound({ group: '', resource: 'pods' }, name);
  if (uid && uid !== pod.metadata.uid)
    throw statusErrors.conflict(
      { group: '', resource: 'Pod' },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  if (pod.spec.serviceAccountName !== account.name)
    throw statusErrors.badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account.name)} to pod running with different serviceaccount name.`,
    );
  return pod;
}
