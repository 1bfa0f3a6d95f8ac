import { prepared, refusalOf, updateRefusalOf } from '../../support/objects';

const version = (schema: object, more: object = {}) => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: { type: 'object', ...schema } },
  ...more,
});

const definition = (schema: object = {}, spec: object = {}) => ({
  metadata: { name: 'widgets.shop.example' },
  spec: { group: 'shop.example', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions: [version(schema)], ...spec },
});

const withSpec = (spec: object) => definition({ properties: { spec } });
const says = (why: string) => `CustomResourceDefinition.apiextensions.k8s.io "widgets.shop.example" is invalid: ${why}`;
const at = 'spec.validation.openAPIV3Schema.properties[spec]';

test('names that follow from others need not be given, and the storage version is remembered', () => {
  expect(prepared('CustomResourceDefinition', definition())).toMatchObject({
    spec: { names: { singular: 'widget', listKind: 'WidgetList' }, conversion: { strategy: 'None' } },
    status: { storedVersions: ['v1'], acceptedNames: { plural: '', kind: '' } },
  });
});

test.each([
  [
    definition({}, { group: 'shop' }),
    '[metadata.name: Invalid value: "widgets.shop.example": must be spec.names.plural+"."+spec.group, spec.group: Invalid value: "shop": should be a domain with at least one dot]',
  ],
  [definition({}, { scope: 'World' }), 'spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"'],
  [
    definition({}, { names: { plural: 'widgets', kind: 'Widget', listKind: 'Widget' } }),
    'spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same',
  ],
  [definition({}, { versions: [{ name: 'v1', served: true, storage: true }] }), 'spec.versions[0].schema.openAPIV3Schema: Required value'],
  [
    definition({}, { versions: [version({}, { additionalPrinterColumns: [{ name: 'Size', type: 'int', jsonPath: '.spec.size' }] })] }),
    'spec.additionalPrinterColumns[0].type: Invalid value: "int": must be one of boolean,date,integer,number,string',
  ],
  [
    definition(
      {},
      { versions: [version({}, { subresources: { scale: { specReplicasPath: '.replicas', statusReplicasPath: '.status.replicas' } } })] },
    ),
    'spec.subresources.scale.specReplicasPath: Invalid value: ".replicas": should be a json path under .spec',
  ],
  [
    definition({}, { preserveUnknownFields: true }),
    'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
  ],
  [{ ...definition({}, { group: 'shop.k8s.io' }), metadata: { name: 'widgets.shop.k8s.io' } }, undefined],
])('definition %#', (draft, why) => {
  const refusal = refusalOf('CustomResourceDefinition', draft);
  if (why) expect(refusal).toBe(says(why));
  else expect(refusal).toContain('protected groups must have approval annotation "api-approved.kubernetes.io"');
});

test.each([
  [{}, `${at}.type: Required value: must not be empty for specified object fields`],
  [
    { type: 'text' },
    `${at}.type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"`,
  ],
  [{ type: 'array' }, `${at}.items: Required value: must be specified`],
  [
    { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: { type: 'string' } },
    `${at}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
  ],
  [
    { type: 'object', anyOf: [{ properties: { a: { minLength: 1 } } }] },
    `${at}.properties[a]: Required value: because it is defined in ${at}.anyOf[0].properties[a]`,
  ],
  [{ type: 'object', anyOf: [{ type: 'object' }] }, `${at}.anyOf[0].type: Forbidden: must be empty to be structural`],
  [
    {
      type: 'array',
      items: { type: 'object', properties: { name: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    },
    `${at}.items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
  ],
  [
    { type: 'object', 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true },
    `${at}.x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true`,
  ],
])('a schema with %j is not structural', (spec, why) => {
  expect(refusalOf('CustomResourceDefinition', withSpec(spec))).toBe(says(why));
});

describe('rules', () => {
  const ruled = (rule: object) =>
    withSpec({
      type: 'object',
      properties: {
        size: { type: 'integer' },
        until: { type: 'string', format: 'date-time' },
        names: { type: 'array', items: { type: 'string' } },
      },
      'x-kubernetes-validations': [rule],
    });
  const rule = `${at}.x-kubernetes-validations[0]`;

  test.each([
    'self.size > 0',
    'self.size >= oldSelf.size',
    'self.names.all(name, name.startsWith("a"))',
    'self.until > timestamp("2026-01-01T00:00:00Z")',
    'has(self.size)',
  ])('%s compiles', (text) => {
    expect(refusalOf('CustomResourceDefinition', ruled({ rule: text }))).toBeUndefined();
  });

  test.each([
    [{ rule: ' ' }, `${rule}.rule: Required value: rule is not specified`],
    [
      { rule: 'self.sizes > 0' },
      `${rule}.rule: Invalid value: {"Rule":"self.sizes \\u003e 0","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:5: undefined field 'sizes'\n | self.sizes > 0\n | ....^`,
    ],
    [
      { rule: 'self.size' },
      `${rule}.rule: Invalid value: {"Rule":"self.size","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: cel expression must evaluate to a bool`,
    ],
  ])('%j is refused', (text, why) => {
    expect(refusalOf('CustomResourceDefinition', ruled(text))).toBe(says(why));
  });
});

test('a version that something may be stored in stays', () => {
  expect(updateRefusalOf('CustomResourceDefinition', definition(), ({ spec }) => void (spec.versions[0].name = 'v2'))).toContain(
    'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version',
  );
});
