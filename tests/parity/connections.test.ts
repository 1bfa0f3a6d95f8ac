import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveOverHttp, type HttpCluster } from '../support/http-cluster';
import { realKubectl } from '../support/real-kubectl';
import { freshCluster } from '../support/template';

/** A real kubectl's connections to a cluster over HTTP: port-forward, proxy, cp, debug, logs. */
const real = realKubectl('parity/connections');
const connected = real ? describe : describe.skip;

const objects = `apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  containers:
  - {name: web, image: 'nginx:1.27', ports: [{containerPort: 80, name: http}]}
  - {name: side, image: 'busybox:1.36', command: [sh, -c, 'echo one; echo two; sleep 3600']}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 8080, targetPort: http, name: http}]}
`;

let server: HttpCluster;
let directory: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  if (!real) return;
  const cluster = freshCluster();
  server = await serveOverHttp(cluster);
  directory = mkdtempSync(join(tmpdir(), 'kubectl-connections-'));
  writeFileSync(
    join(directory, 'config'),
    `apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: "${server.url}"}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {}}]\ncurrent-context: x\n`,
  );
  writeFileSync(join(directory, 'web.yaml'), objects);
  await kubectl('apply', '-f', 'web.yaml');
  await kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=60s');
});

afterAll(() => {
  for (const child of children) child.kill();
  server?.close();
});

const environment = (): NodeJS.ProcessEnv => ({ ...process.env, HOME: directory, KUBECONFIG: join(directory, 'config') });

function kubectl(...words: readonly string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  return new Promise((resolve) => {
    execFile(real as string, [...words], { cwd: directory, env: environment(), timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, code: error ? Number(error.code) : 0 }),
    );
  });
}

/** Runs until the test is over; resolves when it has said that it is ready. */
async function background(ready: RegExp, ...words: readonly string[]): Promise<{ readonly said: () => string; ended: Promise<number> }> {
  const child = spawn(real as string, [...words], { cwd: directory, env: environment() });
  children.push(child);
  let text = '';
  const ended = new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? -1)));
  await new Promise<void>((resolve) => {
    const hear = (part: Buffer): void => {
      text += String(part);
      if (ready.test(text)) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    void ended.then(() => resolve());
  });
  return { said: () => text, ended };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

connected('a real kubectl', () => {
  test('forwards ports of a Pod and of a Service to the process that listens there', async () => {
    const [one, other] = [await freePort(), await freePort()];
    await background(/Forwarding from/, 'port-forward', '--address=127.0.0.1', 'pod/web', `${one}:80`);
    await background(/Forwarding from/, 'port-forward', '--address=127.0.0.1', 'svc/web', `${other}:8080`);
    for (const port of [one, one, other]) {
      const answer = await fetch(`http://127.0.0.1:${port}/`);
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('Welcome to nginx!')]);
    }
    const many = await Promise.all(Array.from({ length: 20 }, () => fetch(`http://127.0.0.1:${one}/nowhere`).then(({ status }) => status)));
    expect(new Set(many)).toEqual(new Set([404]));
  });

  test('is told when nobody listens on the port that it forwards', async () => {
    const port = await freePort();
    const forward = await background(/Forwarding from/, 'port-forward', '--address=127.0.0.1', 'pod/web', `${port}:81`);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
    expect(await forward.ended).toBe(1);
    expect(forward.said()).toMatch(
      /an error occurred forwarding \d+ -> 81: error forwarding port 81 to pod [0-9a-f]{64}, uid : failed to execute portforward in network namespace .*connect: connection refused/,
    );
    expect(forward.said()).toContain('error: lost connection to pod');
  });

  test('reaches Pods, Services and nodes through its proxy, and by get --raw', async () => {
    const port = await freePort();
    await background(/Starting to serve/, 'proxy', `--port=${port}`);
    const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}/api/v1/${path}`, init);
    expect(await (await ask('namespaces/default/services/web:http/proxy')).text()).toContain('Welcome to nginx!');
    expect((await ask('namespaces/default/pods/web:80/proxy/nowhere')).status).toBe(404);
    expect((await ask('namespaces/default/pods/web:80/proxy/', { method: 'HEAD' })).headers.get('server')).toMatch(/nginx/);
    expect(await (await ask('nodes/worker-1/proxy/healthz')).text()).toBe('ok');
    expect((await kubectl('get', '--raw', '/api/v1/namespaces/default/services/web:9/proxy/')).stderr).toBe(
      'Error from server (ServiceUnavailable): no service port 9 found for service "web"\n',
    );
  });

  test('copies directories into a container and back', async () => {
    mkdirSync(join(directory, 'd/sub'), { recursive: true });
    writeFileSync(join(directory, 'd/a'), 'ä\n');
    writeFileSync(join(directory, 'd/sub/b'), 'b'.repeat(200_000));
    expect(await kubectl('cp', 'd', 'web:/tmp/d', '-c', 'web')).toMatchObject({ stderr: '', code: 0 });
    expect((await kubectl('cp', 'web:/tmp/d', 'back', '-c', 'web')).code).toBe(0);
    expect([readFileSync(join(directory, 'back/a'), 'utf8'), readFileSync(join(directory, 'back/sub/b'), 'utf8')]).toEqual([
      'ä\n',
      'b'.repeat(200_000),
    ]);
  });

  test('puts a debugging container into a Pod that runs', async () => {
    const { stdout } = await kubectl(
      'debug',
      'web',
      '--image=busybox:1.36',
      '--attach',
      '-c',
      'look',
      '--',
      'sh',
      '-c',
      'wget -qO- localhost | head -n 1',
    );
    expect(stdout).toBe('<!DOCTYPE html>\n');
    expect((await kubectl('logs', 'web', '-c', 'look')).stdout).toBe('<!DOCTYPE html>\n');
  });

  test.each([
    ['-c side', 'one\ntwo\n'],
    ['-c side --tail=1', 'two\n'],
    ['-c side --limit-bytes=5', 'one\nt'],
    ['-c side --since=1h', 'one\ntwo\n'],
    ['-c side --since-time=2030-01-01T00:00:00Z', ''],
    ['-c side --insecure-skip-tls-verify-backend', 'one\ntwo\n'],
    ['-c side --prefix --tail=1', '[pod/web/side] two\n'],
    ['-l app=web -c side --tail=1', 'two\n'],
  ])('reads logs: %s', async (words, expected) => {
    expect((await kubectl('logs', ...(words.startsWith('-l') ? [] : ['web']), ...words.split(' '))).stdout).toBe(expected);
  });

  test('reads what every container wrote, with the time', async () => {
    const { stdout } = await kubectl('logs', 'web', '--all-containers', '--timestamps', '--tail=1');
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z .*"GET \/.*$/m);
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z two$/m);
  });
});
