import { Random } from '@/lib/base';
import type { V1ConfigMap, V1Node, V1Pod } from '@/generated/kubernetes/types';
import { auditConfigOf, readAuditPolicy } from '@/lib/cluster/apiserver/audit/policy';
import type { User } from '@/lib/cluster/apiserver/authentication';
import type { Attributes } from '@/lib/cluster/apiserver/authorization';
import { parse, stringify } from 'yaml';
import { PodLab } from '../support/pods';
import { freshCluster } from '../support/template';

const junk: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e30,
  '',
  'a',
  '\u0000',
  '__proto__',
  '1Gi',
  '99999999999999999999s',
  [],
  [null],
  [[]],
  ['a', 1, {}],
  {},
  { a: 1 },
  { '--etcd-servers=': null },
  { name: {} },
  [{ name: [] }],
];

/** The same data with junk in one to three places. */
function spoiled(random: Random, data: unknown): unknown {
  let copy = structuredClone(data);
  for (let count = random.int(3) + 1; count > 0; count--) copy = spoiledOnce(random, copy);
  return copy;
}

function spoiledOnce(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random.int(8) === 0) return random.pick(junk);
  const keys = Object.keys(value);
  if (keys.length === 0) return random.pick(junk);
  const key = random.pick(keys);
  const inner = (value as Record<string, unknown>)[key];
  return Object.assign(value, { [key]: spoiledOnce(random, inner) });
}

/** YAML with junk for values, or text that somebody's editor made a mess of. */
function hostile(random: Random, text: string): string {
  if (random.int(3) > 0) return stringify(spoiled(random, parse(text)));
  return messy(random, text);
}

const scraps = [
  '{',
  '}',
  '[',
  ']',
  ':',
  '\n',
  ' ',
  '\t',
  '-',
  '"',
  "'",
  '#',
  '&a',
  '*a',
  '\u0000',
  'é',
  '0',
  '.:53',
  'ttl x',
  '|',
  '<<: ',
  '!!binary ',
];

function messy(random: Random, text: string): string {
  let result = text;
  for (let count = random.int(4) + 1; count > 0; count--) {
    const at = random.int(result.length + 1);
    result = result.slice(0, at) + random.pick(scraps) + result.slice(at + random.int(random.int(2) === 0 ? 2 : 40));
  }
  return result;
}

const manifest = `apiVersion: v1
kind: Pod
metadata: { name: static, namespace: default, labels: { a: b }, annotations: { c: d } }
spec:
  hostNetwork: false
  terminationGracePeriodSeconds: 1
  securityContext: { runAsUser: 1 }
  tolerations: [{ operator: Exists }]
  volumes:
    - { name: host, hostPath: { path: /tmp, type: '' } }
    - { name: empty, emptyDir: {} }
    - { name: map, configMap: { name: a, items: [{ key: a, path: b }] } }
    - { name: all, projected: { sources: [{ downwardAPI: { items: [{ path: a, fieldRef: { fieldPath: metadata.name } }] } }] } }
  initContainers:
    - { name: first, image: busybox, command: ['true'] }
  containers:
    - name: main
      image: busybox
      command: [sh, -c, sleep 1000]
      args: [a]
      env: [{ name: A, value: b }, { name: B, valueFrom: { fieldRef: { fieldPath: status.podIP } } }]
      envFrom: [{ configMapRef: { name: a, optional: true } }]
      ports: [{ containerPort: 80, name: http, protocol: TCP }]
      resources: { requests: { cpu: 100m, memory: 1Mi }, limits: { cpu: '1' } }
      volumeMounts: [{ name: host, mountPath: /a, subPath: b }, { name: empty, mountPath: /b }]
      livenessProbe: { httpGet: { path: /, port: http }, periodSeconds: 1 }
      readinessProbe: { exec: { command: ['true'] } }
      startupProbe: { tcpSocket: { port: 80 } }
      lifecycle: { preStop: { exec: { command: ['true'] } } }
`;

/** A file that a learner may write, and who has to start again to read it. */
interface Target {
  readonly name: string;
  readonly text: (lab: PodLab) => string;
  readonly write: (lab: PodLab, text: string) => void;
  readonly spoil?: (random: Random, text: string) => string;
  readonly rounds: number;
}

