import { sha256 } from '@noble/hashes/sha2.js';

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** base32(sha256(text))[:16], which keeps chain names within iptables' 28 letters (`proxy/iptables/proxier.go`). */
function portProtoHash(text: string): string {
  const digest = sha256(new TextEncoder().encode(text));
  let bits = 0;
  let value = 0;
  let out = '';
  for (const byte of digest) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) out += base32[(value >>> (bits - 5)) & 31];
    if (out.length >= 16) break;
    value &= (1 << bits) - 1;
  }
  return out.slice(0, 16);
}

const known = new Map<string, string>();

function chain(prefix: string, text: string): string {
  const key = `${prefix}${text}`;
  let name = known.get(key);
  if (!name) {
    // Bounded, because names come from learners; a miss only costs a hash.
    if (known.size > 10_000) known.clear();
    known.set(key, (name = prefix + portProtoHash(text)));
  }
  return name;
}

/** `servicePort` is `ns/name` or `ns/name:port`. */
export const chainNames = {
  service: (servicePort: string, protocol: string) => chain('KUBE-SVC-', servicePort + protocol),
  local: (servicePort: string, protocol: string) => chain('KUBE-SVL-', servicePort + protocol),
  external: (servicePort: string, protocol: string) => chain('KUBE-EXT-', servicePort + protocol),
  endpoint: (servicePort: string, protocol: string, endpoint: string) => chain('KUBE-SEP-', servicePort + protocol + endpoint),
};
