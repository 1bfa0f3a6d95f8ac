import { statusErrors, type ApiRequest } from '../api';
import type { User } from './authentication';
import { authorize, forbidden, type Attributes, type Authorizer, type ResourceAttributes } from './authorization';

const anonymous = 'system:anonymous';
const authenticationGroup = 'authentication.k8s.io';
/** From this many on, one question about all of them is asked first. */
const manyChecks = 4;

/** Who a request asks to be, as its headers say it. */
interface WantedUser {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** One way to be allowed to be somebody else; `isConstrained` ways are granted for single verbs only. */
interface Mode {
  readonly verb: string;
  readonly isConstrained: boolean;
  readonly name: string;
  applies(wanted: WantedUser, requestor: User): boolean;
}

/** In the order they are tried (`filters/impersonation/mode.go`); the last is the verb `impersonate` of old. */
const modes: readonly Mode[] = [
  constrained('associated-node', (wanted, { extra }) => {
    const node = onlyName(wanted) && nodeName(wanted.name);
    return Boolean(node) && extra?.['authentication.kubernetes.io/node-name']?.[0] === node;
  }),
  constrained('arbitrary-node', (wanted) => onlyName(wanted) && nodeName(wanted.name) !== undefined),
  constrained('serviceaccount', (wanted) => onlyName(wanted) && accountOf(wanted.name) !== undefined),
  constrained('user-info', ({ name }) => nodeName(name) === undefined && accountOf(name) === undefined),
  { name: '', verb: 'impersonate', isConstrained: false, applies: () => true },
];

function constrained(name: string, applies: Mode['applies']): Mode {
  return { name, verb: `impersonate:${name}`, isConstrained: true, applies };
}

/** Who a request is made as: whoever sent it, or whom its `Impersonate-…` headers name and the sender may be. */
export function impersonated(user: User, request: ApiRequest, asked: Attributes, authorizers: readonly Authorizer[]): User {
  const wanted = wantedUser(request);
  if (!wanted) return user;
  let refusal: unknown;
  for (const mode of modes) {
    if (!mode.applies(wanted, user)) continue;
    try {
      return become(mode, wanted, user, asked, authorizers);
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal;
}

function wantedUser({ headers }: ApiRequest): WantedUser | undefined {
  const name = headers['impersonate-user'] ?? '';
  const groupHeader = headers['impersonate-group'];
  const uid = headers['impersonate-uid'] ?? '';
  if (!name && !groupHeader && !uid && !hasExtra(headers)) return undefined;
  const wanted = { name, uid, groups: groupHeader ? listOf(groupHeader) : [], extra: extraOf(headers) };
  if (name) return wanted;
  throw statusErrors.badRequest(`requested ${shown(wanted)} without impersonating a user name`);
}

const extraPrefix = 'impersonate-extra-';

function hasExtra(headers: ApiRequest['headers']): boolean {
  for (const header in headers) if (header.startsWith(extraPrefix)) return true;
  return false;
}

function extraOf(headers: ApiRequest['headers']): Record<string, readonly string[]> {
  const extra: [string, readonly string[]][] = [];
  for (const header in headers) {
    if (header.startsWith(extraPrefix)) extra.push([unescaped(header.slice(extraPrefix.length)), listOf(headers[header] as string)]);
  }
  return Object.fromEntries(extra);
}

/** A repeated header arrives as one, with commas. */
function listOf(header: string): string[] {
  return header.split(',').map((one) => one.trim());
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** Go's `%#v` of a `user.DefaultInfo`. */
function shown({ name, uid, groups, extra }: WantedUser): string {
  const strings = (list: readonly string[]) => `[]string{${list.map((one) => JSON.stringify(one)).join(', ')}}`;
  const keys = Object.keys(extra).sort();
  const map = keys.length
    ? `map[string][]string{${keys.map((key) => `${JSON.stringify(key)}:${strings(extra[key] as readonly string[])}`).join(', ')}}`
    : 'map[string][]string(nil)';
  return `&user.DefaultInfo{Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}, Groups:${groups.length ? strings(groups) : '[]string(nil)'}, Extra:${map}}`;
}

function become(mode: Mode, wanted: WantedUser, requestor: User, asked: Attributes, authorizers: readonly Authorizer[]): User {
  const check = (attributes: Attributes) => authorize(requestor, attributes, authorizers);
  if (mode.isConstrained) check({ ...asked, verb: `impersonate-on:${mode.name}:${asked.verb}` });
  check(nameAttributes(mode, wanted));
  if (wanted.uid) check(attributesOf(mode, authenticationGroup, 'uids', wanted.uid));
  checkGroups(mode, wanted.groups, requestor, check);
  checkExtra(mode, wanted.extra, requestor, check);
  return userOf(mode, wanted);
}

function attributesOf({ verb }: Mode, group: string, resource: string, name: string): ResourceAttributes {
  return { isResource: true, verb, group, version: 'v1', resource, subresource: '', namespace: '', name };
}

function nameAttributes(mode: Mode, { name }: WantedUser): ResourceAttributes {
  const group = mode.isConstrained ? authenticationGroup : '';
  const node = mode.isConstrained ? nodeName(name) : undefined;
  if (node !== undefined) return attributesOf(mode, group, 'nodes', mode.name === 'associated-node' ? '*' : node);
  const account = accountOf(name);
  return account
    ? { ...attributesOf(mode, group, 'serviceaccounts', account.name), namespace: account.namespace }
    : attributesOf(mode, group, 'users', name);
}

type Check = (attributes: Attributes) => void;

function checkGroups(mode: Mode, groups: readonly string[], requestor: User, check: Check): void {
  const attributes = (name: string) => attributesOf(mode, mode.isConstrained ? authenticationGroup : '', 'groups', name);
  if (mode.isConstrained && groups.includes(''))
    throw forbidden(requestor, attributes(''), 'impersonating the empty string group is not allowed');
  if (mode.isConstrained && groups.includes('system:masters'))
    throw forbidden(requestor, attributes('system:masters'), 'impersonating the system:masters group is not allowed');
  if (mode.isConstrained && groups.length >= manyChecks && passes(check, attributes('*'))) return;
  for (const group of groups) check(attributes(group));
}

function checkExtra(mode: Mode, extra: WantedUser['extra'], requestor: User, check: Check): void {
  const attributes = (key: string, value: string) => ({
    ...attributesOf(mode, authenticationGroup, 'userextras', value),
    subresource: key,
  });
  const pairs = Object.entries(extra).flatMap(([key, values]) => values.map((value) => [key, value] as const));
  if (mode.isConstrained) {
    const wrong = pairs.map(([key, value]) => wrongExtra(key, value)).find((one) => one !== undefined);
    if (wrong) throw forbidden(requestor, attributes('', ''), wrong);
    if (pairs.length >= manyChecks && passes(check, attributes('*', '*'))) return;
  }
  for (const [key, value] of pairs) check(attributes(key, value));
}

function wrongExtra(key: string, value: string): string | undefined {
  if (key === '') return 'impersonating the empty string key in extra is not allowed';
  return value === '' ? 'impersonating the empty string value in extra is not allowed' : undefined;
}

function passes(check: Check, attributes: Attributes): boolean {
  try {
    check(attributes);
    return true;
  } catch {
    return false;
  }
}

function userOf(mode: Mode, { name, uid, groups, extra }: WantedUser): User {
  const account = accountOf(name);
  const isNode = mode.isConstrained && nodeName(name) !== undefined;
  const own = isNode
    ? ['system:nodes']
    : account && groups.length === 0
      ? ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`]
      : groups;
  return {
    name,
    ...(uid ? { uid } : {}),
    groups: withStanding(name, own),
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
}

/** Everybody is in one of the two groups, unless they say the other themselves. */
function withStanding(name: string, groups: readonly string[]): readonly string[] {
  const standing = name === anonymous ? 'system:unauthenticated' : 'system:authenticated';
  return groups.includes(standing) || groups.includes('system:unauthenticated') ? groups : [...groups, standing];
}

function onlyName({ uid, groups, extra }: WantedUser): boolean {
  return !uid && groups.length === 0 && Object.keys(extra).length === 0;
}

function nodeName(user: string): string | undefined {
  return /^system:node:([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)$/.exec(user)?.[1];
}

function accountOf(user: string): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  return namespace && name ? { namespace, name } : undefined;
}
