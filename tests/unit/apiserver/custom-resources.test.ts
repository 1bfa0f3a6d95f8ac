import { ApiBench, mediaTypes } from '../../support/api-server';

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const widgets = '/apis/example.com/v1/namespaces/default/widgets';

const spec = {
  type: 'object',
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 10, default: 3 },
    color: { type: 'string', enum: ['red', 'blue'] },
    parts: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, count: { type: 'integer', default: 1 } } },
    },
    anything: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    port: { 'x-kubernetes-int-or-string': true },
    maybe: { type: 'string', nullable: true },
    inner: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
  },
};

function definition(over: Record<string, unknown> = {}, version: Record<string, unknown> = {}) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec, status: { type: 'object', properties: { phase: { type: 'string' } } } },
            },
          },
          ...version,
        },
      ],
      ...over,
    },
  };
}

function bench(over: Record<string, unknown> = {}, version: Record<string, unknown> = {}): ApiBench {
  const api = new ApiBench();
  api.create(crds, definition(over, version));
  api.kernel.runUntilIdle();
  return api;
}

const widget = (name: string, own: object = {}, more: object = {}) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec: own,
  ...more,
});

const conditionsOf = (api: ApiBench, name = 'widgets.example.com') =>
  api.get(`${crds}/${name}`).status.conditions.map((one: any) => `${one.type}=${one.status} ${one.reason}`);

