import type { Json } from '@/lib/base';
import { hasRole, isAdmin, isPermitted, type AuthState } from './auth';
import {
  EtcdError,
  type AuthRequest,
  type EtcdServer,
  type Operation,
  type PutOptions,
  type RangeOptions,
  type Txn,
  type WatchOptions,
  type WatchResponse,
} from './kv';

export interface AuthorizedServerOptions {
  readonly server: EtcdServer;
  readonly state: () => AuthState;
  /** Throws when nobody is known by what the caller showed. */
  readonly user: () => string;
}

/** A member while authentication is on: what each call may touch is looked at before it is made (`etcdserver/apply_auth.go`, `v3_server.go`). */
export class AuthorizedServer implements EtcdServer {
  readonly #server: EtcdServer;
  readonly #state: () => AuthState;
  readonly #user: () => string;

  constructor({ server, state, user }: AuthorizedServerOptions) {
    this.#server = server;
    this.#state = state;
    this.#user = user;
  }

  get revision() {
    return this.#server.revision;
  }

  get compactedRevision() {
    return this.#server.compactedRevision;
  }

  header() {
    return this.#server.header();
  }

  range(key: string, options: RangeOptions = {}) {
    this.#check('READ', key, options.end);
    return this.#server.range(key, options);
  }

  put(key: string, value: Json, options: PutOptions = {}) {
    this.#checkPut(key, options);
    return this.#server.put(key, value, options);
  }

  deleteRange(key: string, options: { end?: string } = {}) {
    this.#check('WRITE', key, options.end);
    return this.#server.deleteRange(key, options);
  }

  txn(txn: Txn) {
    this.#checkTxn(txn);
    return this.#server.txn(txn);
  }

  compact(revision: number) {
    this.#server.compact(revision);
  }

  watch(key: string, options: WatchOptions, onResponse: (response: WatchResponse) => void) {
    this.#check('READ', key, options.end);
    return this.#server.watch(key, options, onResponse);
  }

  leaseGrant(ttl: number, lease?: number) {
    return this.#server.leaseGrant(ttl, lease);
  }

  /** It deletes the keys that live by it. */
  leaseRevoke(lease: number) {
    for (const key of this.#server.leaseTimeToLive(lease).keys) this.#check('WRITE', key);
    return this.#server.leaseRevoke(lease);
  }

  leaseKeepAlive(lease: number) {
    return this.#server.leaseKeepAlive(lease);
  }

  leaseTimeToLive(lease: number) {
    const status = this.#server.leaseTimeToLive(lease);
    for (const key of status.keys) this.#check('READ', key);
    return status;
  }

  leases() {
    return this.#server.leases();
  }

  status() {
    return this.#server.status();
  }

  hashKv(revision?: number) {
    this.#checkAdmin();
    return this.#server.hashKv(revision);
  }

  defragment() {
    this.#checkAdmin();
    this.#server.defragment();
  }

  alarms() {
    return this.#server.alarms();
  }

  alarmDisarm() {
    return this.#server.alarmDisarm();
  }

  moveLeader(to: string) {
    this.#server.moveLeader(to);
  }

  members(options?: { readonly serializable?: boolean }) {
    return this.#server.members(options);
  }

  memberAdd(name: string, peerUrls: readonly string[], isLearner: boolean) {
    this.#checkAdmin();
    return this.#server.memberAdd(name, peerUrls, isLearner);
  }

  memberRemove(id: string) {
    this.#checkAdmin();
    this.#server.memberRemove(id);
  }

  memberPromote(id: string) {
    this.#checkAdmin();
    this.#server.memberPromote(id);
  }

  memberUpdate(id: string, peerUrls: readonly string[]) {
    this.#checkAdmin();
    this.#server.memberUpdate(id, peerUrls);
  }

  snapshot() {
    this.#checkAdmin();
    return this.#server.snapshot();
  }

  /** Everybody may show who they are, and see what is theirs. */
  auth(request: AuthRequest) {
    const isOwn =
      request.type === 'authenticate' ||
      (request.type === 'user-get' && request.name === this.#user()) ||
      (request.type === 'role-get' && hasRole(this.#state(), this.#user(), request.role));
    if (!isOwn) this.#checkAdmin();
    return this.#server.auth(request);
  }

  #check(type: 'READ' | 'WRITE', key: string, end?: string): void {
    if (!isPermitted(this.#state(), this.#user(), type, key, end)) throw denied();
  }

  #checkAdmin(): void {
    if (!isAdmin(this.#state(), this.#user())) throw denied();
  }

  /** Attaching a key to a lease puts the lease's other keys at stake too. */
  #checkPut(key: string, { prevKv, lease }: PutOptions): void {
    if (lease) for (const other of this.#server.leaseTimeToLive(lease).keys) this.#check('WRITE', other);
    this.#check('WRITE', key);
    if (prevKv) this.#check('READ', key);
  }

  #checkTxn({ compare, success, failure }: Txn): void {
    for (const { key, end } of compare) this.#check('READ', key, end);
    for (const operation of [...success, ...failure]) this.#checkOperation(operation);
  }

  #checkOperation(operation: Operation): void {
    switch (operation.type) {
      case 'range':
        return this.#check('READ', operation.key, operation.end);
      case 'put':
        return this.#checkPut(operation.key, operation);
      case 'delete-range':
        if (operation.prevKv) this.#check('READ', operation.key, operation.end);
        return this.#check('WRITE', operation.key, operation.end);
      default:
        return this.#checkTxn(operation.txn);
    }
  }
}

function denied(): EtcdError {
  return new EtcdError('PermissionDenied', 'etcdserver: permission denied');
}
