import { enumeration, message } from './wire';

/** The messages of etcd's v3 API by field number: `rpc.proto`, `kv.proto` and `auth.proto` of etcd 3.6. */

const header = message({ cluster_id: [1, 'id'], member_id: [2, 'id'], revision: [3, 'int'], raft_term: [4, 'int'] });
const headerAlone = message({ header: [1, header] });
const nothing = message({});

const keyValue = message({
  key: [1, 'bytes'],
  create_revision: [2, 'int'],
  mod_revision: [3, 'int'],
  version: [4, 'int'],
  value: [5, 'bytes'],
  lease: [6, 'int'],
});

const rangeRequest = message({
  key: [1, 'bytes'],
  range_end: [2, 'bytes'],
  limit: [3, 'int'],
  revision: [4, 'int'],
  sort_order: [5, enumeration('NONE', 'ASCEND', 'DESCEND')],
  sort_target: [6, enumeration('KEY', 'VERSION', 'CREATE', 'MOD', 'VALUE')],
  serializable: [7, 'bool'],
  keys_only: [8, 'bool'],
  count_only: [9, 'bool'],
  min_mod_revision: [10, 'int'],
  max_mod_revision: [11, 'int'],
  min_create_revision: [12, 'int'],
  max_create_revision: [13, 'int'],
});
const rangeResponse = message({ header: [1, header], kvs: [2, keyValue, 'repeated'], more: [3, 'bool'], count: [4, 'int'] });

const putRequest = message({
  key: [1, 'bytes'],
  value: [2, 'bytes'],
  lease: [3, 'int'],
  prev_kv: [4, 'bool'],
  ignore_value: [5, 'bool'],
  ignore_lease: [6, 'bool'],
});
const putResponse = message({ header: [1, header], prev_kv: [2, keyValue] });

const deleteRangeRequest = message({ key: [1, 'bytes'], range_end: [2, 'bytes'], prev_kv: [3, 'bool'] });
const deleteRangeResponse = message({ header: [1, header], deleted: [2, 'int'], prev_kvs: [3, keyValue, 'repeated'] });

const compare = message({
  result: [1, enumeration('EQUAL', 'GREATER', 'LESS', 'NOT_EQUAL')],
  target: [2, enumeration('VERSION', 'CREATE', 'MOD', 'VALUE', 'LEASE')],
  key: [3, 'bytes'],
  version: [4, 'int'],
  create_revision: [5, 'int'],
  mod_revision: [6, 'int'],
  value: [7, 'bytes'],
  lease: [8, 'int'],
  range_end: [64, 'bytes'],
});

/** Transactions are made of transactions: the one table that is tied to itself after it is made. */
const nested = <T>(list: readonly T[], one: T): void => void (list as T[]).push(one);
function nestable(
  operations: Parameters<typeof message>[0],
  wrap: (operation: ReturnType<typeof message>) => Parameters<typeof message>[0],
  name: string,
) {
  const operation = message(operations);
  const txn = message(wrap(operation));
  const field = { number: 4, name, type: txn, isRepeated: false };
  nested(operation.fields, field);
  (operation.byNumber as Map<number, typeof field>).set(4, field);
  return txn;
}

const txnRequest = nestable(
  { request_range: [1, rangeRequest], request_put: [2, putRequest], request_delete_range: [3, deleteRangeRequest] },
  (operation) => ({ compare: [1, compare, 'repeated'], success: [2, operation, 'repeated'], failure: [3, operation, 'repeated'] }),
  'request_txn',
);
const txnResponse = nestable(
  { response_range: [1, rangeResponse], response_put: [2, putResponse], response_delete_range: [3, deleteRangeResponse] },
  (operation) => ({ header: [1, header], succeeded: [2, 'bool'], responses: [3, operation, 'repeated'] }),
  'response_txn',
);

const watchRequest = message({
  create_request: [
    1,
    message({
      key: [1, 'bytes'],
      range_end: [2, 'bytes'],
      start_revision: [3, 'int'],
      progress_notify: [4, 'bool'],
      filters: [5, enumeration('NOPUT', 'NODELETE'), 'repeated'],
      prev_kv: [6, 'bool'],
      watch_id: [7, 'int'],
      fragment: [8, 'bool'],
    }),
  ],
  cancel_request: [2, message({ watch_id: [1, 'int'] })],
  progress_request: [3, nothing],
});
const watchResponse = message({
  header: [1, header],
  watch_id: [2, 'int'],
  created: [3, 'bool'],
  canceled: [4, 'bool'],
  compact_revision: [5, 'int'],
  cancel_reason: [6, 'string'],
  fragment: [7, 'bool'],
  events: [11, message({ type: [1, enumeration('PUT', 'DELETE')], kv: [2, keyValue], prev_kv: [3, keyValue] }), 'repeated'],
});

