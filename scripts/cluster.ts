// `npm run cluster -- --port 8001 --kubeconfig FILE`: one simulated cluster over HTTP, on loopback, for a real kubectl.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Cluster, instant, parseTokenFile, renderKubeconfig, type ApiRequest, type Topology } from '@/lib/cluster';
import { patiently } from '@/lib/labs';
import { Waits } from '@/lib/labs/waits';
import { keepConnections, serveClusterApi } from '@/lib/sandbox/api-http';
import { serveEtcd } from '@/lib/sandbox/etcd/methods';
import { lively } from '@/lib/sandbox/lively';
import { Pump } from '@/lib/sandbox/pump';
import { createExecHost } from '@/lib/shell';
import { Authority } from '@/lib/sandbox/tls/certificates';
import { presentedBy, unauthorized } from '@/lib/sandbox/tls/client-certificates';
import { renderTlsKubeconfig } from '@/lib/sandbox/tls/kubeconfig';

const usage =
  'usage: npm run cluster -- --port 8001 --kubeconfig FILE [--control-planes 1..5] [--workers N] [--seed N] [--speed realtime|max] [--token-auth-file FILE] [--etcd-port 2379] [--tls]';

/** How old a cluster is when it has booted: its clock must not be ahead of its clients', which would show ages as `<invalid>`. */
const bootMs = 20_000;

function fail(message: string): never {
  console.error(`${message}\n${usage}`);
  process.exit(1);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '8001' },
        kubeconfig: { type: 'string' },
        workers: { type: 'string', default: '2' },
        'control-planes': { type: 'string', default: '1' },
        seed: { type: 'string', default: '1' },
        speed: { type: 'string', default: 'realtime' },
        'token-auth-file': { type: 'string' },
        'etcd-port': { type: 'string' },
        tls: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    const port = wholeNumber('--port', values.port, 0, 65_535);
    const workers = wholeNumber('--workers', values.workers, 0, 50);
    const controlPlanes = wholeNumber('--control-planes', values['control-planes'], 1, 5) as Topology['controlPlanes'];
    const etcdPort = values['etcd-port'] === undefined ? undefined : wholeNumber('--etcd-port', values['etcd-port'], 0, 65_531);
    if (values.speed !== 'realtime' && values.speed !== 'max') fail(`--speed is realtime or max, not ${values.speed}`);
    return {
      port,
      etcdPort,
      controlPlanes,
      workers,
      seed: values.seed,
      speed: values.speed,
      isTls: values.tls,
      kubeconfig: values.kubeconfig,
      tokens: values['token-auth-file'] ? readTokens(values['token-auth-file']) : [],
    } as const;
  } catch (error) {
    return fail((error as Error).message);
  }
}

function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) fail(`${flag} is a whole number from ${min} to ${max}, not ${text}`);
  return value;
}

function readTokens(path: string) {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return fail(`--token-auth-file: cannot read ${path}`);
  }
  const tokens = parseTokenFile(text);
  return typeof tokens === 'string' ? fail(`--token-auth-file ${path}: ${tokens}`) : tokens;
}

const options = readOptions();
const adminToken = randomBytes(24).toString('base64url');
const shells = createExecHost({
  now: () => cluster.now,
  sleep(ms, signal) {
    const slept = waits.sleep(ms, signal);
    setImmediate(() => pump.turn());
    return slept;
  },
  yield: () => new Promise((resolve) => setImmediate(resolve)),
  network: () => cluster.network,
});
const cluster: Cluster = Cluster.boot(
  {
    topology: { controlPlanes: options.controlPlanes, workers: options.workers },
    seed: options.seed,
    // kubectl counts ages by its own clock, so this cluster's is the host's once it has booted.
    now: instant(Date.now() - bootMs),
    tokens: [...options.tokens, { token: adminToken, user: 'kubernetes-admin', uid: 'admin', groups: ['system:masters'] }],
  },
  { exec: shells },
);
const waits = new Waits(cluster.kernel);
const pump = new Pump(cluster.kernel, { speed: options.speed });

/** client-go sends a bearer token only over TLS (`clientcmd/client_config.go`), so the kubeconfig carries it in the server's path. */
const inPath = (url = '') => /^\/as\/([^/?]+)/.exec(url);

