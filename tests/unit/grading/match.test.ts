import { compare } from '@/lib/grading/match';

const deployment = {
  kind: 'Deployment',
  metadata: { name: 'web', labels: { app: 'web', 'a/b': 'c' } },
  spec: {
    replicas: 1,
    template: { spec: { containers: [{ name: 'nginx', image: 'nginx:1.25', ports: [{ containerPort: 80 }, { containerPort: 443 }] }] } },
  },
};

describe('a partial object', () => {
  test('is matched by an object that says more', () => {
    expect(
      compare({ kind: 'Deployment', spec: { template: { spec: { containers: [{ ports: [{ containerPort: 443 }] }] } } } }, deployment)
        .mismatch,
    ).toBeUndefined();
  });

  test('is parted from another at the first path where they differ', () => {
    expect(compare({ spec: { replicas: 3 } }, deployment).mismatch).toEqual({ path: 'spec.replicas', expected: 3, actual: 1 });
    expect(compare({ spec: { template: { spec: { containers: [{ image: 'nginx:1.27' }] } } } }, deployment).mismatch).toEqual({
      path: 'spec.template.spec.containers[0].image',
      expected: 'nginx:1.27',
      actual: 'nginx:1.25',
    });
    expect(compare({ metadata: { labels: { 'a/b': 'd' } } }, deployment).mismatch?.path).toBe('metadata.labels["a/b"]');
    expect(compare({ status: { readyReplicas: 3 } }, deployment).mismatch).toEqual({ path: 'status', expected: { readyReplicas: 3 } });
  });

  test('has its lists matched as sets: each item takes one of its own', () => {
    const taints = [
      { key: 'gpu', effect: 'NoSchedule' },
      { key: 'disk', effect: 'NoExecute' },
    ];
    expect(compare([{ key: 'disk' }, { key: 'gpu' }], taints).mismatch).toBeUndefined();
    expect(compare([{ effect: 'NoSchedule' }, { effect: 'NoSchedule' }], taints).mismatch).toBeDefined();
    expect(compare([{ key: 'gpu', effect: 'NoExecute' }], taints, 'spec.taints').mismatch).toEqual({
      path: 'spec.taints[0].effect',
      expected: 'NoExecute',
      actual: 'NoSchedule',
    });
  });
});
