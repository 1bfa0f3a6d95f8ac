import { prepared, refusalOf, rowOf } from '../../support/objects';

const budget = (spec: object) => ({ metadata: { name: 'web' }, spec: { selector: { matchLabels: { app: 'web' } }, ...spec } });

test('a new PodDisruptionBudget allows nothing until the disruption controller has counted', () => {
  expect(prepared('PodDisruptionBudget', { ...budget({ minAvailable: 2 }), status: { disruptionsAllowed: 9 } })).toMatchObject({
    status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
  });
});

test.each([
  [
    { minAvailable: 1, maxUnavailable: 1 },
    'spec: Invalid value: {"MinAvailable":1,"Selector":{"matchLabels":{"app":"web"}},"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
  ],
  [{ minAvailable: '110%' }, 'spec.minAvailable: Invalid value: "110%": must not be greater than 100%'],
  [
    { unhealthyPodEvictionPolicy: 'Never' },
    'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
  ],
])('a PodDisruptionBudget with %j is refused', (spec, sentence) => {
  expect(refusalOf('PodDisruptionBudget', budget(spec))).toBe(`PodDisruptionBudget.policy "web" is invalid: ${sentence}`);
});

test('kubectl get pdb shows N/A for the bound that is not set', () => {
  const row = rowOf('PodDisruptionBudget', prepared('PodDisruptionBudget', budget({ minAvailable: '50%' })));
  expect(row).toMatchObject({ Name: 'web', 'Min Available': '50%', 'Max Unavailable': 'N/A', 'Allowed Disruptions': 0 });
});
