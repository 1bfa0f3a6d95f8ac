import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '@/lib/cluster';
import { serveOverHttp, type HttpCluster } from '../support/http-cluster';
import { realKubectl } from '../support/real-kubectl';
import { freshCluster } from '../support/template';
import { Desk, webManifest } from '../support/kubectl';

/** The same words through the real kubectl, over HTTP, and through ours, in this process, on one cluster. */
const real = realKubectl('parity/kubectl');
const compared = real ? describe : describe.skip;

let cluster: Cluster;
let server: HttpCluster;
let directory: string;

const files: Record<string, string> = {
  'bare.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: bare}\nspec: {containers: [{name: bare, image: nginx}]}\n',
  'web.yaml': webManifest,
  'web-v2.yaml': webManifest.replace('nginx:1.27', 'nginx:1.28').replace('replicas: 2', 'replicas: 3'),
  'misspelt.yaml': webManifest.replace('replicas: 2', 'replicaz: 2'),
  'mistyped.yaml': webManifest.replace('replicas: 2', 'replicas: two'),
  'other-labels.yaml': webManifest.replace('app: web', 'app: other'),
  'kindless.yaml': 'apiVersion: v1\nmetadata:\n  name: x\n',
  'broken.yaml': 'apiVersion: v1\nkind: ConfigMap\ndata:\n a: b: c\n',
  'empty.yaml': '',
  'elsewhere.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  namespace: elsewhere\n',
};

const request =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIV01IOENBUUF3SFRFTk1Bc0dBMVVFQXd3RWFtRnVaVEVNTUFvR0ExVUVDZ3dEWkdWMk1Ga3dFd1lIS29aSQp6ajBDQVFZSUtvWkl6ajBEQVFjRFFnQUUrVkRjRldTclRsR1FWejJwZER2TURBZUVRSWhlZVdPYVBnTkNBUVdVCm1tclo1Sm9OSm83aGVUNWpqTDd3aGFHdHZRL2MyTElBVGFyeFhPcEJrTDB0ajZBQU1Bb0dDQ3FHU000OUJBTUMKQTBjQU1FUUNJR0pyNmtvT0x2V3RUOHd2dkJRME5KQmo3UG9LMWw4YTAxQWhCd1FMV2VSZEFpQncyZDN5Zm5wNApkbHpQOFJLbCtzOTBVbVFaUk15aUgwSTgvZ0lKNG9uOXRRPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==';
for (const place of ['real', 'ours'])
  files[`csr-${place}.yaml`] =
    `apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: csr-${place}}\nspec: {request: ${request}, signerName: kubernetes.io/kube-apiserver-client, usages: [client auth]}\n`;

beforeAll(async () => {
  if (!real) return;
  cluster = freshCluster();
  server = await serveOverHttp(cluster);
  directory = mkdtempSync(join(tmpdir(), 'kubectl-parity-'));
  mkdirSync(join(directory, '.kube'));
  const { url } = server;
  writeFileSync(
    join(directory, '.kube/config'),
    `apiVersion: v1\nkind: Config\nclusters: [{name: kubernetes, cluster: {server: "${url}"}}]\ncontexts: [{name: learner, context: {cluster: kubernetes, user: learner}}]\nusers: [{name: learner, user: {}}]\ncurrent-context: learner\n`,
  );
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  for (const namespace of ['real', 'ours']) await new Desk(cluster).run(['create', 'namespace', namespace]);
  cluster.kernel.runUntilIdle();
});

afterAll(() => {
  server?.close();
});

function runReal(words: readonly string[]): Promise<string> {
  const env = { ...process.env, HOME: directory, KUBECONFIG: join(directory, '.kube/config') };
  return new Promise((resolve) => {
    execFile(real as string, [...words], { cwd: directory, env, timeout: 30_000 }, (error, stdout, stderr) =>
      resolve(`${stdout}${stderr}exit ${error ? error.code : 0}`),
    );
  });
}

async function runOurs(words: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await new Desk(
    cluster,
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`/home/learner/${name}`, text])),
  ).run(words);
  cluster.kernel.runUntilIdle({ limitMs: 60_000 });
  return `${stdout}${stderr}exit ${exitCode}`;
}

