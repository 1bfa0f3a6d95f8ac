import { compareBytes, hash32 } from '@/lib/base';
import { EtcdError, type AuthRequest, type AuthResponse, type Permission, type PermissionType } from './kv';

export interface AuthUser {
  readonly name: string;
  /** A digest of the password; absent for a user who comes with a certificate only. */
  readonly password?: string;
  readonly roles: readonly string[];
}

export interface AuthRole {
  readonly name: string;
  readonly permissions: readonly Permission[];
}

/** Who may do what (`server/auth/store.go`): part of the store, the same on every member. Users and roles are in byte order of their names. */
export interface AuthState {
  readonly isEnabled: boolean;
  readonly revision: number;
  readonly users: readonly AuthUser[];
  readonly roles: readonly AuthRole[];
}

export const noAuth: AuthState = Object.freeze({ isEnabled: false, revision: 1, users: [], roles: [] });

const root = 'root';

/** What a request changes. Throws `EtcdError` with etcd's sentence when it may not be; answers the same state when nothing changes. */
export function applyAuth(state: AuthState, request: AuthRequest): AuthState {
  switch (request.type) {
    case 'enable':
      return state.isEnabled ? state : enabled(state);
    case 'disable':
      return state.isEnabled ? next(state, { isEnabled: false }) : state;
    case 'user-add': {
      if (request.name === '') throw new EtcdError('InvalidArgument', 'etcdserver: user name is empty');
      if (state.users.some(({ name }) => name === request.name)) throw refused('user name already exists');
      const user = {
        name: request.name,
        roles: [],
        ...(request.hasNoPassword ? {} : { password: digestOf(request.name, request.password) }),
      };
      return next(state, { users: sorted([...state.users, user]) });
    }
    case 'user-delete': {
      if (state.isEnabled && request.name === root) throw invalidManagement();
      findUser(state, request.name);
      return next(state, { users: state.users.filter(({ name }) => name !== request.name) });
    }
    case 'user-change-password': {
      const { roles } = findUser(state, request.name);
      return withUser(state, {
        name: request.name,
        roles,
        ...(request.password === '' ? {} : { password: digestOf(request.name, request.password) }),
      });
    }
    case 'user-grant-role': {
      const user = findUser(state, request.name);
      if (request.role !== root) findRole(state, request.role);
      if (user.roles.includes(request.role)) return state;
      return withUser(state, { ...user, roles: [...user.roles, request.role].sort(compareBytes) });
    }
    case 'user-revoke-role': {
      if (state.isEnabled && request.name === root && request.role === root) throw invalidManagement();
      const user = findUser(state, request.name);
      if (!user.roles.includes(request.role)) throw refused('role is not granted to the user');
      return withUser(state, { ...user, roles: user.roles.filter((role) => role !== request.role) });
    }
    case 'role-add': {
      if (request.role === '') throw new EtcdError('InvalidArgument', 'etcdserver: role name is empty');
      if (state.roles.some(({ name }) => name === request.role)) throw refused('role name already exists');
      return next(state, { roles: sorted([...state.roles, { name: request.role, permissions: [] }]) });
    }
    case 'role-delete': {
      if (state.isEnabled && request.role === root) throw invalidManagement();
      findRole(state, request.role);
      return next(state, {
        roles: state.roles.filter(({ name }) => name !== request.role),
        users: state.users.map((user) => ({ ...user, roles: user.roles.filter((role) => role !== request.role) })),
      });
    }
    case 'role-grant-permission': {
      const role = findRole(state, request.role);
      const { permission } = request;
      if (!permission) throw new EtcdError('InvalidArgument', 'etcdserver: permission not given');
      const others = role.permissions.filter((one) => !isSameRange(one, permission));
      const permissions = [...others, permission].sort((a, b) => compareBytes(a.key, b.key) || compareBytes(a.end ?? '', b.end ?? ''));
      return withRole(state, { ...role, permissions });
    }
    case 'role-revoke-permission': {
      const role = findRole(state, request.role);
      const permissions = role.permissions.filter((one) => !isSameRange(one, request));
      if (permissions.length === role.permissions.length) throw refused('permission is not granted to the role');
      return withRole(state, { ...role, permissions });
    }
    default:
      return state;
  }
}

/** What a request asks, once what it changes is done. */
export function answerAuth(state: AuthState, request: AuthRequest): AuthResponse {
  switch (request.type) {
    case 'status':
      return { isEnabled: state.isEnabled, revision: state.revision };
    case 'user-list':
      return { names: state.users.map(({ name }) => name) };
    case 'user-get':
      return { names: findUser(state, request.name).roles };
    case 'role-list':
      return { names: state.roles.map(({ name }) => name) };
    case 'role-get': {
      const { permissions } = findRole(state, request.role);
      return { permissions: request.role === root ? [everything] : permissions };
    }
    default:
      return {};
  }
}

