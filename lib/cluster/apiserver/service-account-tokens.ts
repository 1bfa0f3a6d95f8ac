import { deepFreeze, hash32, memoOfTwo, Random } from '@/lib/base';
import { decodeBase64, decodeBase64Url, encodeBase64Url, type KubeObject } from '../api';
import type { Kernel } from '../kernel';
import type { Lookup } from './admission/plugin';
import type { User } from './authentication';

export const issuer = 'https://kubernetes.default.svc.cluster.local';

interface Claims {
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly iss: string;
  readonly jti: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly node?: BoundRef;
    readonly pod?: BoundRef;
    readonly secret?: BoundRef;
    readonly serviceaccount: BoundRef;
    readonly warnafter?: number;
  };
  readonly nbf: number;
  readonly sub: string;
}

interface BoundRef {
  readonly name: string;
  readonly uid: string;
}

/** The objects a token dies with. A Pod's token says on which node it runs. */
export interface BoundObjects {
  readonly pod?: KubeObject | undefined;
  readonly node?: { readonly name: string; readonly uid: string } | undefined;
  readonly secret?: KubeObject | undefined;
}

export interface TokenSubject extends BoundObjects {
  readonly account: KubeObject;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
}

/**
 * What admission asks for with the token it mounts into every Pod. Such a token is good for a year, so that clients that read it
 * only once go on working (`--service-account-extend-token-expiration`).
 */
const mountedTokenSeconds = 3_607;
const extendedSeconds = 365 * 24 * 3_600;

/** A bound service account token (`serviceaccount/claims.go`). It is signed by a key of the simulation's own, not RSA. */
export function mintToken(
  { account, pod, node, secret, audiences, expirationSeconds }: TokenSubject,
  { kernel, serviceAccountKey: key }: { readonly kernel: Kernel; readonly serviceAccountKey: string },
): { token: string; expiresAt: number } {
  const { namespace = '', name, uid } = account.metadata;
  const now = Math.floor(kernel.now / 1000);
  const isExtended = expirationSeconds === mountedTokenSeconds && pod !== undefined && audiences.every((one) => one === issuer);
  const claims: Claims = {
    aud: audiences,
    exp: now + (isExtended ? extendedSeconds : expirationSeconds),
    iat: now,
    iss: issuer,
    jti: kernel.random.fork(`token/${kernel.now}/${uid}/${pod?.metadata.uid ?? ''}`).uuid(),
    'kubernetes.io': {
      namespace,
      ...(node ? { node } : {}),
      ...(pod ? { pod: refTo(pod) } : {}),
      ...(secret ? { secret: refTo(secret) } : {}),
      serviceaccount: { name, uid },
      ...(isExtended ? { warnafter: now + expirationSeconds } : {}),
    },
    nbf: now,
    sub: `system:serviceaccount:${namespace}:${name}`,
  };
  return { token: signed(claims, key), expiresAt: (now + expirationSeconds) * 1000 };
}

function signed(claims: object, key: string): string {
  const text = `${encodeBase64Url(JSON.stringify({ alg: 'RS256', kid: signature('kid', key).slice(0, 43) }))}.${encodeBase64Url(JSON.stringify(claims))}`;
  return `${text}.${signature(text, key)}`;
}

function refTo({ metadata }: KubeObject): BoundRef {
  return { name: metadata.name, uid: metadata.uid as string };
}

const legacyIssuer = 'kubernetes/serviceaccount';
const legacyPrefix = 'kubernetes.io/serviceaccount/';

/** A token that lasts as long as the Secret it is in (`serviceaccount/legacy.go`). */
export function mintLegacyToken({ metadata }: KubeObject, secret: string, key: string): string {
  const claims = {
    iss: legacyIssuer,
    [`${legacyPrefix}namespace`]: metadata.namespace,
    [`${legacyPrefix}secret.name`]: secret,
    [`${legacyPrefix}service-account.name`]: metadata.name,
    [`${legacyPrefix}service-account.uid`]: metadata.uid,
    sub: `system:serviceaccount:${metadata.namespace}:${metadata.name}`,
  };
  return signed(claims, key);
}

/** Whose a legacy token is, while its Secret has it and its account is the same. */
function readLegacyToken(token: string, claims: Readonly<Record<string, string>>, lookup: Lookup): User | undefined {
  const claim = (name: string) => claims[`${legacyPrefix}${name}`] ?? '';
  const [namespace, name, uid] = [claim('namespace'), claim('service-account.name'), claim('service-account.uid')];
  const secret = lookup.find('Secret', namespace, claim('secret.name'));
  const account = lookup.find('ServiceAccount', namespace, name);
  if (decodeBase64(secret?.['data']?.token ?? '') !== token || account?.metadata.uid !== uid) return undefined;
  return {
    name: claims['sub'] as string,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}

/** Reads tokens that `mintToken` of the same cluster made, while they are valid and what they are bound to exists. */
export function tokenReader(lookup: Lookup, kernel: Kernel, key: string): (token: string) => User | undefined {
  return (token) => {
    const claims = verifiedBy(key, token);
    if (claims?.iss === legacyIssuer) return readLegacyToken(token, claims as unknown as Record<string, string>, lookup);
    if (!claims || claims.exp * 1000 <= kernel.now) return undefined;
    const { namespace, serviceaccount, pod, node, secret } = claims['kubernetes.io'];
    const isThere = (kind: string, within: string, ref: BoundRef) => lookup.find(kind, within, ref.name)?.metadata.uid === ref.uid;
    if (!isThere('ServiceAccount', namespace, serviceaccount)) return undefined;
    if (pod && !isThere('Pod', namespace, pod)) return undefined;
    if (secret && !isThere('Secret', namespace, secret)) return undefined;
    if (node && !pod && !isThere('Node', '', node)) return undefined;
    return userOf(claims);
  };
}

/** The tokens of a snapshot are those of all its forks. */
const verifiedBy = memoOfTwo((key, token) => deepFreeze(verify(token, key)), { max: 512, lengthMax: 4_096 });

function verify(token: string, key: string): Claims | undefined {
  const [header = '', payload = '', given = '', more] = token.split('.');
  if (more !== undefined || given !== signature(`${header}.${payload}`, key)) return undefined;
  return JSON.parse(decodeBase64Url(payload) as string) as Claims;
}

const users = new WeakMap<Claims, User>();

function userOf(claims: Claims): User {
  const known = users.get(claims);
  if (known) return known;
  const { sub, jti, aud, 'kubernetes.io': bound } = claims;
  const { namespace, serviceaccount, pod, node } = bound;
  const user: User = {
    name: sub,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: {
      'authentication.kubernetes.io/credential-id': [`JTI=${jti}`],
      ...(node
        ? {
            'authentication.kubernetes.io/node-name': [node.name],
            ...(node.uid ? { 'authentication.kubernetes.io/node-uid': [node.uid] } : {}),
          }
        : {}),
      ...(pod ? { 'authentication.kubernetes.io/pod-name': [pod.name], 'authentication.kubernetes.io/pod-uid': [pod.uid] } : {}),
    },
    audiences: aud,
  };
  users.set(claims, user);
  return user;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** As long as an RSA-2048 signature. */
function signature(text: string, key: string): string {
  const random = Random.of(['a', 'b'].map((half) => hash32(text, hash32(`service-account-key/${half}/${key}`))).join('/'));
  let signed = '';
  while (signed.length < 342) signed += letters[random.int(64)];
  return signed;
}
