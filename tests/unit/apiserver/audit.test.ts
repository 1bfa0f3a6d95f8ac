import { ApiBench, configMap } from '@/tests/support/api-server';
import { AuditFile, readAuditEvents, readAuditPolicy, type AuditEvent, type AuditPolicy } from '@/lib/cluster/apiserver';
import { instant } from '@/lib/cluster/kernel';

const policyOf = (rules: readonly object[], more: object = {}) =>
  readAuditPolicy(JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules, ...more })) as AuditPolicy;

function audited(policy: AuditPolicy) {
  const events: AuditEvent[] = [];
  const api = new ApiBench({ audit: { policy, write: (line) => void events.push(JSON.parse(line) as AuditEvent) } });
  events.length = 0;
  return { api, events };
}

const quiet = { omitStages: ['RequestReceived'] };
const maps = '/api/v1/namespaces/default/configmaps';

test('a request is told with who asked, for what, when and what became of it', () => {
  const { api, events } = audited(policyOf([{ level: 'Metadata' }], quiet));
  api.create(maps, configMap('c'));
  expect(events).toEqual([
    {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: expect.stringMatching(/^[0-9a-f-]{36}$/),
      stage: 'ResponseComplete',
      requestURI: maps,
      verb: 'create',
      user: { username: 'system:test', groups: ['system:authenticated'] },
      objectRef: { resource: 'configmaps', namespace: 'default', name: 'c', apiVersion: 'v1' },
      responseStatus: { metadata: {}, code: 201 },
      requestReceivedTimestamp: '2026-01-05T08:00:00.000000Z',
      stageTimestamp: '2026-01-05T08:00:00.000000Z',
      annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
    },
  ]);
});

test('levels tell no body, the request, or both', () => {
  const bodies = (level: string) => {
    const { api, events } = audited(policyOf([{ level, omitManagedFields: true }], quiet));
    api.create(maps, configMap('c', { a: 'b' }));
    return events.map(({ requestObject, responseObject }) => [
      (requestObject as { data?: object } | undefined)?.data,
      (responseObject as { metadata?: { managedFields?: unknown; name?: string } } | undefined)?.metadata?.name,
    ]);
  };
  expect(['None', 'Metadata', 'Request', 'RequestResponse'].map(bodies)).toEqual([
    [],
    [[undefined, undefined]],
    [[{ a: 'b' }, undefined]],
    [[{ a: 'b' }, 'c']],
  ]);
});

test('the first rule that matches decides', () => {
  const { api, events } = audited(
    policyOf(
      [
        { level: 'None', users: ['system:test'], verbs: ['get'] },
        { level: 'Metadata', resources: [{ group: '', resources: ['secrets'] }], namespaces: ['default'] },
        { level: 'None' },
      ],
      quiet,
    ),
  );
  api.send('GET', '/api/v1/namespaces/default/secrets/x');
  api.send('GET', '/api/v1/namespaces/kube-system/secrets');
  api.send('GET', '/api/v1/namespaces/default/secrets');
  api.send('GET', maps);
  expect(events.map(({ verb, objectRef }) => `${verb} ${objectRef?.namespace}/${objectRef?.resource}`)).toEqual(['list default/secrets']);
});

test('a refusal is told with its Status', () => {
  const { api, events } = audited(policyOf([{ level: 'Metadata' }], quiet));
  api.send('GET', `${maps}/nope`);
  expect(events[0]?.responseStatus).toEqual({
    metadata: {},
    status: 'Failure',
    message: 'configmaps "nope" not found',
    reason: 'NotFound',
    details: { name: 'nope', kind: 'configmaps' },
    code: 404,
  });
});

test('a watch is told when it begins and when it ends', () => {
  const { api, events } = audited(policyOf([{ level: 'Metadata' }]));
  const watch = api.watch(`${maps}?watch=1`);
  expect(events.map(({ stage }) => stage)).toEqual(['RequestReceived', 'ResponseStarted']);
  watch.close();
  expect(events.map(({ stage }) => stage)).toEqual(['RequestReceived', 'ResponseStarted', 'ResponseComplete']);
});

test('who acts as somebody else is told as both', () => {
  const { api, events } = audited(policyOf([{ level: 'Metadata' }], quiet));
  api.send('GET', maps, undefined, { 'impersonate-user': 'bob' });
  expect([events[0]?.user.username, events[0]?.impersonatedUser?.username]).toEqual(['system:test', 'bob']);
});

test('Pod security says in the event which level it held the Pod to', () => {
  const { api, events } = audited(policyOf([{ level: 'Metadata', verbs: ['create'] }, { level: 'None' }], quiet));
  api.create('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  api.patch('/api/v1/namespaces/default', 'merge', { metadata: { labels: { 'pod-security.kubernetes.io/audit': 'baseline' } } });
  api.create('/api/v1/namespaces/default/pods', {
    metadata: { name: 'p' },
    spec: { hostNetwork: true, containers: [{ name: 'c', image: 'nginx' }] },
  });
  expect(events.at(-1)?.annotations).toMatchObject({
    'pod-security.kubernetes.io/enforce-policy': 'privileged:latest',
    'pod-security.kubernetes.io/audit-violations': 'would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
  });
});

test('a policy that is none says why', () => {
  expect(readAuditPolicy('apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: []')).toBe('loaded illegal policy with 0 rules');
  expect(policyOf([{ level: 'Everything' }])).toBe(
    'rules[0].level: Unsupported value: "Everything": supported values: "None", "Metadata", "Request", "RequestResponse"',
  );
});

test('a log that is full goes on in a new file, and its oldest go', () => {
  const disk = new Map<string, string>();
  const files = {
    read: (path: string) => disk.get(path),
    write: (path: string, text: string) => void disk.set(path, text),
    remove: (path: string) => disk.delete(path),
    list: (directory: string) =>
      [...disk.keys()]
        .filter((path) => path.startsWith(`${directory}/`))
        .map((path) => path.slice(directory.length + 1))
        .sort(),
  };
  const log = new AuditFile(files, '/var/log/audit.log', { backups: 2 });
  for (let index = 0; index < 40; index++) log.write(JSON.stringify({ index, text: 'x'.repeat(2_000) }), instant(index * 1000));
  expect(files.list('/var/log')).toHaveLength(3);
  const indexes = readAuditEvents(files, '/var/log/audit.log').map((event) => (event as unknown as { index: number }).index);
  expect(indexes.at(-1)).toBe(39);
  expect(indexes).toEqual(indexes.toSorted((a, b) => a - b));
});