describe('a CustomResourceDefinition', () => {
  test('has its names accepted and is established', () => {
    const api = bench();
    expect(conditionsOf(api)).toEqual(['NamesAccepted=True NoConflicts', 'Established=True InitialNamesAccepted']);
    expect(api.get(`${crds}/widgets.example.com`).status.acceptedNames).toMatchObject({
      plural: 'widgets',
      kind: 'Widget',
      shortNames: ['wd'],
    });
  });

  test('that asks for a name another of its group has is not served', () => {
    const api = bench();
    const other = definition({ names: { plural: 'gadgets', kind: 'Gadget', shortNames: ['wd'] } });
    api.create(crds, { ...other, metadata: { name: 'gadgets.example.com' } });
    api.kernel.runUntilIdle();
    expect(conditionsOf(api, 'gadgets.example.com')).toEqual(['NamesAccepted=False ShortNamesConflict', 'Established=False NotAccepted']);
    expect(api.send('GET', '/apis/example.com/v1/gadgets').status).toBe(404);
  });

  test('gets a name as soon as whoever had it is gone', () => {
    const api = bench();
    const other = definition({ names: { plural: 'gadgets', kind: 'Gadget', shortNames: ['wd'] } });
    api.create(crds, { ...other, metadata: { name: 'gadgets.example.com' } });
    api.kernel.runUntilIdle();
    api.send('DELETE', `${crds}/widgets.example.com`);
    api.kernel.runUntilIdle();
    expect(conditionsOf(api, 'gadgets.example.com')).toContain('Established=True InitialNamesAccepted');
  });

  test('has defaults that fit the schema they stand in', () => {
    const api = new ApiBench();
    const wrong = structuredClone(definition()) as any;
    wrong.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.size.default = 11;
    expect(api.refusal('POST', crds, wrong)).toContain(
      'spec.validation.openAPIV3Schema.properties[spec].properties[size].default: Invalid value: 11: ',
    );
    wrong.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.size.default = 3;
    wrong.spec.versions[0].schema.openAPIV3Schema.properties.spec.default = { bogus: 1 };
    expect(api.refusal('POST', crds, wrong)).toContain(
      'properties[spec].default: Invalid value: {"bogus":1}: must not have unknown fields',
    );
  });

  test('is told by discovery, legacy and aggregated, and by an APIService', () => {
    const api = bench({}, { subresources: { status: {} } });
    const [whole, status] = (api.send('GET', '/apis/example.com/v1').body as any).resources;
    expect(whole).toMatchObject({ name: 'widgets', singularName: 'widget', kind: 'Widget', shortNames: ['wd'], namespaced: true });
    expect(status).toMatchObject({ name: 'widgets/status', verbs: ['get', 'patch', 'update'] });
    const aggregated = api.send('GET', '/apis', undefined, {
      accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    });
    expect((aggregated.body as any).items.at(-1).metadata.name).toBe('example.com');
    expect(api.get('/apis/apiregistration.k8s.io/v1/apiservices/v1.example.com').status.conditions[0].reason).toBe('Local');
  });

  test('is in the OpenAPI documents, whose hash changes with it', () => {
    const api = bench();
    const document = api.send('GET', '/openapi/v3/apis/example.com/v1').body as any;
    expect(document.components.schemas['com.example.v1.Widget']['x-kubernetes-group-version-kind']).toEqual([
      { group: 'example.com', version: 'v1', kind: 'Widget' },
    ]);
    expect((api.send('GET', '/openapi/v2').body as any).definitions['com.example.v1.Widget']).toBeDefined();
    const hash = () => (api.send('GET', '/openapi/v3').body as any).paths['apis/example.com/v1'].serverRelativeURL;
    const before = hash();
    api.patch(`${crds}/widgets.example.com`, 'merge', { spec: { names: { plural: 'widgets', kind: 'Widget', shortNames: ['w'] } } });
    expect(hash()).not.toBe(before);
  });

  test('takes its objects with it, and goes only when they are gone', () => {
    const api = bench();
    api.create(widgets, widget('a'));
    api.create(widgets, { ...widget('b'), metadata: { name: 'b', finalizers: ['example.com/wait'] } });
    const deleted = api.send('DELETE', `${crds}/widgets.example.com`).body as any;
    expect(deleted.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io']);
    api.kernel.runUntilIdle();
    expect(api.send('GET', `${widgets}/a`).status).toBe(404);
    expect(api.refusal('POST', widgets, widget('c'))).toBe('405 create not allowed while custom resource definition is terminating');
    api.patch(`${widgets}/b`, 'merge', { metadata: { finalizers: null } });
    api.kernel.runFor(6000);
    expect(api.send('GET', `${crds}/widgets.example.com`).status).toBe(404);
    expect(api.send('GET', '/apis/example.com/v1').status).toBe(404);
    expect(api.send('GET', '/apis/apiregistration.k8s.io/v1/apiservices/v1.example.com').status).toBe(404);
  });

  test('is served by an API server that starts after it was made', () => {
    const first = bench();
    first.create(widgets, widget('a'));
    const second = new ApiBench({}, first.etcd);
    expect(second.get(`${widgets}/a`).spec).toEqual({ size: 3 });
    second.create(crds, { ...definition({ names: { plural: 'gadgets', kind: 'Gadget' } }), metadata: { name: 'gadgets.example.com' } });
    second.kernel.runUntilIdle();
    expect(conditionsOf(second, 'gadgets.example.com')).toContain('Established=True InitialNamesAccepted');
  });
});

describe('a custom resource', () => {
  test('gets the defaults of its schema, also inside lists', () => {
    expect(bench().create(widgets, widget('a', { parts: [{ name: 'x' }] })).spec).toEqual({ size: 3, parts: [{ name: 'x', count: 1 }] });
  });

  test('gets defaults that its schema was given after it was stored', () => {
    const api = bench();
    api.create(widgets, widget('a'));
    const changed = structuredClone(definition()) as any;
    changed.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.shape = { type: 'string', default: 'round' };
    api.patch(`${crds}/widgets.example.com`, 'merge', { spec: { versions: changed.spec.versions } });
    expect(api.get(`${widgets}/a`).spec).toEqual({ shape: 'round', size: 3 });
  });

  test('loses unknown fields with a warning, unless its schema keeps them', () => {
    const api = bench();
    const made = api.send('POST', `${widgets}?fieldValidation=Warn`, widget('a', { bogus: 1, anything: { goes: [1] }, port: 'http' }));
    expect((made.body as any).spec).toEqual({ anything: { goes: [1] }, port: 'http', size: 3 });
    expect(made.headers['warning']).toBe('299 - "unknown field \\"spec.bogus\\""');
    expect(api.refusal('POST', `${widgets}?fieldValidation=Strict`, widget('b', { bogus: 1 }))).toBe(
      '400 Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.bogus"',
    );
  });

  test('loses an unknown field also when every object of JavaScript answers to its name', () => {
    const own = { constructor: 1, toString: { a: 1 }, size: 2 };
    const made = bench().send('POST', `${widgets}?fieldValidation=Warn`, widget('a', own));
    expect(Object.keys((made.body as any).spec)).toEqual(['size']);
    expect(made.headers['warning']).toBe('299 - "unknown field \\"spec.constructor\\"", 299 - "unknown field \\"spec.toString\\""');
  });

  test('keeps a null only where its schema allows one', () => {
    expect(bench().create(widgets, widget('a', { maybe: null, color: null, size: null })).spec).toEqual({ maybe: null, size: 3 });
  });

  test.each([
    [{ size: 11 }, 'spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10'],
    [{ size: 'x' }, 'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'],
    [{ color: 'green' }, 'spec.color: Unsupported value: "green": supported values: "red", "blue"'],
    [{ parts: [{}] }, 'spec.parts[0].name: Required value'],
    [{ parts: [{ name: 'x' }, { name: 'x' }] }, 'spec.parts[1]: Duplicate value: {"name":"x"}'],
    [{ inner: { kind: 'Pod' } }, 'spec.inner.apiVersion: Required value: must not be empty'],
    [{ port: true }, 'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"'],
  ])('is refused with %j', (own, why) => {
    expect(bench().refusal('POST', widgets, widget('a', own))).toBe(`422 Widget.example.com "a" is invalid: ${why}`);
  });

  test('may keep what was wrong already when something else changes', () => {
    const api = bench();
    api.create(widgets, widget('a', { color: 'red' }));
    const changed = structuredClone(definition()) as any;
    changed.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.color.enum = ['blue'];
    api.patch(`${crds}/widgets.example.com`, 'merge', { spec: { versions: changed.spec.versions } });
    expect(api.patch(`${widgets}/a`, 'merge', { spec: { size: 4 } }).spec).toEqual({ color: 'red', size: 4 });
    expect(api.refusal('PATCH', `${widgets}/a`, { spec: { color: 'pink' } }, { 'content-type': mediaTypes.merge })).toContain(
      'Unsupported value',
    );
  });

  test('counts changes of anything but metadata in its generation', () => {
    const api = bench({}, { subresources: { status: {} } });
    api.create(widgets, widget('a', {}, { status: { phase: 'Ignored' } }));
    expect(api.get(`${widgets}/a`).status).toBeUndefined();
    api.patch(`${widgets}/a`, 'merge', { metadata: { labels: { a: 'b' } } });
    expect(api.patch(`${widgets}/a/status`, 'merge', { status: { phase: 'Up' }, spec: { size: 9 } })).toMatchObject({
      metadata: { generation: 1 },
      spec: { size: 3 },
      status: { phase: 'Up' },
    });
    expect(api.patch(`${widgets}/a`, 'merge', { spec: { size: 5 }, status: { phase: 'x' } })).toMatchObject({
      metadata: { generation: 2 },
      status: { phase: 'Up' },
    });
  });

  test('without a status subresource counts its status too', () => {
    const api = bench();
    api.create(widgets, widget('a'));
    expect(api.patch(`${widgets}/a`, 'merge', { status: { phase: 'Up' } }).metadata.generation).toBe(2);
    expect(api.send('GET', `${widgets}/a/status`).status).toBe(404);
  });

  test('keeps its kind, and is an object', () => {
    const api = bench();
    api.create(widgets, widget('a'));
    const patch = (type: string, body: unknown) => api.refusal('PATCH', `${widgets}/a`, body, { 'content-type': type });
    expect(patch(mediaTypes.merge, { kind: 'Gadget' })).toContain('kind: Invalid value: "Gadget": must be Widget');
    expect(patch(mediaTypes.merge, { apiVersion: 'example.com/v9' })).toContain(
      'apiVersion: Invalid value: "example.com/v9": must be example.com/v1',
    );
    expect(patch(mediaTypes.jsonPatch, [{ op: 'replace', path: '', value: null }])).toMatch(/^422 /);
  });

  test('is not patched strategically', () => {
    const api = bench();
    api.create(widgets, widget('a'));
    expect(api.send('PATCH', `${widgets}/a`, { spec: { size: 4 } }, { 'content-type': mediaTypes.strategic }).status).toBe(415);
  });

  test('is applied by its schema: items of a keyed list belong to whoever applied them', () => {
    const api = bench();
    const apply = (manager: string, own: object) =>
      api.send('PATCH', `${widgets}/a?fieldManager=${manager}`, widget('a', own), { 'content-type': 'application/apply-patch+yaml' })
        .body as any;
    apply('one', { parts: [{ name: 'x', count: 2 }] });
    expect(apply('two', { parts: [{ name: 'y' }] }).spec.parts).toEqual([
      { name: 'x', count: 2 },
      { name: 'y', count: 1 },
    ]);
    expect(apply('two', { parts: [{ name: 'x', count: 3 }] }).message).toBe(
      'Apply failed with 1 conflict: conflict with "one": .spec.parts[name="x"].count',
    );
  });

  test('is applied field by field where its schema leaves it open', () => {
    const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const api = bench({}, { schema: { openAPIV3Schema: open } });
    const apply = (manager: string, own: object) =>
      api.send('PATCH', `${widgets}/a?fieldManager=${manager}`, widget('a', own), { 'content-type': 'application/apply-patch+yaml' })
        .body as any;
    apply('one', { a: { x: 1 }, list: [1] });
    expect(apply('two', { a: { y: 2 } }).spec).toEqual({ a: { x: 1, y: 2 }, list: [1] });
    expect(apply('two', { a: { x: 3 } }).message).toBe('Apply failed with 1 conflict: conflict with "one": .spec.a.x');
    expect(apply('one', { a: { x: 1 } }).spec).toEqual({ a: { x: 1, y: 2 } });
  });

  test('needs a resourceVersion to be replaced', () => {
    const api = bench();
    api.create(widgets, widget('a'));
    expect(api.refusal('PUT', `${widgets}/a`, widget('a'))).toBe(
      '422 widgets.example.com "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
  });

  test('is watched, listed as a table and selected by the fields its definition names', () => {
    const api = bench(
      {},
      {
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'First', type: 'string', jsonPath: '.spec.parts[0].name' },
          { name: 'X', type: 'integer', jsonPath: '.spec.parts[?(@.name=="x")].count' },
        ],
        selectableFields: [{ jsonPath: '.spec.color' }],
      },
    );
    const seen = api.watch(`${widgets}?watch=1`);
    api.create(widgets, widget('a', { color: 'red', parts: [{ name: 'x', count: 7 }] }));
    api.create(widgets, widget('b', { color: 'blue' }));
    api.kernel.runUntilIdle();
    expect(seen.events.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual(['ADDED a', 'ADDED b']);
    const table = api.send('GET', widgets, undefined, { accept: mediaTypes.table }).body as any;
    expect(table.rows.map((row: any) => row.cells)).toEqual([
      ['a', 3, 'x', 7],
      ['b', 3, null, null],
    ]);
    expect((api.send('GET', `${widgets}?fieldSelector=spec.color%3Dred`).body as any).items).toHaveLength(1);
  });

  test('may have a kind that is built in elsewhere', () => {
    const api = new ApiBench();
    const services = definition({ names: { plural: 'services', kind: 'Service' } });
    api.create(crds, { ...services, metadata: { name: 'services.example.com' } });
    api.kernel.runUntilIdle();
    const made = api.create('/apis/example.com/v1/namespaces/default/services', { ...widget('a'), kind: 'Service' });
    expect(made.spec).toEqual({ size: 3 });
    expect(api.get('/api/v1/namespaces/default/services/kubernetes').spec.clusterIP).toBe('10.96.0.1');
  });
});

describe('rules of a schema', () => {
  const ruled = (rules: object[], own: object = spec) =>
    bench({}, { schema: { openAPIV3Schema: { type: 'object', properties: { spec: { ...own, 'x-kubernetes-validations': rules } } } } });
  const refusal = (api: ApiBench, own: object) =>
    api.refusal('POST', widgets, widget('a', own)).replace('422 Widget.example.com "a" is invalid: ', '');

  test('are evaluated when the rest is right', () => {
    const api = ruled([{ rule: 'self.size < 5', message: 'too big' }]);
    expect(refusal(api, { size: 6 })).toBe('spec: Invalid value: "object": too big');
    expect(refusal(api, { size: 'x' })).toContain('some validation rules were not checked because the object was invalid');
    expect(api.create(widgets, widget('ok', { size: 4 })).spec.size).toBe(4);
  });

  test('say what failed, in words of their own, about a field of their own, for a reason of their own', () => {
    expect(refusal(ruled([{ rule: 'self.size < 5' }]), { size: 6 })).toBe('spec: Invalid value: "object": failed rule: self.size < 5');
    expect(
      refusal(
        ruled([
          {
            rule: 'self.size < 5',
            messageExpression: '"size " + string(self.size) + " is too big"',
            fieldPath: '.size',
            reason: 'FieldValueForbidden',
          },
        ]),
        { size: 6 },
      ),
    ).toBe('spec.size: Forbidden: size 6 is too big');
  });

  test('about what was before are for updates alone', () => {
    const api = ruled([{ rule: 'self.size >= oldSelf.size', message: 'only grows' }]);
    api.create(widgets, widget('a', { size: 4 }));
    expect(api.patch(`${widgets}/a`, 'merge', { spec: { size: 5 } }).spec.size).toBe(5);
    expect(api.refusal('PATCH', `${widgets}/a`, { spec: { size: 2 } }, { 'content-type': mediaTypes.merge })).toContain('only grows');
  });

  test('may not ask what an item of an atomic list was before', () => {
    const items = { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] };
    const schema = {
      openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { list: { type: 'array', items } } } } },
    };
    expect(new ApiBench().refusal('POST', crds, definition({}, { schema }))).toContain(
      'oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[spec].properties[list]',
    );
  });

  test('may ask whether there was anything before', () => {
    const api = ruled([{ rule: 'oldSelf.hasValue() || self.size == 1', optionalOldSelf: true, message: 'begins with one' }]);
    expect(refusal(api, { size: 2 })).toContain('begins with one');
    api.create(widgets, widget('a', { size: 1 }));
    expect(api.patch(`${widgets}/a`, 'merge', { spec: { size: 5 } }).spec.size).toBe(5);
  });

  test('see the items of lists and quantities', () => {
    const api = ruled([{ rule: 'self.parts.all(p, p.count < 3) && quantity("1Gi").isGreaterThan(quantity("1Mi"))', message: 'too many' }]);
    expect(refusal(api, { parts: [{ name: 'x', count: 3 }] })).toContain('too many');
    expect(api.create(widgets, widget('ok', { parts: [{ name: 'x' }] })).spec.size).toBe(3);
  });

  test('see numbers, times, durations and odd names as their schema says', () => {
    const api = ruled(
      [
        { rule: 'self.cost + 0.5 < 2.0', message: 'too dear' },
        { rule: 'self.since > timestamp("2020-01-01T00:00:00Z")', message: 'too old' },
        { rule: 'self.grace <= duration("1m")', message: 'too patient' },
        { rule: 'self.__namespace__ != "" && self.api__dash__key == "k"', message: 'odd' },
        { rule: 'semver(self.version).isLessThan(semver("2.0.0"))', message: 'too new' },
      ],
      {
        type: 'object',
        properties: {
          cost: { type: 'number' },
          since: { type: 'string', format: 'date-time' },
          grace: { type: 'string', format: 'duration' },
          namespace: { type: 'string' },
          'api-key': { type: 'string' },
          version: { type: 'string' },
        },
      },
    );
    const good = { cost: 1, since: '2024-01-01T00:00:00Z', grace: '30s', namespace: 'x', 'api-key': 'k', version: '1.9.0' };
    expect(api.create(widgets, widget('ok', good)).spec).toEqual(good);
    expect(refusal(api, { ...good, cost: 2 })).toContain('too dear');
    expect(refusal(api, { ...good, since: '2019-01-01T00:00:00Z' })).toContain('too old');
    expect(refusal(api, { ...good, grace: '1h' })).toContain('too patient');
    expect(refusal(api, { ...good, version: '2.1.0' })).toContain('too new');
  });

  test('that cannot be evaluated refuse too', () => {
    expect(refusal(ruled([{ rule: 'self.color == "red"' }]), {})).toBe(
      'spec: Invalid value: "object": no such key: color evaluating rule: self.color == "red"',
    );
  });
});

