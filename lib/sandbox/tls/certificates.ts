import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, boolean, integer, octets, oid, sequence, setOf, tagged, time, utf8 } from './der';

export interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

/** A certificate and its key, as PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

export type Purpose = { readonly server: readonly string[] } | 'client';

const ids = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

const dayMs = 86_400_000;

/** A certificate authority of one's own, made when a cluster starts, as `kubeadm init` makes one (X.509 v3, ECDSA over P-256). */
export class Authority {
  readonly certificate: string;
  readonly #subject: Subject;
  readonly #privateKey: KeyObject;
  readonly #keyId: Buffer;
  readonly #now: number;

  constructor(commonName: string, now: number) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#subject = { commonName };
    this.#privateKey = privateKey;
    this.#keyId = keyIdOf(publicKey);
    this.#now = now;
    const extensions = [
      extension(ids.keyUsage, bits(Buffer.from([0b1010_0100]), 2), true),
      extension(ids.basicConstraints, sequence(boolean(true)), true),
      extension(ids.subjectKeyIdentifier, octets(this.#keyId)),
    ];
    this.certificate = this.#signed(this.#subject, publicKey, extensions, 3650);
  }

  /** A year's certificate for a new key. */
  issue(subject: Subject, purpose: Purpose): Identity {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const extensions = [
      extension(ids.keyUsage, bits(Buffer.from([0b1010_0000]), 5), true),
      extension(ids.extendedKeyUsage, sequence(oid(purpose === 'client' ? ids.clientAuth : ids.serverAuth))),
      extension(ids.basicConstraints, sequence(), true),
      extension(ids.authorityKeyIdentifier, sequence(tagged(0x80, this.#keyId))),
      ...(purpose === 'client' ? [] : [extension(ids.subjectAltName, sequence(...purpose.server.map(alternativeName)))]),
    ];
    return {
      certificate: this.#signed(subject, publicKey, extensions, 365),
      key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    };
  }

  #signed(subject: Subject, key: KeyObject, extensions: readonly Buffer[], days: number): string {
    const algorithm = sequence(oid(ids.ecdsaWithSha256));
    const statement = sequence(
      tagged(0xa0, integer(Buffer.from([2]))),
      integer(serialNumber()),
      algorithm,
      nameOf(this.#subject),
      sequence(time(new Date(this.#now - 60_000)), time(new Date(this.#now + days * dayMs))),
      nameOf(subject),
      key.export({ type: 'spki', format: 'der' }),
      tagged(0xa3, sequence(...extensions)),
    );
    const signature = sign('sha256', statement, this.#privateKey);
    return pem(sequence(statement, algorithm, bits(signature)));
  }
}

function keyIdOf(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

/** Positive, and never zero. */
function serialNumber(): Buffer {
  const bytes = randomBytes(8);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 1;
  return bytes;
}

function nameOf({ commonName, organizations = [] }: Subject): Buffer {
  const part = (id: string, text: string): Buffer => setOf(sequence(oid(id), utf8(text)));
  return sequence(...organizations.map((one) => part(ids.organization, one)), part(ids.commonName, commonName));
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  return sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octets(value));
}

function alternativeName(host: string): Buffer {
  if (isIP(host) === 4) return tagged(0x87, Buffer.from(host.split('.').map(Number)));
  if (host === '::1') return tagged(0x87, Buffer.from([...new Uint8Array(15), 1]));
  return tagged(0x82, Buffer.from(host));
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
