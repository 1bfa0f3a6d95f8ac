import { createHash } from 'node:crypto';
import {
  EtcdError,
  operationRevisions,
  problemOfUrls,
  revisionBefore,
  writeSnapshotFile,
  type EtcdCompare,
  type EtcdAuthRequest,
  type EtcdMemberInfo,
  type EtcdOperation,
  type EtcdOperationResponse,
  type EtcdRangeOptions,
  type EtcdServer,
  type EtcdTxn,
} from '@/lib/cluster';
import { createRpcServer, RpcError, type RpcMethod, type RpcServer, type Sink } from './grpc';
import { methods, type MethodPath } from './messages';
import { keyValueOf, translated, withHeader } from './answers';
import { leaseKeepAlive, watch } from './streams';
import type { Message } from './wire';

/** Reaches the member as somebody who authenticated with `token`. */
type Dial = (token: string | undefined) => EtcdServer;

/** Lets so much simulated time pass. */
type Wait = (ms: number) => Promise<void>;

/** How often a call that waits for a leader looks for one. */
const lookEveryMs = 100;

/** A call that would hang does: what has not been proposed is tried again until etcd would give up. */
function patiently(call: () => Message, wait: Wait | undefined): Message | Promise<Message> {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    if (error.hangs && wait) return hanging(call, wait, error, error.hangs.forMs);
    throw new RpcError(error.code, error.message);
  }
}

async function hanging(call: () => Message, wait: Wait, error: EtcdError, leftMs: number): Promise<Message> {
  const ms = Math.min(leftMs, error.hangs?.isRepeatable ? lookEveryMs : leftMs);
  await wait(ms);
  if (!error.hangs?.isRepeatable || leftMs <= ms) throw new RpcError(error.code, error.message);
  try {
    return call();
  } catch (again) {
    if (again instanceof EtcdError && again.hangs) return hanging(call, wait, again, leftMs - ms);
    return translated(() => {
      throw again;
    });
  }
}

type Unary = (server: EtcdServer, request: Message) => Message;

/** etcd's v3 API, as a real etcdctl speaks it. */
export function serveEtcd(dial: Dial, wait?: Wait): RpcServer {
  return createRpcServer(etcdMethods(dial, wait));
}

/** The methods in terms of a member (`server/etcdserver/api/v3rpc`). */
function etcdMethods(dial: Dial, wait: Wait | undefined): Readonly<Record<string, RpcMethod>> {
  const served = Object.entries(methods).flatMap(([path, shape]): [string, RpcMethod][] => {
    const run = unary[path as MethodPath];
    if (run) return [[path, { ...shape, unary: (request, token) => patiently(() => run(dial(token), request), wait) }]];
    return [];
  });
  return {
    ...Object.fromEntries(served),
    '/etcdserverpb.Watch/Watch': { ...methods['/etcdserverpb.Watch/Watch'], stream: (sink, token) => watch(dial(token), sink) },
    '/etcdserverpb.Lease/LeaseKeepAlive': {
      ...methods['/etcdserverpb.Lease/LeaseKeepAlive'],
      stream: (sink, token) => leaseKeepAlive(dial(token), sink),
    },
    '/etcdserverpb.Maintenance/Snapshot': {
      ...methods['/etcdserverpb.Maintenance/Snapshot'],
      stream: (sink, token) => ({
        message: () => translated(() => sendSnapshot(dial(token), sink)),
        end: () => undefined,
        close: () => undefined,
      }),
    },
  };
}

