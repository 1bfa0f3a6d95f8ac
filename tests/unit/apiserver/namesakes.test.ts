import type { KubeObject } from '@/lib/cluster/api';
import { ApiBench } from '../../support/api-server';

// Custom kinds that are called what built-in ones are, in a group of their own.

function benchWith(kind: string, plural: string, scope: 'Cluster' | 'Namespaced', spec: object = {}): ApiBench {
  const api = new ApiBench();
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', ...spec } } } };
  api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: { group: 'example.com', scope, names: { plural, kind }, versions: [{ name: 'v1', served: true, storage: true, schema }] },
  });
  api.kernel.runUntilIdle();
  return api;
}

const root = '/apis/example.com/v1';
const draft = (kind: string, more: object = {}) => ({ apiVersion: 'example.com/v1', kind, metadata: { name: 'a' }, ...more });

test('a Lease is renewed as its own schema allows', () => {
  const path = `${root}/namespaces/default/leases`;
  const renewTime = { type: 'string', pattern: '08:00:0[01]' };
  const api = benchWith('Lease', 'leases', 'Namespaced', { properties: { renewTime } });
  const lease = api.create(path, draft('Lease', { spec: { renewTime: '2026-01-05T08:00:00.000000Z' } }));
  const put = (time: string) => api.send('PUT', `${path}/a`, { ...lease, spec: { renewTime: time } });
  expect(put('2026-01-05T08:00:02.000000Z').status).toBe(422);
  expect(put('2026-01-05T08:00:01.000000Z').status).toBe(200);
});

test('a ComponentStatus is what was stored', () => {
  const path = `${root}/componentstatuses`;
  const api = benchWith('ComponentStatus', 'componentstatuses', 'Cluster');
  api.create(path, draft('ComponentStatus'));
  expect(api.get(`${path}/a`).metadata.name).toBe('a');
  expect((api.get(path)['items'] as KubeObject[]).map(({ metadata }) => metadata.name)).toEqual(['a']);
});

test('a Namespace waits for the finalizers of its metadata alone, and goes with others', () => {
  const path = `${root}/spaces`;
  const finalizers = { type: 'array', items: { type: 'string' } };
  const api = benchWith('Namespace', 'spaces', 'Cluster', { properties: { finalizers } });
  const body = draft('Namespace', { metadata: { name: 'a', finalizers: ['example.com/f'] }, spec: { finalizers: ['x'] } });
  api.create(path, body);
  expect(api.send('DELETE', `${path}/a`).status).toBe(200);
  expect(
    api.send('PATCH', `${path}/a`, { metadata: { finalizers: null } }, { 'content-type': 'application/merge-patch+json' }).status,
  ).toBe(200);
  expect(api.send('GET', `${path}/a`).status).toBe(404);
  api.create(path, draft('Namespace'));
  expect(api.send('DELETE', path).status).toBe(200);
  expect(api.send('GET', `${path}/a`).status).toBe(404);
});
