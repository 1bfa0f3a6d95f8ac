import { failure, type ApiRequest, type KubeObject } from '../api';
import { mediaTypeOf } from './body';

/** etcd's `--max-request-bytes`. */
const etcdRequestBytesMax = 1.5 * 2 ** 20;

/** What was stored, and no more bytes than so many; of what is not here nothing is known. */
const bounds = new WeakMap<KubeObject, number>();

/** How much a request may add to an object. A component sends data, not bytes, and only what it was given; a JSON patch can copy. */
export function bytesSentBy({ body, headers }: ApiRequest): number {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return 0;
  return mediaTypeOf(headers) === 'application/json-patch+json' ? Infinity : body.length;
}

/**
 * Throws etcd's refusal of what is too large. What was sent bounds an object's size, so that hardly one is ever measured. `managedFields` do not
 * count: upstream drops them rather than refuse (`handlers/create.go`, `isTooLargeError`).
 */
export function assertFitsRequest(stored: KubeObject, sentBytes: number, old: KubeObject | undefined): void {
  if (sentBytes === 0) return;
  const bound = (old ? (bounds.get(old) ?? sizeOf(old)) : 0) + sentBytes;
  const size = bound <= etcdRequestBytesMax ? bound : sizeOf(stored);
  if (size > etcdRequestBytesMax) throw failure(500, undefined, 'etcdserver: request is too large');
  bounds.set(stored, size);
}

/** About the bytes of an object's protobuf: names of fields count as text does, base64 as what it stands for. */
function sizeOf({ metadata, ...object }: KubeObject): number {
  const { managedFields: _, ...rest } = metadata;
  const data = object.kind === 'Secret' && object.apiVersion === 'v1' ? ((object as { data?: unknown }).data ?? {}) : {};
  return weigh(object) + weigh(rest) - weigh(data) / 4;
}

function weigh(value: unknown): number {
  if (typeof value === 'string') return new TextEncoder().encode(value).length;
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + weigh(one), 0);
  if (typeof value !== 'object' || value === null) return 4;
  return Object.entries(value).reduce((sum, [name, one]) => sum + name.length + weigh(one), 0);
}
