import { statusErrors } from '../api';

/** Where a list in pages goes on: the first key of the next page and the revision all pages show. */
export interface ContinueToken {
  /** -1 goes on from the newest state, after a 410. */
  readonly revision: number;
  /** Relative to the listed prefix, beginning with a slash. */
  readonly start: string;
}

const version = 'meta.k8s.io/v1';
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** `storage.EncodeContinue`. */
export function encodeContinue({ revision, start }: ContinueToken): string {
  return toBase64Url(JSON.stringify({ v: version, rv: revision, start }));
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
    return tokenOf(JSON.parse(fromBase64Url(text)));
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

export function toBase64Url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let encoded = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const bits = ((bytes[at] as number) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const digits = Math.min(4, bytes.length - at + 1);
    for (let digit = 0; digit < digits; digit++) encoded += alphabet[(bits >> (18 - 6 * digit)) & 63];
  }
  return encoded;
}

export function fromBase64Url(encoded: string): string {
  const bytes: number[] = [];
  for (let at = 0; at < encoded.length; at += 4) {
    const digits = encoded.slice(at, at + 4);
    let bits = 0;
    for (let digit = 0; digit < 4; digit++) bits = (bits << 6) | Math.max(0, alphabet.indexOf(digits[digit] ?? 'A'));
    for (let byte = 0; byte < digits.length - 1; byte++) bytes.push((bits >> (16 - 8 * byte)) & 255);
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