const unary: Readonly<Partial<Record<MethodPath, Unary>>> = {
  '/etcdserverpb.KV/Range': (server, request) => {
    const { key, options } = rangeOf(request);
    return answerOf(server, { type: 'range', ...server.range(key, options) });
  },
  '/etcdserverpb.KV/Put': (server, request) => {
    const { type: _, key, value, ...options } = putOf(request);
    return answerOf(server, { type: 'put', ...server.put(key, value, options) });
  },
  '/etcdserverpb.KV/DeleteRange': (server, request) => {
    const { responses } = server.txn({ compare: [], success: [deletionOf(request)], failure: [] });
    return answerOf(server, responses[0] as EtcdOperationResponse);
  },
  '/etcdserverpb.KV/Txn': (server, request) => answerOf(server, { type: 'txn', ...server.txn(txnOf(request)) }),
  '/etcdserverpb.KV/Compact': (server, { revision = 0 }) => {
    server.compact(revision as number);
    return withHeader(server);
  },
  '/etcdserverpb.Lease/LeaseGrant': (server, { TTL = 0, ID = 0 }) => {
    const { lease, ttl } = server.leaseGrant(TTL as number, ID as number);
    return withHeader(server, { ID: lease, TTL: ttl });
  },
  '/etcdserverpb.Lease/LeaseRevoke': (server, { ID = 0 }) => {
    server.leaseRevoke(ID as number);
    return withHeader(server);
  },
  '/etcdserverpb.Lease/LeaseTimeToLive': (server, { ID = 0, keys = false }) => {
    const { lease, ttl, grantedTtl, keys: attached } = server.leaseTimeToLive(ID as number);
    return withHeader(server, { ID: lease, TTL: ttl, grantedTTL: grantedTtl, keys: keys ? attached : [] });
  },
  '/etcdserverpb.Lease/LeaseLeases': (server) => withHeader(server, { leases: server.leases().map((lease) => ({ ID: lease })) }),
  '/etcdserverpb.Cluster/MemberList': (server, request) => withMembers(server, { serializable: !request['linearizable'] }),
  '/etcdserverpb.Cluster/MemberAdd': (server, { peerURLs = [], isLearner = false }) => {
    assertUrls(peerURLs as string[]);
    const member = server.memberAdd('', peerURLs as string[], isLearner as boolean);
    return { ...withMembers(server), member: memberOf(member) };
  },
  '/etcdserverpb.Cluster/MemberRemove': (server, { ID = '' }) => {
    server.memberRemove(ID as string);
    return withMembers(server);
  },
  '/etcdserverpb.Cluster/MemberPromote': (server, { ID = '' }) => {
    server.memberPromote(ID as string);
    return withMembers(server);
  },
  '/etcdserverpb.Cluster/MemberUpdate': (server, { ID = '', peerURLs = [] }) => {
    assertUrls(peerURLs as string[]);
    server.memberUpdate(ID as string, peerURLs as string[]);
    return withMembers(server);
  },
  '/etcdserverpb.Maintenance/Alarm': (server, { action = 'GET' }) => {
    if (action === 'ACTIVATE') throw new RpcError('Unimplemented', 'raising an alarm is not simulated');
    const alarms = action === 'DEACTIVATE' ? server.alarmDisarm() : server.alarms();
    return withHeader(server, { alarms: alarms.map(({ member, alarm }) => ({ memberID: member, alarm })) });
  },
  '/etcdserverpb.Maintenance/Status': (server) => {
    const { term, appliedIndex, leader, ...status } = server.status();
    return withHeader(server, { ...status, leader, raftTerm: term, raftAppliedIndex: appliedIndex });
  },
  '/etcdserverpb.Maintenance/Defragment': (server) => {
    server.defragment();
    return {};
  },
  '/etcdserverpb.Maintenance/Hash': (server) => withHeader(server, { hash: server.hashKv().hash }),
  '/etcdserverpb.Maintenance/HashKV': (server, { revision = 0 }) => {
    const { hash, hashRevision, compactRevision } = server.hashKv(revision as number);
    return withHeader(server, { hash, hash_revision: hashRevision, compact_revision: compactRevision });
  },
  '/etcdserverpb.Maintenance/MoveLeader': (server, { targetID = '' }) => {
    server.moveLeader(targetID as string);
    return {};
  },
  '/etcdserverpb.Auth/AuthEnable': auth(() => ({ type: 'enable' })),
  '/etcdserverpb.Auth/AuthDisable': auth(() => ({ type: 'disable' })),
  '/etcdserverpb.Auth/AuthStatus': auth(() => ({ type: 'status' })),
  '/etcdserverpb.Auth/Authenticate': auth(({ name, password }) => ({ type: 'authenticate', name, password })),
  '/etcdserverpb.Auth/UserAdd': auth(({ name, password }, { options }) => ({
    type: 'user-add',
    name,
    password,
    hasNoPassword: (options as { no_password?: boolean } | undefined)?.no_password ?? false,
  })),
  '/etcdserverpb.Auth/UserGet': auth(({ name }) => ({ type: 'user-get', name }), 'roles'),
  '/etcdserverpb.Auth/UserList': auth(() => ({ type: 'user-list' }), 'users'),
  '/etcdserverpb.Auth/UserDelete': auth(({ name }) => ({ type: 'user-delete', name })),
  '/etcdserverpb.Auth/UserChangePassword': auth(({ name, password }) => ({ type: 'user-change-password', name, password })),
  '/etcdserverpb.Auth/UserGrantRole': auth(({ user, role }) => ({ type: 'user-grant-role', name: user, role })),
  '/etcdserverpb.Auth/UserRevokeRole': auth(({ name, role }) => ({ type: 'user-revoke-role', name, role })),
  '/etcdserverpb.Auth/RoleAdd': auth(({ name }) => ({ type: 'role-add', role: name })),
  '/etcdserverpb.Auth/RoleGet': auth(({ role }) => ({ type: 'role-get', role })),
  '/etcdserverpb.Auth/RoleList': auth(() => ({ type: 'role-list' }), 'roles'),
  '/etcdserverpb.Auth/RoleDelete': auth(({ role }) => ({ type: 'role-delete', role })),
  '/etcdserverpb.Auth/RoleGrantPermission': auth(({ name }, { perm }) => ({
    type: 'role-grant-permission',
    role: name,
    ...(perm ? { permission: permissionOf(perm as Message) } : {}),
  })),
  '/etcdserverpb.Auth/RoleRevokePermission': auth(({ role }, request) => ({ type: 'role-revoke-permission', role, ...keysOf(request) })),
};

