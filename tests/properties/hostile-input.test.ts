import fc from 'fast-check';
import { Random } from '@/lib/base';
import type { ApiRequest, ApiResponse } from '@/lib/cluster/api';
import { builtInResources } from '@/lib/cluster/resources';
import { ApiBench } from '../support/api-server';
import { hostileRequest, objectOf, pathOf } from '../support/hostile-requests';

/** `ORRERY_HOSTILE=2000` lets so many strange clients come. */
const clients = Number(process.env['ORRERY_HOSTILE'] ?? 25);
const requestsEach = 150;

/** An API server that has an object `known` of most kinds, much of it strange already. */
function serverWithObjects(random: Random): ApiBench {
  const api = new ApiBench();
  api.kernel.runFor(1000);
  api.create('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  for (const definition of builtInResources)
    for (let attempt = 0; attempt < 6; attempt++)
      if (api.send('POST', pathOf(definition), JSON.stringify(objectOf(random, definition, 'known'))).status < 400) break;
  return api;
}

const heirlooms = () =>
  [Object.prototype, Array.prototype, Function.prototype, String.prototype].map((one) => Object.getOwnPropertyNames(one).join());

const sensible = [200, 201, 202, 301, 400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 422, 429, 500, 501, 503, 504];

/** What is wrong with an answer, or nothing. */
function complaint(request: ApiRequest, { status, body, headers }: ApiResponse): string | undefined {
  if (!sensible.includes(status) && status !== 101) return `status ${status}`;
  if (status < 400 || typeof body === 'string') return undefined;
  const { kind, code, message, reason } = body as { kind?: string; code?: number; message?: unknown; reason?: string };
  if (kind !== 'Status' && !request.url.includes('readyz')) return `no Status: ${JSON.stringify(body)}`;
  if (code !== status || typeof message !== 'string') return `a Status of ${code} in an answer of ${status}`;
  if (
    reason === 'InternalError' ||
    (/is not a function|undefined|\[object|NaN/.test(message.replaceAll(request.url, '')) && !mentions(request, message))
  )
    return `says ${message}`;
  return headers['content-type'] === undefined ? 'has no content type' : undefined;
}

/** Words that look like JavaScript's may be the client's own. */
function mentions({ url, body }: ApiRequest, message: string): boolean {
  const sent = `${url} ${typeof body === 'string' ? body : ''}`;
  return ['undefined', '[object', 'NaN'].every((word) => !message.includes(word) || sent.includes(word));
}

/** Sends one, and lets its stream begin and end. */
function answered(api: ApiBench, request: ApiRequest): string | undefined {
  const before = api.etcd.revision;
  const response = api.server.handle(request);
  response.stream?.start({ write: () => {}, end: () => {} })();
  if (response.status >= 400 && api.etcd.revision !== before) return `changed something and answered ${response.status}`;
  JSON.stringify(response.body);
  return complaint(request, response);
}

test('whatever a client sends is answered, with a Status when it is refused, and a refusal changes nothing', () => {
  const inherited = heirlooms();
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = Random.of(`hostile/${seed}`);
      const api = serverWithObjects(random);
      for (let sent = 0; sent < requestsEach; sent++) {
        const drawn = hostileRequest(random);
        const request = drawn.headers['authorization'] || random.int(4) === 0 ? drawn : { actor: 'test', ...drawn };
        const wrong = answered(api, request);
        if (wrong !== undefined) throw new Error(`${wrong}\n${JSON.stringify(request)}`);
        if (sent % 25 === 0) api.kernel.runFor(100);
      }
      expect(heirlooms()).toEqual(inherited);
    }),
    { numRuns: clients, seed: 20_260_105, endOnFailure: true },
  );
});

const many = 10_000;
const repeated = (text: string, separator = '') => Array(many).fill(text).join(separator);
const numbered = (text: (index: number) => string, separator: string) =>
  Array.from({ length: many }, (_, index) => text(index)).join(separator);

