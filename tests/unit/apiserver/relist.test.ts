import { MvccStore } from '@/lib/cluster/etcd';
import { createApiServer } from '@/lib/cluster/apiserver';
import { Kernel, parseInstant } from '@/lib/cluster/kernel';
import { builtInResources } from '@/lib/cluster/resources';

const headers = { accept: 'application/json', 'content-type': 'application/json' };
const url = '/api/v1/namespaces/default/configmaps';
const clientCertificate = { commonName: 'admin', organizations: ['system:masters'] };

test('watchers hear what changed while etcd was caught up from a snapshot that skips it', () => {
  const kernel = new Kernel({ seed: 1, now: parseInstant('2026-01-05T08:00:00Z') });
  const [behind, ahead] = [MvccStore.create(), MvccStore.create()];
  const server = createApiServer({ kernel, etcd: behind, resources: builtInResources });
  const send = (method: 'POST' | 'GET', path = url, body?: object) =>
    server.handle({ method, url: path, headers, clientCertificate, ...(body ? { body } : {}) });
  for (const name of ['gone', 'changed', 'same']) send('POST', url, { metadata: { name }, data: { a: '1' } });
  const seen: string[] = [];
  send('GET', `${url}?watch=true&resourceVersion=${behind.revision}`).stream?.start({
    write: (chunk) =>
      void seen.push(`${(chunk as { type: string }).type} ${(chunk as { object: { metadata: { name: string } } }).object.metadata.name}`),
    end: () => void seen.push('END'),
  });
  kernel.runFor(1_000);
  ahead.install(behind.fork());
  ahead.deleteRange('/registry/configmaps/default/gone');
  const { value } = ahead.range('/registry/configmaps/default/changed').kvs[0] as { value: object };
  ahead.put('/registry/configmaps/default/changed', { ...value, data: { a: '2' } } as never);
  ahead.put('/registry/configmaps/default/new', { ...value, metadata: { name: 'new', namespace: 'default', uid: 'u' } } as never);
  ahead.compact(ahead.revision);
  behind.install(ahead.fork());
  kernel.runFor(1_000);
  expect(seen.sort()).toEqual(['ADDED new', 'DELETED gone', 'MODIFIED changed']);
  expect((send('GET').body as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name)).toEqual([
    'changed',
    'new',
    'same',
  ]);
  ahead.put('/registry/configmaps/default/same', { ...value, metadata: { name: 'same', namespace: 'default', uid: 'u' } } as never);
  behind.install(ahead.fork());
  kernel.runFor(1_000);
  expect(seen).toContain('MODIFIED same');
  ahead.txn({
    compare: [],
    success: [
      { type: 'delete-range', key: '/registry/configmaps/default/same' },
      { type: 'put', key: '/registry/configmaps/default/changed', value: value as never },
    ],
    failure: [],
  });
  ahead.compact(ahead.revision);
  behind.install(ahead.fork());
  kernel.runFor(1_000);
  expect(seen.slice(4).sort()).toEqual(['DELETED same', 'MODIFIED changed']);
});
