import { ControlPlane } from '@/tests/support/control-plane';
import { ClusterRole } from '@/lib/cluster/resources/clusterrole';
import { PersistentVolumeClaim } from '@/lib/cluster/resources/persistentvolumeclaim';
import { Pod } from '@/lib/cluster/resources';
import { ResourceQuota } from '@/lib/cluster/resources/resourcequota';

const namespace = 'default';
const pod = (name: string, spec: object = {}) => ({
  metadata: { name, namespace },
  spec: { containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu: '100m' } } }], ...spec },
});

describe('the quota controller', () => {
  const withQuota = (hard: Record<string, string>) => {
    const plane = new ControlPlane({ scheduler: false });
    plane.client.create(ResourceQuota, { metadata: { name: 'q', namespace }, spec: { hard } });
    plane.kernel.runFor(100);
    const used = () => plane.client.get(ResourceQuota, { namespace, name: 'q' }).status?.used;
    return { plane, used };
  };

  test('a new quota counts what is there', () => {
    const plane = new ControlPlane({ scheduler: false });
    plane.client.create(Pod, pod('a') as never);
    plane.kernel.runFor(100);
    plane.client.create(ResourceQuota, { metadata: { name: 'q', namespace }, spec: { hard: { pods: '3', 'requests.cpu': '1' } } });
    plane.kernel.runFor(100);
    expect(plane.client.get(ResourceQuota, { namespace, name: 'q' }).status).toEqual({
      hard: { pods: '3', 'requests.cpu': '1' },
      used: { pods: '1', 'requests.cpu': '100m' },
    });
  });

  test('what goes is given back, and what has ended uses nothing but its object', () => {
    const { plane, used } = withQuota({ pods: '3', 'count/pods': '3' });
    for (const name of ['a', 'b']) plane.client.create(Pod, pod(name) as never);
    expect(used()).toEqual({ 'count/pods': '2', pods: '2' });
    plane.client.delete(Pod, { namespace, name: 'a' }, { gracePeriodSeconds: 0 });
    plane.client.patch(Pod, { namespace, name: 'b' }, { status: { phase: 'Succeeded' } }, { subresource: 'status' });
    plane.kernel.runFor(100);
    expect(used()).toEqual({ 'count/pods': '1', pods: '0' });
  });

  test('a quota that changes is told anew', () => {
    const { plane } = withQuota({ pods: '3' });
    plane.client.patch(ResourceQuota, { namespace, name: 'q' }, { spec: { hard: { pods: '5' } } }, { type: 'merge' });
    plane.kernel.runFor(100);
    expect(plane.client.get(ResourceQuota, { namespace, name: 'q' }).status?.hard).toEqual({ pods: '5' });
  });
});

describe('aggregated ClusterRoles', () => {
  const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] });
  const part = (name: string, resource: string) => ({ metadata: { name, labels: { part: 'true' } }, rules: [rule(resource)] });

  test('a ClusterRole that aggregates has the rules of those it selects, as they come and go', () => {
    const { client, kernel } = new ControlPlane({ scheduler: false });
    client.create(ClusterRole, part('b', 'pods'));
    client.create(ClusterRole, {
      metadata: { name: 'all' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'true' } }] },
      rules: [],
    });
    client.create(ClusterRole, part('a', 'secrets'));
    kernel.runFor(100);
    const rules = () => client.get(ClusterRole, { name: 'all' }).rules;
    expect(rules()).toEqual([rule('secrets'), rule('pods')]);
    client.delete(ClusterRole, { name: 'b' });
    kernel.runFor(100);
    expect(rules()).toEqual([rule('secrets')]);
  });
});

describe('the protection of claims', () => {
  test('a claim that is deleted stays until no Pod uses it', () => {
    const plane = new ControlPlane();
    plane.addNode('n');
    const claim = { namespace, name: 'data' };
    plane.client.create(PersistentVolumeClaim, {
      metadata: claim,
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }];
    plane.client.create(Pod, pod('user', { nodeName: 'n', volumes }) as never);
    plane.kernel.runFor(100);
    plane.client.delete(PersistentVolumeClaim, claim);
    plane.kernel.runFor(100);
    expect(plane.client.find(PersistentVolumeClaim, claim)?.metadata?.deletionTimestamp).toBeDefined();
    plane.client.delete(Pod, { namespace, name: 'user' }, { gracePeriodSeconds: 0 });
    plane.kernel.runFor(100);
    expect(plane.client.find(PersistentVolumeClaim, claim)).toBeUndefined();
  });
});