/** Documents for which a reader that is not careful takes time or memory out of all proportion, or runs out of stack. */
const bombs: Readonly<Record<string, string>> = {
  'lists in lists': repeated('['),
  'objects in objects': repeated('{"a":'),
  'YAML objects in objects': repeated('{a: '),
  'lists in lists, by dashes': repeated('- '),
  'keys that are keys that are keys': `${repeated('? ')}a`,
  'keys that are lists': `${repeated('[[]: ')}a`,
  'many keys': numbered((index) => `k${index}: v`, '\n'),
  'one key many times': repeated('k: v', '\n'),
  'one JSON key many times': `{${repeated('"a":{"b":1}', ',')}}`,
  'many anchors': numbered((index) => `a${index}: &x${index} y`, '\n'),
  'many merges': `a: &a {x: 1}\nb:\n${repeated('  <<: *a', '\n')}`,
  'an alias of itself': 'a: &a [*a]',
  'a billion laughs': [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...[...'bcdefghi'].map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[at]}`)}]`),
  ].join('\n'),
  'one escape after the other': `"${repeated('\\u0041')}"`,
};

const readers = [
  ['POST', '/api/v1/namespaces/default/configmaps', 'application/json'],
  ['POST', '/api/v1/namespaces/default/configmaps', 'application/yaml'],
  ['DELETE', '/api/v1/namespaces/default/configmaps/known', 'application/yaml'],
  ['PATCH', '/api/v1/namespaces/default/configmaps/known?fieldManager=x', 'application/apply-patch+yaml'],
  ['PATCH', '/api/v1/namespaces/default/configmaps/known', 'application/merge-patch+json'],
  ['PATCH', '/api/v1/namespaces/default/configmaps/known', 'application/strategic-merge-patch+json'],
  ['PATCH', '/api/v1/namespaces/default/configmaps/known', 'application/json-patch+json'],
] as const;

test.each(readers)('%s %s survives a bomb in %s', (method, url, contentType) => {
  const api = new ApiBench();
  api.create('/api/v1/namespaces/default/configmaps', { metadata: { name: 'known' } });
  for (const [name, text] of Object.entries(bombs)) {
    const before = api.etcd.revision;
    const { status } = api.send(method, url, text, { 'content-type': contentType });
    expect([name, [200, 400, 413, 422, 500].includes(status) || status]).toEqual([name, true]);
    if (status >= 400) expect(api.etcd.revision).toBe(before);
    else if (method === 'DELETE') api.create('/api/v1/namespaces/default/configmaps', { metadata: { name: 'known' } });
  }
});

/** Lists of many items, with which a loop within a loop would never come to an end. */
const crowds: Readonly<Record<string, unknown>> = {
  finalizers: { metadata: { finalizers: Array.from({ length: many }, (_, index) => `a.b/${index}`) } },
  'finalizers taken away': {
    metadata: { '$deleteFromPrimitiveList/finalizers': Array.from({ length: many }, (_, index) => `a.b/${index}`) },
  },
  'finalizers in order': {
    metadata: {
      '$setElementOrder/finalizers': Array.from({ length: many }, (_, index) => `a.b/${index}`),
      finalizers: Array.from({ length: many }, (_, index) => `a.b/${index}`),
    },
  },
  owners: {
    metadata: {
      ownerReferences: Array.from({ length: many }, (_, index) => ({ apiVersion: 'v1', kind: 'X', name: 'x', uid: `${index}` })),
    },
  },
  'owners deleted': { metadata: { ownerReferences: Array.from({ length: many }, (_, index) => ({ $patch: 'delete', uid: `${index}` })) } },
  labels: { metadata: { labels: Object.fromEntries(Array.from({ length: many }, (_, index) => [`l${index}`, 'x'])) } },
  'what is retained': { data: { $retainKeys: Array.from({ length: many }, (_, index) => `l${index}`) } },
};

test('a crowd in a patch is patched in or refused, and the server goes on', () => {
  const api = new ApiBench();
  const url = '/api/v1/namespaces/default/configmaps/known';
  api.create('/api/v1/namespaces/default/configmaps', { metadata: { name: 'known', finalizers: ['a.b/1'] }, data: { a: 'b' } });
  for (const [name, crowd] of Object.entries(crowds))
    for (const contentType of ['application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml']) {
      const body = JSON.stringify(contentType.includes('yaml') ? { apiVersion: 'v1', kind: 'ConfigMap', ...(crowd as object) } : crowd);
      const { status } = api.send('PATCH', `${url}?dryRun=All${contentType.includes('yaml') ? '&fieldManager=x' : ''}`, body, {
        'content-type': contentType,
      });
      expect([name, [200, 400, 413, 422, 500].includes(status) || status]).toEqual([name, true]);
    }
});

