import { Pod } from '@/lib/cluster/resources';
import type { V1Pod } from '@/generated/kubernetes/types';
import { defaulted, prepared, refusalOf, rowOf, updateRefusalOf } from '../../support/objects';

const container = { name: 'web', image: 'nginx:1.27' };
const podOf = (spec: object = {}, metadata: object = {}) => ({
  metadata: { name: 'web', ...metadata },
  spec: { containers: [container], ...spec },
});
const withContainer = (fields: object) => podOf({ containers: [{ ...container, ...fields }] });

describe('defaults', () => {
  test('a Pod gets the defaults of v1.36', () => {
    expect(defaulted('Pod', podOf()).spec).toEqual({
      containers: [
        {
          ...container,
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'IfNotPresent',
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
      enableServiceLinks: true,
    });
  });

  test.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.27', 'IfNotPresent'],
    ['registry.example:5000/team/nginx', 'Always'],
    ['registry.example:5000/team/nginx:2', 'IfNotPresent'],
    [`nginx@sha256:${'a'.repeat(64)}`, 'IfNotPresent'],
  ])('image %s is pulled %s', (image, policy) => {
    expect(defaulted<V1Pod>('Pod', withContainer({ image })).spec.containers[0]?.imagePullPolicy).toBe(policy);
  });

  test('a limit without a request is a request', () => {
    const pod = defaulted<V1Pod>('Pod', withContainer({ resources: { limits: { cpu: 1, memory: '64Mi' }, requests: { cpu: '250m' } } }));
    expect(pod.spec.containers[0]?.resources?.requests).toEqual({ cpu: '250m', memory: '64Mi' });
  });

  test("on the node's network a container's port is the node's", () => {
    const pod = defaulted<V1Pod>('Pod', podOf({ hostNetwork: true, containers: [{ ...container, ports: [{ containerPort: 80 }] }] }));
    expect(pod.spec.containers[0]?.ports).toEqual([{ containerPort: 80, hostPort: 80, protocol: 'TCP' }]);
  });

  test('probes, ports, volumes and field references are completed', () => {
    const pod = defaulted<V1Pod>(
      'Pod',
      podOf({
        containers: [
          {
            ...container,
            ports: [{ containerPort: 80 }],
            readinessProbe: { httpGet: { port: 80 } },
            env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
          },
        ],
        volumes: [{ name: 'scratch' }, { name: 'config', configMap: { name: 'c' } }],
      }),
    );
    expect(pod.spec.containers[0]).toMatchObject({
      ports: [{ protocol: 'TCP' }],
      readinessProbe: {
        httpGet: { path: '/', port: 80, scheme: 'HTTP' },
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 3,
      },
      env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
    });
    expect(pod.spec.volumes).toEqual([
      { name: 'scratch', emptyDir: {} },
      { name: 'config', configMap: { name: 'c', defaultMode: 420 } },
    ]);
  });
});

