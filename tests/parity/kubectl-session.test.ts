import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realKubectl } from '../support/real-kubectl';

/** `KUBECTL` is a kubectl of v1.36, `KUBECTL_OLD` one that is four minors older. */
const clients = [
  ['KUBECTL', realKubectl('parity/kubectl-session')],
  ['KUBECTL_OLD', realKubectl('parity/kubectl-session', { minor: 32, variable: 'KUBECTL_OLD' })],
] as const;

const webManifest = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: nginx
        image: nginx:1.27
        ports: [{containerPort: 80}]
`;
const configMap = (value: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: "${value}"}\n`;
const signingRequest =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUhRd0l3SUJBREFNTVFvd0NBWURWUVFEREFGaE1Db3dCUVlESzJWd0F5RUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBCkFBQUFBQUFBQUFBQUFBQUFBQUNnQURBRkJnTXJaWEFEUVFBPQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K';
const files: Readonly<Record<string, string>> = {
  'web.yaml': webManifest,
  'web3.yaml': webManifest.replace('replicas: 2', 'replicas: 3'),
  'cm.yaml': configMap('1'),
  'cm2.yaml': configMap('2'),
  'kus/cm.yaml': configMap('1'),
  'kus/kustomization.yaml': 'resources: [cm.yaml]\nnamePrefix: k-\n',
  'rbac.yaml':
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: reconciled}\nrules: [{apiGroups: [""], resources: [pods], verbs: [get]}]\n',
  'csr.yaml': `apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: jane}\nspec:\n  request: ${signingRequest}\n  signerName: kubernetes.io/kube-apiserver-client\n  usages: [client auth]\n`,
  'patch.json': '[{"op":"remove","path":"/data/b"}]',
};

interface Step {
  readonly command: string;
  /** All that is printed, or what must be in it. */
  readonly says: string | RegExp;
  readonly exits: number;
}

const step = (command: string, says: string | RegExp, exits = 0): Step => ({ command, says, exits });