/** Throws when this is not that user's password. */
export function checkPassword(state: AuthState, name: string, password: string): void {
  if (!state.isEnabled) throw new EtcdError('FailedPrecondition', 'etcdserver: authentication is not enabled');
  const user = state.users.find((one) => one.name === name);
  if (user && user.password === undefined)
    throw new EtcdError('Unknown', 'auth: authentication failed, password was given for no password user');
  if (user?.password !== digestOf(name, password))
    throw new EtcdError('InvalidArgument', 'etcdserver: authentication failed, invalid user ID or password');
}

export function isAdmin(state: AuthState, name: string): boolean {
  return state.users.some((user) => user.name === name && user.roles.includes(root));
}

/** Whether all of a range is a user's to read or write (`server/auth/range_perm_cache.go`): ranges that touch count as one. */
export function isPermitted(state: AuthState, name: string, type: 'READ' | 'WRITE', key: string, end?: string): boolean {
  const user = state.users.find((one) => one.name === name);
  if (!user) return false;
  if (user.roles.includes(root)) return true;
  const wanted = intervalOf({ key, ...(end === undefined ? {} : { end }) });
  const granted = state.roles
    .filter((role) => user.roles.includes(role.name))
    .flatMap(({ permissions }) => permissions.filter((one) => one.type === type || one.type === 'READWRITE').map(intervalOf))
    .sort((a, b) => compareBytes(a.from, b.from));
  let reached = wanted.from;
  for (const { from, to } of granted) {
    if (compareBytes(from, reached) > 0) return false;
    if (to === undefined) return true;
    if (compareBytes(to, reached) > 0) reached = to;
    if (wanted.to !== undefined && compareBytes(reached, wanted.to) >= 0) return true;
  }
  return false;
}

export function hasRole(state: AuthState, name: string, role: string): boolean {
  return state.users.some((user) => user.name === name && user.roles.includes(role));
}

const everything: Permission = Object.freeze({ type: 'READWRITE' satisfies PermissionType, key: '', end: '\0' });

/** From a key up to another, which is absent where there is no end. */
function intervalOf({ key, end }: Pick<Permission, 'key' | 'end'>): { readonly from: string; readonly to: string | undefined } {
  if (end === undefined) return { from: key, to: `${key}\0` };
  return { from: key === '\0' && end === '\0' ? '' : key, to: end === '\0' ? undefined : end };
}

function enabled(state: AuthState): AuthState {
  const user = state.users.find(({ name }) => name === root);
  if (!user) throw refused('root user does not exist');
  if (!user.roles.includes(root)) throw refused('root user does not have root role');
  return next(state, { isEnabled: true });
}

function next(state: AuthState, changes: Partial<AuthState>): AuthState {
  return { ...state, ...changes, revision: state.revision + 1 };
}

function withUser(state: AuthState, user: AuthUser): AuthState {
  return next(state, { users: state.users.map((one) => (one.name === user.name ? user : one)) });
}

function withRole(state: AuthState, role: AuthRole): AuthState {
  return next(state, { roles: state.roles.map((one) => (one.name === role.name ? role : one)) });
}

function findUser(state: AuthState, name: string): AuthUser {
  const user = state.users.find((one) => one.name === name);
  if (!user) throw refused('user name not found');
  return user;
}

function findRole(state: AuthState, name: string): AuthRole {
  const role = state.roles.find((one) => one.name === name);
  if (!role) throw refused('role name not found');
  return role;
}

function sorted<T extends { readonly name: string }>(list: readonly T[]): readonly T[] {
  return [...list].sort((a, b) => compareBytes(a.name, b.name));
}

function isSameRange(a: { readonly key: string; readonly end?: string }, b: { readonly key: string; readonly end?: string }): boolean {
  return a.key === b.key && a.end === b.end;
}

function refused(message: string): EtcdError {
  return new EtcdError('FailedPrecondition', `etcdserver: ${message}`);
}

function invalidManagement(): EtcdError {
  return new EtcdError('InvalidArgument', 'etcdserver: invalid auth management');
}

/** Upstream: bcrypt. Nothing is secret inside a simulation; this keeps passwords out of what a learner reads. */
function digestOf(name: string, password: string): string {
  return [`${name}\0${password}`, `${password}\0${name}`].map((text) => hash32(text).toString(16).padStart(8, '0')).join('');
}
