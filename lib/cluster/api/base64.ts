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
    out += b === undefined ? '==' : (alphabet[((b & 15) << 2) | ((c ?? 0) >> 6)] as string) + (c === undefined ? '=' : (alphabet[c & 63] as string));
  }
  return out;
}

/** The bytes, or undefined when `text` is not standard base64 with its padding. */
export function decodeBytes(text: string): Uint8Array | undefined {
  const clean = text.replace(/[\r\n]/g, '');
  if (clean.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(clean)) return undefined;
  const bytes: number[] = [];
  for (let at = 0; at < clean.length; at += 4) {
    const [a, b, c, d] = [...clean.slice(at, at + 4)].map((letter) => alphabet.indexOf(letter)) as [number, number, number, number];
    bytes.push((a << 2) | (b >> 4));
    if (c >= 0) bytes.push(((b & 15) << 4) | (c >> 2));
    if (d >= 0) bytes.push(((c & 3) << 6) | d);
  }
  return Uint8Array.from(bytes);
}

/** The text, with U+FFFD for bytes that are not UTF-8. */
export function decodeBase64(text: string): string | undefined {
  const bytes = decodeBytes(text);
  return bytes && new TextDecoder().decode(bytes);
}
