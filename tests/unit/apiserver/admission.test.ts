import { ApiBench, podOf, serviceOf } from '@/tests/support/api-server';
import { selectPlugins } from '@/lib/cluster/apiserver';

const core = '/api/v1/namespaces/default';

function bench(labels: Record<string, string> = {}): ApiBench {
  const api = new ApiBench();
  api.create(`${core}/serviceaccounts`, { metadata: { name: 'default' } });
  api.patch('/api/v1/namespaces/default', 'merge', { metadata: { labels } });
  return api;
}

const container = (resources: object) => ({ containers: [{ name: 'c', image: 'nginx', resources }] });
const pods = (api: ApiBench, name: string, spec: object) => api.refusal('POST', `${core}/pods`, podOf(name, spec));

describe('LimitRanger', () => {
  const limited = (limits: readonly object[]) => {
    const api = bench();
    api.create(`${core}/limitranges`, { metadata: { name: 'lr' }, spec: { limits } });
    return api;
  };
  const container1 = {
    type: 'Container',
    min: { cpu: '50m' },
    max: { cpu: '2' },
    default: { cpu: '500m', memory: '128Mi' },
    defaultRequest: { cpu: '100m' },
    maxLimitRequestRatio: { cpu: '10' },
  };

  test('a container without requests and limits gets the defaults of its namespace, and an annotation that says so', () => {
    const { spec, metadata } = limited([container1]).create(`${core}/pods`, podOf('web'));
    expect(spec.containers[0].resources).toEqual({
      requests: { cpu: '100m', memory: '128Mi' },
      limits: { cpu: '500m', memory: '128Mi' },
    });
    expect(metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger': 'LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c',
    });
  });

  test('a Pod beyond the bounds of its namespace is refused with each bound it breaks', () => {
    const api = limited([container1, { type: 'Pod', max: { cpu: '3' } }]);
    expect(pods(api, 'below', container({ requests: { cpu: '10m' } }))).toBe(
      '403 pods "below" is forbidden: [minimum cpu usage per Container is 50m, but request is 10m, cpu max limit to request ratio per Container is 10, but provided ratio is 50.000000]',
    );
    expect(pods(api, 'above', container({ limits: { cpu: '4' }, requests: { cpu: '1' } }))).toBe(
      '403 pods "above" is forbidden: [maximum cpu usage per Container is 2, but limit is 4, maximum cpu usage per Pod is 3, but limit is 4]',
    );
  });

  test('a claim is held to the sizes its namespace allows', () => {
    const api = limited([{ type: 'PersistentVolumeClaim', max: { storage: '1Gi' } }]);
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } };
    expect(api.refusal('POST', `${core}/persistentvolumeclaims`, { metadata: { name: 'big' }, spec })).toBe(
      '403 persistentvolumeclaims "big" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi',
    );
  });
});

describe('ResourceQuota', () => {
  /** As the quota controller leaves it. */
  const withQuota = (hard: Record<string, string>, spec: object = {}) => {
    const api = bench();
    api.create(`${core}/resourcequotas`, { metadata: { name: 'q' }, spec: { hard, ...spec } });
    const used = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']));
    api.patch(`${core}/resourcequotas/q/status`, 'merge', { status: { hard, used } });
    return api;
  };
  const used = (api: ApiBench) => api.get(`${core}/resourcequotas/q`).status.used;

  test('what is made is charged, and what would exceed is refused with what was asked, used and allowed', () => {
    const api = withQuota({ pods: '2', 'requests.cpu': '1' });
    api.create(`${core}/pods`, podOf('a', container({ requests: { cpu: '500m' } })));
    expect(used(api)).toEqual({ pods: '1', 'requests.cpu': '500m' });
    expect(pods(api, 'b', container({ requests: { cpu: '600m' } }))).toBe(
      '403 pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=500m, limited: requests.cpu=1',
    );
  });

  test('a quota on compute makes every container say what it needs', () => {
    const api = withQuota({ 'limits.memory': '1Gi', 'requests.cpu': '1' });
    expect(pods(api, 'a', {})).toBe('403 pods "a" is forbidden: failed quota: q: must specify limits.memory for: c; requests.cpu for: c');
  });

  test('a dry run is checked and not charged', () => {
    const api = withQuota({ pods: '1' });
    expect(api.send('POST', `${core}/pods?dryRun=All`, podOf('a')).status).toBe(201);
    expect(used(api)).toEqual({ pods: '0' });
  });

  test('any kind may be counted', () => {
    const api = withQuota({ 'count/secrets': '1', 'count/deployments.apps': '0' });
    api.create(`${core}/secrets`, { metadata: { name: 's1' } });
    expect(api.refusal('POST', `${core}/secrets`, { metadata: { name: 's2' } })).toBe(
      '403 secrets "s2" is forbidden: exceeded quota: q, requested: count/secrets=1, used: count/secrets=1, limited: count/secrets=1',
    );
  });

  test('a Service that becomes a NodePort is charged the difference', () => {
    const api = withQuota({ services: '5', 'services.nodeports': '1' });
    api.create(`${core}/services`, serviceOf('a', { type: 'NodePort' }));
    api.create(`${core}/services`, serviceOf('b'));
    const headers = { 'content-type': 'application/merge-patch+json' };
    expect(api.refusal('PATCH', `${core}/services/b`, { spec: { type: 'NodePort' } }, headers)).toBe(
      '403 services "b" is forbidden: exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1',
    );
  });

  test('a scoped quota counts only what is in its scope', () => {
    const api = withQuota({ pods: '0' }, { scopes: ['BestEffort'] });
    api.create(`${core}/pods`, podOf('sized', container({ requests: { cpu: '1' } })));
    expect(pods(api, 'best', {})).toContain('exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0');
  });
});