const lease = message({ ID: [1, 'int'] });
const leaseAnswer = message({ header: [1, header], ID: [2, 'int'], TTL: [3, 'int'], error: [4, 'string'] });

const member = message({
  ID: [1, 'id'],
  name: [2, 'string'],
  peerURLs: [3, 'string', 'repeated'],
  clientURLs: [4, 'string', 'repeated'],
  isLearner: [5, 'bool'],
});
const members = message({ header: [1, header], members: [2, member, 'repeated'] });

const alarm = enumeration('NONE', 'NOSPACE', 'CORRUPT');
const permission = message({ permType: [1, enumeration('READ', 'WRITE', 'READWRITE')], key: [2, 'bytes'], range_end: [3, 'bytes'] });
const names = (name: string) => message({ header: [1, header], [name]: [2, 'string', 'repeated'] });
const named = message({ name: [1, 'string'] });

export interface MethodShape {
  readonly request: ReturnType<typeof message>;
  readonly response: ReturnType<typeof message>;
  /** Where grpc-gateway has it, below `/v3`. */
  readonly http: string;
}

const shape = (http: string, request: MethodShape['request'], response: MethodShape['response'] = headerAlone): MethodShape => ({
  http,
  request,
  response,
});

/** Every method of the API by its gRPC path. */
export const methods = {
  '/etcdserverpb.KV/Range': shape('/kv/range', rangeRequest, rangeResponse),
  '/etcdserverpb.KV/Put': shape('/kv/put', putRequest, putResponse),
  '/etcdserverpb.KV/DeleteRange': shape('/kv/deleterange', deleteRangeRequest, deleteRangeResponse),
  '/etcdserverpb.KV/Txn': shape('/kv/txn', txnRequest, txnResponse),
  '/etcdserverpb.KV/Compact': shape('/kv/compaction', message({ revision: [1, 'int'], physical: [2, 'bool'] })),
  '/etcdserverpb.Watch/Watch': shape('/watch', watchRequest, watchResponse),
  '/etcdserverpb.Lease/LeaseGrant': shape('/lease/grant', message({ TTL: [1, 'int'], ID: [2, 'int'] }), leaseAnswer),
  '/etcdserverpb.Lease/LeaseRevoke': shape('/lease/revoke', lease),
  '/etcdserverpb.Lease/LeaseKeepAlive': shape('/lease/keepalive', lease, leaseAnswer),
  '/etcdserverpb.Lease/LeaseTimeToLive': shape(
    '/lease/timetolive',
    message({ ID: [1, 'int'], keys: [2, 'bool'] }),
    message({ header: [1, header], ID: [2, 'int'], TTL: [3, 'int'], grantedTTL: [4, 'int'], keys: [5, 'bytes', 'repeated'] }),
  ),
  '/etcdserverpb.Lease/LeaseLeases': shape('/lease/leases', nothing, message({ header: [1, header], leases: [2, lease, 'repeated'] })),
  '/etcdserverpb.Cluster/MemberAdd': shape(
    '/cluster/member/add',
    message({ peerURLs: [1, 'string', 'repeated'], isLearner: [2, 'bool'] }),
    message({ header: [1, header], member: [2, member], members: [3, member, 'repeated'] }),
  ),
  '/etcdserverpb.Cluster/MemberRemove': shape('/cluster/member/remove', message({ ID: [1, 'id'] }), members),
  '/etcdserverpb.Cluster/MemberUpdate': shape(
    '/cluster/member/update',
    message({ ID: [1, 'id'], peerURLs: [2, 'string', 'repeated'] }),
    members,
  ),
  '/etcdserverpb.Cluster/MemberList': shape('/cluster/member/list', message({ linearizable: [1, 'bool'] }), members),
  '/etcdserverpb.Cluster/MemberPromote': shape('/cluster/member/promote', message({ ID: [1, 'id'] }), members),
  '/etcdserverpb.Maintenance/Alarm': shape(
    '/maintenance/alarm',
    message({ action: [1, enumeration('GET', 'ACTIVATE', 'DEACTIVATE')], memberID: [2, 'id'], alarm: [3, alarm] }),
    message({ header: [1, header], alarms: [2, message({ memberID: [1, 'id'], alarm: [2, alarm] }), 'repeated'] }),
  ),
  '/etcdserverpb.Maintenance/Status': shape(
    '/maintenance/status',
    nothing,
    message({
      header: [1, header],
      version: [2, 'string'],
      dbSize: [3, 'int'],
      leader: [4, 'id'],
      raftIndex: [5, 'int'],
      raftTerm: [6, 'int'],
      raftAppliedIndex: [7, 'int'],
      errors: [8, 'string', 'repeated'],
      dbSizeInUse: [9, 'int'],
      isLearner: [10, 'bool'],
      storageVersion: [11, 'string'],
      dbSizeQuota: [12, 'int'],
    }),
  ),
  '/etcdserverpb.Maintenance/Defragment': shape('/maintenance/defragment', nothing),
  '/etcdserverpb.Maintenance/Hash': shape('/maintenance/hash', nothing, message({ header: [1, header], hash: [2, 'int'] })),
  '/etcdserverpb.Maintenance/HashKV': shape(
    '/maintenance/hashkv',
    message({ revision: [1, 'int'] }),
    message({ header: [1, header], hash: [2, 'int'], compact_revision: [3, 'int'], hash_revision: [4, 'int'] }),
  ),
  '/etcdserverpb.Maintenance/Snapshot': shape(
    '/maintenance/snapshot',
    nothing,
    message({ header: [1, header], remaining_bytes: [2, 'int'], blob: [3, 'blob'], version: [4, 'string'] }),
  ),
  '/etcdserverpb.Maintenance/MoveLeader': shape('/maintenance/transfer-leadership', message({ targetID: [1, 'id'] })),
  '/etcdserverpb.Auth/AuthEnable': shape('/auth/enable', nothing),
  '/etcdserverpb.Auth/AuthDisable': shape('/auth/disable', nothing),
  '/etcdserverpb.Auth/AuthStatus': shape(
    '/auth/status',
    nothing,
    message({ header: [1, header], enabled: [2, 'bool'], authRevision: [3, 'int'] }),
  ),
  '/etcdserverpb.Auth/Authenticate': shape(
    '/auth/authenticate',
    message({ name: [1, 'string'], password: [2, 'string'] }),
    message({ header: [1, header], token: [2, 'string'] }),
  ),
  '/etcdserverpb.Auth/UserAdd': shape(
    '/auth/user/add',
    message({
      name: [1, 'string'],
      password: [2, 'string'],
      options: [3, message({ no_password: [1, 'bool'] })],
      hashedPassword: [4, 'string'],
    }),
  ),
  '/etcdserverpb.Auth/UserGet': shape('/auth/user/get', named, names('roles')),
  '/etcdserverpb.Auth/UserList': shape('/auth/user/list', nothing, names('users')),
  '/etcdserverpb.Auth/UserDelete': shape('/auth/user/delete', named),
  '/etcdserverpb.Auth/UserChangePassword': shape(
    '/auth/user/changepw',
    message({ name: [1, 'string'], password: [2, 'string'], hashedPassword: [3, 'string'] }),
  ),
  '/etcdserverpb.Auth/UserGrantRole': shape('/auth/user/grant', message({ user: [1, 'string'], role: [2, 'string'] })),
  '/etcdserverpb.Auth/UserRevokeRole': shape('/auth/user/revoke', message({ name: [1, 'string'], role: [2, 'string'] })),
  '/etcdserverpb.Auth/RoleAdd': shape('/auth/role/add', named),
  '/etcdserverpb.Auth/RoleGet': shape(
    '/auth/role/get',
    message({ role: [1, 'string'] }),
    message({ header: [1, header], perm: [2, permission, 'repeated'] }),
  ),
  '/etcdserverpb.Auth/RoleList': shape('/auth/role/list', nothing, names('roles')),
  '/etcdserverpb.Auth/RoleDelete': shape('/auth/role/delete', message({ role: [1, 'string'] })),
  '/etcdserverpb.Auth/RoleGrantPermission': shape('/auth/role/grant', message({ name: [1, 'string'], perm: [2, permission] })),
  '/etcdserverpb.Auth/RoleRevokePermission': shape(
    '/auth/role/revoke',
    message({ role: [1, 'string'], key: [2, 'bytes'], range_end: [3, 'bytes'] }),
  ),
} as const satisfies Readonly<Record<string, MethodShape>>;

export type MethodPath = keyof typeof methods;
