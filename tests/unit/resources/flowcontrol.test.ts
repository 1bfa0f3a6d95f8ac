import { defaulted, prepared, refusalOf, rowOf } from '../../support/objects';

const group = 'flowcontrol.apiserver.k8s.io';

describe('FlowSchema', () => {
  const rule = {
    subjects: [{ kind: 'Group', group: { name: 'developers' } }],
    resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }],
  };
  const schema = (spec: object = {}) => ({
    metadata: { name: 'dev' },
    spec: { priorityLevelConfiguration: { name: 'workload-low' }, rules: [rule], ...spec },
  });

  test('matches late unless it says otherwise', () => {
    expect(defaulted('FlowSchema', schema()).spec.matchingPrecedence).toBe(1000);
  });

  test.each([
    [{ matchingPrecedence: 1 }, "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"],
    [{ priorityLevelConfiguration: {} }, 'spec.priorityLevelConfiguration.name: Required value: must reference a priority level'],
    [{ rules: [{ ...rule, subjects: [] }] }, 'spec.rules[0].subjects: Required value: subjects must contain at least one value'],
    [
      { rules: [{ ...rule, subjects: [{ kind: 'User' }] }] },
      "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
    ],
    [
      { rules: [{ subjects: rule.subjects }] },
      'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
    ],
    [
      { rules: [{ subjects: rule.subjects, nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['healthz'] }] }] },
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "healthz": must start with slash',
    ],
    [
      { distinguisherMethod: { type: 'ByMood' } },
      'spec.distinguisherMethod.type: Unsupported value: {"Type":"ByMood"}: supported values: "ByNamespace", "ByUser"',
    ],
  ])('with %j is refused', (spec, why) => {
    expect(refusalOf('FlowSchema', schema(spec))).toBe(`FlowSchema.${group} "dev" is invalid: ${why}`);
  });

  test('its row tells whether its priority level is there', () => {
    expect(rowOf('FlowSchema', prepared('FlowSchema', schema()))).toMatchObject({
      PriorityLevel: 'workload-low',
      DistinguisherMethod: '<none>',
      MissingPL: '?',
    });
  });
});

describe('PriorityLevelConfiguration', () => {
  const level = (spec: object) => ({ metadata: { name: 'slow' }, spec });
  const limited = (more: object) => level({ type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} }, ...more } });

  test('has 30 shares and 64 queues unless it says otherwise', () => {
    expect(defaulted('PriorityLevelConfiguration', limited({})).spec.limited).toEqual({
      nominalConcurrencyShares: 30,
      lendablePercent: 0,
      limitResponse: { type: 'Queue', queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 } },
    });
    expect(defaulted('PriorityLevelConfiguration', limited({ nominalConcurrencyShares: 0 })).spec.limited.nominalConcurrencyShares).toBe(0);
  });

  test.each([
    [level({ type: 'Exempt' }), `spec.type: Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'`],
    [level({ type: 'Limited' }), 'spec.limited: Required value: must not be empty when type is Limited'],
    [limited({ lendablePercent: 101 }), 'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive'],
    [
      limited({ limitResponse: { type: 'Queue', queuing: { queues: 4, handSize: 5 } } }),
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 5: should not be greater than queues (4)',
    ],
    [
      limited({ limitResponse: { type: 'Queue', queuing: { queues: 1024, handSize: 8 } } }),
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 1024 and handSize 8 should not be greater than 60',
    ],
  ])('%j is refused', (draft, why) => {
    expect(refusalOf('PriorityLevelConfiguration', draft)).toBe(`PriorityLevelConfiguration.${group} "slow" is invalid: ${why}`);
  });
});

describe('APIService', () => {
  const service = (spec: object = {}, name = 'v1.metrics.example') => ({
    metadata: { name },
    spec: { group: 'metrics.example', version: 'v1', groupPriorityMinimum: 100, versionPriority: 10, ...spec },
  });

  test('what the API server serves itself is there at once', () => {
    const row = (spec: object) => rowOf('APIService', prepared('APIService', service(spec)));
    expect(row({})).toMatchObject({ Service: 'Local', Available: 'True' });
    expect(row({ service: { name: 'metrics', namespace: 'kube-system' } })).toMatchObject({
      Service: 'kube-system/metrics',
      Available: 'Unknown',
    });
  });

  test('is named for its version and group', () => {
    expect(refusalOf('APIService', service({}, 'metrics'))).toBe(
      'APIService.apiregistration.k8s.io "metrics" is invalid: metadata.name: Invalid value: "metrics": must be `spec.version+"."+spec.group`: "v1.metrics.example"',
    );
  });
});
