import { Random } from '@/lib/base';
import type { ApiRequest, ResourceDefinition } from '@/lib/cluster/api';
import { builtInResources } from '@/lib/cluster/resources';
import { definitions, type FieldSchema } from '@/generated/kubernetes/schema';

/** One request that somebody hostile, or merely mistaken, sends. Everything is drawn from `random`. */
export function hostileRequest(random: Random): ApiRequest {
  return random.pick(manners)(random);
}

type Manner = (random: Random) => ApiRequest;

const manners: readonly Manner[] = [
  writtenBySchema,
  writtenBySchema,
  writtenBySchema,
  patched,
  patched,
  brokenText,
  protobuf,
  asked,
  asked,
  wandering,
  reviewed,
];

const words = [
  '',
  'a',
  'known',
  'other',
  'default',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'prototype',
  '-',
  '.',
  '..',
  '/',
  '*',
  '\u0000',
  '\ud800',
  '\u{1F4A9}',
  'ä',
  '1',
  '-1',
  '0',
  '1e999',
  '9223372036854775808',
  'NaN',
  '1Gi',
  '100m',
  '0.0000000000001',
  '80%',
  'true',
  'null',
  'a=b',
  'a in (b',
  '$(X)',
  '${x}',
  '10.0.0.1',
  '10.0.0.0/8',
  '::1',
  '256.1.1.1/99',
  'example.com/x',
  'https://example.com',
  '/a/../b',
  '2026-01-05T08:00:00Z',
  '9999-99-99T99:99:99Z',
  '*/5 * * * *',
  'Europe/Zurich',
  'object.x',
  '[?(@.a)]',
  'x'.repeat(300),
  '(a+)+$',
  '{"a":',
  'YQ==',
  'apps/v1',
  'v1',
  'Pod',
  'Always',
  'TCP',
] as const;

const numbers = [0, 1, -1, 2, 80, 65_536, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1.5, 1e300, 1e-7];

function strangeKey(random: Random): string {
  return random.pick(words);
}

/** A value without a plan. */
function anything(random: Random, depth = 0): unknown {
  switch (random.int(depth > 3 ? 5 : 7)) {
    case 0:
      return null;
    case 1:
      return random.int(2) === 0;
    case 2:
      return random.pick(numbers);
    case 3:
    case 4:
      return random.pick(words);
    case 5:
      return Array.from({ length: random.int(4) }, () => anything(random, depth + 1));
    default:
      return fieldsOf(Array.from({ length: random.int(4) }, () => [strangeKey(random), anything(random, depth + 1)]));
  }
}

/** Own fields, whatever they are called. */
function fieldsOf(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries);
}

/** A value that mostly has the type it should, of which much is left out and some is wrong. */
function valueOf(random: Random, schema: FieldSchema, depth = 0): unknown {
  const luck = random.int(100);
  if (luck < 2) return anything(random, 2);
  if (luck < 4) return null;
  if (schema.$ref) return referenced(random, schema.$ref, depth);
  if (schema.items)
    return Array.from({ length: depth > 9 ? 0 : random.int(3) }, () => valueOf(random, schema.items as FieldSchema, depth + 1));
  if (schema.additionalProperties)
    return fieldsOf(
      Array.from({ length: random.int(3) }, () => [
        strangeKey(random),
        valueOf(random, schema.additionalProperties as FieldSchema, depth + 1),
      ]),
    );
  switch (schema.type) {
    case 'boolean':
      return random.int(2) === 0;
    case 'integer':
    case 'number':
      return random.pick(numbers);
    case 'string':
      return schema.enum && random.int(4) > 0 ? random.pick(schema.enum) : random.pick(words);
    default:
      return anything(random, 2);
  }
}

