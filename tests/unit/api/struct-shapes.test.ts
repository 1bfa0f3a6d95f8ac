import { decodeObject } from '@/lib/cluster/api';

const normalized = (id: string, value: Record<string, unknown>) => decodeObject(id, value).value;

test('empty values that Go cannot tell from absent ones are not stored', () => {
  expect(normalized('io.k8s.api.core.v1.PodSpec', { nodeName: '', hostNetwork: false, nodeSelector: {}, volumes: null })).toEqual({
    containers: null,
  });
});

test('a pointer keeps its zero', () => {
  expect(normalized('io.k8s.api.core.v1.PodSpec', { automountServiceAccountToken: false })).toEqual({
    automountServiceAccountToken: false,
    containers: null,
  });
  expect(normalized('io.k8s.api.core.v1.Volume', { name: 'scratch', emptyDir: {} })).toEqual({ name: 'scratch', emptyDir: {} });
});

test('what Go always writes appears', () => {
  expect(normalized('io.k8s.api.core.v1.Container', { name: 'web' })).toEqual({ name: 'web', resources: {} });
  expect(normalized('io.k8s.api.apps.v1.ReplicaSetStatus', {})).toEqual({ replicas: 0 });
  expect(normalized('io.k8s.api.core.v1.PodCondition', { type: 'Ready', status: 'True' })).toEqual({
    type: 'Ready',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: null,
  });
});

test('quantities are stored in their canonical form', () => {
  expect(normalized('io.k8s.api.core.v1.ResourceRequirements', { requests: { cpu: 0.5, memory: '1024Mi' } })).toEqual({
    requests: { cpu: '500m', memory: '1Gi' },
  });
});
