import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { methods, type MethodPath } from '@/lib/sandbox/etcd/messages';
import { decode, encode, type Message } from '@/lib/sandbox/etcd/wire';

/** Calls in flight at once, on one connection. */
const concurrency = 64;

/** A client of etcd's gRPC API, whoever serves it. */
export class EtcdClient {
  readonly #session: ClientHttp2Session;

  constructor(port: number) {
    this.#session = connectHttp2(`http://127.0.0.1:${port}`);
  }

  call(path: MethodPath, request: Message): Promise<Message> {
    const body = encode(methods[path].request, request);
    const frame = Buffer.alloc(5 + body.length);
    frame.writeUInt32BE(body.length, 1);
    body.copy(frame, 5);
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
      stream.on('error', reject);
      stream.on('end', () => {
        if (chunks.length === 0) reject(new Error(`${path} was refused`));
        else resolve(decode(methods[path].response, Buffer.concat(chunks).subarray(5)));
      });
      stream.end(frame);
    });
  }

  close(): void {
    this.#session.close();
  }
}

/** Calls in a second, over three seconds after one that does not count. */
export async function callsPerSecond(call: (index: number) => Promise<unknown>): Promise<number> {
  let [done, index, isOver] = [0, 0, false];
  const work = async () => {
    while (!isOver) {
      await call(index++);
      done++;
    }
  };
  const workers = Array.from({ length: concurrency }, work);
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  await wait(1_000);
  const [before, start] = [done, performance.now()];
  await wait(3_000);
  const rate = ((done - before) / (performance.now() - start)) * 1000;
  isOver = true;
  await Promise.all(workers);
  return rate;
}

/** `npm run cluster -- --etcd-port`, in a process of its own. */
export async function withGateway<T>(body: (client: EtcdClient) => Promise<T>): Promise<T> {
  const port = await freePort();
  const server = spawn(
    process.execPath,
    ['scripts/run.mjs', 'scripts/cluster.ts', '--workers', '0', '--port', '0', '--etcd-port', String(port)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await new Promise<void>((resolve) => void server.stdout.on('data', (text: Buffer) => text.includes('ready ') && resolve()));
  return using(server, port, body);
}

/** Debian's etcd with an empty data directory; undefined where it is not installed. */
export async function withRealEtcd<T>(body: (client: EtcdClient) => Promise<T>): Promise<T | undefined> {
  if (spawnSync('etcd', ['--version']).status !== 0) return undefined;
  const [port, peerPort] = [await freePort(), await freePort()];
  const directory = mkdtempSync(join(tmpdir(), 'bench-etcd-'));
  const [url, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const server = spawn(
    'etcd',
    [
      ...['--data-dir', directory, '--listen-client-urls', url, '--advertise-client-urls', url, '--listen-peer-urls', peer],
      ...['--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await new Promise<void>((resolve) => {
    server.stderr.on('data', (text: Buffer) => text.includes('ready to serve client requests') && resolve());
    server.on('exit', () => resolve());
  });
  try {
    return await using(server, port, body);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function using<T>(server: ChildProcess, port: number, body: (client: EtcdClient) => Promise<T>): Promise<T> {
  const client = new EtcdClient(port);
  try {
    return await body(client);
  } finally {
    client.close();
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await gone;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