type Names = Readonly<Record<'name' | 'password' | 'user' | 'role', string>>;

/** A method of Auth; `listed` is what its response calls the names it lists. */
function auth(requestOf: (names: Names, request: Message) => EtcdAuthRequest, listed = ''): Unary {
  return (server, request) => {
    const { name = '', password = '', user = '', role = '' } = request as Partial<Names>;
    const { isEnabled, revision, token, names, permissions } = server.auth(requestOf({ name, password, user, role }, request));
    return withHeader(server, {
      enabled: isEnabled,
      authRevision: revision,
      token,
      ...(names ? { [listed]: names } : {}),
      ...(permissions ? { perm: permissions.map(({ type, key, end }) => ({ permType: type, key, range_end: end })) } : {}),
    });
  };
}

function permissionOf({ permType = 'READ', ...range }: Message) {
  return { type: permType as 'READ' | 'WRITE' | 'READWRITE', ...keysOf(range) };
}

/** proto3 leaves out what is empty, and an empty end means that there is none. */
function keysOf({ key = '', range_end: end = '' }: Message): { key: string; end?: string } {
  return { key: key as string, ...(end === '' ? {} : { end: end as string }) };
}

/** The same where a key is needed: the beginning of the keyspace is a key of one zero. */
function someKeysOf(request: Message): { key: string; end?: string } {
  if ((request['key'] ?? '') === '') throw new RpcError('InvalidArgument', 'etcdserver: key is not provided');
  return keysOf(request);
}

/** What is answered about the group names no revision of the store. */
function withMembers(server: EtcdServer, options: Parameters<EtcdServer['members']>[0] = { serializable: true }): Message {
  const { header } = withHeader(server);
  return { header: { ...(header as Message), revision: 0 }, members: server.members(options).map(memberOf) };
}

function assertUrls(urls: readonly string[]): void {
  if (urls.length === 0 || problemOfUrls(urls) !== undefined)
    throw new RpcError('InvalidArgument', 'etcdserver: given member URLs are invalid');
}

function memberOf({ id, name, peerUrls, clientUrls, isLearner }: EtcdMemberInfo): Message {
  return { ID: id, name, peerURLs: peerUrls, clientURLs: clientUrls, isLearner };
}

const sorts: Readonly<Record<string, NonNullable<EtcdRangeOptions['sortBy']>>> = {
  VERSION: 'version',
  CREATE: 'create',
  MOD: 'mod',
  VALUE: 'value',
};

function rangeOf(request: Message): { key: string; options: EtcdRangeOptions } {
  const { key, ...range } = someKeysOf(request);
  // What is below zero means what zero means.
  const number = (name: string) => Math.max(0, (request[name] ?? 0) as number);
  const options: EtcdRangeOptions = {
    ...range,
    limit: number('limit'),
    revision: number('revision'),
    serializable: request['serializable'] === true,
    keysOnly: request['keys_only'] === true,
    countOnly: request['count_only'] === true,
    minModRevision: number('min_mod_revision'),
    maxModRevision: number('max_mod_revision'),
    minCreateRevision: number('min_create_revision'),
    maxCreateRevision: number('max_create_revision'),
  };
  const sortBy = sorts[String(request['sort_target'] ?? '')];
  // Sorting by anything but the key is upwards unless the client says otherwise (`etcdserver/txn/range.go`).
  if (sortBy) options.sortBy = sortBy;
  if (request['sort_order'] === 'ASCEND') options.order = 'ascend';
  if (request['sort_order'] === 'DESCEND') options.order = 'descend';
  return { key, options };
}

function putOf(request: Message): Extract<EtcdOperation, { type: 'put' }> {
  const { key } = someKeysOf(request);
  const { value = '', lease = 0, prev_kv: prevKv = false, ignore_value: ignoreValue = false, ignore_lease: ignoreLease = false } = request;
  if (ignoreValue && value !== '') throw new RpcError('InvalidArgument', 'etcdserver: value is provided');
  if (ignoreLease && lease !== 0) throw new RpcError('InvalidArgument', 'etcdserver: lease is provided');
  return {
    type: 'put',
    key,
    value: value as string,
    ...(lease ? { lease: lease as number } : {}),
    prevKv: prevKv as boolean,
    ignoreValue: ignoreValue as boolean,
    ignoreLease: ignoreLease as boolean,
  };
}

