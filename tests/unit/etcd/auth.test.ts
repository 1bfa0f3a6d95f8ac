import type { AuthRequest } from '@/lib/cluster/etcd';
import { EtcdError, MvccStore, type EtcdMember, type MvccEdit } from '@/lib/cluster/etcd';
import { applyAuth, isPermitted, noAuth } from '@/lib/cluster/etcd/auth';
import { EtcdGroup } from '../../support/etcd-group';

function after(...requests: readonly AuthRequest[]) {
  return requests.reduce(applyAuth, noAuth);
}

const reader: readonly AuthRequest[] = [
  { type: 'user-add', name: 'alice', password: 'x' },
  { type: 'role-add', role: 'reader' },
  { type: 'user-grant-role', name: 'alice', role: 'reader' },
];
const granted = (key: string, end?: string): AuthRequest => ({
  type: 'role-grant-permission',
  role: 'reader',
  permission: { type: 'READ', key, ...(end === undefined ? {} : { end }) },
});

test('permissions on ranges that touch count as one', () => {
  const state = after(...reader, granted('a', 'c'), granted('c'), granted('c\0', 'e'));
  expect(isPermitted(state, 'alice', 'READ', 'a', 'e')).toBe(true);
  expect(isPermitted(state, 'alice', 'READ', 'b')).toBe(true);
  expect(isPermitted(state, 'alice', 'READ', 'a', 'f')).toBe(false);
  expect(isPermitted(state, 'alice', 'WRITE', 'a')).toBe(false);
});

test('a gap between two ranges is not permitted', () => {
  const state = after(...reader, granted('a', 'b'), granted('c', 'd'));
  expect(isPermitted(state, 'alice', 'READ', 'a', 'd')).toBe(false);
});

test('a range without an end needs a permission without one', () => {
  const state = after(...reader, granted('a', 'z'), granted('m', '\0'));
  expect(isPermitted(state, 'alice', 'READ', 'b', '\0')).toBe(true);
  expect(isPermitted(after(...reader, granted('a', 'z')), 'alice', 'READ', 'b', '\0')).toBe(false);
});

test('authentication is not enabled without a root user that has the root role', () => {
  expect(() => after({ type: 'enable' })).toThrow('etcdserver: root user does not exist');
  const state = after({ type: 'user-add', name: 'root', password: 'x' });
  expect(() => applyAuth(state, { type: 'enable' })).toThrow('etcdserver: root user does not have root role');
});

test('users and roles are part of a snapshot and of the journal', () => {
  const [store, copy] = [MvccStore.create(), MvccStore.create()];
  store.onEdit = (edit: MvccEdit) => copy.replayEdit(JSON.parse(JSON.stringify(edit)) as MvccEdit);
  store.setAuth(after(...reader, granted('a')));
  expect(copy.auth).toEqual(store.auth);
  expect(MvccStore.restore(store.snapshot()).auth).toEqual(store.auth);
  expect(store.fork().auth).toBe(store.auth);
});

test('a token of one member is good for the others, and ends after five minutes without use', () => {
  const group = new EtcdGroup({ size: 3 });
  group.kernel.runFor(5_000);
  const [one, two] = ['cp-1', 'cp-2'].map((name) => group.machine(name).member) as [EtcdMember, EtcdMember];
  one.auth({ type: 'user-add', name: 'root', password: 'secret' });
  one.auth({ type: 'role-add', role: 'root' });
  one.auth({ type: 'user-grant-role', name: 'root', role: 'root' });
  one.auth({ type: 'enable' });
  const token = one.auth({ type: 'authenticate', name: 'root', password: 'secret' }).token as string;
  expect(two.as({ token }).put('a', '1').revision).toBe(2);
  expect(() => two.as({}).put('a', '1')).toThrow(new EtcdError('InvalidArgument', 'etcdserver: user name is empty'));
  group.kernel.runFor(301_000);
  expect(() => two.as({ token }).range('a')).toThrow('etcdserver: invalid auth token');
});