/** What differs between two runs for a reason: names the server makes up, addresses, times and ages. */
function masked(text: string): string {
  return (
    text
      .replace(/\b(real|ours)\b/g, 'NS')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replace(/\w{3}, \d+ \w{3} \d{4} [\d:]+ \+0000/g, 'TIME')
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
      .replace(/(resourceVersion: )"\d+"/g, '$1RV')
      .replace(/-[a-z0-9]{6,10}-[a-z0-9]{5}\b/g, '-HASH-RANDOM')
      .replace(/(containerd:\/\/)[0-9a-f]+/g, '$1ID')
      .replace(/\b10\.(96|244)\.\d+\.\d+/g, 'IP')
      .replace(/\b3[0-2]\d{3}\b/g, 'NODEPORT')
      .replace(/\b(worker-\d|cp-1)\b/g, 'NODE')
      .replace(/172\.18\.0\.\d/g, 'NODEIP')
      .replace(/\b(\d+d)?(\d+h)?(\d+m)?\d+(s|d|h)\b/g, 'AGE')
      .replace(/https?:\/\/[\w.:]+/g, 'SERVER')
      .replace(/ +/g, ' ')
      // Go's sort does not keep the order of events of the same second.
      .replace(/(^ (Normal|Warning) .*\n)+/gm, (lines) => lines.split('\n').sort().join('\n'))
  );
}