function referenced(random: Random, id: string, depth: number): unknown {
  const definition = definitions[id];
  if (!definition?.properties) return definition?.type ? valueOf(random, { type: definition.type }, depth + 1) : random.pick(words);
  const required = new Set(definition.required);
  const share = depth === 0 ? 70 : depth < 3 ? 45 : depth < 8 ? 25 : 5;
  const names = Object.keys(definition.properties).filter(
    (name) => random.int(100) < (required.has(name) ? Math.max(share, 60) : share) && depth < 12,
  );
  return fieldsOf([
    ...names.map((name) => [name, valueOf(random, definition.properties?.[name] as FieldSchema, depth + 1)] as const),
    ...(random.int(40) === 0 ? [[strangeKey(random), anything(random, 2)] as const] : []),
  ]);
}

const byId = new Map(
  Object.entries(definitions).flatMap(([id, { gvk }]) => (gvk ? [[`${gvk.group}/${gvk.version}/${gvk.kind}`, id] as const] : [])),
);

function idOf({ group, version, kind }: Pick<ResourceDefinition, 'group' | 'version' | 'kind'>): string {
  return byId.get(`${group}/${version}/${kind}`) ?? '';
}

/** An object of a kind, with a name that may well be good. */
export function objectOf(
  random: Random,
  definition: ResourceDefinition,
  name = random.pick(['a', 'known', 'other']),
): Record<string, unknown> {
  const object = referenced(random, idOf(definition), 0);
  const fields = typeof object === 'object' && object !== null ? (object as Record<string, unknown>) : {};
  const metadata = random.int(4) === 0 ? fields['metadata'] : { name, ...(random.int(3) === 0 ? { labels: { a: 'b' } } : {}) };
  const { apiVersion: _, kind: __, ...rest } = fields;
  return { ...rest, metadata, ...(random.int(8) === 0 ? { apiVersion: fields['apiVersion'], kind: fields['kind'] } : {}) };
}

/** Where its objects are. */
export function pathOf({ group, version, names, scope }: ResourceDefinition, namespace = 'default'): string {
  return `${group === '' ? '/api' : `/apis/${group}`}/${version}${scope === 'Namespaced' ? `/namespaces/${namespace}` : ''}/${names.plural}`;
}

const json = 'application/json';

function request(method: ApiRequest['method'], url: string, body?: unknown, contentType: string = json): ApiRequest {
  return { method, url, headers: { 'content-type': contentType }, ...(body === undefined ? {} : { body }) };
}

const writeQueries = [
  '',
  '',
  '',
  '?dryRun=All',
  '?fieldValidation=Strict',
  '?fieldValidation=Ignore',
  '?fieldManager=%00',
  '?dryRun=x',
  '?fieldValidation=x',
  '?fieldManager=' + 'x'.repeat(200),
];

function writtenBySchema(random: Random): ApiRequest {
  const definition = random.pick(builtInResources);
  const body = JSON.stringify(objectOf(random, definition, random.int(2) === 0 ? 'known' : 'a'));
  const below = random.pick(['', '', '', '/status', '/scale', '/finalize', '/approval', '/resize', '/ephemeralcontainers']);
  const query = random.pick(writeQueries);
  if (random.int(3) > 0) return request('POST', `${pathOf(definition)}${query}`, body);
  return request('PUT', `${pathOf(definition)}/known${below}${query}`, body);
}

const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
] as const;

const pointers = [
  '',
  '/',
  '/a',
  '/metadata',
  '/metadata/labels',
  '/metadata/labels/a~1b',
  '/metadata/__proto__/x',
  '/__proto__/x/y',
  '/constructor/prototype/x',
  '/spec',
  '/spec/x/-',
  '/spec/-1',
  '/data/k',
  '/kind',
  '/metadata/name',
  '/metadata/finalizers/0',
  '/spec/containers/0/image',
  '/spec/template/spec/containers/99',
  '~2',
  '/a/b/c/d/e/f',
];

