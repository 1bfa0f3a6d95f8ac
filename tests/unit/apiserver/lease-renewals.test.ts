import type { KubeObject } from '@/lib/cluster/api';
import { ApiBench } from '../../support/api-server';

const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const spec = { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: '2026-01-05T08:00:00.000000Z' };
const later = '2026-01-05T08:00:02.000000Z';

function held(): { api: ApiBench; lease: KubeObject } {
  const api = new ApiBench();
  return { api, lease: api.create(leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec }) };
}

test('a renewal in a component’s own hands and one that came over a wire leave the same Lease', () => {
  const [near, far] = [held(), held()];
  const renewed = (lease: KubeObject) => ({ ...lease, spec: { ...lease.spec, renewTime: later } });
  const short = near.api.send('PUT', `${leases}/l`, renewed(near.lease));
  const long = far.api.send('PUT', `${leases}/l`, JSON.stringify(renewed(far.lease)));
  expect([short.status, short.body]).toEqual([long.status, long.body]);
  expect(near.api.etcd.range(`/registry/leases/default/l`).kvs).toEqual(far.api.etcd.range(`/registry/leases/default/l`).kvs);
  expect((short.body as KubeObject).metadata.resourceVersion).not.toBe(near.lease.metadata.resourceVersion);
});

test('what is more than a renewal is checked as any update', () => {
  const { api, lease } = held();
  const put = (change: object) => api.refusal('PUT', `${leases}/l`, { ...lease, spec: { ...lease.spec, renewTime: later, ...change } });
  expect(put({ leaseDurationSeconds: 0 })).toMatch(/^422 .*spec.leaseDurationSeconds: Invalid value: 0: must be greater than zero/);
  expect(put({ renewTime: 'soon' })).toMatch(/^400 .*cannot parse "soon"/);
  expect(put({ renewTime: '2026-13-05T08:00:00.000000Z' })).toMatch(/^400 /);
});

test('of two renewals of the same version the second conflicts', () => {
  const { api, lease } = held();
  const body = { ...lease, spec: { ...lease.spec, renewTime: later } };
  expect(api.send('PUT', `${leases}/l`, body).status).toBe(200);
  expect(api.refusal('PUT', `${leases}/l`, { ...body, spec: { ...body.spec, renewTime: '2026-01-05T08:00:04.000000Z' } })).toMatch(
    /^409 Operation cannot be fulfilled/,
  );
});

test('a renewal that changes nothing makes no revision', () => {
  const { api, lease } = held();
  const { revision } = api.etcd;
  expect(api.send('PUT', `${leases}/l`, { ...lease, spec: { ...lease.spec } }).status).toBe(200);
  expect(api.etcd.revision).toBe(revision);
});

test('an update without a body is refused, not a crash', () => {
  const { api } = held();
  for (const body of [null, undefined, 'null']) expect(api.send('PUT', `${leases}/l`, body).status).toBe(400);
});
