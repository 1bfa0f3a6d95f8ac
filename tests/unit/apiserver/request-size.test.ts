import type { V1ServiceAccount } from '@/generated/kubernetes/types';
import { ApiBench, mediaTypes } from '../../support/api-server';

const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const refusal = { status: 500, body: { kind: 'Status', code: 500, message: 'etcdserver: request is too large' } };

/** A kind without a limit of its own, and fields of any length. */
const leaseOf = (name: string, length: number) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name },
  spec: { holderIdentity: 'x'.repeat(length) },
});

let api: ApiBench;
beforeEach(() => {
  api = new ApiBench();
});

const send = (method: 'POST' | 'PATCH', url: string, body: unknown, type: string = mediaTypes.json) =>
  api.send(method, url, JSON.stringify(body), { 'content-type': type });

test('what etcd takes in one request, 1.5 MiB, is the most an object may be', () => {
  expect(send('POST', leases, leaseOf('small', 1_500_000)).status).toBe(201);
  expect(send('POST', leases, leaseOf('large', 1_600_000))).toMatchObject(refusal);
  expect(api.send('GET', `${leases}/large`).status).toBe(404);
});

test('a body that is mostly escapes is judged by what it stands for', () => {
  const body = leaseOf('lines', 0);
  expect(send('POST', leases, { ...body, spec: { holderIdentity: '\n'.repeat(1_200_000) } }).status).toBe(201);
});

test('an object may not grow past it by patches either, and stays what it was', () => {
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  send('POST', accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'grower' } });
  const grow = (turn: number) =>
    send('PATCH', `${accounts}/grower`, { secrets: [{ name: `${turn}${'x'.repeat(100_000)}` }] }, mediaTypes.strategic);
  for (let turn = 0; turn < 15; turn++) expect(grow(turn).status).toBe(200);
  expect(grow(15)).toMatchObject(refusal);
  expect((api.get(`${accounts}/grower`) as V1ServiceAccount).secrets).toHaveLength(15);
});

test('a JSON patch that copies is measured, however short it is', () => {
  const maps = '/api/v1/namespaces/default/serviceaccounts';
  send('POST', maps, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'copier' }, secrets: [{ name: 'x'.repeat(900_000) }] });
  const copy = [{ op: 'copy', from: '/secrets/0', path: '/secrets/1' }];
  expect(send('PATCH', `${maps}/copier`, copy, mediaTypes.jsonPatch)).toMatchObject(refusal);
});
