import { decodeBase64Url, encodeBase64Url, statusErrors } from '../api';

/** Where a list in pages goes on: the first key of the next page and the revision all pages show. */
export interface ContinueToken {
  /** -1 goes on from the newest state, after a 410. */
  readonly revision: number;
  /** Relative to the listed prefix, beginning with a slash. */
  readonly start: string;
}

const version = 'meta.k8s.io/v1';

/** `storage.EncodeContinue`. */
export function encodeContinue({ revision, start }: ContinueToken): string {
  return encodeBase64Url(JSON.stringify({ v: version, rv: revision, start }));
}

/** Throws 400 with upstream's sentence. */
export function parseContinue(text: string): ContinueToken {
  const parsed = parseToken(text);
  if (parsed.v !== version) throw invalid(`server does not recognize this encoded version ${parsed.v}`);
  if (!parsed.rv) throw invalid(`incorrect encoded start resourceVersion (version ${version})`);
  if (!parsed.start) throw invalid(`empty start key (version ${version})`);
  return { revision: parsed.rv, start: parsed.start.startsWith('/') ? parsed.start : `/${parsed.start}` };
}

function parseToken(text: string): { v?: string; rv?: number; start?: string } {
  const bad = text.search(/[^A-Za-z0-9_-]/);
  if (bad >= 0 || text.length % 4 === 1) throw invalid(`illegal base64 data at input byte ${bad >= 0 ? bad : text.length - 1}`);
  try {
    return tokenOf(JSON.parse(decodeBase64Url(text) ?? ''));
  } catch {
    throw invalid('invalid character');
  }
}

/** What is of another type than it should be throws, as Go's decoder does. */
function tokenOf(value: unknown): { v?: string; rv?: number; start?: string } {
  const { v = '', rv = 0, start = '' } = (value ?? {}) as Record<string, unknown>;
  if (typeof v !== 'string' || typeof start !== 'string' || !Number.isSafeInteger(rv)) throw new TypeError('no continue token');
  return { v, rv: rv as number, start };
}

function invalid(why: string) {
  return statusErrors.badRequest(`invalid continue token: continue key is not valid: ${why}`);
}