describe('versions of a custom resource', () => {
  const versions = [
    { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec } } } },
    {
      name: 'v2',
      served: true,
      storage: false,
      schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } } },
    },
    {
      name: 'v1beta1',
      served: true,
      storage: false,
      deprecated: true,
      schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    },
    { name: 'v0', served: false, storage: false, schema: { openAPIV3Schema: { type: 'object' } } },
  ];

  test('show the same object, each by its own schema', () => {
    const api = bench({ versions });
    api.create(widgets, widget('a', { color: 'red' }));
    expect(api.get('/apis/example.com/v2/namespaces/default/widgets/a')).toMatchObject({ apiVersion: 'example.com/v2', spec: { size: 3 } });
    expect(api.get('/apis/example.com/v2/namespaces/default/widgets/a').spec.color).toBeUndefined();
    expect(api.send('GET', '/apis/example.com/v0/namespaces/default/widgets').status).toBe(404);
  });

  test('are preferred by how stable they are, and the deprecated say so', () => {
    const api = bench({ versions });
    expect((api.send('GET', '/apis/example.com').body as any).versions.map((one: any) => one.version)).toEqual(['v2', 'v1', 'v1beta1']);
    expect(api.send('GET', '/apis/example.com/v1beta1/widgets').headers['warning']).toBe(
      '299 - "example.com/v1beta1 Widget is deprecated; use example.com/v2 Widget"',
    );
  });

  test('that only a webhook could convert are refused, all but the one they are stored in', () => {
    const clientConfig = { service: { namespace: 'default', name: 'converter' } };
    const api = bench({ versions, conversion: { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } } });
    api.create(widgets, widget('a'));
    expect(api.refusal('GET', '/apis/example.com/v2/namespaces/default/widgets/a')).toContain(
      'conversion webhook for example.com/v2, Kind=Widget failed',
    );
  });

  test('are stored in the storage version', () => {
    const api = bench({ versions });
    api.create('/apis/example.com/v2/namespaces/default/widgets', { ...widget('a'), apiVersion: 'example.com/v2' });
    const [kv] = api.etcd.range('/registry/example.com/widgets/default/a').kvs;
    expect(kv?.value).toMatchObject({ apiVersion: 'example.com/v1' });
  });
});
