import { encodeBase64 } from '@/lib/cluster/api';
import { readAuditPolicy, type ApiServerOptions } from '@/lib/cluster/apiserver';
import type { HttpResult } from '@/lib/cluster/network';
import { ApiBench, configMap, serviceOf } from '@/tests/support/api-server';

const registration = '/apis/admissionregistration.k8s.io/v1';
const core = '/api/v1/namespaces/default';
const caBundle = encodeBase64('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
const configMaps = { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE', 'UPDATE', 'DELETE'] };

interface Review {
  readonly kind: string;
  readonly apiVersion: string;
  readonly request: Record<string, any>;
}

type Answer = Record<string, unknown> | HttpResult | string;

/** An API server whose webhooks answer what `answers` say by path; every review they were sent is kept. */
function bench(answers: Record<string, (review: Review) => Answer>, options: Partial<ApiServerOptions> = {}) {
  const reviews: Review[] = [];
  const dialed: string[] = [];
  const api = new ApiBench({
    ...options,
    webhooks: {
      post(url, body) {
        dialed.push(url);
        const review = JSON.parse(body) as Review;
        reviews.push(review);
        const path = /\/([a-z-]*)\?/.exec(url)?.[1] ?? '';
        const answer = answers[path]?.(review) ?? { allowed: true };
        if (typeof answer === 'object' && 'type' in answer) return answer as HttpResult;
        const response = { uid: review.request['uid'], ...(answer as object) };
        const text = typeof answer === 'string' ? answer : JSON.stringify({ kind: review.kind, apiVersion: review.apiVersion, response });
        return { type: 'response', tookMs: 2, remoteIp: '10.96.0.9', response: { status: 200, headers: {}, body: text } };
      },
    },
  });
  api.create(`${core}/services`, serviceOf('hooks', { ports: [{ port: 443 }], clusterIP: '10.96.0.9' }));
  return { api, reviews, dialed };
}

const webhook = (path: string, more: object = {}) => ({
  name: `${path}.example.com`,
  clientConfig: { service: { name: 'hooks', namespace: 'default', path: `/${path}` }, caBundle },
  rules: [configMaps],
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  ...more,
});

const configure = (api: ApiBench, kind: 'validating' | 'mutating', ...webhooks: object[]) =>
  api.create(`${registration}/${kind}webhookconfigurations`, { metadata: { name: 'hooks' }, webhooks });

/** An approval that takes its time. */
function answer(uid: string, tookMs: number): HttpResult {
  const body = JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: { uid, allowed: true } });
  return { type: 'response', tookMs, remoteIp: '', response: { status: 200, headers: {}, body } };
}

const make = (api: ApiBench, name = 'x', metadata: object = {}) => api.send('POST', `${core}/configmaps`, configMap(name, {}, metadata));
const refusal = (api: ApiBench, name = 'x') => api.refusal('POST', `${core}/configmaps`, configMap(name));
const patching = (...patch: object[]) => ({ allowed: true, patchType: 'JSONPatch', patch: encodeBase64(JSON.stringify(patch)) });
const failed = (why: string, path = 'check') => `500 Internal error occurred: failed calling webhook "${path}.example.com": ${why}`;
const posting = (why: string, path = 'check') =>
  failed(`failed to call webhook: Post "https://hooks.default.svc:443/${path}?timeout=10s": ${why}`, path);

