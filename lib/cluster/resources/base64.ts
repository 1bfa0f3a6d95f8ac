const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Standard base64 of the UTF-8 bytes of `text`. */
export function encodeBase64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let encoded = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const bits = (a << 16) | (b << 8) | c;
    for (let digit = 0; digit < 4; digit++) encoded += at + digit > bytes.length ? '=' : alphabet[(bits >> (18 - 6 * digit)) & 63];
  }
  return encoded;
}

/** The text in standard base64, or undefined when it is none. */
export function decodeBase64(encoded: string): string | undefined {
  const bare = encoded.replace(/[\r\n]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(bare)) return undefined;
  const bytes: number[] = [];
  for (let at = 0; at < bare.length; at += 4) {
    const quad = bare.slice(at, at + 4).replace(/=+$/, '');
    const bits = [0, 1, 2, 3].reduce((sum, digit) => (sum << 6) | Math.max(0, alphabet.indexOf(quad[digit] ?? 'A')), 0);
    for (let byte = 0; byte < quad.length - 1; byte++) bytes.push((bits >> (16 - 8 * byte)) & 255);
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** How many bytes the base64 text stands for. */
export function decodedLength(encoded: string): number {
  const bare = encoded.replace(/[\r\n=]/g, '');
  return Math.floor((bare.length * 3) / 4);
}
