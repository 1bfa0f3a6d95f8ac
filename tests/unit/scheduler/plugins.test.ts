import type { V1Node, V1Pod } from '@/generated/kubernetes/types';
import { matchesRequiredAffinity } from '@/lib/cluster/api';
import { candidateOf } from '@/lib/cluster/scheduler/framework';
import { naturalLogarithm } from '@/lib/cluster/scheduler/logarithm';
import { NodeInfo, podInfo } from '@/lib/cluster/scheduler/node-info';
import { defaultNormalize } from '@/lib/cluster/scheduler/plugin';
import { ImageLocality } from '@/lib/cluster/scheduler/plugins/image-locality';
import { NodeResourcesBalancedAllocation } from '@/lib/cluster/scheduler/plugins/node-resources-balanced-allocation';
import { NodeResourcesFit } from '@/lib/cluster/scheduler/plugins/node-resources-fit';
import { nonZeroRequests, podRequests } from '@/lib/cluster/scheduler/resources';
import { findUntolerated } from '@/lib/cluster/scheduler/tolerations';

function node(name: string, cpu: string, memory: string, more: object = {}): NodeInfo {
  const info = new NodeInfo(name);
  info.node = {
    metadata: { name, labels: {} },
    spec: {},
    status: { allocatable: { cpu, memory, pods: '110' }, ...more },
  } as unknown as V1Node;
  return info;
}
function pod(cpu?: string, memory?: string, spec: object = {}): V1Pod {
  const requests = { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}) };
  return {
    metadata: { name: 'p', uid: Math.abs((cpu ?? '').length * 31 + (memory ?? '').length).toString() },
    spec: { containers: [{ name: 'main', image: 'nginx', resources: { requests } }], ...spec },
  } as unknown as V1Pod;
}
const context = (...nodes: NodeInfo[]) => ({
  nodes,
  cache: () => {
    throw new Error('not asked for');
  },
});
const gib = 1024 ** 3;

test('a Pod requests what its containers do together, or its hungriest start', () => {
  const container = (cpu: string, restartPolicy?: string) => ({
    name: cpu,
    resources: { requests: { cpu } },
    ...(restartPolicy ? { restartPolicy } : {}),
  });
  const of = (spec: object) => podRequests({ metadata: {}, spec } as V1Pod)['cpu'];
  expect(of({ containers: [container('100m'), container('200m')] })).toBe(300);
  expect(of({ containers: [container('100m')], initContainers: [container('1')] })).toBe(1000);
  expect(of({ containers: [container('100m')], initContainers: [container('50m', 'Always'), container('200m')] })).toBe(250);
  expect(of({ containers: [container('100m')], initContainers: [container('50m', 'Always')] })).toBe(150);
  expect(of({ containers: [container('100m')], overhead: { cpu: '10m' } })).toBe(110);
});

test('scorers take a container that asks for nothing to want 100m and 200 MiB', () => {
  expect(nonZeroRequests(pod())).toEqual({ cpu: 100, memory: 200 * 1024 ** 2 });
});

test('LeastAllocated is the mean share that would be left', () => {
  const score = (cpu: string, memory: string) =>
    NodeResourcesFit.score?.(candidateOf(pod(cpu, memory)), node('a', '4', '10Gi'), true, context());
  expect(score('1', '5Gi')).toBe(62);
  expect(score('4', '10Gi')).toBe(0);
});

test('a node is scored for how a Pod changes its balance', () => {
  const score = (info: NodeInfo, cpu: string, memory: string) =>
    NodeResourcesBalancedAllocation.score?.(candidateOf(pod(cpu, memory)), info, true, context());
  const lopsided = node('a', '10', '10Gi');
  lopsided.add(podInfo(pod('6', '1Gi')));
  expect(score(lopsided, '1', '1Gi')).toBe(75);
  expect(score(lopsided, '0', '5Gi')).toBe(87);
  expect(NodeResourcesBalancedAllocation.preScore?.(candidateOf(pod()), [], context())).toBeUndefined();
});

test('ImageLocality counts the size of an image by the share of nodes that have it', () => {
  const images = [{ names: ['nginx:latest'], sizeBytes: gib }];
  const [has, lacks] = [node('a', '4', '8Gi', { images }), node('b', '4', '8Gi')];
  const score = (info: NodeInfo) => ImageLocality.score?.(candidateOf(pod()), info, true, context(has, lacks));
  expect(score(lacks)).toBe(0);
  expect(score(has)).toBe(50);
});

test('scores are brought to 0 to 100, and turned over where less is better', () => {
  expect(defaultNormalize([0, 5, 10])).toEqual([0, 50, 100]);
  expect(defaultNormalize([0, 5, 10], { reverse: true })).toEqual([100, 50, 0]);
  expect(defaultNormalize([0, 0], { reverse: true })).toEqual([100, 100]);
});

test.each<[string, string[], boolean]>([
  ['In', ['ssd'], true],
  ['In', ['hdd'], false],
  ['NotIn', ['hdd'], true],
  ['Exists', [], true],
  ['DoesNotExist', [], false],
  ['Gt', ['3'], false],
])('node affinity %s %j of disk=ssd is %s', (operator, values, expected) => {
  const terms = [{ matchExpressions: [{ key: 'disk', operator, values }] }];
  const wanting = pod(undefined, undefined, {
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
  });
  expect(matchesRequiredAffinity(wanting.spec, { metadata: { name: 'a', labels: { disk: 'ssd' } } } as unknown as V1Node)).toBe(expected);
});

test('a toleration without a key tolerates every key, without an effect every effect', () => {
  const taint = { key: 'k', value: 'v', effect: 'NoSchedule' as const };
  expect(findUntolerated([taint], [{ operator: 'Exists' }], ['NoSchedule'])).toBeUndefined();
  expect(findUntolerated([taint], [{ key: 'k', operator: 'Equal', value: 'v' }], ['NoSchedule'])).toBeUndefined();
  expect(findUntolerated([taint], [{ key: 'k', operator: 'Equal', value: 'w' }], ['NoSchedule'])).toBe(taint);
  expect(findUntolerated([taint], [{ key: 'k', operator: 'Exists', effect: 'NoExecute' }], ['NoSchedule'])).toBe(taint);
});

test('the logarithm is the same on every engine and right to the last digits', () => {
  for (const value of [2, 3, 5, 10, 102, 5002]) expect(naturalLogarithm(value)).toBeCloseTo(Math.log(value), 12);
});