function operation(random: Random): unknown {
  if (random.int(12) === 0) return anything(random);
  return fieldsOf([
    ['op', random.int(15) === 0 ? anything(random, 2) : random.pick(['add', 'remove', 'replace', 'move', 'copy', 'test'])],
    ['path', random.int(15) === 0 ? anything(random, 2) : random.pick(pointers)],
    ...(random.int(2) === 0 ? [['from', random.pick(pointers)] as const] : []),
    ...(random.int(3) > 0 ? [['value', anything(random)] as const] : []),
    ...(random.int(9) === 0 ? [[strangeKey(random), anything(random)] as const] : []),
  ]);
}

const directives = [
  '$patch',
  '$retainKeys',
  '$setElementOrder/containers',
  '$setElementOrder/finalizers',
  '$deleteFromPrimitiveList/finalizers',
  '$setElementOrder/__proto__',
];

/** Directives of strategic merges, anywhere. */
function sprinkled(random: Random, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => sprinkled(random, one));
  if (typeof value !== 'object' || value === null) return value;
  return fieldsOf([
    ...Object.entries(value).map(([key, one]) => [key, sprinkled(random, one)] as const),
    ...(random.int(6) === 0
      ? [
          [
            random.pick(directives),
            random.pick<() => unknown>([() => random.pick(['delete', 'replace', 'merge', 'x']), () => anything(random, 2)])(),
          ] as const,
        ]
      : []),
  ]);
}

function patched(random: Random): ApiRequest {
  const definition = random.pick(builtInResources);
  const type = random.pick(patchTypes);
  const below = random.pick(['', '', '', '/status', '/scale', '/resize', '/ephemeralcontainers', '/approval']);
  const object = () => ({
    ...objectOf(random, definition, 'known'),
    ...(random.int(6) === 0 ? {} : { apiVersion: apiVersionOf(definition), kind: definition.kind }),
  });
  const body =
    type === 'application/json-patch+json' && random.int(8) > 0
      ? Array.from({ length: random.int(4) }, () => operation(random))
      : type === 'application/strategic-merge-patch+json'
        ? sprinkled(random, object())
        : object();
  const query =
    type === 'application/apply-patch+yaml'
      ? random.pick(['?fieldManager=x', '?fieldManager=x&force=true', '?force=true', ''])
      : random.pick(writeQueries);
  return request(
    'PATCH',
    `${pathOf(definition)}/${random.pick(['known', 'known', 'known', 'a'])}${below}${query}`,
    JSON.stringify(body),
    type,
  );
}

function apiVersionOf({ group, version }: ResourceDefinition): string {
  return group === '' ? version : `${group}/${version}`;
}

const snippets = [
  '{',
  '[',
  '"',
  '\\u',
  '\\',
  ',',
  ':',
  'null',
  '&a [*a, *a]',
  '*x',
  '<<: ',
  '? ',
  '!!js/function ',
  '!!binary ',
  '- ',
  '\n',
  '\t',
  '\u0000',
  '\ufeff',
  '\ufffd',
  '%YAML 1.2\n---\n',
  '---\n',
  '1e400',
  '-0',
  '"__proto__":{"x":1},',
  '{"a":{}}',
] as const;

const manyAliases = [
  'a: &a [x,x,x,x,x,x,x,x,x,x]',
  ...'bcdefghij'.split('').map((name, at) => `${name}: &${name} [${Array(10).fill(`*${'abcdefghij'[at]}`).join(',')}]`),
].join('\n');

