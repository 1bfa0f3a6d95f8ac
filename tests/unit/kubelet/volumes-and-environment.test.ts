import { Cluster } from '@/lib/cluster';
import { freshCluster } from '../../support/template';
import { PodLab } from '../../support/pods';

const configMap = (name: string, data: Record<string, string>) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

/** A Pod whose container prints what the script says, once. */
function printed(script: string, spec: object = {}, container: object = {}, prepare: (pods: PodLab) => void = () => {}): string {
  const pods = new PodLab(freshCluster());
  prepare(pods);
  pods
    .create(
      'box',
      { restartPolicy: 'Never', containers: [{ command: ['sh', '-c', script], ...container }], ...spec },
      { labels: { app: 'box' }, annotations: { note: 'hi' } },
    )
    .run(5_000);
  return pods.logs('box');
}

const settingsAtC = { name: 'c', mountPath: '/c' };

/** A Pod whose containers may mount a ConfigMap of these settings. */
function withSettings(data: Record<string, string>, containers: Parameters<PodLab['create']>[1]['containers']): PodLab {
  const pods = new PodLab(freshCluster());
  pods.admin.create('/api/v1/namespaces/default/configmaps', configMap('settings', data));
  return pods.create('box', { containers, volumes: [{ name: 'c', configMap: { name: 'settings' } }] });
}

describe("a container's environment", () => {
  test('comes from values, ConfigMaps, Secrets and the Pod itself; later variables may use earlier ones', () => {
    const env = [
      { name: 'A', value: 'a' },
      { name: 'B', value: '$(A)-$(NONE)-$$(A)' },
      { name: 'C', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
      { name: 'D', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } },
      { name: 'E', valueFrom: { configMapKeyRef: { name: 'none', key: 'x', optional: true } } },
      { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'LIMIT', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
    ];
    const text = printed(
      'echo "$A $B $C $D <$E> $NODE $APP $LIMIT $PREFIX_colour"',
      {},
      { env, envFrom: [{ prefix: 'PREFIX_', configMapRef: { name: 'settings' } }], resources: { limits: { memory: '64Mi' } } },
      ({ admin }) => {
        admin.create('/api/v1/namespaces/default/configmaps', configMap('settings', { colour: 'teal' }));
        admin.create('/api/v1/namespaces/default/secrets', {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'login' },
          stringData: { password: 's3cret' },
        });
      },
    );
    expect(text).toBe('a a-$(NONE)-$(A) teal s3cret <> worker-1 box 64 teal\n');
  });

  test('has nothing of a key that is not there, whatever it is called', () => {
    const pods = new PodLab(freshCluster());
    pods.admin.create('/api/v1/namespaces/default/configmaps', configMap('settings', { colour: 'teal' }));
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'constructor' } } }];
    const volumes = [{ name: 'c', configMap: { name: 'settings', items: [{ key: 'toString', path: 'file' }] } }];
    pods
      .create('env', { containers: [{ env }] })
      .create('file', { containers: [{ volumeMounts: [{ name: 'c', mountPath: '/c' }] }], volumes })
      .create('expanded', { restartPolicy: 'Never', containers: [{ command: ['echo', '$(valueOf)'] }] })
      .create('within', {
        containers: [{ volumeMounts: [{ name: 'e', mountPath: '/e', subPathExpr: '$(valueOf)' }] }],
        volumes: [{ name: 'e', emptyDir: {} }],
      })
      .run(5_000);
    expect(pods.status('env').state?.waiting?.message).toBe("couldn't find key constructor in ConfigMap default/settings");
    expect(pods.status('within').state?.waiting?.message).toBe('missing value for valueOf');
    expect(pods.events('file')).toContain(
      'FailedMount MountVolume.SetUp failed for volume "c" : configmap references non-existent config key: toString',
    );
    expect(pods.logs('expanded')).toBe('$(valueOf)\n');
    expect(printed('printenv valueOf PWD')).not.toContain('native');
  });

  test('names the Services of its namespace, and the API server', () => {
    const text = printed(
      'echo "$WEB_APP_SERVICE_HOST:$WEB_APP_SERVICE_PORT $WEB_APP_PORT_80_TCP $KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT"',
      {},
      {},
      (pods) => {
        pods.admin.create('/api/v1/namespaces/default/services', {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'web-app' },
          spec: { selector: { app: 'x' }, ports: [{ port: 80 }], clusterIP: '10.96.7.7' },
        });
        pods.run(500);
      },
    );
    expect(text).toBe('10.96.7.7:80 tcp://10.96.7.7:80 10.96.0.1:443\n');
  });

  test('knows its own name, and asks the cluster’s DNS', () => {
    expect(printed('hostname; cat /etc/hostname; cat /etc/resolv.conf; grep box /etc/hosts | wc -l')).toBe(
      'box\nbox\nsearch default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n1\n',
    );
  });

  test('command and args replace the image’s, and are expanded', () => {
    expect(printed('', {}, { command: ['echo', '$(A)'], args: ['b', '$(NONE)'], env: [{ name: 'A', value: 'a' }] })).toBe('a b $(NONE)\n');
  });
});

