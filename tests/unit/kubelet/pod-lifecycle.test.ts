import { freshCluster } from '../../support/template';
import { PodLab } from '../../support/pods';

const lab = () => new PodLab(freshCluster());
const phase = (pod: { status: { phase?: string | undefined } }) => pod.status.phase;

describe('the life of a Pod on its node', () => {
  test('a Pod is Pending until its container runs, and Ready at once without a probe', () => {
    const pods = lab()
      .create('web', { containers: [{ image: 'nginx:1.27' }] })
      .run(2_000);
    expect(pods.over('web', phase)).toEqual(['Pending', 'Running']);
    expect(pods.over('web', (pod) => (pod.status.conditions ?? []).map(({ type, status }) => `${type}=${status}`))).toEqual([
      [],
      ['PodReadyToStartContainers=False', 'Initialized=True', 'Ready=False', 'ContainersReady=False', 'PodScheduled=True'],
      ['PodReadyToStartContainers=True', 'Initialized=True', 'Ready=False', 'ContainersReady=False', 'PodScheduled=True'],
      ['PodReadyToStartContainers=True', 'Initialized=True', 'Ready=True', 'ContainersReady=True', 'PodScheduled=True'],
    ]);
    const { status } = pods.get('web');
    expect(status).toMatchObject({
      hostIP: '172.18.0.3',
      podIP: expect.stringMatching(/^10\.244\.\d\.\d+$/),
      qosClass: 'BestEffort',
      observedGeneration: 1,
    });
    expect(pods.status('web')).toMatchObject({
      ready: true,
      started: true,
      restartCount: 0,
      image: 'docker.io/library/nginx:1.27',
      imageID: expect.stringMatching(/^docker\.io\/library\/nginx@sha256:/),
      containerID: expect.stringMatching(/^containerd:\/\/[0-9a-f]{64}$/),
    });
  });

  test('a status that the API server refuses is sent again until it is taken', () => {
    const pods = lab();
    const policies = '/apis/admissionregistration.k8s.io/v1';
    const rule = { apiGroups: [''], apiVersions: ['v1'], resources: ['pods/status'], operations: ['UPDATE'] };
    pods.admin.create(`${policies}/validatingadmissionpolicies`, {
      metadata: { name: 'deaf' },
      spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'false' }] },
    });
    pods.admin.create(`${policies}/validatingadmissionpolicybindings`, {
      metadata: { name: 'deaf' },
      spec: { policyName: 'deaf', validationActions: ['Deny'] },
    });
    pods
      .run(1_000)
      .create('web', { containers: [{ image: 'nginx:1.27' }] })
      .run(15_000);
    expect(phase(pods.get('web'))).toBe('Pending');
    pods.admin.remove(`${policies}/validatingadmissionpolicybindings/deaf`);
    expect(phase(pods.run(11_000).get('web'))).toBe('Running');
  });

  test('its events tell of the image, the container and the start, in that order', () => {
    const pods = lab()
      .create('web', { containers: [{ image: 'nginx:1.27' }] })
      .run(2_000);
    expect(pods.events('web')).toEqual([
      'Pulling Pulling image "nginx:1.27"',
      'Pulled Successfully pulled image "nginx:1.27" in 300ms (300ms including waiting). Image size: 59774010 bytes.',
      'Created Container created',
      'Started Container started',
    ]);
    pods.create('again', { containers: [{ image: 'nginx:1.27' }] }).run(2_000);
    expect(pods.events('again')[0]).toBe('Pulled Container image "nginx:1.27" already present on machine and can be accessed by the pod');
  });

  test.each([
    ['Always', 'exit 0', ['Pending', 'Running'], 'CrashLoopBackOff'],
    ['OnFailure', 'exit 0', ['Pending', 'Running', 'Succeeded'], undefined],
    ['OnFailure', 'exit 1', ['Pending', 'Running'], 'CrashLoopBackOff'],
    ['Never', 'exit 0', ['Pending', 'Running', 'Succeeded'], undefined],
    ['Never', 'exit 3', ['Pending', 'Running', 'Failed'], undefined],
  ])('with restartPolicy %s and a container that does `%s` the phases are %j', (restartPolicy, script, phases, waiting) => {
    const pods = lab()
      .create('job', { restartPolicy: restartPolicy as 'Always', containers: [{ command: ['sh', '-c', `sleep 1; ${script}`] }] })
      .run(20_000);
    expect(pods.over('job', phase)).toEqual(phases);
    const states = pods.over('job', (pod) => pod.status.containerStatuses?.[0]?.state?.waiting?.reason);
    if (waiting) expect(states).toContain(waiting);
    else expect(states).not.toContain('CrashLoopBackOff');
  });

  test('a container’s end says how it ended and what it wrote last', () => {
    const pods = lab()
      .create('job', { restartPolicy: 'Never', containers: [{ command: ['sh', '-c', 'echo last words > /dev/termination-log; exit 3'] }] })
      .run(5_000);
    expect(pods.status('job').state?.terminated).toMatchObject({ exitCode: 3, reason: 'Error', message: 'last words\n' });
    pods
      .create('fallback', {
        restartPolicy: 'Never',
        containers: [{ command: ['sh', '-c', 'echo from the log; exit 1'], terminationMessagePolicy: 'FallbackToLogsOnError' }],
      })
      .run(5_000);
    expect(pods.status('fallback').state?.terminated?.message).toBe('from the log\n');
  });

  test('a container that keeps ending is restarted at once, then after 10 s, 20 s, 40 s …', () => {
    const pods = lab()
      .create('crash', { containers: [{ command: ['sh', '-c', 'exit 1'] }] })
      .run(120_000);
    const starts = pods.over('crash', (pod) => pod.status.containerStatuses?.[0]?.restartCount ?? 0);
    expect(starts).toEqual([0, 1, 2, 3, 4]);
    const messages = pods
      .over('crash', (pod) => pod.status.containerStatuses?.[0]?.state?.waiting?.message?.replace(/pod=.*/, ''))
      .filter(Boolean);
    expect(messages).toEqual(['10s', '20s', '40s'].map((delay) => `back-off ${delay} restarting failed container=main `));
    expect(pods.events('crash').at(-1)).toMatch(/^BackOff Back-off restarting failed container main in pod crash_default\(/);
    expect(pods.status('crash').lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
  });

  test('a deleted Pod is told to stop, reported as ended, and only then gone', () => {
    const pods = lab()
      .create('web', { terminationGracePeriodSeconds: 5, containers: [{ image: 'nginx:1.27' }] })
      .run(2_000);
    pods.admin.remove('/api/v1/namespaces/default/pods/web');
    pods.run(3_000);
    expect(pods.over('web', (pod) => [pod.status.phase, pod.metadata.deletionGracePeriodSeconds ?? null]).slice(2)).toEqual([
      ['Running', 5],
      ['Succeeded', 5],
      ['Succeeded', 0],
    ]);
    expect(pods.events('web').at(-1)).toBe('Killing Stopping container main');
    expect(
      pods.cluster
        .runtimeOf('worker-1')
        .listPodSandboxes()
        .some(({ name }) => name === 'web'),
    ).toBe(false);
  });

  test('a process that ignores SIGTERM is killed when the grace period is over', () => {
    const pods = lab()
      .create('deaf', { terminationGracePeriodSeconds: 3, containers: [{ command: ['sleep', '1000'] }] })
      .run(2_000);
    pods.admin.remove('/api/v1/namespaces/default/pods/deaf');
    pods.run(2_000);
    expect(pods.status('deaf').state?.running).toBeDefined();
    pods.run(2_000);
    expect(pods.history.get('deaf')?.at(-1)?.status.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 137,
      reason: 'Error',
    });
    expect(() => pods.get('deaf')).toThrow('not found');
  });

  test('activeDeadlineSeconds fails the Pod that runs longer', () => {
    const pods = lab()
      .create('late', { activeDeadlineSeconds: 5, terminationGracePeriodSeconds: 1, containers: [{ command: ['sleep', '1000'] }] })
      .run(10_000);
    expect(pods.get('late').status).toMatchObject({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
  });

  test('init containers run one after another before the others start', () => {
    const pods = lab().create('app', {
      initContainers: [
        { name: 'one', image: 'busybox:1.36', command: ['sh', '-c', 'sleep 2'] },
        { name: 'two', image: 'busybox:1.36', command: ['sh', '-c', 'sleep 2'] },
      ],
      containers: [{ command: ['sleep', '1000'] }],
    });
    pods.run(1_500);
    expect([
      pods.condition('app', 'Initialized'),
      pods.status('app', 'two').state?.waiting?.reason,
      pods.status('app').state?.waiting?.reason,
    ]).toEqual(['False ContainersNotInitialized containers with incomplete status: [one two]', 'PodInitializing', 'PodInitializing']);
    pods.run(8_000);
    expect([pods.get('app').status.phase, pods.condition('app', 'Initialized'), pods.status('app', 'one').ready]).toEqual([
      'Running',
      'True',
      true,
    ]);
    expect(pods.over('app', phase)).toEqual(['Pending', 'Running']);
  });

  test('a failed init container fails a Pod that is never restarted, and holds back any other', () => {
    const init = [{ name: 'init', image: 'busybox:1.36', command: ['sh', '-c', 'exit 5'] }];
    const pods = lab()
      .create('never', { restartPolicy: 'Never', initContainers: init, containers: [{ command: ['sleep', '1000'] }] })
      .create('always', { initContainers: init, containers: [{ command: ['sleep', '1000'] }] });
    pods.run(20_000);
    expect(pods.get('never').status.phase).toBe('Failed');
    expect([pods.status('never', 'init').state?.terminated?.exitCode, pods.status('never').state?.waiting?.reason]).toEqual([
      5,
      'PodInitializing',
    ]);
    expect(pods.get('always').status.phase).toBe('Pending');
    expect(pods.status('always', 'init').restartCount).toBeGreaterThan(1);
    expect(pods.status('always').state?.waiting?.reason).toBe('PodInitializing');
  });

  test('a sidecar starts before the main container, runs beside it and stops after it', () => {
    const pods = lab().create('app', {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 2,
      initContainers: [{ name: 'proxy', image: 'nginx:1.27', restartPolicy: 'Always' }],
      containers: [{ command: ['sh', '-c', 'sleep 5'] }],
    });
    pods.run(3_000);
    expect([pods.status('app', 'proxy').ready, pods.status('app').ready, pods.get('app').status.phase]).toEqual([true, true, 'Running']);
    pods.run(10_000);
    expect(pods.get('app').status.phase).toBe('Succeeded');
    expect(pods.status('app', 'proxy').state?.terminated?.exitCode).toBe(0);
  });
});

describe('what keeps a Pod from running', () => {
  test('an image that does not exist is tried again at longer and longer intervals', () => {
    const pods = lab()
      .create('bad', { containers: [{ image: 'nosuch:1' }] })
      .run(60_000);
    const reasons = pods.over('bad', (pod) => pod.status.containerStatuses?.[0]?.state?.waiting?.reason).filter(Boolean);
    expect(reasons.slice(0, 4)).toEqual(['ContainerCreating', 'ErrImagePull', 'ImagePullBackOff', 'ErrImagePull']);
    expect(pods.events('bad').map((event) => event.split(' ').slice(0, 4).join(' '))).toEqual(
      expect.arrayContaining([
        'Pulling Pulling image "nosuch:1"',
        'Failed Failed to pull',
        'Failed Error: ErrImagePull',
        'BackOff Back-off pulling image',
        'Failed Error: ImagePullBackOff',
      ]),
    );
    expect(pods.get('bad').status.phase).toBe('Pending');
    expect(pods.countOf('bad', 'Pulling')).toBe(3);
  });

  test.each([
    [
      'a name that is none',
      { image: 'UPPER/Case:Bad:Tag' },
      'InvalidImageName',
      'couldn\'t parse image name "UPPER/Case:Bad:Tag": invalid reference format: repository name (Case) must be lowercase',
    ],
    [
      'an image that may not be pulled',
      { imagePullPolicy: 'Never' as const, image: 'httpd:2.4' },
      'ErrImageNeverPull',
      'Container image "httpd:2.4" is not present with pull policy of Never',
    ],
    [
      'a ConfigMap that is missing',
      { envFrom: [{ configMapRef: { name: 'no' } }] },
      'CreateContainerConfigError',
      'configmap "no" not found',
    ],
    [
      'a key that is missing',
      { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'kube-root-ca.crt', key: 'no' } } }] },
      'CreateContainerConfigError',
      "couldn't find key no in ConfigMap default/kube-root-ca.crt",
    ],
    [
      'a Secret that is missing',
      { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'no', key: 'a' } } }] },
      'CreateContainerConfigError',
      'secret "no" not found',
    ],
    [
      'a command that is missing',
      { command: ['/no/such/bin'] },
      'RunContainerError',
      'exec: "/no/such/bin": stat /no/such/bin: no such file or directory',
    ],
    [
      'a command that is not on the PATH',
      { command: ['nosuch'] },
      'RunContainerError',
      'exec: "nosuch": executable file not found in $PATH',
    ],
    ['a file that is no program', { command: ['/etc/passwd'] }, 'RunContainerError', 'exec: "/etc/passwd": permission denied'],
  ])('%s', (_what, container, reason, message) => {
    const pods = lab()
      .create('bad', { containers: [container] })
      .run(2_000);
    expect(pods.status('bad').state?.waiting?.reason).toBe(reason);
    expect(pods.status('bad').state?.waiting?.message).toContain(message);
  });

  test('a missing ConfigMap holds back the volume, until it is there', () => {
    const pods = lab()
      .create('web', {
        containers: [{ image: 'nginx:1.27', volumeMounts: [{ name: 'page', mountPath: '/usr/share/nginx/html' }] }],
        volumes: [{ name: 'page', configMap: { name: 'page' } }],
      })
      .run(5_000);
    expect(pods.events('web')).toEqual(['FailedMount MountVolume.SetUp failed for volume "page" : configmap "page" not found']);
    expect(pods.condition('web', 'PodReadyToStartContainers')).toBe('False');
    pods.admin.create('/api/v1/namespaces/default/configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'page' },
      data: { 'index.html': 'from a ConfigMap' },
    });
    pods.run(10_000);
    expect(pods.get('web').status.phase).toBe('Running');
  });

  test.each([
    [
      'more than the node has',
      { containers: [{ resources: { requests: { cpu: '10' } } }] },
      'OutOfcpu',
      "Node didn't have enough resource: cpu, requested: 10000, used: N, capacity: 4000",
    ],
    [
      'another kind of node',
      { containers: [{}], nodeSelector: { disk: 'ssd' } },
      'NodeAffinity',
      "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ],
    [
      'another operating system',
      { containers: [{}], os: { name: 'windows' } },
      'PodOSNotSupported',
      "Failed to admit pod as the OS field doesn't match node OS",
    ],
  ])('the kubelet rejects a Pod that wants %s', (_what, spec, reason, message) => {
    const pods = lab();
    pods.create('big', spec).run(2_000);
    const { status } = pods.get('big');
    expect([status.phase, status.reason, status.message?.replace(/used: \d+/, 'used: N')]).toEqual([
      'Failed',
      reason,
      `Pod was rejected: ${message}`,
    ]);
    expect(pods.get('big').status.containerStatuses).toBeUndefined();
    expect(pods.events('big').map((event) => event.replace(/used: \d+/, 'used: N'))).toEqual([`${reason} ${message}`]);
    pods.admin.remove('/api/v1/namespaces/default/pods/big');
    expect(() => pods.run(1_000).get('big')).toThrow('not found');
  });
});