/** A document that was good before somebody cut, repeated or salted it. */
function brokenText(random: Random): ApiRequest {
  const definition = random.pick(builtInResources);
  let text = random.pick([
    JSON.stringify({ metadata: { name: 'a' } }),
    'metadata:\n  name: a\n',
    '',
    manyAliases,
    JSON.stringify(objectOf(random, definition)),
  ]);
  for (let left = random.int(4); left > 0; left--) {
    const at = random.int(text.length + 1);
    text = random.pick([
      text.slice(0, at),
      text.slice(0, at) + random.pick(snippets) + text.slice(at),
      text.slice(0, at) + text.slice(at + 1),
    ]);
  }
  if (random.int(12) === 0)
    text = random.pick(['[', '{"a":', '- ', '[[', '{"spec":{"a":[', '{a: ']).repeat(random.pick([50, 999, 1001, 20_000]));
  const contentType = random.pick([
    json,
    'application/yaml',
    'application/vnd.kubernetes.protobuf',
    'text/plain',
    '',
    'application/json; charset=utf-8',
    ...patchTypes,
  ]);
  const method = contentType.includes('patch') ? 'PATCH' : random.pick(['POST', 'PUT', 'DELETE'] as const);
  const url = `${pathOf(definition)}${method === 'POST' ? '' : '/known'}`;
  return random.int(4) === 0 && method !== 'PATCH'
    ? request(method, url, new TextEncoder().encode(text), contentType)
    : request(method, url, text, contentType);
}

/** Fields of a message as they look on the wire, lengths that lie included. */
function message(random: Random, depth = 0): number[] {
  const bytes: number[] = [];
  for (let left = random.int(6); left > 0; left--) {
    const wireType = random.pick([0, 1, 2, 2, 2, 2, 5, 3, 7]);
    bytes.push((random.between(0, 15) << 3) | wireType);
    if (wireType === 0) bytes.push(...varint(random));
    else if (wireType === 2) {
      const inner = depth < 5 && random.int(3) > 0 ? message(random, depth + 1) : [...new TextEncoder().encode(random.pick(words))];
      bytes.push(...(random.int(20) === 0 ? varint(random) : length(inner.length)), ...inner);
    } else bytes.push(...Array.from({ length: wireType === 1 ? 8 : 4 }, () => random.int(256)));
  }
  return bytes;
}

function varint(random: Random): number[] {
  return random.pick([
    [0],
    [1],
    [127],
    [0x80, 1],
    [0xff, 0xff, 0xff, 0xff, 0x0f],
    Array(9).fill(0xff).concat([1]),
    Array(12).fill(0xff),
    [0x80],
  ]);
}

function length(count: number): number[] {
  const bytes: number[] = [];
  for (; count > 127; count >>= 7) bytes.push((count & 127) | 128);
  return [...bytes, count];
}

function delimited(number: number, bytes: readonly number[]): number[] {
  return [(number << 3) | 2, ...length(bytes.length), ...bytes];
}

function text(value: string): number[] {
  return [...new TextEncoder().encode(value)];
}

function protobuf(random: Random): ApiRequest {
  const definition = random.pick(builtInResources);
  const typeMeta = [...delimited(1, text(apiVersionOf(definition))), ...delimited(2, text(definition.kind))];
  const metadata = delimited(1, [...delimited(1, text(random.pick(['a', 'known', '__proto__']))), ...message(random, 2)]);
  const object = [...metadata, ...(random.int(3) > 0 ? delimited(2, message(random)) : []), ...message(random)];
  const envelope = random.int(10) === 0 ? message(random) : [...delimited(1, typeMeta), ...delimited(2, object)];
  const magic = random.int(15) === 0 ? [0x6b, 0x38] : [0x6b, 0x38, 0x73, 0];
  const isUpdate = random.int(3) === 0;
  return request(
    isUpdate ? 'PUT' : 'POST',
    `${pathOf(definition)}${isUpdate ? '/known' : ''}`,
    Uint8Array.from([...magic, ...envelope]),
    'application/vnd.kubernetes.protobuf',
  );
}

