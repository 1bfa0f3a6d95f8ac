import { stringify } from 'yaml';
import { encodeBase64, decodeBase64 } from '../api/base64';

export interface Subject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

export interface KubeconfigOptions {
  readonly server: string;
  readonly user: string;
  readonly cluster?: string;
  readonly subject?: Subject;
  readonly token?: string;
  readonly namespace?: string;
}

/** A kubeconfig file as `kubeadm init phase kubeconfig` writes it: one cluster, one user, one context. */
export function renderKubeconfig({ server, user, subject, token, namespace, cluster = 'kubernetes' }: KubeconfigOptions): string {
  const name = `${user}@${cluster}`;
  const credentials = subject
    ? { 'client-certificate-data': encodeBase64(renderCertificate(subject)), 'client-key-data': encodeBase64(simulatedKey) }
    : { token };
  return stringify({
    apiVersion: 'v1',
    // The JavaScript client speaks plain http only where it is told not to look for TLS.
    clusters: [
      {
        cluster: server.startsWith('https:')
          ? { 'certificate-authority-data': encodeBase64(authority), server }
          : { 'insecure-skip-tls-verify': true, server },
        name: cluster,
      },
    ],
    contexts: [{ context: { cluster, ...(namespace ? { namespace } : {}), user }, name }],
    'current-context': name,
    kind: 'Config',
    users: [{ name: user, user: credentials }],
  });
}

/**
 * No key is ever made here: a certificate is the statement of a subject, which only the simulated network presents
 * and only the simulated API server believes. The outside world authenticates with tokens.
 */
export function renderCertificate({ commonName, organizations }: Subject): string {
  const subject = [...organizations.map((organization) => `O = ${organization}`), `CN = ${commonName}`].join(', ');
  return `-----BEGIN CERTIFICATE-----\n${encodeBase64(`simulated certificate, Issuer: CN = kubernetes, Subject: ${subject}`)}\n-----END CERTIFICATE-----\n`;
}

export function parseCertificate(pem: string): Subject | undefined {
  const body = /-----BEGIN CERTIFICATE-----\s*([\s\S]*?)\s*-----END CERTIFICATE-----/.exec(pem)?.[1];
  const subject = body && /Subject: (.*)$/.exec(decodeBase64(body.replace(/\s/g, '')) ?? '')?.[1];
  if (!subject) return undefined;
  const parts = subject.split(', ').map((part) => part.split(' = ') as [string, string]);
  const commonName = parts.find(([key]) => key === 'CN')?.[1];
  return commonName === undefined
    ? undefined
    : { commonName, organizations: parts.filter(([key]) => key === 'O').map(([, value]) => value) };
}

export const authority = renderCertificate({ commonName: 'kubernetes', organizations: [] });

export const simulatedKey = `-----BEGIN PRIVATE KEY-----\n${encodeBase64('simulated key')}\n-----END PRIVATE KEY-----\n`;
