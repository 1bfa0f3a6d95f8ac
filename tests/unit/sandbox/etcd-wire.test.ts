import fc from 'fast-check';
import { Cluster } from '@/lib/cluster';
import { methods } from '@/lib/sandbox/etcd/messages';
import { serveEtcd } from '@/lib/sandbox/etcd/methods';
import { bytesOf, decode, encode, textOf } from '@/lib/sandbox/etcd/wire';

test('any bytes come back from text as they were', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(bytesOf(textOf(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
    }),
  );
});

test('a message comes back as it was written, negative and 64-bit numbers too', () => {
  const { response } = methods['/etcdserverpb.Lease/LeaseTimeToLive'];
  const message = {
    header: { cluster_id: 'a56f1d0f64f3269e', member_id: '00000000000000ff', revision: 2 ** 52 },
    ID: 2 ** 52 + 1,
    TTL: -1,
    keys: ['a', '', 'ü'],
  };
  expect(decode(response, encode(response, message))).toEqual(message);
});

test('a put is written as the wire format has it', () => {
  const { request } = methods['/etcdserverpb.KV/Put'];
  expect(encode(request, { key: 'foo', value: 'bar', lease: 300, prev_kv: true }).toString('hex')).toBe('0a03666f6f120362617218ac022001');
});

test('transactions nest', () => {
  const { request } = methods['/etcdserverpb.KV/Txn'];
  const inner = { compare: [{ result: 'GREATER', target: 'MOD', key: 'a', mod_revision: 3 }], success: [{ request_put: { key: 'a' } }] };
  const message = { failure: [{ request_txn: inner }] };
  expect(decode(request, encode(request, message))).toEqual(message);
});

test('the same methods are JSON below /v3, with etcd’s sentences', async () => {
  const cluster = Cluster.boot({ topology: { controlPlanes: 1, workers: 0 }, seed: '1' });
  const gateway = serveEtcd(() => cluster.network.dialEtcd(cluster.network.host('cp-1'), 'https://127.0.0.1:2379'));
  const url = `http://127.0.0.1:${await gateway.listen(0, '127.0.0.1')}`;
  const ask = async (path: string, body: object) => {
    const response = await fetch(`${url}/v3${path}`, { method: 'POST', body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const key = Buffer.from('greeting').toString('base64');
  await ask('/kv/put', { key, value: Buffer.from('hello').toString('base64') });
  const { body } = await ask('/kv/range', { key });
  const refused = await ask('/kv/range', { key, revision: '9000000' });
  const long = await ask('/kv/put', { key, value: 'x'.repeat(5_000_000) });
  await gateway.close();
  expect([long.status, long.body['error']]).toEqual([429, expect.stringMatching(/^grpc: received message larger than max/)]);
  expect(body['kvs']).toMatchObject([{ key, value: 'aGVsbG8=', version: '1' }]);
  expect(refused).toEqual({
    status: 400,
    body: {
      code: 11,
      error: 'etcdserver: mvcc: required revision is a future revision',
      message: 'etcdserver: mvcc: required revision is a future revision',
    },
  });
});