const questions: Readonly<Record<string, readonly string[]>> = {
  labelSelector: [
    'a',
    '!a',
    'a=b',
    'a==b,c!=d',
    'a in (b,c)',
    'a notin (',
    'a in ()',
    '((((',
    ',,,',
    '=',
    'a>x',
    'a<1',
    '__proto__=x',
    'constructor',
    'a in (' + 'b,'.repeat(2000) + 'c)',
    '!'.repeat(3000),
  ],
  fieldSelector: [
    'metadata.name=known',
    'metadata.name!=a',
    '__proto__=x',
    'spec.x=y',
    '=',
    '\\',
    'a=b=c',
    'metadata.namespace=default,metadata.name=known',
    'constructor.name=x',
    'metadata.name=' + 'x'.repeat(2000),
  ],
  limit: ['1', '0', '-1', 'x', '1e9', '9223372036854775808', ''],
  continue: [
    'x',
    'YQ',
    '!!!!',
    'e30',
    'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhIn0',
    'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6IngiLCJzdGFydCI6MX0',
    'bnVsbA',
    'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiLi4vLi4vIn0',
    'W10',
  ],
  resourceVersion: ['0', '1', '-1', 'x', '999999999', '18446744073709551616', '1.5', ''],
  resourceVersionMatch: ['Exact', 'NotOlderThan', 'x'],
  watch: ['1', 'true', 'false', 'x'],
  timeoutSeconds: ['0', '1', '-1', 'x', '99999999999999'],
  sendInitialEvents: ['true', 'false', 'x'],
  allowWatchBookmarks: ['true', 'x'],
  pretty: ['1'],
  includeObject: ['None', 'x'],
  gracePeriodSeconds: ['0', '-5', 'x'],
  propagationPolicy: ['Foreground', 'Orphan', 'x'],
  orphanDependents: ['true', 'x'],
  dryRun: ['All', 'x'],
  tailLines: ['-1', 'x', '1e9'],
  container: ['c', '__proto__'],
  command: ['ls', ''],
  stdin: ['1'],
  ports: ['80', '-1', 'x', '99999'],
  path: ['/', '../..'],
};

const accepts = [
  json,
  '*/*',
  '',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/vnd.kubernetes.protobuf,application/json',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=__proto__',
  'text/html;q=0.x,,,;;==',
  'application/cbor',
];

const strangeHeaders: readonly (readonly [string, string])[] = [
  ['authorization', 'Bearer x.y.z'],
  ['authorization', 'Bearer eyJhbGciOiJub25lIn0.bnVsbA.'],
  ['authorization', 'Bearer aaaaaa.bbbbbbbbbbbbbbbb'],
  ['authorization', 'Basic x'],
  ['impersonate-user', 'system:serviceaccount:default:x'],
  ['impersonate-user', '__proto__'],
  ['impersonate-group', 'system:masters'],
  ['impersonate-extra-%zz', 'x'],
  ['impersonate-uid', 'x'],
  ['user-agent', '\u0000'.repeat(50)],
  ['user-agent', ''],
  ['if-none-match', '"x"'],
  ['connection', 'upgrade'],
  ['upgrade', 'websocket'],
  ['kubernetes-x', 'x'.repeat(9000)],
];

/** Reads and deletions with a query that makes little sense. */
function asked(random: Random): ApiRequest {
  const definition = random.pick(builtInResources);
  const names = Object.keys(questions);
  const query = Array.from({ length: random.int(5) }, () => random.pick(names)).map(
    (name) =>
      `${name}=${random.int(20) === 0 ? random.pick(['%', '%zz', '%ff%fe', '&&&', '']) : encodeURIComponent(random.pick(questions[name] as readonly string[]))}`,
  );
  const path = random.pick([
    pathOf(definition),
    pathOf(definition, 'nosuch'),
    `${pathOf(definition)}/known`,
    `${pathOf(definition)}/nosuch`,
    `${pathOf(definition)}/known/${random.pick(['status', 'scale', 'log', 'exec', 'attach', 'portforward', 'proxy', 'proxy/a/b', 'eviction', 'token', '__proto__', 'constructor'])}`,
  ]);
  const method = random.pick(['GET', 'GET', 'GET', 'GET', 'DELETE', 'POST'] as const);
  const isSmall = method === 'DELETE' && !path.endsWith('known') ? [...query, 'labelSelector=nothing'] : query;
  const headers = Object.fromEntries([['accept', random.pick(accepts)], ...(random.int(5) === 0 ? [random.pick(strangeHeaders)] : [])]);
  const body = method === 'GET' ? {} : { body: JSON.stringify(method === 'DELETE' ? deletion(random) : anything(random)) };
  return { method, url: `${path}${isSmall.length ? `?${isSmall.join('&')}` : ''}`, headers: { 'content-type': json, ...headers }, ...body };
}

