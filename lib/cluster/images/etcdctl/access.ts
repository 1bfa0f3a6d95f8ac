import { prefixEnd } from '@/lib/base';
import { EtcdError, type AuthRequest, type AuthResponse, type Permission } from '../../etcd';
import { quoted } from './go-text';
import { headerFields, headerJson, type Plain } from './printers';
import { encodeBase64 } from '../../api/base64';
import { badArguments, Failure, type Session } from './session';

/** `user`, `role`, `auth`: who may do what. */

export function authEnable(session: Session): void {
  none(session, 'auth enable command does not accept any arguments');
  try {
    session.server.auth({ type: 'enable' });
  } catch (error) {
    if (!(error instanceof EtcdError) || !error.message.endsWith('does not have root role')) throw error;
    // etcdctl makes up for a role that is not there.
    session.server.auth({ type: 'role-add', role: 'root' });
    session.server.auth({ type: 'user-grant-role', name: 'root', role: 'root' });
    session.server.auth({ type: 'enable' });
  }
  session.ctx.stdout('Authentication Enabled\n');
}

export function authDisable(session: Session): void {
  none(session, 'auth disable command does not accept any arguments');
  session.server.auth({ type: 'disable' });
  session.ctx.stdout('Authentication Disabled\n');
}

export function authStatus(session: Session): void {
  none(session, 'auth status command does not accept any arguments');
  const { isEnabled = false, revision = 1 } = session.server.auth({ type: 'status' });
  tell(session, `Authentication Status: ${isEnabled}\nAuthRevision: ${revision}\n`, {
    json: { enabled: isEnabled || undefined, authRevision: revision },
    fields: null,
  });
}

export function userAdd(session: Session): void {
  const [given = ''] = words(session, 1, 'user add command requires user name as its argument');
  const hasNoPassword = session.isSet('no-password');
  const fromFlag = session.flags['new-user-password'] ?? '';
  const colon = given.indexOf(':');
  const isSplit = !hasNoPassword && fromFlag === '' && colon >= 0;
  const name = isSplit ? given.slice(0, colon) : given;
  if (isSplit && name === '') throw new Failure('empty user name is not allowed', badArguments);
  const password = hasNoPassword ? '' : isSplit ? given.slice(colon + 1) : fromFlag || readPassword(session, name);
  session.server.auth({ type: 'user-add', name, password, hasNoPassword });
  tell(session, `User ${name} created\n`);
}

export function userDelete(session: Session): void {
  const [name = ''] = words(session, 1, 'user delete command requires user name as its argument');
  ask(session, { type: 'user-delete', name }, `User ${name} deleted\n`);
}

export function userGet(session: Session): void {
  const [name = ''] = words(session, 1, 'user get command requires user name as its argument');
  const { names = [] } = session.server.auth({ type: 'user-get', name });
  if (!session.isSet('detail'))
    return tell(session, `User: ${name}\nRoles:${names.map((role) => ` ${role}`).join('')}\n`, {
      json: { roles: listed(names) },
      fields: null,
    });
  session.ctx.stdout(`User: ${name}\n`);
  for (const role of names) {
    session.ctx.stdout('\n');
    showRole(session, role, session.server.auth({ type: 'role-get', role }));
  }
}

export function userList(session: Session): void {
  none(session, 'user list command requires no arguments');
  const { names = [] } = session.server.auth({ type: 'user-list' });
  tell(session, lines(names), { json: { users: listed(names) }, fields: null });
}

export function userPassword(session: Session): void {
  const [name = ''] = words(session, 1, 'user passwd command requires user name as its argument');
  ask(session, { type: 'user-change-password', name, password: readPassword(session, name) }, 'Password updated\n');
}

export function userGrantRole(session: Session): void {
  const [name = '', role = ''] = words(session, 2, 'user grant command requires user name and role name as its argument');
  ask(session, { type: 'user-grant-role', name, role }, `Role ${role} is granted to user ${name}\n`);
}

export function userRevokeRole(session: Session): void {
  const [name = '', role = ''] = words(session, 2, 'user revoke-role requires user name and role name as its argument');
  ask(session, { type: 'user-revoke-role', name, role }, `Role ${role} is revoked from user ${name}\n`);
}

export function roleAdd(session: Session): void {
  const [role = ''] = words(session, 1, 'role add command requires role name as its argument');
  ask(session, { type: 'role-add', role }, `Role ${role} created\n`);
}

export function roleDelete(session: Session): void {
  const [role = ''] = words(session, 1, 'role delete command requires role name as its argument');
  ask(session, { type: 'role-delete', role }, `Role ${role} deleted\n`);
}

export function roleGet(session: Session): void {
  const [role = ''] = words(session, 1, 'role get command requires role name as its argument');
  showRole(session, role, session.server.auth({ type: 'role-get', role }));
}

export function roleList(session: Session): void {
  none(session, 'role list command requires no arguments');
  const { names = [] } = session.server.auth({ type: 'role-list' });
  tell(session, lines(names), { json: { roles: listed(names) }, fields: `"Roles" :${names.map((name) => ` ${quoted(name)}`).join('')}\n` });
}