describe('PodSecurity', () => {
  const level = (mode: string, name: string) => ({ [`pod-security.kubernetes.io/${mode}`]: name });

  test('a Pod that breaks the enforced level is refused with everything it breaks', () => {
    const spec = {
      hostNetwork: true,
      hostPID: true,
      volumes: [{ name: 'h', hostPath: { path: '/' } }],
      containers: [
        {
          name: 'c',
          image: 'nginx',
          securityContext: { privileged: true, capabilities: { add: ['SYS_ADMIN'] } },
          ports: [{ containerPort: 1, hostPort: 1 }],
        },
      ],
    };
    expect(pods(bench(level('enforce', 'baseline')), 'bad', spec)).toBe(
      '403 pods "bad" is forbidden: violates PodSecurity "baseline:latest": non-default capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add), host namespaces (hostNetwork=true, hostPID=true), hostPath volumes (volume "h"), hostPort (container "c" uses hostPort 1), privileged (container "c" must not set securityContext.privileged=true)',
    );
  });

  test('a warning is given where a level is only warned of', () => {
    const response = bench(level('warn', 'restricted')).send('POST', `${core}/pods`, podOf('plain'));
    expect(response.status).toBe(201);
    expect(response.headers['warning']).toContain(
      'would violate PodSecurity \\"restricted:latest\\": allowPrivilegeEscalation != false (container \\"c\\" must set securityContext.allowPrivilegeEscalation=false)',
    );
  });

  test('a template of Pods that will be refused earns a warning, not a refusal', () => {
    const response = bench(level('enforce', 'restricted')).send('POST', '/apis/apps/v1/namespaces/default/deployments', {
      metadata: { name: 'd' },
      spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: podOf('x').spec } },
    });
    expect([response.status, response.headers['warning'] !== undefined]).toEqual([201, true]);
  });

  test('a pinned version asks for what it asked for then', () => {
    const labels = { ...level('enforce', 'baseline'), 'pod-security.kubernetes.io/enforce-version': 'v1.33' };
    const spec = { containers: [{ name: 'c', image: 'nginx', livenessProbe: { httpGet: { port: 1, host: 'h' } } }] };
    expect(bench(labels).send('POST', `${core}/pods`, podOf('probed', spec)).status).toBe(201);
    expect(pods(bench(level('enforce', 'baseline')), 'probed', spec)).toContain(
      'probe or lifecycle host (container "c" uses probe or lifecycle host "h")',
    );
  });

  test('a namespace that tightens is told which Pods break the new level', () => {
    const api = bench();
    for (const name of ['a', 'b']) api.create(`${core}/pods`, podOf(name, { hostNetwork: true }));
    const headers = { 'content-type': 'application/merge-patch+json' };
    const response = api.send('PATCH', '/api/v1/namespaces/default', { metadata: { labels: level('enforce', 'baseline') } }, headers);
    expect(response.headers['warning']).toBe(
      '299 - "existing pods in namespace \\"default\\" violate the new PodSecurity enforce level \\"baseline:latest\\"", 299 - "a (and 1 other pod): host namespaces"',
    );
  });

  test('a level nobody knows is refused where it is written', () => {
    const headers = { 'content-type': 'application/merge-patch+json' };
    expect(bench().refusal('PATCH', '/api/v1/namespaces/default', { metadata: { labels: level('enforce', 'strict') } }, headers)).toBe(
      '422 Namespace "default" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
    );
  });
});