test('copies in a JSON patch may not make a document grow without bounds', () => {
  const api = new ApiBench();
  api.create('/api/v1/namespaces/default/configmaps', { metadata: { name: 'known' }, data: { a: 'x'.repeat(1000) } });
  const doubling = Array.from({ length: 60 }, (_, index) => ({ op: 'copy', from: '/data', path: `/data/${index}` }));
  expect(
    api.refusal('PATCH', '/api/v1/namespaces/default/configmaps/known', doubling, { 'content-type': 'application/json-patch+json' }),
  ).toBe('422 the server rejected our request due to an error in our request');
});

const long = 1_000_000;

test.each([
  ['/api/v1/namespaces/default/secrets', { data: { a: `${'\n'.repeat(long)}!` } }, 'illegal base64 data at input byte 0'],
  ['/api/v1/namespaces/default/resourcequotas', { spec: { hard: { pods: `${'1'.repeat(long)}!` } } }, 'quantities must match'],
  ['/api/v1/namespaces/default/resourcequotas', { spec: { hard: { pods: `0.${'1'.repeat(long)}!` } } }, 'quantities must match'],
])('a long text at %s that is nearly what it should be is refused in the time it takes to read', (url, body, expected) => {
  expect(new ApiBench().refusal('POST', url, { metadata: { name: 'x' }, ...body })).toContain(expected);
});

test.each(['__proto__', 'constructor', 'toString'])('a label, a key and a field called %s are like any other', (name) => {
  const api = new ApiBench();
  const url = '/api/v1/namespaces/default/configmaps';
  const named = (value: string) =>
    `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"known","labels":{"a":"b"},"annotations":{"a.${name}.z":"${value}"}},"data":{"${name}":"${value}"}}`;
  expect(api.send('POST', url, named('1')).status).toBe(201);
  const own = () => Object.entries(api.get(`${url}/known`)['data'] as object);
  expect(own()).toEqual([[name, '1']]);
  const apply = (text: string) =>
    api.send('PATCH', `${url}/known?fieldManager=x&force=true`, text, { 'content-type': 'application/apply-patch+yaml' }).status;
  expect(apply('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"labels":{"c":"d"}}}')).toBe(200);
  expect(own()).toEqual([[name, '1']]);
  expect(apply(named('2'))).toBe(200);
  expect(own()).toEqual([[name, '2']]);
  for (const type of ['merge', 'strategic'] as const)
    api.send('PATCH', `${url}/known`, `{"data":{"${name}":"${type}"}}`, {
      'content-type': `application/${type === 'merge' ? 'merge' : 'strategic-merge'}-patch+json`,
    });
  expect(own()).toEqual([[name, 'strategic']]);
  api.send('PATCH', `${url}/known`, `[{"op":"replace","path":"/data/${name}","value":"json"}]`, {
    'content-type': 'application/json-patch+json',
  });
  expect(own()).toEqual([[name, 'json']]);
  expect(api.get(`${url}?labelSelector=a,!x.${name}.z`)['items']).toHaveLength(1);
  expect(api.get(`${url}?labelSelector=${name.replaceAll('_', '')}`)['items']).toEqual([]);
  expect(api.refusal('GET', `${url}?fieldSelector=${name}%3Dx`)).toMatch(/^400 /);
});

test('a watch with less than no time is over at once, and no number is larger than an int64', () => {
  const api = new ApiBench();
  const watch = api.watch('/api/v1/configmaps?watch=1&timeoutSeconds=-1');
  api.kernel.runFor(1);
  expect(watch.isOver).toBe(true);
  expect(api.refusal('GET', `/api/v1/configmaps?watch=1&timeoutSeconds=${'9'.repeat(400)}`)).toMatch(
    /^400 strconv\.ParseInt: parsing "9+": value out of range$/,
  );
});