const permissionTypes: Readonly<Record<string, Permission['type']>> = { read: 'READ', write: 'WRITE', readwrite: 'READWRITE' };

export function roleGrantPermission(session: Session): void {
  const [role = '', type = '', ...range] = session.words;
  if (session.words.length < 3)
    throw new Failure('role grant command requires role name, permission type, and key [endkey] as its argument', badArguments);
  const permissionType = permissionTypes[type.toLowerCase()];
  if (!permissionType) throw new Failure(`invalid permission type: ${type}`, badArguments);
  const permission = { type: permissionType, ...rangeOf(session, range) };
  ask(session, { type: 'role-grant-permission', role, permission }, `Role ${role} updated\n`);
}

export function roleRevokePermission(session: Session): void {
  const [role = '', ...range] = session.words;
  if (session.words.length < 2)
    throw new Failure('role revoke-permission command requires role name and key [endkey] as its argument', badArguments);
  const { key, end } = rangeOf(session, range);
  const shown = end === undefined ? `key ${key}` : end === '\0' ? `range [${key}, <open ended>` : `range [${key}, ${end})`;
  const request: AuthRequest = { type: 'role-revoke-permission', role, key, ...(end === undefined ? {} : { end }) };
  ask(session, request, `Permission of ${shown} is revoked from role ${role}\n`);
}

/** `rangeEndFromPermFlags` of `role_command.go`. */
function rangeOf(session: Session, [key = '', end, ...rest]: readonly string[]): { key: string; end?: string } {
  const [isPrefix, isFromKey] = [session.isSet('prefix'), session.isSet('from-key')];
  if (isPrefix && isFromKey) throw new Failure('--from-key and --prefix flags are mutually exclusive', badArguments);
  if (end === undefined && isPrefix) return key === '' ? { key: '\0', end: '\0' } : { key, end: prefixEnd(key) ?? '\0' };
  if (end === undefined) return isFromKey ? { key: key || '\0', end: '\0' } : { key };
  if (isPrefix || isFromKey) throw new Failure(`unexpected endkey argument with --${isPrefix ? 'prefix' : 'from-key'} flag`, badArguments);
  if (rest.length > 0) throw new Failure('too many arguments', badArguments);
  return end === '' ? { key } : { key, end };
}

function showRole(session: Session, role: string, { permissions = [] }: AuthResponse): void {
  const forType = (type: 'READ' | 'WRITE') =>
    permissions.filter((one) => one.type === type || one.type === 'READWRITE').map((one) => `\t${rangeText(one)}\n`);
  tell(session, `Role ${role}\nKV Read:\n${forType('READ').join('')}KV Write:\n${forType('WRITE').join('')}`, {
    json: { perm: permissions.length > 0 ? permissions.map(permissionJson) : undefined },
    fields: permissions
      .map(({ type, key, end = '' }) => `"PermType" :  ${type}\n"Key" : ${quoted(key)}\n"RangeEnd" : ${quoted(end)}\n`)
      .join(''),
  });
}

function rangeText({ key, end }: Permission): string {
  if (end === undefined) return key;
  const range = end === '\0' ? `[${key}, <open ended>` : `[${key}, ${end})`;
  return (prefixEnd(key) ?? '\0') === end ? `${range} (prefix ${key})` : range;
}

function permissionJson({ type, key, end }: Permission): Plain {
  return {
    permType: { READ: undefined, WRITE: 1, READWRITE: 2 }[type],
    key: key ? encodeBase64(key) : undefined,
    range_end: end === undefined ? undefined : encodeBase64(end),
  };
}

function lines(names: readonly string[]): string {
  return names.map((name) => `${name}\n`).join('');
}

function listed(names: readonly string[]): readonly string[] | undefined {
  return names.length > 0 ? names : undefined;
}

function ask(session: Session, request: AuthRequest, simple: string): void {
  session.server.auth(request);
  tell(session, simple);
}

/** `fields` null: the printer of fields does not know how. */
function tell(
  session: Session,
  simple: string,
  more: { readonly json?: Readonly<Record<string, Plain | undefined>>; readonly fields?: string | null } = {},
): void {
  const { header } = session;
  const fields = more.fields === null ? {} : { fields: headerFields(header) + (more.fields ?? '') };
  session.show({ simple, json: { header: headerJson(header), ...more.json }, ...fields });
}

function none(session: Session, message: string): void {
  words(session, 0, message);
}

function words(session: Session, count: number, message: string): readonly string[] {
  if (session.words.length !== count) throw new Failure(message, badArguments);
  return session.words;
}

/** Typed twice at a terminal; with `--interactive=false`, once. */
function readPassword(session: Session, name: string): string {
  const lines = session.ctx.stdin.split('\n');
  if (session.flags['interactive'] === 'false') return lines[0]?.trim() ?? '';
  const [first = '', second = ''] = lines;
  session.ctx.stdout(`Password of ${name}: \n`);
  if (first === '') throw new Failure('empty password', badArguments);
  session.ctx.stdout(`Type password of ${name} again for confirmation: \n`);
  if (first !== second) throw new Failure('given passwords are different', badArguments);
  return first;
}