compared('a real kubectl and ours say the same', () => {
  test.each([
    'get nodes',
    'get nodes -o wide',
    'get pods -A -o wide',
    'get all -A',
    'get ns --show-labels',
    'get svc',
    'get foo',
    'get pod nope',
    'get pods nope nope2',
    'get pods',
    'get pods -A -l foo=bar',
    'get ns/default svc/kubernetes',
    'get pods,svc -A',
    'get deploy -n kube-system -o yaml',
    'get pods -n kube-system -o json',
    'get -o name nodes',
    'get nodes -o custom-columns=A:.metadata.name,B:.foo',
    'get nodes -o jsonpath={.items[*].metadata.name}',
    'get pods -A --sort-by=.metadata.name',
    'get pods -o foo',
    'get pods -A -L k8s-app',
    'get pods -l a=b=c',
    'get pods --field-selector foo=bar',
    'get events -A',
    'describe node cp-1',
    'describe pods -n kube-system',
    'describe svc kubernetes',
    'describe deploy -n kube-system',
    'describe rs -n kube-system',
    'describe ds -n kube-system',
    'describe cm -A',
    'describe sa -A',
    'describe ns',
    'describe endpointslices -A',
    'describe lease -n kube-system',
    'api-resources',
    'api-resources -o wide',
    'api-versions',
    'cluster-info',
    'explain pod',
    'explain pod.spec.containers',
    'explain deployment.spec.replicas',
    'explain pods.spec.restartPolicy',
    'explain pod --recursive',
    'explain pod.foo',
    'explain foo',
    'top nodes',
    'config current-context',
    'config get-contexts',
    'auth can-i get pods',
    'rollout',
    'rollout foo',
    'gte',
    'get --foo',
    'scale',
    'run a',
    'create foo',
    'apply',
    'logs',
    'exec a ls',
    'delete',
    'delete pods',
    'describe',
    'label',
    'patch',
    'wait',
    'drain',
    'taint',
    'options',
  ])('kubectl %s', async (command) => {
    const words = command.split(' ');
    const expected = masked(await runReal(words)).replace(/\/[^']*\/\.kube\/cache/, '$HOME/.kube/cache');
    expect(masked(await runOurs(words))).toBe(expected);
  });

  /** In order: each runs in a namespace for the real one and in another for ours. */
  const story = [
    'apply -f web.yaml',
    'apply -f web.yaml',
    'rollout status deploy/web',
    'get all',
    'get deploy web -o yaml',
    'describe deploy web',
    'expose deploy web --port=80',
    'describe svc web',
    'apply -f web-v2.yaml',
    'rollout history deploy/web',
    'rollout history deploy/web --revision=1',
    'rollout undo deploy/web',
    'rollout undo deploy/web --to-revision=9',
    'rollout pause deploy/web',
    'rollout pause deploy/web',
    'rollout undo deploy/web',
    'rollout resume deploy/web',
    'scale deploy/web --replicas=1',
    'scale deploy web --replicas=1 --current-replicas=5',
    'scale cm/kube-root-ca.crt --replicas=1',
    'set image deploy/web nginx=nginx:1.29',
    'set image deploy/web foo=nginx',
    'set env deploy/web X=1',
    'set env deploy/web --list',
    'set env deploy/web X-',
    'set resources deploy/web --limits=cpu=100m',
    'label deploy web a=b',
    'label deploy web a=c',
    'label deploy web a=c --overwrite',
    'label deploy web a-',
    'label deploy web a-',
    'label deploy web a=b!',
    'annotate deploy web x=y',
    'annotate deploy web x-',
    'apply -f misspelt.yaml',
    'apply -f mistyped.yaml',
    'apply -f other-labels.yaml',
    'apply -f kindless.yaml',
    'apply -f broken.yaml',
    'apply -f empty.yaml',
    'create -f web.yaml',
    'apply -f elsewhere.yaml',
    'apply -f web.yaml --dry-run=client',
    'apply -f web-v2.yaml --dry-run=server',
    'describe pods',
    'logs nope',
    'logs deploy/web -c foo',
    'exec nope -- ls',
    'run p --image=nginx --port=80 --labels=a=b --env=X=1',
    'run p --image=nginx',
    'run q --image=nginx --dry-run=client -o yaml -- a b',
    'wait --for=condition=Ready pod/p',
    'wait --for=jsonpath={.status.phase}=Running pod/p',
    'wait --for=condition=Ready pod/zzz',
    'patch deploy web -p {"spec":{"replicas":2}}',
    'patch deploy web --type=json -p [{"op":"replace","path":"/spec/foo/bar","value":1}]',
    'patch deploy web -p {',
    'replace -f web.yaml',
    'create deployment d --image=nginx',
    'create cm c --from-literal=a=b',
    'create secret generic s --from-literal=a=b',
    'create service clusterip s --tcp=80:8080',
    'create sa x',
    'delete pod p',
    'delete pod p',
    'delete pod p --ignore-not-found',
    'delete -f web.yaml',
    'delete deploy,svc --all',
    'delete pods --all --force',
  ];

  test.each(story.map((command, index) => [index + 1, command] as const))('step %i: kubectl %s', async (_, command) => {
    const words = command.split(' ');
    const expected = masked(await runReal(['-n', 'real', ...words]));
    expect(masked(await runOurs(['-n', 'ours', ...words]))).toBe(expected);
  });

  /** The same, with PLACE in the names of what has no namespace. */
  const more = [
    'create ingress a --rule=foo.com/bar=svc1:8080,tls=my-cert --rule=foo.com/p*=svc2:http --class=c --annotation=a=b --default-backend=d:80',
    'get ingress a -o yaml',
    'create ingress a --rule=/=svc:80',
    'create ingress b --rule=/path=svc:80 --rule=*.x.com/*=s:80,tls --dry-run=client -o yaml',
    'create ingress b',
    'create ingress b --rule=bad',
    'create ingress b --default-backend=bad',
    'create pdb a --selector=app=x,b=c --min-available=50%',
    'get pdb a -o yaml',
    'create pdb a --selector=app=x --max-unavailable=1',
    'create pdb b --selector=app=x --max-unavailable=1 --dry-run=client -o yaml',
    'create pdb b',
    'create pdb b --selector=a=b',
    'create pdb b --selector=a=b --min-available=1 --max-unavailable=1',
    'create priorityclass PLACE-high --value=1000 --description=high --preemption-policy=Never',
    'create priorityclass PLACE-high --value=1000',
    'create pc PLACE-other --value=5 --global-default --dry-run=client -o yaml',
    'create deployment web --image=nginx',
    'autoscale deploy/web --min=2 --max=10',
    'get hpa web -o yaml',
    'autoscale deploy/web --max=10',
    'autoscale deploy/web --max=5 --cpu=80% --memory=200Mi --name=other --dry-run=client -o yaml',
    'autoscale deploy/web --cpu=500m --max=4 --name=third',
    'autoscale deploy/web',
    'autoscale deploy/web --max=0',
    'autoscale deploy/web --min=5 --max=3',
    'autoscale cm/kube-root-ca.crt --max=3',
    'create -f csr-PLACE.yaml',
    'certificate approve csr-PLACE',
    'certificate approve csr-PLACE',
    'certificate deny csr-PLACE',
    'certificate approve nope',
    'certificate approve',
    'certificate',
    'get csr csr-PLACE -o jsonpath={.status.conditions[*].message}',
    'apply -f web.yaml --server-side=false --force',
    'apply view-last-applied deploy/web',
    'apply view-last-applied deploy web -o json',
    'apply view-last-applied deploy/web -o foo',
    'apply view-last-applied',
    'apply set-last-applied -f web-v2.yaml',
    'apply set-last-applied -f web-v2.yaml',
    'apply view-last-applied deploy/web',
    'run bare --image=nginx',
    'apply view-last-applied pod/bare',
    'apply set-last-applied -f bare.yaml',
    'apply set-last-applied -f bare.yaml --create-annotation',
    'apply view-last-applied -f bare.yaml',
    'apply set-last-applied',
    'create cronjob cj --image=busybox --schedule=@yearly -- date',
    'create job j1 --from=cronjob/cj',
    'create job j2 --from=cronjob/cj --dry-run=client -o yaml',
    'create job j3 --from=pod/bare',
    'create job j3 --from=cronjob/nope',
    'create job j3 --from=cronjob/cj --image=x',
    'create job j3 --from=cronjob/cj -- ls',
    'create job j3',
  ];

  test.each(more.map((command, index) => [index + 1, command] as const))('afterwards %i: kubectl %s', async (_, command) => {
    const words = (place: string) => ['-n', place, ...command.replaceAll('PLACE', place).split(' ')];
    const expected = masked(await runReal(words('real')));
    expect(masked(await runOurs(words('ours')))).toBe(expected);
  });
});