function authenticated(request: ApiRequest, raw: IncomingMessage): ApiRequest {
  const token = inPath(raw.url)?.[1];
  return token && !request.headers['authorization']
    ? { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } }
    : request;
}

const api = serveClusterApi(
  (request, raw) => {
    const presented = presentedBy(raw);
    if (presented === 'untrusted' && !request.headers['authorization']) return unauthorized;
    pump.turn();
    const asked = authenticated(request, raw);
    const response = patiently(cluster, () => cluster.api(asked, typeof presented === 'object' ? { presented } : {}));
    setImmediate(() => pump.turn());
    return response instanceof Promise ? response : lively(response, () => pump.turn());
  },
  { prefix: (raw) => inPath(raw.url)?.[0] ?? '' },
);
const gateways: ReturnType<typeof serveEtcd>[] = [];
const authority = options.isTls ? new Authority('orrery', Date.now()) : undefined;
const server = authority ? createTlsServer(tlsOptions(authority), api.onRequest) : createServer(api.onRequest);
server.on('upgrade', api.onUpgrade);
keepConnections(server);
server.on('error', (error: NodeJS.ErrnoException) =>
  fail(error.code === 'EADDRINUSE' ? `port ${options.port} is taken: choose another with --port` : error.message),
);
server.listen(options.port, '127.0.0.1', () => {
  const address = server.address();
  const url = `${authority ? 'https' : 'http'}://127.0.0.1:${typeof address === 'object' && address ? address.port : options.port}`;
  if (options.kubeconfig) writeFileSync(options.kubeconfig, kubeconfigFor(url), { mode: 0o600 });
  pump.turn();
  if (options.etcdPort === undefined) return void console.log(`ready ${url}`);
  serveMembers(options.etcdPort).then(
    (urls) => console.log(`etcd ${urls.join()}\nready ${url}`),
    (error: Error) => fail(`--etcd-port ${options.etcdPort}: ${error.message}`),
  );
});

/** A client without a certificate is nobody yet, and may bring a token. */
function tlsOptions(issuer: Authority) {
  const { certificate, key } = issuer.issue(
    { commonName: 'kube-apiserver' },
    { server: ['127.0.0.1', '::1', 'localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'] },
  );
  return { cert: certificate, key, ca: issuer.certificate, requestCert: true, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] };
}

/** With TLS its user is a client certificate, as kubeadm writes `admin.conf`; without, a token in the server's path. */
function kubeconfigFor(url: string): string {
  if (!authority)
    return renderKubeconfig({ server: `${url}/as/${adminToken}`, user: 'orrery-admin', cluster: 'orrery', token: adminToken });
  const identity = authority.issue({ commonName: 'kubernetes-admin', organizations: ['system:masters'] }, 'client');
  return renderTlsKubeconfig({ server: url, user: 'orrery-admin', cluster: 'orrery', authority: authority.certificate, identity });
}

/** Simulated time passes with the host's. */
async function wait(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  pump.turn();
}

let isTurnDue = false;

/** Calls that come together share a turn. */
function turnSoon(): void {
  if (isTurnDue) return;
  isTurnDue = true;
  pump.turn();
  setImmediate(() => {
    isTurnDue = false;
    pump.turn();
  });
}

/** A real etcdctl reaches the member of cp-1 at the port, those of cp-2 and cp-3 at the next two. */
async function serveMembers(port: number): Promise<string[]> {
  const names = cluster.machines.filter(({ spec }) => spec.role === 'control-plane').map(({ name }) => name);
  const urls: string[] = [];
  for (const [at, name] of names.entries()) {
    const host = cluster.network.host(name);
    const gateway = serveEtcd((token) => {
      turnSoon();
      return cluster.network.dialEtcd(host, 'https://127.0.0.1:2379', token === undefined ? {} : { token });
    }, wait);
    urls.push(`http://127.0.0.1:${await gateway.listen(port === 0 ? 0 : port + at, '127.0.0.1')}`);
    gateways.push(gateway);
  }
  return urls;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    pump.stop();
    for (const gateway of gateways) void gateway.close();
    server.closeAllConnections();
    server.close(() => process.exit(0));
  });