/** One afternoon at a keyboard, with every verb. `'…'` keeps words together. */
const session: readonly Step[] = [
  step('version', /^Client Version: v1\.\d+.*\nKustomize Version: .*\nServer Version: v1\.36\.\d/),
  step('api-versions', /\napps\/v1\n[^]*\nv1\n?$/),
  step('api-resources --namespaced=false --api-group=storage.k8s.io', /csidrivers +storage.k8s.io\/v1 +false +CSIDriver\n/),
  step('cluster-info', /Kubernetes control plane.* is running at/),
  step('explain deployment.spec.strategy', /^GROUP: +apps\nKIND: +Deployment\nVERSION: +v1\n\nFIELD: strategy <DeploymentStrategy>\n/),
  step('get nodes', /^NAME +STATUS +ROLES +AGE +VERSION\ncp-1 +Ready +control-plane +\S+ +v1\.36\.\d\n/),
  step('create namespace shop', 'namespace/shop created'),
  step('create -f web.yaml --save-config', 'deployment.apps/web created'),
  step('rollout status deployment/web --timeout=60s', /deployment "web" successfully rolled out\n$/),
  step('get deployment web', /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 +\S+\n$/),
  step('apply -f web3.yaml', 'deployment.apps/web configured'),
  step('diff -f cm.yaml', /\+kind: ConfigMap\n/, 1),
  step('apply --server-side -f cm.yaml', 'configmap/settings serverside-applied'),
  step(
    'apply --server-side --field-manager=other -f cm2.yaml',
    /^error: Apply failed with 1 conflict: conflict with "kubectl": \.data\.a\n/,
    1,
  ),
  step('apply --server-side --force-conflicts --field-manager=other -f cm2.yaml', 'configmap/settings serverside-applied'),
  step('apply view-last-applied deployment/web', /^apiVersion: apps\/v1\nkind: Deployment\n/),
  step('apply set-last-applied -f web.yaml', 'deployment.apps/web configured'),
  step('diff -f web.yaml', /\n- {2}replicas: 3\n\+ {2}replicas: 2\n/, 1),
  step('kustomize kus', /\n {2}name: k-settings\n$/),
  step('apply -k kus', 'configmap/k-settings created'),
  step('get cm k-settings -o jsonpath={.data}', '{"a":"1"}'),
  step('replace -f cm.yaml', 'configmap/settings replaced'),
  step('replace --force -f cm.yaml', /^configmap "settings" deleted.*\nconfigmap\/settings replaced\n$/),
  step(`patch cm settings -p {"data":{"b":"2"}}`, 'configmap/settings patched'),
  step('patch cm settings --type=json --patch-file=patch.json', 'configmap/settings patched'),
  step('patch deployment web --subresource=scale --type=merge -p {"spec":{"replicas":2}}', 'scale.autoscaling/web patched'),
  step('label deployment web tier=front', 'deployment.apps/web labeled'),
  step('label deployment web tier-', 'deployment.apps/web unlabeled'),
  step('annotate deployment web note=x', 'deployment.apps/web annotated'),
  step('scale deployment web --replicas=3', 'deployment.apps/web scaled'),
  step('autoscale deployment web --min=1 --max=3', 'horizontalpodautoscaler.autoscaling/web autoscaled'),
  step('get hpa web -o jsonpath={.spec.maxReplicas}', '3'),
  step('expose deployment web --port=80', 'service/web exposed'),
  step('set image deployment/web nginx=nginx:1.28', 'deployment.apps/web image updated'),
  step('set env deployment/web A=1', 'deployment.apps/web env updated'),
  step('set resources deployment/web --limits=cpu=100m', 'deployment.apps/web resource requirements updated'),
  step('set serviceaccount deployment web default', 'deployment.apps/web serviceaccount updated'),
  step('set selector svc web app=web', 'service/web selector updated'),
  step('set subject rolebinding nope --user=x', 'Error from server (NotFound): rolebindings.rbac.authorization.k8s.io "nope" not found', 1),
  step('rollout status deployment/web --timeout=60s', /deployment "web" successfully rolled out\n$/),
  step('rollout history deployment/web', /^deployment.apps\/web \nREVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>\n/),
  step('rollout undo deployment/web', /deployment.apps\/web rolled back\n/),
  step('rollout pause deployment/web', 'deployment.apps/web paused'),
  step('rollout resume deployment/web', 'deployment.apps/web resumed'),
  step('rollout restart deployment/web', 'deployment.apps/web restarted'),
  step('rollout status deployment/web --timeout=90s', /deployment "web" successfully rolled out\n$/),
  step(
    `run one --image=busybox --restart=Never --labels=x=y '--overrides={"spec":{"nodeName":"worker-2"}}' -- sh -c 'echo hello; sleep 3600'`,
    'pod/one created',
  ),
  step('wait --for=condition=Ready pod/one --timeout=60s', 'pod/one condition met'),
  step('logs one', 'hello'),
  step('logs -l x=y --tail=1 --prefix', '[pod/one/one] hello'),
  step('exec one -- echo hi', 'hi'),
  step(`exec one -- sh -c 'exit 3'`, 'command terminated with exit code 3', 3),
  step('cp web.yaml one:/tmp/w.yaml', ''),
  step(
    'cp one:/tmp/w.yaml back.yaml',
    /^(tar: removing leading '\/' from member names\n|tar: Removing leading `\/' from member names\n)?$/,
  ),
  step('describe pod one', /^Name: +one\nNamespace: +default\n[^]*Normal +Started +/),
  step(
    'debug one --image=busybox --profile=general --target=one --attach=false -- sleep 1',
    /^Targeting container "one"\.[^]*Defaulting debug container name to debugger-\w{5}\.\n$/,
  ),
  step(
    'get pods --watch --output-watch-events --request-timeout=2s -l x=y',
    /^EVENT +NAME +READY +STATUS +RESTARTS +AGE\nADDED +one +1\/1 +Running +0 /,
  ),
  step('events --for pod/one', /Pulling image "busybox"\n/),
  step('cordon worker-1', 'node/worker-1 cordoned'),
  step('uncordon worker-1', 'node/worker-1 uncordoned'),
  step(
    'drain worker-2 --ignore-daemonsets --force --delete-emptydir-data --grace-period=1 --timeout=90s',
    /^node\/worker-2 cordoned\n[^]*\nnode\/worker-2 drained\n/,
  ),
  step('uncordon worker-2', 'node/worker-2 uncordoned'),
  step('taint nodes worker-1 a=b:NoSchedule', 'node/worker-1 tainted'),
  step('taint nodes worker-1 a-', 'node/worker-1 untainted'),
  step('create configmap c --from-literal=a=b', 'configmap/c created'),
  step('create secret generic s --from-literal=a=b', 'secret/s created'),
  step('create serviceaccount robot', 'serviceaccount/robot created'),
  step('create token robot --duration=1h', /^[\w-]+\.[\w-]+\.[\w-]+\n?$/),
  step('create role reader --verb=get,list --resource=pods', 'role.rbac.authorization.k8s.io/reader created'),
  step('create rolebinding robots --role=reader --serviceaccount=default:robot', 'rolebinding.rbac.authorization.k8s.io/robots created'),
  step('create clusterrole all --verb=* --resource=*', 'clusterrole.rbac.authorization.k8s.io/all created'),
  step('create clusterrolebinding alls --clusterrole=all --user=jane', 'clusterrolebinding.rbac.authorization.k8s.io/alls created'),
  step('create quota q --hard=pods=20', 'resourcequota/q created'),
  step('create priorityclass high --value=1000', 'priorityclass.scheduling.k8s.io/high created'),
  step('create poddisruptionbudget b --selector=app=web --min-available=1', 'poddisruptionbudget.policy/b created'),
  step('create ingress i --rule=a.example/=web:80', 'ingress.networking.k8s.io/i created'),
  step('create job j --image=busybox -- true', 'job.batch/j created'),
  step(`create cronjob cj --image=busybox '--schedule=*/5 * * * *' -- true`, 'cronjob.batch/cj created'),
  step('create job from-cj --from=cronjob/cj', 'job.batch/from-cj created'),
  step('create deployment d2 --image=nginx', 'deployment.apps/d2 created'),
  step('create service clusterip cs --tcp=80:80', 'service/cs created'),
  step('create service nodeport ns --tcp=80:80', 'service/ns created'),
  step('create service externalname en --external-name=example.com', 'service/en created'),
  step('create service loadbalancer lb --tcp=80:80', 'service/lb created'),
  step('auth can-i create pods', 'yes'),
  step('auth can-i delete pods --as=system:serviceaccount:default:robot', 'no', 1),
  step('auth can-i --list --as=jane', /\n\*\.\* +\[\] +\[\] +\[\*\]\n|\n\* +\[\] +\[\] +\[\*\]\n/),
  step('auth whoami', /Username +kubernetes-admin\n/),
  step('auth reconcile -f rbac.yaml', /clusterrole.rbac.authorization.k8s.io\/reconciled reconciled\n/),
  step('create -f csr.yaml', 'certificatesigningrequest.certificates.k8s.io/jane created'),
  step('certificate approve jane', 'certificatesigningrequest.certificates.k8s.io/jane approved'),
  step('certificate deny jane', 'error: certificate signing request "jane" is already Approved', 1),
  step('get all', /\ndeployment.apps\/web +3\/3 /),
  step('get --raw /readyz', 'ok'),
  step('config current-context', /^\S+\n$/),
  step('config set-context --current --namespace=default', /modified\.\n$/),
  step('completion bash', /complete -o default/),
  step('plugin list', /unable to find any kubectl plugins/, 1),
  step('options', /--kubeconfig=''/),
  step('edit cm c', 'configmap/c edited'),
  step('get cm c -o jsonpath={.data.a}', 'bed'),
  step('wait --for=delete pod/nope --timeout=1s', ''),
  step('delete pod one --now', 'Error from server (NotFound): pods "one" not found', 1),
  step('delete job,cronjob --all', /cronjob.batch "cj" deleted/),
  step('delete -f web.yaml --wait=false', /^deployment.apps "web" deleted/),
  step('delete namespace shop', 'namespace "shop" deleted'),
];

function isExpected({ says, exits }: Step, { text, exitCode }: Said): boolean {
  const isSaid = typeof says === 'string' ? text === says || text === `${says}\n` : says.test(text);
  return isSaid && exitCode === exits;
}

interface Said {
  readonly text: string;
  readonly exitCode: number;
}

/** A real cluster of `npm run cluster`, and a client of it with a home of its own. */
class Seat {
  readonly #kubectl: string;
  readonly #home = mkdtempSync(join(tmpdir(), 'kubectl-session-'));
  #server: ChildProcess | undefined;

  constructor(kubectl: string) {
    this.#kubectl = kubectl;
    mkdirSync(join(this.#home, 'kus'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.#home, name), text);
  }

  get #kubeconfig(): string {
    return join(this.#home, 'config');
  }

  async sitDown(): Promise<void> {
    const server = spawn(process.execPath, ['scripts/run.mjs', 'scripts/cluster.ts', '--port', '0', '--kubeconfig', this.#kubeconfig], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.stdout.on('data', (text: Buffer) => String(text).includes('ready ') && resolve());
      server.on('exit', (code) => reject(new Error(`the cluster ended with ${code}`)));
    });
  }

  type(command: string): Promise<Said> {
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? (plain as string));
    const env = { ...process.env, HOME: this.#home, KUBECONFIG: this.#kubeconfig, KUBE_EDITOR: 'sed -i s/:.b$/&ed/' };
    return new Promise((resolve) => {
      execFile(this.#kubectl, words, { cwd: this.#home, env, timeout: 120_000 }, (error, stdout, stderr) =>
        resolve({ text: stdout + stderr, exitCode: error ? Number(error.code ?? -1) : 0 }),
      );
    });
  }

  read(name: string): string {
    return readFileSync(join(this.#home, name), 'utf8');
  }

  leave(): void {
    this.#server?.removeAllListeners('exit');
    this.#server?.kill('SIGKILL');
    rmSync(this.#home, { recursive: true, force: true });
  }
}

describe.each(clients)('a long session with the kubectl of $%s', (_, kubectl) => {
  (kubectl ? test : test.skip)(
    'meets no surprise, whichever verb is used',
    async () => {
      const seat = new Seat(kubectl as string);
      try {
        await seat.sitDown();
        const surprises: object[] = [];
        for (const expected of session) {
          const said = await seat.type(expected.command);
          if (!isExpected(expected, said)) surprises.push({ ...expected, said });
        }
        expect(surprises).toEqual([]);
        expect(seat.read('back.yaml')).toBe(webManifest);
      } finally {
        seat.leave();
      }
    },
    400_000,
  );
});