const file = (machine: string, path: string, restarts = true): Omit<Target, 'name' | 'rounds'> => ({
  text: (lab) => lab.cluster.machine(machine).disk.get<string>(path) ?? '',
  write: (lab, text) => {
    const host = lab.cluster.machine(machine);
    host.disk.set(path, text);
    if (!restarts) return;
    host.stopUnit('kubelet');
    host.startUnit('kubelet');
  },
});

const configMap = (name: string, key: string, selector: string): Omit<Target, 'name' | 'rounds'> => {
  const url = `/api/v1/namespaces/kube-system/configmaps/${name}`;
  return {
    text: (lab) => (lab.admin.get(url) as unknown as V1ConfigMap).data?.[key] ?? '',
    write: (lab, text) => {
      const headers = { 'content-type': 'application/merge-patch+json' };
      lab.admin.transport({ method: 'PATCH', url, headers, body: { data: { [key]: text } } });
      lab.admin.transport({ method: 'DELETE', url: `/api/v1/namespaces/kube-system/pods?labelSelector=${selector}`, headers: {} });
    },
  };
};

const targets: readonly Target[] = [
  {
    ...file('worker-1', '/etc/kubernetes/manifests/static.yaml', false),
    name: 'a static Pod',
    text: () => manifest,
    rounds: 250,
  },
  { ...file('worker-1', '/var/lib/kubelet/config.yaml'), name: 'the kubelet’s configuration', rounds: 80 },
  { ...file('worker-1', '/etc/kubernetes/kubelet.conf'), name: 'the kubelet’s kubeconfig', rounds: 40 },
  ...['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((name) => ({
    ...file('cp-1', `/etc/kubernetes/manifests/${name}.yaml`, false),
    name: `${name}’s manifest`,
    rounds: 40,
  })),
  { ...configMap('coredns', 'Corefile', 'k8s-app=kube-dns'), name: 'CoreDNS’s Corefile', spoil: messy, rounds: 60 },
  { ...configMap('kube-proxy', 'config.conf', 'k8s-app=kube-proxy'), name: 'kube-proxy’s configuration', rounds: 60 },
  { ...configMap('kube-proxy', 'kubeconfig.conf', 'k8s-app=kube-proxy'), name: 'kube-proxy’s kubeconfig', rounds: 30 },
];

test.each(targets)(
  'whatever is written for $name, it is that component’s error and the cluster goes on',
  ({ text, write, spoil = hostile, rounds }) => {
    const lab = new PodLab(freshCluster());
    lab.run(20_000);
    const good = text(lab);
    expect(good).not.toBe('');
    for (let seed = 1; seed <= rounds; seed++) {
      const bad = spoil(Random.of(`hostile files ${seed}`), good);
      try {
        write(lab, bad);
        lab.run(15_000);
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).stack}\nof\n${bad}`);
      }
    }
    write(lab, good);
    lab.run(600_000);
    const system = lab.admin.list<V1Pod>('/api/v1/namespaces/kube-system/pods');
    expect(system.filter((pod) => !isReady(pod)).map(({ metadata }) => metadata.name)).toEqual([]);
    const nodes = lab.admin.list<V1Node>('/api/v1/nodes');
    expect(nodes.filter((node) => !isReady(node)).map(({ metadata }) => metadata.name)).toEqual([]);
  },
  120_000,
);

const isReady = ({ status }: V1Pod | V1Node) => status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');

const policy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
omitManagedFields: true
rules:
  - { level: None, users: [a], verbs: [get], resources: [{ group: '', resources: [pods, 'pods/*'], resourceNames: [a] }] }
  - { level: Metadata, userGroups: [b], nonResourceURLs: ['/api*'], omitStages: [ResponseStarted] }
  - { level: RequestResponse, namespaces: [c], resources: [{ group: apps }] }
`;

test('whatever is written for an audit policy, it is refused or judges every request', () => {
  const user = { name: 'a', groups: ['b'], uid: '', extra: {} } as unknown as User;
  const asked = [
    { isResource: true, verb: 'get', group: '', resource: 'pods', subresource: 'log', name: 'a', namespace: 'c' },
    { isResource: false, verb: 'get', path: '/api' },
  ] as unknown as Attributes[];
  let accepted = 0;
  for (let seed = 1; seed <= 3_000; seed++) {
    const bad = hostile(Random.of(`audit policy ${seed}`), policy);
    try {
      const read = readAuditPolicy(bad);
      if (typeof read === 'string') continue;
      accepted++;
      for (const one of asked) auditConfigOf(read, user, one);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).stack}\nof\n${bad}`);
    }
  }
  expect(accepted).toBeGreaterThan(100);
});
