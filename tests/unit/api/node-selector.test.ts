import type { V1Node, V1NodeSelectorRequirement, V1NodeSelectorTerm } from '@/generated/kubernetes/types';
import { matchesNodeSelector, matchesNodeSelectorTerm } from '@/lib/cluster/api';

const node = { metadata: { name: 'worker-1', labels: { cores: '8', disk: 'ssd' } } } as unknown as V1Node;
const term = (key: string, operator: V1NodeSelectorRequirement['operator'], ...values: string[]) => ({
  matchExpressions: [{ key, operator, values }],
});

test.each<[V1NodeSelectorTerm, boolean]>([
  [term('cores', 'Gt', '4'), true],
  [term('cores', 'Lt', '9223372036854775806'), true],
  [term('cores', 'Gt', '1e0'), false],
  [term('disk', 'Gt', '4'), false],
  [term('gpu', 'NotIn', 'a'), true],
  [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['worker-1'] }] }, true],
  [{ matchFields: [{ key: 'metadata.uid', operator: 'In', values: ['worker-1'] }] }, false],
  [{}, false],
])('node selector term %j matches: %s', (wanted, expected) => {
  expect(matchesNodeSelectorTerm(wanted, node)).toBe(expected);
});

test('one term of a node selector is enough, and none matches nothing', () => {
  expect(matchesNodeSelector({ nodeSelectorTerms: [term('gpu', 'Exists'), term('disk', 'Exists')] }, node)).toBe(true);
  expect(matchesNodeSelector({ nodeSelectorTerms: [] }, node)).toBe(false);
});