describe('creation', () => {
  test('a new Pod is Pending whatever its writer says', () => {
    expect(prepared('Pod', { ...podOf(), status: { phase: 'Running' } }).status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
  });

  test.each([
    [{}, 'BestEffort'],
    [{ requests: { cpu: '100m' } }, 'Burstable'],
    [{ limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed'],
    [{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } }, 'Burstable'],
  ])('resources %j make it %s', (resources, qosClass) => {
    expect(prepared('Pod', withContainer({ resources })).status.qosClass).toBe(qosClass);
  });

  test('a Pod with scheduling gates says it is gated', () => {
    const pod = prepared('Pod', podOf({ schedulingGates: [{ name: 'example.com/quota' }] }));
    expect(pod.status.conditions).toEqual([expect.objectContaining({ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' })]);
    expect(rowOf('Pod', { ...pod, metadata: { ...pod.metadata, creationTimestamp: '2026-01-05T08:00:00Z' } }).Status).toBe(
      'SchedulingGated',
    );
  });

  test('matchLabelKeys join the selector of a spread constraint', () => {
    const spread = {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: {},
      matchLabelKeys: ['pod-template-hash'],
    };
    const pod = prepared<V1Pod>('Pod', podOf({ topologySpreadConstraints: [spread] }, { labels: { 'pod-template-hash': 'abc' } }));
    expect(pod.spec.topologySpreadConstraints?.[0]?.labelSelector).toEqual({
      matchExpressions: [{ key: 'pod-template-hash', operator: 'In', values: ['abc'] }],
    });
  });
});

describe('validation', () => {
  test.each([
    ['no containers', podOf({ containers: [] }), 'spec.containers: Required value'],
    ['no image', podOf({ containers: [{ name: 'web' }] }), 'spec.containers[0].image: Required value'],
    [
      'a port out of range',
      withContainer({ ports: [{ containerPort: 70000 }] }),
      'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    ['two containers of one name', podOf({ containers: [container, container] }), 'spec.containers[1].name: Duplicate value: "web"'],
    [
      'a restart policy that is none',
      podOf({ restartPolicy: 'Sometimes' }),
      'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
    ],
    [
      'a request above its limit',
      withContainer({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }),
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
    [
      'a mount of no volume',
      withContainer({ volumeMounts: [{ name: 'data', mountPath: '/data' }] }),
      'spec.containers[0].volumeMounts[0].name: Not found: "data"',
    ],
    [
      'a probe without a way to probe',
      withContainer({ livenessProbe: {} }),
      'spec.containers[0].livenessProbe: Required value: must specify a handler type',
    ],
    [
      'a liveness probe needing two successes',
      withContainer({ livenessProbe: { tcpSocket: { port: 80 }, successThreshold: 2 } }),
      'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
    ],
    [
      'an init container with a probe',
      podOf({ initContainers: [{ name: 'init', image: 'busybox:1', livenessProbe: { tcpSocket: { port: 80 } } }] }),
      'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
    [
      'an unknown field reference',
      withContainer({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.nope' } } }] }),
      'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.nope": error converting fieldPath: field label not supported: metadata.nope',
    ],
    [
      'a toleration of everything but by value',
      podOf({ tolerations: [{ operator: 'Equal' }] }),
      'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
    [
      'a nodeSelector key with a space',
      podOf({ nodeSelector: { 'a b': 'c' } }),
      "spec.nodeSelector: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ],
    [
      'a privileged container that may not escalate',
      withContainer({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
      'spec.containers[0].securityContext: Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
    ],
  ])('%s is refused', (_, pod, sentence) => {
    expect(refusalOf('Pod', pod)).toBe(`Pod "web" is invalid: ${sentence}`);
  });

  test('several mistakes are listed together', () => {
    expect(refusalOf('Pod', podOf({ containers: [{}] }))).toBe(
      'Pod "web" is invalid: [spec.containers[0].name: Required value, spec.containers[0].image: Required value]',
    );
  });

  test('a sidecar may have probes', () => {
    expect(
      refusalOf(
        'Pod',
        podOf({
          initContainers: [{ name: 'proxy', image: 'envoy:1', restartPolicy: 'Always', startupProbe: { tcpSocket: { port: 80 } } }],
        }),
      ),
    ).toBeUndefined();
  });
});

describe('update', () => {
  test("a running Pod's image may change", () => {
    expect(updateRefusalOf('Pod', podOf(), (pod) => void (pod.spec.containers[0].image = 'nginx:1.28'))).toBeUndefined();
  });

  test('a toleration may be added but not taken back', () => {
    const tolerant = podOf({ tolerations: [{ key: 'a', operator: 'Exists' }] });
    expect(updateRefusalOf('Pod', tolerant, (pod) => pod.spec.tolerations.push({ key: 'b', operator: 'Exists' }))).toBeUndefined();
    expect(updateRefusalOf('Pod', tolerant, (pod) => void (pod.spec.tolerations = []))).toContain(
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    );
  });

  test('containers may not be added', () => {
    expect(updateRefusalOf('Pod', podOf(), (pod) => pod.spec.containers.push({ name: 'more', image: 'nginx:1' }))).toBe(
      'Pod "web" is invalid: spec.containers: Forbidden: pod updates may not add or remove containers',
    );
  });

  test('any other change is answered with the difference of the internal type', () => {
    const token = {
      name: 'kube-api-access',
      projected: {
        sources: [
          { serviceAccountToken: { path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        ],
      },
    };
    const mounted = { ...container, volumeMounts: [{ name: 'kube-api-access', mountPath: '/var/run/secrets' }] };
    expect(
      updateRefusalOf(
        'Pod',
        podOf({ serviceAccountName: 'default', containers: [mounted], volumes: [token] }),
        (pod) => void (pod.spec.nodeName = 'worker-1'),
      ),
    ).toBe(
      [
        'Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
        '@@ -120,7 +120,7 @@',
        '  "NodeSelector": null,',
        '  "ServiceAccountName": "default",',
        '  "AutomountServiceAccountToken": null,',
        '- "NodeName": "",',
        '+ "NodeName": "worker-1",',
        '  "SecurityContext": {',
        '   "HostNetwork": false,',
        '   "HostPID": false,',
        '',
      ].join('\n'),
    );
  });

  test('gates may only be removed', () => {
    const gated = podOf({ schedulingGates: [{ name: 'a.b/c' }] });
    expect(updateRefusalOf('Pod', gated, (pod) => void delete pod.spec.schedulingGates)).toBeUndefined();
    expect(updateRefusalOf('Pod', gated, (pod) => pod.spec.schedulingGates.push({ name: 'new' }))).toBe(
      `Pod "web" is invalid: spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'new'`,
    );
  });
});

describe('deletion', () => {
  const bound = prepared<V1Pod>('Pod', podOf({ nodeName: 'worker-1' }));
  const grace = (pod: V1Pod, requested?: number) => Pod.gracePeriodSeconds?.(pod, requested);

  test('a Pod on a node has the grace its spec grants, or the request', () => {
    expect(grace(bound)).toBe(30);
    expect(grace(bound, 5)).toBe(5);
    expect(grace(bound, -1)).toBe(1);
  });

  test('a Pod without a node goes at once', () => {
    expect(grace(prepared('Pod', podOf()))).toBe(0);
  });

  test('a Pod that has ended goes at once', () => {
    expect(grace({ ...bound, status: { phase: 'Succeeded' } })).toBe(0);
  });
});

describe('the row of kubectl get pods', () => {
  const running = { running: { startedAt: '2026-01-05T07:00:00Z' } };
  const ended = (reason: string, finishedAt = '2026-01-05T07:55:00Z') => ({
    terminated: { exitCode: 1, reason, finishedAt, startedAt: finishedAt },
  });
  const status = (state: object, fields: object = {}) => ({
    name: 'web',
    image: '',
    imageID: '',
    ready: false,
    restartCount: 0,
    state,
    lastState: {},
    ...fields,
  });
  const row = (podStatus: object, metadata: object = {}, spec: object = {}) =>
    rowOf('Pod', {
      metadata: { name: 'web', creationTimestamp: '2026-01-05T07:00:00Z', ...metadata },
      spec: { containers: [container], ...spec },
      status: { phase: 'Running', ...podStatus },
    });

  test.each([
    [
      'a ready Pod',
      { containerStatuses: [status(running, { ready: true })] },
      { Ready: '1/1', Status: 'Running', Restarts: '0', Age: '60m' },
    ],
    [
      'a crash loop with its last restart',
      { containerStatuses: [status({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 2, lastState: ended('Error') })] },
      { Ready: '0/1', Status: 'CrashLoopBackOff', Restarts: '2 (5m ago)' },
    ],
    ['an exit without a reason', { containerStatuses: [status({ terminated: { exitCode: 3 } })] }, { Status: 'ExitCode:3' }],
    [
      'a finished Pod',
      { phase: 'Succeeded', containerStatuses: [status({ terminated: { exitCode: 0, reason: 'Completed' } })] },
      { Ready: '0/1', Status: 'Completed' },
    ],
    [
      'an image that cannot be pulled',
      { phase: 'Pending', containerStatuses: [status({ waiting: { reason: 'ImagePullBackOff' } })] },
      { Status: 'ImagePullBackOff' },
    ],
    ['an evicted Pod', { phase: 'Failed', reason: 'Evicted' }, { Status: 'Evicted' }],
    [
      'a Pod nobody has placed',
      { phase: 'Pending' },
      { Ready: '0/1', Status: 'Pending', IP: '<none>', Node: '<none>', 'Nominated Node': '<none>', 'Readiness Gates': '<none>' },
    ],
  ])('%s', (_, podStatus, cells) => {
    expect(row(podStatus)).toMatchObject(cells);
  });

  test('a container that is done does not make a Pod Completed while another runs', () => {
    const done = { ...status({ terminated: { exitCode: 0, reason: 'Completed' } }), name: 'job' };
    const statuses = [done, status(running, { ready: true })];
    expect(row({ containerStatuses: statuses, conditions: [{ type: 'Ready', status: 'True' }] }).Status).toBe('Running');
    expect(row({ containerStatuses: statuses }).Status).toBe('NotReady');
  });

  test('init containers are counted until they are done', () => {
    const spec = {
      initContainers: [
        { name: 'first', image: 'a' },
        { name: 'second', image: 'b' },
      ],
    };
    const done = { ...status({ terminated: { exitCode: 0, reason: 'Completed' } }), name: 'first' };
    expect(row({ phase: 'Pending', initContainerStatuses: [done, { ...status(running), name: 'second' }] }, {}, spec).Status).toBe(
      'Init:1/2',
    );
    expect(
      row(
        {
          phase: 'Pending',
          initContainerStatuses: [{ ...status({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 4 }), name: 'first' }],
        },
        {},
        spec,
      ),
    ).toMatchObject({ Status: 'Init:CrashLoopBackOff', Restarts: '4' });
    expect(
      row({ phase: 'Pending', initContainerStatuses: [{ ...status({ terminated: { exitCode: 7 } }), name: 'first' }] }, {}, spec).Status,
    ).toBe('Init:ExitCode:7');
  });

  test('a sidecar counts as a container', () => {
    const spec = { initContainers: [{ name: 'proxy', image: 'a', restartPolicy: 'Always' }] };
    const sidecar = { ...status(running, { ready: true, started: true, restartCount: 1 }), name: 'proxy' };
    expect(row({ initContainerStatuses: [sidecar], containerStatuses: [status(running, { ready: true })] }, {}, spec)).toMatchObject({
      Ready: '2/2',
      Status: 'Running',
      Restarts: '1',
    });
  });

  test('a Pod being deleted is Terminating, or Unknown when its node is lost', () => {
    const metadata = { deletionTimestamp: '2026-01-05T08:00:30Z' };
    expect(row({ containerStatuses: [status(running, { ready: true })] }, metadata).Status).toBe('Terminating');
    expect(row({ reason: 'NodeLost' }, metadata).Status).toBe('Unknown');
    expect(
      row({ phase: 'Succeeded', containerStatuses: [status({ terminated: { exitCode: 0, reason: 'Completed' } })] }, metadata).Status,
    ).toBe('Completed');
  });
});