describe('the other plugins', () => {
  test('a Pod takes over the overhead and the scheduling of its RuntimeClass', () => {
    const api = bench();
    api.create('/apis/node.k8s.io/v1/runtimeclasses', {
      metadata: { name: 'rc' },
      handler: 'h',
      overhead: { podFixed: { cpu: '100m' } },
      scheduling: { nodeSelector: { rt: 'x' } },
    });
    const pod = api.create(`${core}/pods`, podOf('web', { runtimeClassName: 'rc' }));
    expect([pod.spec.overhead, pod.spec.nodeSelector]).toEqual([{ cpu: '100m' }, { rt: 'x' }]);
    expect(pods(api, 'other', { runtimeClassName: 'rc', nodeSelector: { rt: 'other' } })).toBe(
      '403 pods "other" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[rt] = x; pod.spec.nodeSelector[rt] = other',
    );
  });

  test('an account that enforces its Secrets lets its Pods mount no others', () => {
    const api = bench();
    api.create(`${core}/serviceaccounts`, {
      metadata: { name: 'strict', annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } },
      secrets: [{ name: 'mine' }],
    });
    const mounting = (secretName: string) => ({ serviceAccountName: 'strict', volumes: [{ name: 'v', secret: { secretName } }] });
    api.create(`${core}/pods`, podOf('good', mounting('mine')));
    expect(pods(api, 'bad', mounting('other'))).toBe(
      '403 pods "bad" is forbidden: volume with secret.secretName="other" is not allowed because service account strict does not reference that secret',
    );
  });

  test('a claim without a class gets the default one, and a finalizer while it is in use', () => {
    const api = bench();
    api.create('/apis/storage.k8s.io/v1/storageclasses', {
      metadata: { name: 'fast', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'x',
    });
    const { spec, metadata } = api.create(`${core}/persistentvolumeclaims`, {
      metadata: { name: 'c' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    expect([spec.storageClassName, metadata.finalizers]).toEqual(['fast', ['kubernetes.io/pvc-protection']]);
  });

  test('a claim that is not bound does not grow', () => {
    const api = bench();
    api.create(`${core}/persistentvolumeclaims`, {
      metadata: { name: 'c' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    const headers = { 'content-type': 'application/merge-patch+json' };
    expect(
      api.refusal('PATCH', `${core}/persistentvolumeclaims/c`, { spec: { resources: { requests: { storage: '2Gi' } } } }, headers),
    ).toMatch(/^(403|422) /);
  });

  test("a Pod that is bound gets its node's zone and region as labels", () => {
    const api = bench();
    api.create('/api/v1/nodes', { metadata: { name: 'n', labels: { 'topology.kubernetes.io/zone': 'z1', other: 'x' } } });
    api.create(`${core}/pods`, podOf('web'));
    api.create(`${core}/pods/web/binding`, { metadata: { name: 'web' }, target: { kind: 'Node', name: 'n' } });
    expect(api.get(`${core}/pods/web`).metadata.labels).toEqual({ 'topology.kubernetes.io/zone': 'z1' });
  });

  test('plugins are switched on and off by name, and a name nobody knows is refused', () => {
    const names = (enabled: string[], disabled: string[]) => {
      const plugins = selectPlugins(enabled, disabled);
      return typeof plugins === 'string' ? plugins : plugins.map(({ name }) => name);
    };
    expect(names(['NodeRestriction'], ['PodSecurity'])).toEqual(expect.arrayContaining(['NodeRestriction', 'ResourceQuota']));
    expect(names(['NodeRestriction'], ['PodSecurity'])).not.toContain('PodSecurity');
    expect(names(['Nope'], [])).toBe('enable-admission-plugins plugin "Nope" is unknown');
  });
});

const namesake = (kind: string, scope: 'Cluster' | 'Namespaced') => {
  const plural = `own${kind.toLowerCase()}s`;
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    metadata: { name: `${plural}.example.com` },
    spec: { group: 'example.com', scope, names: { plural, kind }, versions: [{ name: 'v1', served: true, storage: true, schema }] },
  };
};

test.each([
  ['Pod', 'Namespaced'],
  ['Deployment', 'Namespaced'],
  ['PersistentVolumeClaim', 'Namespaced'],
  ['Node', 'Cluster'],
  ['PersistentVolume', 'Cluster'],
  ['Namespace', 'Cluster'],
] as const)('a custom %s is nothing to the plugins of the built-in one', (kind, scope) => {
  const api = bench({ 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/warn': 'restricted' });
  api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', namesake(kind, scope));
  api.create(`${core}/limitranges`, { metadata: { name: 'lr' }, spec: { limits: [{ type: 'Pod', min: { cpu: '1' } }] } });
  api.kernel.runUntilIdle();
  const spec = { template: { spec: container({}) }, ...container({}) };
  const place = `/apis/example.com/v1${scope === 'Cluster' ? '' : '/namespaces/default'}/own${kind.toLowerCase()}s`;
  const { status, headers, body } = api.send('POST', place, { apiVersion: 'example.com/v1', kind, metadata: { name: 'default' }, spec });
  expect({ status, warning: headers['warning'] }).toEqual({ status: 201, warning: undefined });
  const made = body as Record<string, any>;
  expect(made['spec']).toEqual(spec);
  expect(made['metadata'].finalizers).toBeUndefined();
  expect(api.send('DELETE', `${place}/default`).status).toBe(200);
});
