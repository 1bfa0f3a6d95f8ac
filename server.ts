import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { join } from 'node:path';
import next from 'next';
import { dataFolder, siteSecret } from '@/lib/accounts';
import { library, syncLibrary } from '@/lib/content';
import { DatabaseUnavailable, FolderInUse, lockFolder, openDatabase, shareDatabase, type Database } from '@/lib/db';
import { serveRealtime } from '@/lib/realtime/server';
import { keepConnections } from '@/lib/sandbox/api-http';
import { clusterGateway, type ClusterGateway } from '@/lib/sandbox/gateway';
import { SandboxHost } from '@/lib/sandbox/host';

/** The one process entry: pages, realtime messages and the clusters' own API on one port. */
async function serve(): Promise<void> {
  const isDev = process.env['NODE_ENV'] !== 'production';
  const server = createServer();
  const pages = next({ dev: isDev, dir: process.cwd(), httpServer: server, customServer: true });
  const [database] = await Promise.all([openSharedDatabase(), pages.prepare()]);
  const host = new SandboxHost({
    client: database.client,
    workerFile: join(import.meta.dirname, 'worker.js'),
    owner: ownerOf(dataFolder()),
  });
  // A site whose sandboxes cannot start should say so at once.
  host.ready.catch(fail);
  const gateway = clusterGateway(host, database.client);
  const realtime = serveRealtime(server, { host, db: database.client });
  route(server, { gateway, page: pages.getRequestHandler(), pageUpgrade: pages.getUpgradeHandler(), isDev });
  stopGracefully(async () => {
    await realtime.close();
    await host.stop();
    await database.close();
  });
  await listen(server);
  if (!isDev) void warmPages(server.address() as AddressInfo);
}

/** A page's code is loaded when somebody first asks for it, which takes half a second: we ask before anybody does. */
async function warmPages({ address, family, port }: AddressInfo): Promise<void> {
  const { labs, lessons } = await library();
  const [[lab], [lesson]] = [[...labs.keys()], [...lessons.keys()]];
  const host = family === 'IPv6' ? `[${address}]` : address;
  for (const path of ['/', `/labs/${lab}`, `/lessons/${lesson}`, '/api/guest', `/api/labs/${lab}/attempt`, '/api/auth/get-session'])
    await fetch(`http://${host}:${port}${path}`).then(
      (answer) => answer.text(),
      () => undefined,
    );
}

/** Names this installation to the leases of its sandboxes, also after a restart. */
function ownerOf(folder: string): string {
  return createHash('sha256').update(`host ${folder} ${siteSecret()}`).digest('hex').slice(0, 32);
}

async function openSharedDatabase(): Promise<Database> {
  const url = process.env['DATABASE_URL'];
  if (url) process.on('exit', lockFolder(dataFolder()));
  const database = await openDatabase(url ? { url } : { folder: dataFolder() });
  shareDatabase(database);
  await syncLibrary(database.client);
  return database;
}

interface Routes {
  readonly gateway: ClusterGateway;
  readonly isDev: boolean;
  page(request: IncomingMessage, response: ServerResponse): Promise<void>;
  pageUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
}

function route(server: Server, { gateway, page, pageUpgrade, isDev }: Routes): void {
  keepConnections(server);
  server.on('request', (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (path.startsWith('/socket.io/')) return;
    if (path === '/health') return health(response);
    if (path.startsWith('/clusters/')) return gateway.onRequest(request, response);
    nameClient(request);
    for (const [name, value] of securityHeaders(isDev)) response.setHeader(name, value);
    void page(request, response);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const path = request.url ?? '/';
    if (path.startsWith('/socket.io/')) return;
    if (path.startsWith('/clusters/')) gateway.onUpgrade(request, socket, head);
    else if (isDev) void pageUpgrade(request, socket, head);
    else socket.destroy();
  });
}

function health(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-store' }).end('ok\n');
}

/** Rate limits count by this header. Only a proxy of our own may set it. */
function nameClient(request: IncomingMessage): void {
  if (process.env['ORRERY_TRUST_PROXY'] !== '1') request.headers['x-forwarded-for'] = request.socket.remoteAddress ?? 'unknown';
}

function securityHeaders(isDev: boolean): readonly (readonly [string, string])[] {
  const scripts = `'self' 'unsafe-inline' 'wasm-unsafe-eval'${isDev ? " 'unsafe-eval'" : ''}`;
  return [
    [
      'content-security-policy',
      `default-src 'self'; script-src ${scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'`,
    ],
    ['x-content-type-options', 'nosniff'],
    ['x-frame-options', 'DENY'],
    ['referrer-policy', 'strict-origin-when-cross-origin'],
    ['cross-origin-opener-policy', 'same-origin'],
    ['permissions-policy', 'camera=(), geolocation=(), microphone=()'],
  ];
}

function stopGracefully(stop: () => Promise<void>): void {
  let isStopping = false;
  const onSignal = () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    setTimeout(() => process.exit(1), 10_000).unref();
    void stop().then(() => process.exit(0), fail);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}

function listen(server: Server): Promise<void> {
  const port = Number(process.env['PORT'] ?? 3000);
  const host = process.env['HOST'] ?? '127.0.0.1';
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const shown = host === '127.0.0.1' || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
      process.stdout.write(`\n  Orrery is ready: http://${shown}:${(server.address() as AddressInfo).port}\n\n`);
      resolve();
    });
  });
}

function fail(error: unknown): never {
  const { code } = error as NodeJS.ErrnoException;
  const isExpected = error instanceof DatabaseUnavailable || error instanceof FolderInUse;
  if (code === 'EADDRINUSE')
    process.stderr.write(`Port ${process.env['PORT'] ?? 3000} was taken meanwhile. Choose another: PORT=3001 npm start\n`);
  else if (code === 'ENOSPC') process.stderr.write('The disk is full. Free some space and start again; nothing that was saved is lost.\n');
  else process.stderr.write(`${isExpected ? (error as Error).message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}

await serve().catch(fail);
