import { encodeBase64 } from '@/lib/cluster/api';
import { Desk } from '@/tests/support/kubectl';
import { freshCluster } from '@/tests/support/template';

const certificate = '-----BEGIN CERTIFICATE-----\nd2ViaG9vaw==\n-----END CERTIFICATE-----\n';

const server = `apiVersion: v1
kind: Secret
metadata: {name: webhook-tls}
type: kubernetes.io/tls
data:
  tls.crt: ${encodeBase64(certificate)}
  tls.key: ${encodeBase64('-----BEGIN PRIVATE KEY-----\na2V5\n-----END PRIVATE KEY-----\n')}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: webhook}
spec:
  selector: {matchLabels: {app: webhook}}
  template:
    metadata: {labels: {app: webhook}}
    spec:
      containers:
      - name: webhook
        image: registry.k8s.io/e2e-test-images/agnhost:2.59
        args: [webhook, --tls-cert-file=/certs/tls.crt, --tls-private-key-file=/certs/tls.key, --port=8443]
        volumeMounts: [{name: certs, mountPath: /certs, readOnly: true}]
      volumes: [{name: certs, secret: {secretName: webhook-tls}}]
---
apiVersion: v1
kind: Service
metadata: {name: webhook}
spec:
  selector: {app: webhook}
  ports: [{port: 443, targetPort: 8443}]
`;

const hook = (kind: string, name: string, path: string) => `apiVersion: admissionregistration.k8s.io/v1
kind: ${kind}WebhookConfiguration
metadata: {name: ${name}}
webhooks:
- name: ${name}.example.com
  clientConfig: {service: {name: webhook, namespace: default, path: ${path}}, caBundle: ${encodeBase64(certificate)}}
  rules: [{apiGroups: [""], apiVersions: [v1], resources: [configmaps], operations: [CREATE, UPDATE]}]
  objectSelector: {matchExpressions: [{key: app, operator: NotIn, values: [webhook]}]}
  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}
  admissionReviewVersions: [v1]
  sideEffects: None
  timeoutSeconds: 5
`;

const map = (name: string, data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {${data}}\n`;

test('a webhook that runs in the cluster changes and refuses what kubectl applies, and stands in the way when it is gone', async () => {
  const cluster = freshCluster({ workers: 1 });
  const desk = new Desk(cluster, {
    '/home/learner/server.yaml': server,
    '/home/learner/hooks.yaml': `${hook('Mutating', 'stages', '/mutating-configmaps')}---\n${hook('Validating', 'check', '/configmaps')}`,
    '/home/learner/good.yaml': map('good', 'mutation-start: "yes"'),
    '/home/learner/bad.yaml': map('bad', 'webhook-e2e-test: webhook-disallow'),
  });
  await desk.run('apply -f server.yaml');
  cluster.kernel.runFor(30_000);
  expect((await desk.run('get pods')).stdout).toContain('1/1     Running');
  await desk.run('apply -f hooks.yaml');

  expect(await desk.run('apply -f good.yaml')).toMatchObject({ stdout: 'configmap/good created\n' });
  expect((await desk.run('get configmap good -o jsonpath={.data}')).stdout).toBe('{"mutation-stage-1":"yes","mutation-start":"yes"}');
  expect(await desk.run('apply -f bad.yaml')).toMatchObject({
    exitCode: 1,
    stderr:
      'Error from server (the configmap contains unwanted key and value): error when creating "bad.yaml": admission webhook "check.example.com" denied the request: the configmap contains unwanted key and value\n',
  });

  await desk.run('scale deployment webhook --replicas=0');
  cluster.kernel.runFor(60_000);
  expect((await desk.run('create configmap late')).stderr).toMatch(
    /^error: failed to create configmap: Internal error occurred: failed calling webhook "stages.example.com": failed to call webhook: Post "https:\/\/webhook.default.svc:443\/mutating-configmaps\?timeout=5s": dial tcp 10\.96\.\d+\.\d+:443: connect: connection refused/,
  );
});

test('kubectl waits for a slow webhook until its time is up, and controllers say what stands in their way', async () => {
  const cluster = freshCluster({ workers: 1 });
  const slow = hook('Validating', 'slow', '/always-allow-delay-5s');
  const desk = new Desk(cluster, {
    '/home/learner/server.yaml': server,
    '/home/learner/slow.yaml': slow.replace('timeoutSeconds: 5', 'timeoutSeconds: 10'),
    '/home/learner/impatient.yaml': slow.replace('timeoutSeconds: 5', 'timeoutSeconds: 2'),
    '/home/learner/deny.yaml': hook('Validating', 'deny', '/always-deny').replace('configmaps', 'pods'),
  });
  const timed = async (command: string) => {
    const start = cluster.kernel.now;
    const { stdout, stderr } = await desk.run(command);
    return { said: stdout + stderr, seconds: Math.floor((cluster.kernel.now - start) / 1000) };
  };
  await desk.run('apply -f server.yaml');
  cluster.kernel.runFor(30_000);
  await desk.run('apply -f slow.yaml');
  expect(await timed('create configmap one')).toEqual({ said: 'configmap/one created\n', seconds: 5 });
  await desk.run('apply -f impatient.yaml');
  expect(await timed('create configmap two')).toEqual({
    said: expect.stringContaining('/always-allow-delay-5s?timeout=2s": context deadline exceeded'),
    seconds: 2,
  });

  await desk.run('apply -f deny.yaml');
  await desk.run('create deployment web --image=nginx');
  cluster.kernel.runFor(5_000);
  expect((await desk.run('get events')).stdout).toContain(
    'Error creating: admission webhook "deny.example.com" denied the request: this webhook denies all requests',
  );
});