describe('volumes', () => {
  test('an emptyDir is shared by the containers of a Pod and outlives each of them', () => {
    const pods = new PodLab(freshCluster())
      .create('pair', {
        containers: [
          {
            name: 'writer',
            command: ['sh', '-c', 'echo from the writer > /out/page; sleep 1000'],
            volumeMounts: [{ name: 'shared', mountPath: '/out' }],
          },
          {
            name: 'reader',
            command: ['sh', '-c', 'sleep 2; cat /in/page; sleep 1000'],
            volumeMounts: [{ name: 'shared', mountPath: '/in', readOnly: true }],
          },
        ],
        volumes: [{ name: 'shared', emptyDir: {} }],
      })
      .run(5_000);
    expect(pods.logs('pair', '?container=reader')).toBe('from the writer\n');
  });

  test('a ConfigMap’s keys are files, all or those that are asked for, and cannot be written', () => {
    const volumes = [
      { name: 'all', configMap: { name: 'files' } },
      { name: 'one', configMap: { name: 'files', items: [{ key: 'b', path: 'deep/renamed' }] } },
    ];
    const volumeMounts = [
      { name: 'all', mountPath: '/all' },
      { name: 'one', mountPath: '/one' },
      { name: 'all', mountPath: '/etc/single.conf', subPath: 'a' },
    ];
    const text = printed(
      'ls /all; cat /one/deep/renamed /etc/single.conf; echo x > /all/a; echo $?',
      { volumes },
      { volumeMounts },
      ({ admin }) => admin.create('/api/v1/namespaces/default/configmaps', configMap('files', { a: 'A\n', b: 'B\n' })),
    );
    expect(text).toBe("a\nb\nB\nA\nsh: can't create /all/a: Read-only file system\n1\n");
  });

  test('every Pod has its service account’s token, namespace and the cluster’s authority', () => {
    expect(
      printed(
        'cd /var/run/secrets/kubernetes.io/serviceaccount; ls; cat namespace; echo; test -s token && echo token; grep -c CERTIFICATE ca.crt',
      ),
    ).toBe('ca.crt\nnamespace\ntoken\ndefault\ntoken\n2\n');
  });

  test('the token in the volume is another one before its hour is over, and both go on being good', () => {
    const pods = new PodLab(freshCluster())
      .create('box', {
        containers: [
          { command: ['sh', '-c', 'while true; do cat /var/run/secrets/kubernetes.io/serviceaccount/token; echo; sleep 600; done'] },
        ],
      })
      .run(2 * 3_600_000);
    const tokens = [...new Set(pods.logs('box').trim().split('\n'))];
    expect(tokens.length).toBe(3);
    for (const token of tokens)
      expect(pods.cluster.api({ method: 'GET', url: '/api/v1', headers: { authorization: `Bearer ${token}` } }).status).toBe(200);
  });

  test('the downward API shows labels, and follows them', () => {
    const pods = new PodLab(freshCluster())
      .create(
        'box',
        {
          containers: [
            {
              command: ['sh', '-c', 'while true; do cat /info/labels; echo; sleep 30; done'],
              volumeMounts: [{ name: 'info', mountPath: '/info' }],
            },
          ],
          volumes: [{ name: 'info', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } }],
        },
        { labels: { app: 'box' } },
      )
      .run(5_000);
    pods.admin.merge('/api/v1/namespaces/default/pods/box', { metadata: { labels: { app: 'changed' } } });
    pods.run(60_000);
    expect([...new Set(pods.logs('box').trim().split('\n'))]).toEqual(['app="box"', 'app="changed"']);
  });

  test('a changed ConfigMap reaches the files of running containers within a resync, but not their environment', () => {
    const pods = withSettings({ A: '1' }, [
      {
        command: ['sh', '-c', 'while true; do echo "$(cat /c/A) $E"; sleep 10; done'],
        env: [{ name: 'E', valueFrom: { configMapKeyRef: { name: 'settings', key: 'A' } } }],
        volumeMounts: [settingsAtC],
      },
    ]).run(5_000);
    pods.admin.merge('/api/v1/namespaces/default/configmaps/settings', { data: { A: '2' } });
    expect(pods.run(10_000).logs('box')).not.toContain('2');
    expect(pods.run(100_000).logs('box').trim().split('\n').at(-1)).toBe('2 1');
  });

  test('what somebody on the node did to a volume’s files is undone at its next refresh', () => {
    const pods = withSettings({ A: '1', B: '1' }, [{ command: ['sleep', '1000'], volumeMounts: [settingsAtC] }]).run(90_000);
    const { disk } = pods.cluster.machine(pods.get('box').spec.nodeName as string);
    const files = () => disk.list('').filter(([path]) => path.includes('kubernetes.io~configmap/c/'));
    const before = files();
    expect(before.map(([, text]) => text)).toEqual(['1', '1']);
    const [[first], [second]] = before as [[string, unknown], [string, unknown]];
    disk.set(first, 'mine');
    disk.delete(second);
    disk.set(`${second}-more`, 'mine');
    pods.run(100_000);
    expect(files()).toEqual(before);
  });

  test.each(['colour', 'constructor', 'toString'])('a key that a ConfigMap has got since, %s, is a file within a resync', (key) => {
    const command = ['sh', '-c', 'sleep 300; ls /c; sleep 300'];
    const pods = withSettings({ A: '1' }, [{ command, volumeMounts: [settingsAtC] }]).run(150_000);
    pods.admin.merge('/api/v1/namespaces/default/configmaps/settings', { data: { [key]: '2' } });
    expect(pods.run(200_000).logs('box')).toBe(`A\n${key}\n`);
  });

  test('a changed ConfigMap reaches the files of a container while another one of the Pod waits minutes for its restart', () => {
    const pods = withSettings({ A: '1' }, [
      {
        name: 'reader',
        command: ['sh', '-c', 'while true; do cat /c/A; echo; sleep 10; done'],
        volumeMounts: [settingsAtC],
      },
      { name: 'crashing', command: ['false'] },
    ]).run(1_000_000);
    for (const value of ['2', '3', '4']) {
      pods.admin.merge('/api/v1/namespaces/default/configmaps/settings', { data: { A: value } });
      expect(pods.run(110_000).logs('box', '?container=reader').trim().split('\n').at(-1)).toBe(value);
    }
  });

  describe('whose ConfigMap goes while the Pod runs', () => {
    const path = '/api/v1/namespaces/default/configmaps';
    const missing = 'MountVolume.SetUp failed for volume "c" : configmap "settings" not found';
    const running = () => {
      const pods = new PodLab(freshCluster());
      for (const [name, A] of [
        ['settings', 'old'],
        ['others', '1'],
      ] as const)
        pods.admin.create(path, configMap(name, { A }));
      pods.create('box', {
        containers: [
          {
            command: ['sh', '-c', 'for i in 1 2 3 4 5 6; do echo "$(cat /c/A) $(cat /o/A)"; sleep 20; done; exit 1'],
            volumeMounts: [
              { name: 'c', mountPath: '/c' },
              { name: 'o', mountPath: '/o' },
            ],
          },
        ],
        volumes: [
          { name: 'c', configMap: { name: 'settings' } },
          { name: 'o', configMap: { name: 'others' } },
        ],
      });
      pods.run(10_000).admin.remove(`${path}/settings`);
      return pods;
    };

    test('starts its containers again with what was there, says now and then what is missing, and refreshes the others', () => {
      const pods = running();
      pods.admin.merge(`${path}/others`, { data: { A: '2' } });
      pods.run(200_000);
      expect(pods.status('box')).toMatchObject({ restartCount: 1, ready: true });
      expect(pods.logs('box').trim().split('\n').at(-1)).toBe('old 2');
      const told = pods.countOf('box', 'FailedMount');
      expect(pods.events('box')).toContain(`FailedMount ${missing}`);
      expect(told).toBeGreaterThan(5);
      pods.run(600_000);
      expect(pods.countOf('box', 'FailedMount')).toBeLessThanOrEqual(told + 8);
      expect(pods.status('box').restartCount).toBeGreaterThan(3);
      pods.admin.create(path, configMap('settings', { A: 'new' }));
      pods.run(600_000);
      expect(pods.logs('box').trim().split('\n').at(-1)).toBe('new 2');
    });

    test('waits for it once the kubelet was restarted, since what is mounted is only what that one mounted', () => {
      const pods = running();
      pods.cluster.machine('worker-1').stopUnit('kubelet');
      pods.cluster.machine('worker-1').startUnit('kubelet');
      pods.run(200_000);
      expect(pods.status('box')).toMatchObject({ restartCount: 0, ready: false });
      pods.admin.create(path, configMap('settings', { A: 'new' }));
      expect(pods.run(130_000).status('box').restartCount).toBe(1);
    });

    test.each([
      ['a fork', (cluster: Cluster) => cluster.fork()],
      ['a cluster that was restored', (cluster: Cluster) => Cluster.restore(cluster.snapshot())],
    ])('starts its containers again in %s too', (_, copied) => {
      const copy = new PodLab(copied(running().cluster)).run(200_000);
      expect(copy.status('box')).toMatchObject({ restartCount: 1, ready: true });
      expect(copy.logs('box').trim().split('\n').at(-1)).toBe('old 1');
      expect(copy.events('box')).toContain(`FailedMount ${missing}`);
    });

    test('that no container mounts is not missed', () => {
      const pods = new PodLab(freshCluster())
        .create('box', { containers: [{ command: ['sleep', '100'] }], volumes: [{ name: 'c', configMap: { name: 'none' } }] })
        .run(5_000);
      expect(pods.get('box').status.phase).toBe('Running');
    });
  });

  test('a container that ends while no API server answers is started again', () => {
    const pods = new PodLab(freshCluster());
    pods.admin.create('/api/v1/namespaces/default/configmaps', configMap('settings', { A: 'known' }));
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'A' } } }];
    pods.create('box', { containers: [{ command: ['sh', '-c', 'echo $A; sleep 90; exit 1'], env }] }).run(10_000);
    const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
    const { disk } = pods.cluster.machine('cp-1');
    const text = disk.get<string>(manifest) as string;
    disk.delete(manifest);
    pods.run(240_000);
    disk.set(manifest, text);
    pods.run(60_000);
    expect(pods.status('box').restartCount).toBe(3);
    expect(pods.logs('box', '?previous=true')).toBe('known\n');
  });

  test('a script in a volume can be run when its mode says so', () => {
    const script = (defaultMode?: number) => {
      const pods = new PodLab(freshCluster());
      pods.admin.create('/api/v1/namespaces/default/configmaps', configMap('scripts', { 'run.sh': '#!/bin/sh\necho "ran $0 with $1"\n' }));
      return pods
        .create('box', {
          restartPolicy: 'Never',
          containers: [{ command: ['/scripts/run.sh', 'x'], volumeMounts: [{ name: 's', mountPath: '/scripts' }] }],
          volumes: [{ name: 's', configMap: { name: 'scripts', ...(defaultMode ? { defaultMode } : {}) } }],
        })
        .run(3_000);
    };
    expect(script(0o755).logs('box')).toBe('ran /scripts/run.sh with x\n');
    expect(script().status('box').state?.terminated?.message).toContain('exec: "/scripts/run.sh": permission denied');
  });

  test('a hostPath that is not what it must be holds the Pod back', () => {
    const pods = new PodLab(freshCluster())
      .create('bad', {
        containers: [{ volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
        volumes: [{ name: 'v', hostPath: { path: '/data/none', type: 'Directory' } }],
      })
      .run(3_000);
    expect(pods.events('bad')).toEqual([
      'FailedMount MountVolume.SetUp failed for volume "v" : hostPath type check failed: /data/none is not a directory',
    ]);
  });

  test('a hostPath is the node’s own directory', () => {
    const pods = new PodLab(freshCluster());
    pods.cluster.machine('worker-1').disk.set('/data/page', 'on the node\n');
    pods
      .create('box', {
        restartPolicy: 'Never',
        containers: [{ command: ['sh', '-c', 'cat /v/page; echo written > /v/new'], volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
        volumes: [{ name: 'v', hostPath: { path: '/data' } }],
      })
      .run(3_000);
    expect(pods.logs('box')).toBe('on the node\n');
    expect(pods.cluster.machine('worker-1').disk.get('/data/new')).toBe('written\n');
  });
});
