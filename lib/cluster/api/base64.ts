/** Base64 of text as UTF-8, on hosts that have neither `Buffer` nor `btoa` to share. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function encodeBase64(text: string): string {
  return encodeBytes(new TextEncoder().encode(text));
}

export function encodeBytes(bytes: Uint8Array): string {
  let out = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    out += (alphabet[a >> 2] as string) + (alphabet[((a & 3) << 4) | ((b ?? 0) >> 4)] as string);
    out +=
      b === undefined
        ? '=='
        : (alphabet[((b & 15) << 2) | ((c ?? 0) >> 6)] as string) + (c === undefined ? '=' : (alphabet[c & 63] as string));
  }
  return out;
}

/** The bytes, or undefined when `text` is not standard base64 with its padding. */
export function decodeBytes(text: string): Uint8Array | undefined {
  const clean = text.replace(/[\r\n]/g, '');
  if (!isWhole(clean)) return undefined;
  const padding = clean.endsWith('==') ? 2 : clean.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((clean.length / 4) * 3 - padding);
  const sextet = (at: number) => sextets[clean.charCodeAt(at)] as number;
  for (let at = 0, to = 0; at < clean.length; at += 4) {
    const bits = (sextet(at) << 18) | (sextet(at + 1) << 12) | (sextet(at + 2) << 6) | sextet(at + 3);
    bytes[to++] = bits >> 16;
    bytes[to++] = bits >> 8;
    bytes[to++] = bits;
  }
  return bytes;
}

/** Whether text without line breaks is standard base64 with its padding. */
function isWhole(clean: string): boolean {
  return clean.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(clean);
}

/** Where Go's decoder gives up, if it does. */
export function badBase64At(text: string): number | undefined {
  const clean = text.replace(/[\r\n]/g, '');
  if (isWhole(clean)) return undefined;
  const wrong = clean.search(/[^A-Za-z0-9+/]/);
  return wrong < 0 ? clean.length - (clean.length % 4) : clean[wrong] === '=' ? Math.min(wrong + 1, clean.length) : wrong;
}

/** What each letter stands for; padding stands for nothing. */
const sextets = new Uint8Array(128);
for (let value = 0; value < 64; value++) sextets[alphabet.charCodeAt(value)] = value;

/** The text, with U+FFFD for bytes that are not UTF-8. */
export function decodeBase64(text: string): string | undefined {
  const bytes = decodeBytes(text);
  return bytes && new TextDecoder().decode(bytes);
}

/** The alphabet of URLs and no padding (`base64.RawURLEncoding`). */
export function encodeBase64Url(text: string): string {
  return encodeBase64(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

export function decodeBase64Url(text: string): string | undefined {
  const padded = text.padEnd(Math.ceil(text.length / 4) * 4, '=');
  return decodeBase64(padded.replaceAll('-', '+').replaceAll('_', '/'));
}

/** How many bytes the base64 text stands for. */
export function decodedLength(encoded: string): number {
  const bare = encoded.replace(/[\r\n=]/g, '');
  return Math.floor((bare.length * 3) / 4);
}
