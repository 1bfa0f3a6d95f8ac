import { freshCluster } from '../../support/template';
import { PodLab } from '../../support/pods';

const lab = () => new PodLab(freshCluster());

describe('probes and hooks', () => {
  test('a container is not Ready until its readiness probe passes, and is not restarted for it', () => {
    const pods = lab()
      .create('web', { containers: [{ image: 'nginx:1.27', readinessProbe: { httpGet: { path: '/ready', port: 80 }, periodSeconds: 2 } }] })
      .run(7_000);
    expect(pods.condition('web', 'Ready')).toBe('False ContainersNotReady containers with unready status: [main]');
    expect(pods.events('web').at(-1)).toBe('Unhealthy Readiness probe failed: HTTP probe failed with statuscode: 404');
    expect(pods.countOf('web', 'Unhealthy')).toBe(4);
    const runtime = pods.cluster.runtimeOf('worker-1');
    const container = runtime.listContainers(pods.get('web').metadata.uid).find(({ name }) => name === 'main');
    runtime.view(container?.id as string).files.write('/usr/share/nginx/html/ready', 'yes');
    pods.run(2_000);
    expect([pods.condition('web', 'Ready'), pods.status('web').restartCount]).toEqual(['True', 0]);
  });

  test('a failing liveness probe restarts the container', () => {
    const pods = lab()
      .create('web', {
        terminationGracePeriodSeconds: 1,
        containers: [
          { image: 'nginx:1.27', livenessProbe: { httpGet: { path: '/nope', port: 80 }, periodSeconds: 2, failureThreshold: 2 } },
        ],
      })
      .run(8_000);
    expect(pods.events('web').slice(4)).toEqual(
      expect.arrayContaining([
        'Unhealthy Liveness probe failed: HTTP probe failed with statuscode: 404',
        'Killing Container main failed liveness probe, will be restarted',
      ]),
    );
    expect(pods.status('web').restartCount).toBeGreaterThanOrEqual(1);
    expect(pods.status('web').lastState?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
  });

  test('a container that fails its liveness probe is started again even when it ended well, but not when nothing ever is', () => {
    const spec = (restartPolicy: 'OnFailure' | 'Never') => ({
      restartPolicy,
      terminationGracePeriodSeconds: 1,
      containers: [{ image: 'nginx:1.27', livenessProbe: { tcpSocket: { port: 81 }, periodSeconds: 1, failureThreshold: 2 } }],
    });
    const pods = lab().create('on-failure', spec('OnFailure')).create('never', spec('Never')).run(5_000);
    expect(pods.status('on-failure').restartCount).toBeGreaterThan(0);
    expect([pods.get('never').status.phase, pods.events('never').at(-1)]).toEqual(['Succeeded', 'Killing Stopping container main']);
  });

  test('nobody listening is a failure with the dialler’s words', () => {
    const pods = lab()
      .create('idle', { containers: [{ command: ['sleep', '1000'], readinessProbe: { tcpSocket: { port: 81 }, periodSeconds: 1 } }] })
      .run(3_000);
    const { podIP } = pods.get('idle').status;
    expect(pods.events('idle').at(-1)).toBe(`Unhealthy Readiness probe failed: dial tcp ${podIP}:81: connect: connection refused`);
  });

  test('an exec probe runs in the container and its output is the reason', () => {
    const pods = lab()
      .create('box', {
        containers: [
          {
            command: ['sh', '-c', 'sleep 4; touch /tmp/ok; sleep 1000'],
            readinessProbe: { exec: { command: ['cat', '/tmp/ok'] }, periodSeconds: 1 },
          },
        ],
      })
      .run(3_000);
    expect(pods.events('box').at(-1)).toBe("Unhealthy Readiness probe failed: cat: can't open '/tmp/ok': No such file or directory\n");
    expect(pods.run(3_000).condition('box', 'Ready')).toBe('True');
  });

  test('a startup probe holds back the other probes, and the container until it passes', () => {
    const pods = lab().create('slow', {
      containers: [
        {
          command: ['sh', '-c', 'sleep 5; touch /tmp/up; sleep 1000'],
          startupProbe: { exec: { command: ['cat', '/tmp/up'] }, periodSeconds: 1, failureThreshold: 10 },
          livenessProbe: { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 100 },
        },
      ],
    });
    pods.run(4_000);
    expect([
      pods.status('slow').started,
      pods.status('slow').ready,
      pods.events('slow').some((event) => event.includes('Liveness')),
    ]).toEqual([false, false, false]);
    pods.run(4_000);
    expect([
      pods.status('slow').started,
      pods.status('slow').ready,
      pods.events('slow').some((event) => event.includes('Liveness')),
    ]).toEqual([true, true, true]);
  });

  test('a probe slower than its timeout fails', () => {
    const pods = lab()
      .create('slow', {
        containers: [
          { command: ['sleep', '1000'], livenessProbe: { exec: { command: ['sleep', '5'] }, periodSeconds: 3, timeoutSeconds: 1 } },
        ],
      })
      .run(6_000);
    expect(pods.events('slow').at(-1)).toBe('Unhealthy Liveness probe failed: command timed out: "sleep 5" timed out after 1s');
  });

  test('a container is not running for the API until its postStart hook is through', () => {
    const pods = lab()
      .create('web', { containers: [{ image: 'nginx:1.27', lifecycle: { postStart: { exec: { command: ['sleep', '3'] } } } }] })
      .run(2_000);
    expect(pods.status('web').state?.waiting?.reason).toBe('ContainerCreating');
    expect(pods.run(2_500).status('web').state?.running).toBeDefined();
  });

  test('a failing postStart hook kills the container', () => {
    const pods = lab()
      .create('web', {
        terminationGracePeriodSeconds: 1,
        containers: [{ image: 'nginx:1.27', lifecycle: { postStart: { exec: { command: ['sh', '-c', 'echo oops >&2; exit 4'] } } } }],
      })
      .run(3_000);
    expect(pods.events('web')).toEqual(expect.arrayContaining(['FailedPostStartHook PostStartHook failed', 'Killing FailedPostStartHook']));
    expect(pods.over('web', (pod) => pod.status.containerStatuses?.[0]?.state?.waiting?.reason)).toContain('PostStartHookError');
  });

  test('a preStop hook runs before SIGTERM and within the grace period', () => {
    const stopped = (seconds: number) => {
      const pods = lab()
        .create('web', {
          terminationGracePeriodSeconds: 6,
          containers: [{ image: 'nginx:1.27', lifecycle: { preStop: { exec: { command: ['sleep', String(seconds)] } } } }],
        })
        .run(2_000);
      const deletedAt = pods.cluster.now;
      pods.admin.remove('/api/v1/namespaces/default/pods/web');
      pods.run(15_000);
      const finishedAt = Date.parse(pods.history.get('web')?.at(-1)?.status.containerStatuses?.[0]?.state?.terminated?.finishedAt ?? '');
      return { seconds: Math.round((finishedAt - deletedAt) / 1000), events: pods.events('web') };
    };
    expect(stopped(3).seconds).toBe(3);
    const over = stopped(30);
    expect(over.seconds).toBe(6);
    expect(over.events).toContain('FailedPreStopHook PreStopHook failed');
  });
});
