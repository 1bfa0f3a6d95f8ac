import type { ApiRequest, KubeObject } from '../api';
import { isBuiltIn, type RequestContext } from './context';
import { objectOf, type Storage, storageKey } from './storage';

const timeOfDay = /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/;

/**
 * Renews a Lease: an update whose metadata is the very one that was served last, and whose spec differs in `renewTime` alone. What
 * decoding, admission and field ownership would make of it is what is there, so it goes straight to etcd: an idle cluster does
 * little else. Undefined for any other update, which takes the long way.
 */
export function maybeRenewLease(storage: Storage, { body }: ApiRequest, context: RequestContext): KubeObject | undefined {
  const { definition, info } = context;
  if (!isBuiltIn('Lease', definition) || info.verb !== 'update' || info.subresource || info.query.size > 0 || !isRecord(body))
    return undefined;
  const kv = storage.find(storageKey(definition, info.namespace, info.name));
  const stored = kv?.value as unknown as KubeObject | undefined;
  if (!kv || !stored || !isRenewalOf(objectOf(kv), body as unknown as KubeObject)) return undefined;
  const { kind, apiVersion, metadata } = stored;
  return context.commit(stored, () =>
    storage.replace(kv, {
      kind,
      apiVersion,
      metadata,
      spec: { ...stored.spec, renewTime: (body as unknown as KubeObject).spec.renewTime },
    } as KubeObject),
  );
}

function isRenewalOf(served: KubeObject, body: KubeObject): boolean {
  if (
    body.metadata !== served.metadata ||
    body.kind !== served.kind ||
    body.apiVersion !== served.apiVersion ||
    !isSame(served, body, 'spec')
  )
    return false;
  return (
    isRecord(body.spec) &&
    isRecord(served.spec) &&
    isSame(served.spec, body.spec, 'renewTime') &&
    isOtherTimeOfDay(served.spec['renewTime'], body.spec['renewTime'])
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Another moment of the same day, so that the date is known to be one. */
function isOtherTimeOfDay(served: unknown, renewed: unknown): boolean {
  if (typeof served !== 'string' || typeof renewed !== 'string' || served === renewed) return false;
  return renewed.startsWith(served.slice(0, 11)) && timeOfDay.test(renewed.slice(11));
}

/** Whether two have the same fields with the same values but for one, which both have. */
function isSame(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>, but: string): boolean {
  let count = 0;
  for (const field in a) {
    if (field !== but && a[field] !== b[field]) return false;
    count++;
  }
  for (const _ in b) count--;
  return count === 0 && but in a && but in b;
}