function deletion(random: Random): unknown {
  return random.int(3) === 0 ? anything(random) : referenced(random, 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions', 1);
}

const steps = [
  'api',
  'apis',
  'v1',
  'apps',
  'namespaces',
  'default',
  'pods',
  'known',
  'status',
  'watch',
  'proxy',
  'openapi',
  'v2',
  'v3',
  '__proto__',
  'constructor',
  'toString',
  '..',
  '.',
  '',
  '%2e%2e',
  '%2f',
  '%00',
  '%ff',
  '%',
  'x'.repeat(500),
  'ä',
  'version',
  'metrics',
  'livez',
  'readyz',
  'healthz',
  'etcd',
  'ping',
  'logs',
  '.well-known',
  'openid-configuration',
  'debug',
  '@#?',
  'nodes',
  'kubernetes',
] as const;

/** Paths that lead nowhere. */
function wandering(random: Random): ApiRequest {
  const path = `/${Array.from({ length: random.int(8) }, () => random.pick(steps)).join('/')}`;
  const method = random.pick([
    'GET',
    'GET',
    'GET',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'HEAD',
    'OPTIONS',
    'TRACE',
    'x',
  ] as ApiRequest['method'][]);
  const query = random.pick(['', '', '?verbose', '?exclude=x', '?watch=1', '?timeout=1s', '?timeout=x', '?%']);
  return {
    method,
    url: path + query,
    headers: {
      accept: random.pick([...accepts, 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList']),
      'content-type': random.pick([json, ...patchTypes]),
    },
    ...(method === 'GET' ? {} : { body: JSON.stringify(anything(random)) }),
  };
}

const bodiesOfQuestions = [
  ['authorization.k8s.io/v1', 'SubjectAccessReview', '/apis/authorization.k8s.io/v1/subjectaccessreviews'],
  ['authorization.k8s.io/v1', 'SelfSubjectAccessReview', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'],
  ['authorization.k8s.io/v1', 'SelfSubjectRulesReview', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews'],
  ['authorization.k8s.io/v1', 'LocalSubjectAccessReview', '/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews'],
  ['authentication.k8s.io/v1', 'TokenReview', '/apis/authentication.k8s.io/v1/tokenreviews'],
  ['authentication.k8s.io/v1', 'SelfSubjectReview', '/apis/authentication.k8s.io/v1/selfsubjectreviews'],
  ['authentication.k8s.io/v1', 'TokenRequest', '/api/v1/namespaces/default/serviceaccounts/known/token'],
  ['policy/v1', 'Eviction', '/api/v1/namespaces/default/pods/known/eviction'],
  ['v1', 'Binding', '/api/v1/namespaces/default/pods/known/binding'],
  ['v1', 'Binding', '/api/v1/namespaces/default/bindings'],
  ['autoscaling/v1', 'Scale', '/apis/apps/v1/namespaces/default/deployments/known/scale'],
] as const;

/** Questions and orders that are no stored objects. */
function reviewed(random: Random): ApiRequest {
  const [apiVersion, kind, url] = random.pick(bodiesOfQuestions);
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const value = valueOf(random, { $ref: byId.get(`${group}/${version}/${kind}`) ?? '' });
  const body = typeof value === 'object' && value !== null ? { ...value, apiVersion, kind } : value;
  return request(
    kind === 'Scale' ? random.pick(['PUT', 'PATCH'] as const) : 'POST',
    url,
    JSON.stringify(body),
    kind === 'Scale' ? random.pick([json, ...patchTypes]) : json,
  );
}
