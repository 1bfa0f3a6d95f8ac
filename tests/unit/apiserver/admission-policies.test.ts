import { ApiBench, configMap, deploymentOf, podOf } from '@/tests/support/api-server';
import { readAuditPolicy } from '@/lib/cluster/apiserver';

const registration = '/apis/admissionregistration.k8s.io/v1';
const core = '/api/v1/namespaces/default';
const configMaps = { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE', 'UPDATE'] };

const matching = (rule: object = configMaps, more: object = {}) => ({ matchConstraints: { resourceRules: [rule], ...more } });

function policy(api: ApiBench, kind: 'validating' | 'mutating', name: string, spec: object, binding: object = {}): void {
  api.create(`${registration}/${kind}admissionpolicies`, { metadata: { name }, spec: { ...matching(), ...spec } });
  const actions = kind === 'validating' ? { validationActions: ['Deny'] } : {};
  api.create(`${registration}/${kind}admissionpolicybindings`, { metadata: { name }, spec: { policyName: name, ...actions, ...binding } });
}

const short = { validations: [{ expression: 'object.metadata.name.size() < 5', message: 'names are short' }] };
const make = (api: ApiBench, name: string, data: Record<string, string> = {}, metadata: object = {}) =>
  api.send('POST', `${core}/configmaps`, configMap(name, data, metadata));
const refusal = (api: ApiBench, name: string, data: Record<string, string> = {}, metadata: object = {}) =>
  api.refusal('POST', `${core}/configmaps`, configMap(name, data, metadata));
const denied = (policyName: string, why: string, name = 'toolong') =>
  `configmaps "${name}" is forbidden: ValidatingAdmissionPolicy '${policyName}' with binding '${policyName}' denied request: ${why}`;

describe('a ValidatingAdmissionPolicy', () => {
  test('refuses what breaks it, as Invalid, in its own words', () => {
    const api = new ApiBench();
    policy(api, 'validating', 'short', short);
    const { status, body } = make(api, 'toolong');
    expect([status, body]).toEqual([
      422,
      expect.objectContaining({
        reason: 'Invalid',
        message: denied('short', 'names are short'),
        details: {
          name: 'toolong',
          kind: 'configmaps',
          causes: [{ message: "ValidatingAdmissionPolicy 'short' with binding 'short' denied request: names are short" }],
        },
      }),
    ]);
    expect(make(api, 'ok').status).toBe(201);
  });

  test('does nothing until it is bound, and nothing any more when it is gone', () => {
    const api = new ApiBench();
    api.create(`${registration}/validatingadmissionpolicies`, { metadata: { name: 'short' }, spec: { ...matching(), ...short } });
    expect(make(api, 'toolong1').status).toBe(201);
    api.create(`${registration}/validatingadmissionpolicybindings`, {
      metadata: { name: 'short' },
      spec: { policyName: 'short', validationActions: ['Deny'] },
    });
    expect(make(api, 'toolong2').status).toBe(422);
    api.send('DELETE', `${registration}/validatingadmissionpolicies/short`);
    expect(make(api, 'toolong3').status).toBe(201);
  });

  test('answers with the code of its reason', () => {
    const api = new ApiBench();
    policy(api, 'validating', 'no', { validations: [{ expression: 'false', reason: 'Forbidden' }] });
    expect(refusal(api, 'a')).toBe(`403 ${denied('no', 'failed expression: false', 'a')}`);
  });

  test('speaks by its message expression, and by its message when that fails', () => {
    const api = new ApiBench();
    policy(api, 'validating', 'p', {
      validations: [
        { expression: "!('a' in object.data)", messageExpression: "'no ' + object.data.a", message: 'no a' },
        { expression: "!('b' in object.data)", messageExpression: 'string(object.data.c)', message: 'no b' },
      ],
    });
    expect(refusal(api, 'x', { a: 'apples' })).toBe(`422 ${denied('p', 'no apples', 'x')}`);
    expect(refusal(api, 'x', { b: 'pears' })).toBe(`422 ${denied('p', 'no b', 'x')}`);
  });

  test('an expression that fails denies, unless failures are to be ignored', () => {
    const api = new ApiBench();
    const spec = { validations: [{ expression: "object.data.owner == 'me'" }] };
    policy(api, 'validating', 'strict', spec);
    expect(refusal(api, 'x', { a: '1' })).toBe(
      `422 ${denied('strict', "expression 'object.data.owner == 'me'' resulted in error: no such key: owner", 'x')}`,
    );
    const lax = new ApiBench();
    policy(lax, 'validating', 'lax', { ...spec, failurePolicy: 'Ignore' });
    expect(make(lax, 'x', { a: '1' }).status).toBe(201);
  });

  test('warns, and notes what it finds for the audit log, where its binding asks for no more', () => {
    const lines: string[] = [];
    const audit = readAuditPolicy('apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ level: Metadata }]');
    const api = new ApiBench({ audit: { policy: audit as never, write: (line) => void lines.push(line) } });
    policy(api, 'validating', 'short', short, { validationActions: ['Warn', 'Audit'] });
    const { status, headers } = make(api, 'toolong');
    expect(status).toBe(201);
    expect(headers['warning']).toContain("Validation failed for ValidatingAdmissionPolicy 'short' with binding 'short': names are short");
    const { annotations } = JSON.parse(lines.at(-1) as string);
    expect(JSON.parse(annotations['validation.policy.admission.k8s.io/validation_failure'])).toEqual([
      { message: 'names are short', policy: 'short', binding: 'short', expressionIndex: 0, validationActions: ['Warn', 'Audit'] },
    ]);
  });

  test('writes its audit annotations under its own name', () => {
    const lines: string[] = [];
    const audit = readAuditPolicy('apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ level: Metadata }]');
    const api = new ApiBench({ audit: { policy: audit as never, write: (line) => void lines.push(line) } });
    const auditAnnotations = [
      { key: 'size', valueExpression: "'it has ' + string(object.data.size())" },
      { key: 'none', valueExpression: 'null' },
    ];
    policy(api, 'validating', 'notes', { auditAnnotations });
    make(api, 'x', { a: '1' });
    expect(JSON.parse(lines.at(-1) as string).annotations).toMatchObject({ 'notes/size': 'it has 1' });
    expect(JSON.parse(lines.at(-1) as string).annotations).not.toHaveProperty('notes/none');
  });

  test('is evaluated only for requests that meet its conditions', () => {
    const api = new ApiBench();
    policy(api, 'validating', 'p', {
      matchConditions: [{ name: 'not-mine', expression: "!object.metadata.name.startsWith('my')" }],
      ...short,
    });
    expect(make(api, 'my-longer').status).toBe(201);
    expect(make(api, 'longer').status).toBe(422);
  });

  test('evaluates each variable when it is used, after those before it', () => {
    const api = new ApiBench();
    policy(api, 'validating', 'v', {
      variables: [
        { name: 'limit', expression: "'limit' in object.data ? int(object.data.limit) : 2" },
        { name: 'tooMany', expression: 'object.data.size() > variables.limit' },
        { name: 'broken', expression: 'object.nothing.at.all' },
      ],
      validations: [{ expression: '!variables.tooMany', messageExpression: "'at most ' + string(variables.limit)" }],
    });
    expect(make(api, 'a', { a: '1', b: '2' }).status).toBe(201);
    expect(refusal(api, 'b', { limit: '1', b: '2' })).toBe(`422 ${denied('v', 'at most 1', 'b')}`);
  });

  test('sees who asks, what for, the namespace and what there was', () => {
    const api = new ApiBench();
    api.patch('/api/v1/namespaces/default', 'merge', { metadata: { labels: { team: 'blue' } } });
    policy(api, 'validating', 'p', {
      validations: [
        {
          expression:
            "request.userInfo.username == 'system:test' && request.operation in ['CREATE', 'UPDATE'] && request.resource.resource == 'configmaps'",
        },
        { expression: "namespaceObject.metadata.labels.team == 'blue'" },
        { expression: 'oldObject == null || oldObject.data.a == object.data.a', message: 'a stays' },
      ],
    });
    expect(make(api, 'x', { a: '1' }).status).toBe(201);
    expect(api.refusal('PUT', `${core}/configmaps/x`, configMap('x', { a: '2' }))).toBe(`422 ${denied('p', 'a stays', 'x')}`);
  });

  test('asks the authorizer about whoever makes the request', () => {
    const api = new ApiBench({ authorizationModes: ['RBAC'], tokens: [{ token: 'alice', user: 'alice', groups: [] } as never] });
    const may = { metadata: { name: 'maker' }, rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['create'] }] };
    const admin = { authorization: 'Bearer admin' };
    const root = new ApiBench({ tokens: [{ token: 'admin', user: 'admin', groups: ['system:masters'] } as never] }, api.etcd);
    const make = (path: string, body: object) => root.send('POST', path, body, admin);
    make('/apis/rbac.authorization.k8s.io/v1/clusterroles', may);
    make('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'maker' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'maker' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'alice' }],
    });
    const breakglass = "authorizer.group('').resource('configmaps').namespace('default').check('breakglass').allowed()";
    policy(root, 'validating', 'p', { validations: [{ expression: breakglass, message: 'no' }] });
    const asAlice = () => api.send('POST', `${core}/configmaps`, configMap('x'), { authorization: 'Bearer alice' }).status;
    expect(asAlice()).toBe(422);
    root.send(
      'PUT',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/maker',
      {
        ...may,
        rules: [{ ...may.rules[0], verbs: ['create', 'breakglass'] }],
      },
      admin,
    );
    expect(asAlice()).toBe(201);
  });

  test('is about the namespaces, objects, names and operations it selects', () => {
    const api = new ApiBench();
    const rule = { ...configMaps, resourceNames: ['watched', 'watched2'] };
    const never = { validations: [{ expression: 'false' }] };
    policy(api, 'validating', 'names', { ...never, ...matching(rule, { objectSelector: { matchLabels: { a: 'b' } } }) });
    expect(make(api, 'other', {}, { labels: { a: 'b' } }).status).toBe(201);
    expect(make(api, 'watched').status).toBe(201);
    expect(make(api, 'watched2', {}, { labels: { a: 'b' } }).status).toBe(422);
    policy(api, 'validating', 'spaces', { ...never, ...matching(configMaps, { namespaceSelector: { matchLabels: { strict: 'yes' } } }) });
    expect(make(api, 'still').status).toBe(201);
    api.patch('/api/v1/namespaces/default', 'merge', { metadata: { labels: { strict: 'yes' } } });
    expect(make(api, 'no-more').status).toBe(422);
  });

  test('holds only where its binding says, and for each binding by itself', () => {
    const api = new ApiBench();
    api.patch('/api/v1/namespaces/default', 'merge', { metadata: { labels: { strict: 'yes' } } });
    const only = (value: string) => ({ matchResources: { namespaceSelector: { matchLabels: { strict: value } } } });
    policy(api, 'validating', 'p', { validations: [{ expression: 'false' }] }, only('no'));
    expect(make(api, 'a').status).toBe(201);
    api.create(`${registration}/validatingadmissionpolicybindings`, {
      metadata: { name: 'other' },
      spec: { policyName: 'p', validationActions: ['Deny'], ...only('yes') },
    });
    expect(refusal(api, 'b')).toContain("ValidatingAdmissionPolicy 'p' with binding 'other' denied request");
  });

  test('leaves out what its rules exclude', () => {
    const api = new ApiBench();
    const excludeResourceRules = [{ ...configMaps, resourceNames: ['spared'] }];
    policy(api, 'validating', 'p', { ...matching(configMaps, { excludeResourceRules }), validations: [{ expression: 'false' }] });
    expect(make(api, 'spared').status).toBe(201);
    expect(make(api, 'other').status).toBe(422);
  });

  test('meets a request for another version of its resource, in the version it names', () => {
    const api = new ApiBench();
    const scaler = (version: string) => ({
      apiVersion: `autoscaling/${version}`,
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: 3 },
    });
    const rule = { apiGroups: ['autoscaling'], apiVersions: ['v2'], resources: ['horizontalpodautoscalers'], operations: ['CREATE'] };
    const seen = { expression: 'false', messageExpression: "request.kind.version + ' for ' + request.requestKind.version" };
    policy(api, 'validating', 'hpa', { ...matching(rule), validations: [seen] });
    expect(api.refusal('POST', '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers', scaler('v1'))).toContain(
      'denied request: v2 for v1',
    );
    const exact = new ApiBench();
    policy(exact, 'validating', 'hpa', { ...matching(rule, { matchPolicy: 'Exact' }), validations: [seen] });
    expect(exact.send('POST', '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers', scaler('v1')).status).toBe(201);
  });

  test('sees a Scale when somebody scales', () => {
    const api = new ApiBench();
    api.create('/apis/apps/v1/namespaces/default/deployments', deploymentOf('web'));
    const rule = { apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments/scale'], operations: ['UPDATE'] };
    policy(api, 'validating', 's', {
      ...matching(rule),
      validations: [
        {
          expression: "request.kind.kind == 'Scale' && object.spec.replicas <= 3 && oldObject.spec.replicas == 1",
          message: 'three at most',
        },
      ],
    });
    const scale = (replicas: number) =>
      api.send(
        'PATCH',
        '/apis/apps/v1/namespaces/default/deployments/web/scale',
        { spec: { replicas } },
        { 'content-type': 'application/merge-patch+json' },
      );
    expect(scale(4).body).toMatchObject({
      message: `deployments.apps "web" is forbidden: ValidatingAdmissionPolicy 's' with binding 's' denied request: three at most`,
    });
    expect(scale(3).status).toBe(200);
  });

  test('sees what is deleted as the old object', () => {
    const api = new ApiBench();
    make(api, 'kept', { keep: 'yes' });
    make(api, 'gone');
    policy(api, 'validating', 'd', {
      ...matching({ ...configMaps, operations: ['DELETE'] }),
      validations: [{ expression: '!has(oldObject.data) && object == null', message: 'this one stays' }],
    });
    expect(api.refusal('DELETE', `${core}/configmaps/kept`)).toBe(`422 ${denied('d', 'this one stays', 'kept')}`);
    expect(api.send('DELETE', `${core}/configmaps/gone`).status).toBe(200);
  });

  test('sees connections, evictions and requests for tokens as what they are', () => {
    const api = new ApiBench();
    api.create(`${core}/serviceaccounts`, { metadata: { name: 'default' } });
    api.create(`${core}/pods`, podOf('web', { nodeName: 'n' }));
    const parts = ['pods/exec', 'pods/eviction', 'pods/binding', 'pods/proxy', 'serviceaccounts/token'];
    const rule = { apiGroups: [''], apiVersions: ['v1'], resources: parts, operations: ['CREATE', 'CONNECT'] };
    const messageExpression =
      "request.operation + ' ' + request.kind.kind + ' ' + request.name + (has(object.command) ? ' ' + object.command.join(' ') : '')";
    policy(api, 'validating', 'p', { ...matching(rule), validations: [{ expression: 'false', messageExpression }] });
    const why = (url: string, body?: object) => api.refusal('POST', url, body).replace(/^.*denied request: /, '');
    expect(why(`${core}/pods/web/exec?command=ls&command=-l&stdout=true`)).toBe('CONNECT PodExecOptions web ls -l');
    expect(why(`${core}/pods/web/proxy/index.html`)).toBe('CONNECT PodProxyOptions web');
    expect(why(`${core}/pods/web/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'web' } })).toBe(
      'CREATE Eviction web',
    );
    expect(why(`${core}/pods/web/binding`, { metadata: { name: 'web' }, target: { kind: 'Node', name: 'n' } })).toMatch(
      /already assigned|CREATE Binding web/,
    );
    expect(why(`${core}/serviceaccounts/default/token`, { metadata: { name: 'default' }, spec: {} })).toBe('CREATE TokenRequest default');
    api.send('DELETE', `${registration}/validatingadmissionpolicybindings/p`);
    policy(api, 'validating', 'q', {
      ...matching({ apiGroups: [''], apiVersions: ['v1'], resources: ['pods', 'pods/*'], operations: ['DELETE', 'UPDATE'] }),
      validations: [{ expression: 'false' }],
    });
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'web' } };
    expect(api.send('POST', `${core}/pods/web/eviction`, eviction).status).toBe(201);
  });

  test('never stands in the way of those who change policies', () => {
    const api = new ApiBench();
    policy(api, 'validating', 'all', {
      ...matching({ apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['*'] }),
      validations: [{ expression: 'false' }],
    });
    expect(make(api, 'x').status).toBe(422);
    expect(api.send('DELETE', `${registration}/validatingadmissionpolicybindings/all`).status).toBe(200);
    expect(make(api, 'x').status).toBe(201);
  });
});

describe('the params of a policy', () => {
  const spec = { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, ...matching({ ...configMaps, resources: ['secrets'] }) };
  const validations = [{ expression: 'int(params.data.max) >= object.data.size()', messageExpression: "'at most ' + params.data.max" }];
  const secret = (api: ApiBench, data: Record<string, string>) =>
    api.refusal('POST', `${core}/secrets?dryRun=All`, { metadata: { name: 's' }, data });

  test('are the object its binding names, as it is now', () => {
    const api = new ApiBench();
    make(api, 'limits', { max: '1' });
    policy(api, 'validating', 'p', { ...spec, validations }, { paramRef: { name: 'limits', parameterNotFoundAction: 'Deny' } });
    expect(secret(api, { a: '', b: '' })).toContain('denied request: at most 1');
    api.patch(`${core}/configmaps/limits`, 'merge', { data: { max: '2' } });
    expect(secret(api, { a: '', b: '' })).toBe('201 undefined');
  });

  test('are each of those it selects', () => {
    const api = new ApiBench();
    make(api, 'a', { max: '5' }, { labels: { for: 'p' } });
    make(api, 'b', { max: '1' }, { labels: { for: 'p' } });
    const paramRef = { selector: { matchLabels: { for: 'p' } }, parameterNotFoundAction: 'Deny' };
    policy(api, 'validating', 'p', { ...spec, validations }, { paramRef });
    expect(secret(api, { a: '', b: '' })).toContain('denied request: at most 1');
  });

  test('may be custom resources', () => {
    const api = new ApiBench();
    defineLimits(api);
    api.create('/apis/example.com/v1/limits', { apiVersion: 'example.com/v1', kind: 'Limit', metadata: { name: 'l' }, spec: { max: 1 } });
    const paramKind = { apiVersion: 'example.com/v1', kind: 'Limit' };
    const few = [{ expression: 'object.data.size() <= params.spec.max', messageExpression: 'string(params.kind)' }];
    const paramRef = { name: 'l', parameterNotFoundAction: 'Deny' };
    policy(api, 'validating', 'p', { ...spec, paramKind, validations: few }, { paramRef });
    expect(secret(api, { a: '', b: '' })).toContain('denied request: Limit');
    expect(secret(api, { a: '' })).toBe('201 undefined');
  });

  test('of a namespace come from the one that is named, or from that of the request', () => {
    const api = new ApiBench();
    api.create('/api/v1/namespaces', { metadata: { name: 'rules' } });
    api.create('/api/v1/namespaces/rules/configmaps', configMap('limits', { max: '1' }));
    make(api, 'limits', { max: '5' });
    const paramRef = { name: 'limits', parameterNotFoundAction: 'Deny' };
    policy(api, 'validating', 'own', { ...spec, validations }, { paramRef });
    expect(secret(api, { a: '', b: '' })).toBe('201 undefined');
    policy(api, 'validating', 'shared', { ...spec, validations }, { paramRef: { ...paramRef, namespace: 'rules' } });
    expect(secret(api, { a: '', b: '' })).toContain("'shared' with binding 'shared' denied request: at most 1");
  });

  test('of a namespace cannot be found for what is in none', () => {
    const denied = (failurePolicy: string) => {
      const api = new ApiBench();
      const rule = { ...configMaps, resources: ['namespaces', 'persistentvolumes', 'nodes'] };
      const about = { ...matching(rule), paramKind: spec.paramKind, validations: [{ expression: 'true' }], failurePolicy };
      policy(api, 'validating', 'p', about, { paramRef: { name: 'limits', parameterNotFoundAction: 'Allow' } });
      return api.refusal('POST', '/api/v1/nodes', { metadata: { name: 'n' } });
    };
    expect(denied('Fail')).toContain(
      'failed to configure binding: cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
    );
    expect(denied('Ignore')).toBe('201 undefined');
  });

  test('of a kind that is not there cannot be had', () => {
    const api = new ApiBench();
    const paramKind = { apiVersion: 'example.com/v1', kind: 'Limit' };
    policy(api, 'validating', 'p', { ...spec, paramKind, validations }, { paramRef: { name: 'l', parameterNotFoundAction: 'Allow' } });
    expect(secret(api, { a: '' })).toContain(
      "failed to configure policy: failed to find resource referenced by paramKind: 'example.com/v1, Kind=Limit'",
    );
  });

  test('when there are none, the binding says what follows', () => {
    const missing = (parameterNotFoundAction: string) => {
      const api = new ApiBench();
      policy(api, 'validating', 'p', { ...spec, validations }, { paramRef: { name: 'nope', parameterNotFoundAction } });
      return secret(api, { a: '' });
    };
    expect(missing('Allow')).toBe('201 undefined');
    expect(missing('Deny')).toContain(
      'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
    );
  });
});

describe('a MutatingAdmissionPolicy', () => {
  const never = { reinvocationPolicy: 'Never' };
  const apply = (expression: string) => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } });
  const jsonPatch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } });
  const label = apply(`Object{metadata: Object.metadata{labels: {'made': 'here'}}}`);

  test('lays a configuration over the object, which keeps what it had', () => {
    const api = new ApiBench();
    policy(api, 'mutating', 'm', { ...never, mutations: [label] });
    expect(api.create(`${core}/configmaps`, configMap('x', { a: '1' }, { labels: { own: 'yes' } }))).toMatchObject({
      data: { a: '1' },
      metadata: { labels: { own: 'yes', made: 'here' } },
    });
  });

  test('merges lists by their keys and gives what it adds its defaults', () => {
    const api = new ApiBench();
    const rule = { apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'], operations: ['CREATE'] };
    const sidecar = `Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{
      containers: [Object.spec.template.spec.containers{name: 'mesh', image: 'mesh:1'}]}}}}`;
    policy(api, 'mutating', 'm', { ...never, ...matching(rule), mutations: [apply(sidecar)] });
    const { spec } = api.create('/apis/apps/v1/namespaces/default/deployments', deploymentOf('web'));
    expect(spec.template.spec.containers).toMatchObject([
      { name: 'c', image: 'nginx' },
      { name: 'mesh', image: 'mesh:1', imagePullPolicy: 'IfNotPresent', terminationMessagePath: '/dev/termination-log' },
    ]);
  });

  test('patches, one mutation after the other, and does nothing where a test fails', () => {
    const api = new ApiBench();
    policy(api, 'mutating', 'm', {
      ...never,
      mutations: [
        jsonPatch(`has(object.data) ? [JSONPatch{op: 'add', path: '/data/' + jsonpatch.escapeKey('b'), value: 'new'}] : []`),
        jsonPatch(`[JSONPatch{op: 'test', path: '/data/none', value: 'x'}, JSONPatch{op: 'remove', path: '/data'}]`),
      ],
    });
    expect(api.create(`${core}/configmaps`, configMap('x', { a: '1' })).data).toEqual({ a: '1', b: 'new' });
    expect(refusal(api, 'y')).toMatch(/^403 policy 'm' with binding 'm' denied request: JSON Patch: /);
  });

  test('may not replace lists that are no sets as if it added to them', () => {
    const api = new ApiBench();
    const rule = { apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'], operations: ['CREATE'] };
    const mutation = apply(`Object{spec: Object.spec{selector: Object.spec.selector{matchLabels: {'a': 'b'}}}}`);
    policy(api, 'mutating', 'm', { ...never, ...matching(rule), mutations: [mutation] });
    expect(api.refusal('POST', '/apis/apps/v1/namespaces/default/deployments', deploymentOf('web'))).toBe(
      "403 policy 'm' with binding 'm' denied request: error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.selector",
    );
  });

  test('names the types of what it lays over by the path of their fields', () => {
    const api = new ApiBench();
    policy(api, 'mutating', 'm', { ...never, mutations: [apply('Object{metadata: Object.meta{name: "x"}}')] });
    expect(refusal(api, 'x')).toBe(
      `403 policy 'm' with binding 'm' denied request: type mismatch: unexpected type name "Object.meta", expected "Object.metadata", which matches field name path from root Object type`,
    );
  });

  test('that cannot be evaluated refuses the request, unless failures are to be ignored', () => {
    const api = new ApiBench();
    const mutations = [apply(`Object{metadata: Object.metadata{labels: {'a': object.data.none}}}`)];
    policy(api, 'mutating', 'm', { ...never, mutations });
    const { status, body } = make(api, 'x', { a: '1' });
    expect([status, body]).toMatchObject([
      403,
      {
        reason: 'Invalid',
        message: expect.stringMatching(
          /^policy 'm' with binding 'm' denied request: expression '.*' resulted in error: no such key: none$/,
        ),
      },
    ]);
    const lax = new ApiBench();
    policy(lax, 'mutating', 'm', { ...never, mutations, failurePolicy: 'Ignore' });
    expect(make(lax, 'x', { a: '1' }).status).toBe(201);
  });

  test('is asked again when a later one changed the object, if it wants to be', () => {
    const count = (reinvocationPolicy: string) => {
      const api = new ApiBench();
      policy(api, 'mutating', 'a-counts', {
        reinvocationPolicy,
        mutations: [apply(`Object{metadata: Object.metadata{annotations: {'seen': string(has(object.data) ? object.data.size() : 0)}}}`)],
      });
      policy(api, 'mutating', 'b-adds', { ...never, mutations: [apply(`Object{data: {'more': 'yes'}}`)] });
      return api.create(`${core}/configmaps`, configMap('x')).metadata.annotations;
    };
    expect(count('Never')).toEqual({ seen: '0' });
    expect(count('IfNeeded')).toEqual({ seen: '1' });
  });

  test('comes before what validates', () => {
    const api = new ApiBench();
    policy(api, 'mutating', 'm', { ...never, mutations: [label] });
    policy(api, 'validating', 'v', { validations: [{ expression: "object.metadata.labels.made == 'here'" }] });
    expect(make(api, 'x').status).toBe(201);
  });
});

test('custom resources are changed and refused by policies as any object is', () => {
  const api = new ApiBench();
  defineLimits(api);
  const limits = matching({ apiGroups: ['example.com'], apiVersions: ['v1'], resources: ['limits'], operations: ['CREATE'] });
  const expression =
    "Object{metadata: Object.metadata{labels: {'size': string(object.spec.max)}}, spec: Object.spec{items: [Object.spec.items{name: 'added'}]}}";
  policy(api, 'mutating', 'm', {
    ...limits,
    reinvocationPolicy: 'Never',
    mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
  });
  policy(api, 'validating', 'v', { ...limits, validations: [{ expression: 'object.spec.max < 10', message: 'too much' }] });
  const limit = (max: number) => ({
    apiVersion: 'example.com/v1',
    kind: 'Limit',
    metadata: { name: `l${max}` },
    spec: { max, items: [{ name: 'own' }] },
  });
  expect(api.create('/apis/example.com/v1/limits', limit(1))).toMatchObject({
    metadata: { labels: { size: '1' } },
    spec: { max: 1, items: [{ name: 'own' }, { name: 'added', kind: 'plain' }] },
  });
  expect(api.refusal('POST', '/apis/example.com/v1/limits', limit(11))).toBe(
    `422 limits.example.com "l11" is forbidden: ValidatingAdmissionPolicy 'v' with binding 'v' denied request: too much`,
  );
});

function defineLimits(api: ApiBench): void {
  const item = { type: 'object', required: ['name'], properties: { name: { type: 'string' }, kind: { type: 'string', default: 'plain' } } };
  const items = { type: 'array', items: item, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] };
  const spec = { type: 'object', properties: { max: { type: 'integer' }, items } };
  api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'limits.example.com' },
    spec: {
      group: 'example.com',
      names: { plural: 'limits', kind: 'Limit' },
      scope: 'Cluster',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec } } } }],
    },
  });
  api.kernel.runFor(10_000);
}