describe('a validating webhook', () => {
  test('is asked with an AdmissionReview at the address of its Service', () => {
    const { api, reviews, dialed } = bench({});
    configure(api, 'validating', webhook('check'));
    expect(api.send('POST', `${core}/configmaps?fieldManager=me`, configMap('x', { a: '1' })).status).toBe(201);
    expect(dialed).toEqual(['https://10.96.0.9:443/check?timeout=10s']);
    expect(reviews).toEqual([
      {
        kind: 'AdmissionReview',
        apiVersion: 'admission.k8s.io/v1',
        request: {
          uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
          kind: { group: '', version: 'v1', kind: 'ConfigMap' },
          resource: { group: '', version: 'v1', resource: 'configmaps' },
          requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
          requestResource: { group: '', version: 'v1', resource: 'configmaps' },
          name: 'x',
          namespace: 'default',
          operation: 'CREATE',
          userInfo: expect.objectContaining({ username: 'system:test' }),
          object: expect.objectContaining({ kind: 'ConfigMap', apiVersion: 'v1', data: { a: '1' } }),
          oldObject: null,
          dryRun: false,
          options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'me' },
        },
      },
    ]);
  });

  test('is told of a patch as the update it comes to', () => {
    const { api, reviews } = bench({});
    make(api);
    configure(api, 'validating', webhook('check'));
    api.patch(`${core}/configmaps/x?fieldManager=me`, 'merge', { data: { a: '1' } });
    expect(reviews[0]?.request).toMatchObject({
      operation: 'UPDATE',
      object: { data: { a: '1' } },
      oldObject: { metadata: { name: 'x' } },
      options: { kind: 'UpdateOptions', fieldManager: 'me' },
    });
  });

  test('may refuse the renewal of a Lease', () => {
    const { api } = bench({ check: () => ({ allowed: false }) });
    const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    const renewTime = (second: number) => `2026-01-05T08:00:0${second}.000000Z`;
    const lease = api.create(leases, { metadata: { name: 'l' }, spec: { holderIdentity: 'me', renewTime: renewTime(1) } });
    const renew = (second: number) =>
      api.send('PUT', `${leases}/l`, { ...api.get(`${leases}/l`), spec: { ...lease['spec'], renewTime: renewTime(second) } }).status;
    expect(renew(2)).toBe(200);
    const rule = { apiGroups: ['coordination.k8s.io'], apiVersions: ['v1'], resources: ['leases'], operations: ['UPDATE'] };
    configure(api, 'validating', webhook('check', { rules: [rule] }));
    expect(renew(3)).toBe(400);
  });

  test('refuses with its own status, and the API server says who it was', () => {
    const { api } = bench({ check: () => ({ allowed: false, status: { code: 418, message: 'no maps today', reason: 'Teapot' } }) });
    configure(api, 'validating', webhook('check'));
    expect(make(api)).toMatchObject({
      status: 418,
      body: { message: 'admission webhook "check.example.com" denied the request: no maps today', reason: 'Teapot', code: 418 },
    });
  });

  test('that refuses without a word refuses with 400', () => {
    const { api } = bench({ check: () => ({ allowed: false }) });
    configure(api, 'validating', webhook('check'));
    expect(refusal(api)).toBe('400 admission webhook "check.example.com" denied the request without explanation');
  });

  test('may warn whoever asks and leave a note in the audit log', () => {
    const lines: string[] = [];
    const policy = readAuditPolicy('apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ level: Metadata }]');
    const audit = { policy: policy as never, write: (line: string) => void lines.push(line) };
    const { api } = bench({ check: () => ({ allowed: true, warnings: ['think again'], auditAnnotations: { seen: 'yes' } }) }, { audit });
    configure(api, 'validating', webhook('check'));
    expect(make(api).headers['warning']).toContain('think again');
    expect(JSON.parse(lines.at(-1) as string).annotations).toMatchObject({ 'check.example.com/seen': 'yes' });
  });

  test('that cannot be reached fails the request, in the words of a dial', () => {
    const error = (kind: 'refused' | 'timeout' | 'unreachable') => (): HttpResult => ({
      type: 'error',
      error: kind,
      message: '',
      tookMs: 10_000,
    });
    const says = (kind: Parameters<typeof error>[0]) => {
      const { api } = bench({ check: error(kind) });
      configure(api, 'validating', webhook('check'));
      return refusal(api);
    };
    expect(says('refused')).toBe(posting('dial tcp 10.96.0.9:443: connect: connection refused'));
    expect(says('timeout')).toBe(posting('context deadline exceeded'));
    expect(says('unreachable')).toBe(posting('dial tcp 10.96.0.9:443: connect: no route to host'));
  });

  test('keeps whoever asks waiting as long as it kept the API server waiting', () => {
    const { api } = bench({ check: () => ({ type: 'error', error: 'timeout', message: '', tookMs: 3000 }) });
    configure(api, 'validating', webhook('check', { timeoutSeconds: 3 }));
    expect(make(api).hangs).toEqual({ forMs: 3000, isRepeatable: false });
    const slow = bench({ check: ({ request }) => answer(request['uid'], 2000) });
    configure(slow.api, 'validating', webhook('check'));
    expect(make(slow.api)).toMatchObject({ status: 201, hangs: { forMs: 2000 } });
    expect(slow.api.send('GET', `${core}/configmaps/x`).hangs).toBeUndefined();
  });

  test('whose Service or port is not there cannot be asked', () => {
    const { api } = bench({});
    const at = (service: object) => ({ clientConfig: { service: { namespace: 'default', name: 'hooks', ...service }, caBundle } });
    configure(api, 'validating', webhook('check', at({ name: 'nope' })));
    expect(refusal(api)).toBe(failed('failed to call webhook: Post "https://nope.default.svc:443/?timeout=10s": service "nope" not found'));
    api.send('DELETE', `${registration}/validatingwebhookconfigurations/hooks`);
    configure(api, 'validating', webhook('check', at({ port: 8443 })));
    expect(refusal(api)).toBe(
      failed('failed to call webhook: Post "https://hooks.default.svc:8443/?timeout=10s": no service port 8443 found for service "hooks"'),
    );
  });

  test('is not believed without the certificate of whoever signed its own', () => {
    const { api } = bench({});
    const service = { name: 'hooks', namespace: 'default', path: '/check' };
    configure(api, 'validating', webhook('check', { clientConfig: { service } }));
    expect(refusal(api)).toBe(posting('tls: failed to verify certificate: x509: certificate signed by unknown authority'));
    api.patch(`${registration}/validatingwebhookconfigurations/hooks`, 'strategic', {
      webhooks: [{ name: 'check.example.com', clientConfig: { service, caBundle: encodeBase64('nonsense') } }],
    });
    expect(refusal(api)).toBe(failed('could not get REST client: unable to load root certificates: unable to parse bytes as PEM block'));
  });

  test('whose answer makes no sense has failed', () => {
    const says = (answer: Answer) => {
      const { api } = bench({ check: () => answer });
      configure(api, 'validating', webhook('check'));
      return refusal(api);
    };
    expect(says({ allowed: true, uid: 'other' })).toMatch(
      /^500 Internal error occurred: failed calling webhook "check.example.com": received invalid webhook response: expected response.uid="[0-9a-f-]{36}", got "other"$/,
    );
    expect(says('{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}')).toBe(
      failed('received invalid webhook response: webhook response was absent'),
    );
    expect(says(patching({ op: 'remove', path: '/data' }))).toBe(
      failed('received invalid webhook response: validating webhook may not return response.patch'),
    );
    expect(says('oops')).toContain("failed to call webhook: couldn't get version/kind; json parse error: invalid character 'o'");
    const response = (status: number, body: string): HttpResult => ({
      type: 'response',
      tookMs: 1,
      remoteIp: '',
      response: { status, headers: {}, body },
    });
    expect(says(response(404, 'not found'))).toBe(failed('failed to call webhook: the server could not find the requested resource'));
    expect(says(response(500, 'boom\n'))).toBe(
      failed('failed to call webhook: an error on the server ("boom") has prevented the request from succeeding'),
    );
  });

  test('that may fail open lets requests through while it cannot be reached', () => {
    const { api } = bench({ check: () => ({ type: 'error', error: 'refused', message: '', tookMs: 0 }) });
    configure(api, 'validating', webhook('check', { failurePolicy: 'Ignore' }));
    expect(make(api).status).toBe(201);
  });

  test('is told of a dry run when it has no side effects then', () => {
    const { api, reviews } = bench({});
    configure(api, 'validating', webhook('check'));
    expect(api.send('POST', `${core}/configmaps?dryRun=All`, configMap('x')).status).toBe(201);
    expect(reviews[0]?.request).toMatchObject({ dryRun: true, options: { dryRun: ['All'] } });
  });

  test('is asked about what it selects, and only when its conditions are met', () => {
    const { api, reviews } = bench({});
    configure(
      api,
      'validating',
      webhook('check', {
        objectSelector: { matchLabels: { checked: 'yes' } },
        matchConditions: [{ name: 'named', expression: "!has(object.metadata.name) || object.metadata.name != 'free'" }],
      }),
    );
    make(api, 'a');
    make(api, 'free', { labels: { checked: 'yes' } });
    expect(reviews).toEqual([]);
    make(api, 'b', { labels: { checked: 'yes' } });
    expect(reviews).toHaveLength(1);
  });

  test('whose conditions cannot be evaluated is not asked: the request fails, or goes through, as its failure policy says', () => {
    const says = (failurePolicy: string) => {
      const { api, reviews } = bench({});
      configure(
        api,
        'validating',
        webhook('check', { failurePolicy, matchConditions: [{ name: 'c', expression: "object.data.none == 'x'" }] }),
      );
      return [refusal(api), reviews.length];
    };
    expect(says('Fail')).toEqual([
      `403 configmaps "x" is forbidden: expression 'object.data.none == 'x'' resulted in error: no such key: data`,
      0,
    ]);
    expect(says('Ignore')).toEqual(['201 undefined', 0]);
  });

  test('sees the last state of what is deleted, with the options of the deletion', () => {
    const { api, reviews } = bench({});
    make(api);
    configure(api, 'validating', webhook('check'));
    api.send('DELETE', `${core}/configmaps/x`, { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' });
    expect(reviews[0]?.request).toMatchObject({
      operation: 'DELETE',
      object: null,
      oldObject: { metadata: { name: 'x' } },
      options: { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', propagationPolicy: 'Background' },
    });
  });

  test('is never asked about the configurations of webhooks', () => {
    const { api } = bench({ check: () => ({ allowed: false }) });
    const everything = { apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], operations: ['*'] };
    configure(api, 'validating', webhook('check', { rules: [everything] }));
    expect(make(api).status).toBe(400);
    expect(api.send('DELETE', `${registration}/validatingwebhookconfigurations/hooks`).status).toBe(200);
    expect(make(api).status).toBe(201);
  });
});

describe('a mutating webhook', () => {
  const label = (name: string) => ({ op: 'add', path: `/metadata/labels/${name}`, value: 'yes' });

  test('patches what is made before it is validated', () => {
    const { api } = bench({ add: () => patching({ op: 'add', path: '/data', value: { added: 'yes' } }) });
    configure(api, 'mutating', webhook('add'));
    expect(make(api).body).toMatchObject({ data: { added: 'yes' } });
    const bad = bench({ add: () => patching({ op: 'add', path: '/data', value: { 'no/key': '' } }) });
    configure(bad.api, 'mutating', webhook('add'));
    expect(refusal(bad.api)).toContain('422 ConfigMap "x" is invalid: data[no/key]');
  });

  test('sees what those before it made, in order of their configurations and places', () => {
    const { api, reviews } = bench({ one: () => patching({ op: 'add', path: '/metadata/labels', value: {} }, label('one')) });
    configure(api, 'mutating', webhook('one'), webhook('two'));
    make(api);
    expect(reviews.map(({ request }) => request['object'].metadata.labels)).toEqual([undefined, { one: 'yes' }]);
  });

  test('is called again when a later one changed the object, if it wants to be', () => {
    const count = (reinvocationPolicy: string) => {
      const { api, reviews } = bench({ two: () => patching({ op: 'add', path: '/metadata/labels', value: { two: 'yes' } }) });
      configure(api, 'mutating', webhook('one', { reinvocationPolicy }), webhook('two'));
      make(api);
      return reviews.length;
    };
    expect(count('Never')).toBe(2);
    expect(count('IfNeeded')).toBe(3);
  });

  test('that patches what is deleted asks for something nobody can do', () => {
    const { api } = bench({ add: () => patching(label('x')) });
    make(api, 'x', { labels: { a: 'b' } });
    configure(api, 'mutating', webhook('add'));
    expect(api.refusal('DELETE', `${core}/configmaps/x`)).toBe(
      '500 Internal error occurred: admission webhook "add.example.com" attempted to modify the object, which is not supported for this operation',
    );
  });

  test('whose patch is no patch, or makes something else of the object, fails the request', () => {
    const says = (answer: Answer) => {
      const { api } = bench({ add: () => answer });
      configure(api, 'mutating', webhook('add'));
      return refusal(api);
    };
    expect(says(patching({ op: 'add', path: '/data/x/y', value: 1 }))).toMatch(/^500 Internal error occurred: /);
    expect(says(patching({ op: 'add', path: '/data', value: 7 }))).toMatch(/^500 Internal error occurred: json: cannot unmarshal number/);
    expect(says({ allowed: true, patchType: 'JSONPatch', patch: encodeBase64('{') })).toMatch(/^500 Internal error occurred: /);
    expect(says({ allowed: true, patch: encodeBase64('[]') })).toBe(
      failed('received invalid webhook response: webhook returned response.patch but not response.patchType', 'add'),
    );
  });

  test('leaves in the audit log which of them changed what', () => {
    const told = (level: string): Record<string, string> => {
      const lines: string[] = [];
      const policy = readAuditPolicy(`apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ level: ${level} }]`);
      const audit = { policy: policy as never, write: (line: string) => void lines.push(line) };
      const { api } = bench({ one: () => patching({ op: 'add', path: '/metadata/labels', value: { a: 'b' } }) }, { audit });
      configure(api, 'mutating', webhook('one'), webhook('two'));
      make(api);
      return JSON.parse(lines.at(-1) as string).annotations;
    };
    const key = (what: string) => `${what}.webhook.admission.k8s.io/round_0_index_0`;
    const said = (what: string) => JSON.parse(told('Request')[key(what)] as string);
    expect(told('Metadata')).toHaveProperty([key('mutation')]);
    expect(told('Metadata')).not.toHaveProperty([key('patch')]);
    expect(said('mutation')).toEqual({ configuration: 'hooks', webhook: 'one.example.com', mutated: true });
    expect(said('patch')).toMatchObject({ webhook: 'one.example.com', patch: [{ op: 'add' }], patchType: 'JSONPatch' });
  });
});
