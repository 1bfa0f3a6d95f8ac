import { stringify } from 'yaml';
import type { Identity } from './certificates';

export interface TlsKubeconfig {
  readonly server: string;
  readonly cluster: string;
  readonly user: string;
  readonly authority: string;
  readonly identity: Identity;
}

/** One cluster, one user known by a client certificate, one context; everything within the file. */
export function renderTlsKubeconfig({ server, cluster, user, authority, identity }: TlsKubeconfig): string {
  const name = `${user}@${cluster}`;
  return stringify(
    {
      apiVersion: 'v1',
      clusters: [{ cluster: { 'certificate-authority-data': base64(authority), server }, name: cluster }],
      contexts: [{ context: { cluster, user }, name }],
      'current-context': name,
      kind: 'Config',
      users: [{ name: user, user: { 'client-certificate-data': base64(identity.certificate), 'client-key-data': base64(identity.key) } }],
    },
    { lineWidth: 0 },
  );
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
