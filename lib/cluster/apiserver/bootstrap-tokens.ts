import { decodeBase64, type KubeObject } from '../api';
import { parseInstant, type Kernel } from '../kernel';
import type { Lookup } from './admission/plugin';
import type { TokenReader } from './authentication';

const form = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;

/**
 * `--enable-bootstrap-token-auth`: `abcdef.0123456789abcdef` is good while its Secret in kube-system says so
 * (`plugin/pkg/auth/authenticator/token/bootstrap`).
 */
export function bootstrapTokenReader(lookup: Lookup, kernel: Kernel): TokenReader {
  return (token) => {
    const [, id = '', secret = ''] = form.exec(token) ?? [];
    const found = id && lookup.find('Secret', 'kube-system', `bootstrap-token-${id}`);
    if (!found || found.metadata.deletionTimestamp || found['type'] !== 'bootstrap.kubernetes.io/token') return undefined;
    const read = (key: string) => valueOf(found, key);
    if (read('token-id') !== id || read('token-secret') !== secret) return undefined;
    if (read('usage-bootstrap-authentication') !== 'true' || isOver(read('expiration'), kernel.now)) return undefined;
    const extra = read('auth-extra-groups').split(',').filter(Boolean);
    return { name: `system:bootstrap:${id}`, groups: ['system:bootstrappers', ...extra, 'system:authenticated'] };
  };
}

function valueOf(secret: KubeObject, key: string): string {
  const encoded = (secret['data'] as Record<string, string> | undefined)?.[key];
  return encoded === undefined ? '' : (decodeBase64(encoded) ?? '');
}

/** A time that cannot be read is over. */
function isOver(expiration: string, now: number): boolean {
  if (expiration === '') return false;
  try {
    return parseInstant(expiration) <= now;
  } catch {
    return true;
  }
}