function deletionOf(request: Message): Extract<EtcdOperation, { type: 'delete-range' }> {
  return { type: 'delete-range', ...someKeysOf(request), prevKv: request['prev_kv'] === true };
}

function txnOf({ compare = [], success = [], failure = [] }: Message): EtcdTxn {
  return {
    compare: (compare as Message[]).map(compareOf),
    success: (success as Message[]).map(operationOf),
    failure: (failure as Message[]).map(operationOf),
  };
}

function operationOf(operation: Message): EtcdOperation {
  if (operation['request_put']) return putOf(operation['request_put'] as Message);
  if (operation['request_delete_range']) return deletionOf(operation['request_delete_range'] as Message);
  if (operation['request_txn']) return { type: 'txn', txn: txnOf(operation['request_txn'] as Message) };
  if (!operation['request_range']) throw new RpcError('InvalidArgument', 'etcdserver: key not found');
  const { key, options } = rangeOf(operation['request_range'] as Message);
  return { type: 'range', key, ...options };
}

const results: Readonly<Record<string, EtcdCompare['result']>> = { EQUAL: '=', GREATER: '>', LESS: '<', NOT_EQUAL: '!=' };
const targets: Readonly<Record<string, { target: EtcdCompare['target']; operand: string }>> = {
  VERSION: { target: 'version', operand: 'version' },
  CREATE: { target: 'create', operand: 'create_revision' },
  MOD: { target: 'mod', operand: 'mod_revision' },
  VALUE: { target: 'value', operand: 'value' },
  LEASE: { target: 'lease', operand: 'lease' },
};

function compareOf(compare: Message): EtcdCompare {
  const { target, operand } = targets[String(compare['target'] ?? 'VERSION')] as (typeof targets)[string];
  return {
    ...someKeysOf(compare),
    target,
    result: results[String(compare['result'] ?? 'EQUAL')] as EtcdCompare['result'],
    operand: (compare[operand] ?? (target === 'value' ? '' : 0)) as string | number,
  };
}

function answerOf(server: EtcdServer, response: EtcdOperationResponse): Message {
  return { ...withHeader(server), ...bodyOf(response) };
}

/** `before` is the revision that a transaction found. */
function bodyOf(response: EtcdOperationResponse, before?: number): Message {
  switch (response.type) {
    case 'range':
      return { kvs: response.kvs.map(keyValueOf), more: response.more, count: response.count };
    case 'put':
      return response.prevKv ? { prev_kv: keyValueOf(response.prevKv) } : {};
    case 'delete-range':
      return { deleted: response.deleted, prev_kvs: response.prevKvs.map(keyValueOf) };
    default:
      return { succeeded: response.succeeded, responses: nestedOf(response.responses, response.revision, before) };
  }
}

const wrappers = { range: 'response_range', put: 'response_put', 'delete-range': 'response_delete_range', txn: 'response_txn' } as const;

/** Inside a transaction the header has only the revision. */
function nestedOf(responses: readonly EtcdOperationResponse[], revision: number, before = revisionBefore(responses, revision)): Message[] {
  const revisions = operationRevisions(responses, revision, before);
  return responses.map((response, at) => ({
    [wrappers[response.type]]: {
      header: response.type === 'txn' ? {} : { revision: revisions[at] },
      ...bodyOf(response, at === 0 ? before : revisions[at - 1]),
    },
  }));
}

const blockBytes = 512;
const partBytes = 32 * 1024;

/** As fast as the client reads. */
function sendSnapshot(server: EtcdServer, sink: Sink): void {
  const parts = snapshotParts(server);
  const send = () => {
    for (let next = parts.next(); ; next = parts.next()) {
      if (next.done) return sink.end();
      if (!sink.write(next.value)) return;
    }
  };
  sink.onDrain(send);
  send();
}

/** A file in whole blocks and its SHA-256 behind it, as `etcdctl snapshot save` expects; inside it is a snapshot of ours, no bbolt database. */
function* snapshotParts(server: EtcdServer): Generator<Message, void> {
  const text = Buffer.from(writeSnapshotFile(server.snapshot()));
  const file = Buffer.concat([text, Buffer.alloc(Math.ceil(text.length / blockBytes) * blockBytes - text.length, ' ')]);
  const whole = Buffer.concat([file, createHash('sha256').update(file).digest()]);
  const { storageVersion } = server.status();
  const { header } = withHeader(server);
  for (let at = 0; at < whole.length; at += partBytes) {
    const blob = whole.subarray(at, at + partBytes);
    yield { header, remaining_bytes: whole.length - at - blob.length, blob, version: storageVersion };
  }
}
