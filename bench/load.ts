import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const token = 'bench-token';

/** One client's way to the server over HTTP, by a pool of connections that stay open. */
export interface Connection {
  /** Answers once the whole body has been read. */
  send(method: string, path: string, body?: string): Promise<string>;
  /** Calls back with each line of a watch; returns the way to hang up. */
  follow(path: string, onLine: (line: string) => void): () => void;
}

/** Starts `npm run cluster` as a process of its own, so that it and the load have a core each, and ends it after `body`. */
export async function withCluster<T>(body: (connection: Connection) => Promise<T>, { connections = 8 } = {}): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const tokens = join(folder, 'tokens.csv');
  writeFileSync(tokens, `${token},kubernetes-admin,admin,"system:masters"\n`);
  const args = ['scripts/run.mjs', 'scripts/cluster.ts', '--port', '0', '--workers', '0', '--token-auth-file', tokens];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let said = '';
      server.stdout.on('data', (part: Buffer) => {
        const ready = /^ready (\S+)$/m.exec((said += part.toString()));
        if (ready) resolve(ready[1] as string);
      });
      server.once('exit', (code) => reject(new Error(`the cluster ended with ${code}`)));
    });
    return await body(connect(url, agent));
  } finally {
    agent.destroy();
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

function connect(url: string, agent: Agent): Connection {
  const { hostname, port } = new URL(url);
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'bench',
  };
  const open = (
    method: string,
    path: string,
    body: string | undefined,
    through: Agent | false,
    onAnswer: (answer: IncomingMessage) => void,
  ) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const sent = httpRequest({ hostname, port, method, path, agent: through, headers: { ...headers, ...length } }, onAnswer);
    sent.end(body);
    return sent;
  };
  return {
    send: (method, path, body) =>
      new Promise((resolve, reject) => {
        const sent = open(method, path, body, agent, (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => void parts.push(part));
          answer.on('end', () => {
            const text = Buffer.concat(parts).toString();
            if ((answer.statusCode ?? 500) < 400) resolve(text);
            else reject(new Error(`${method} ${path} was answered ${answer.statusCode}: ${text}`));
          });
        });
        sent.on('error', reject);
      }),
    follow(path, onLine) {
      let rest = '';
      const sent = open('GET', path, undefined, false, (answer) =>
        answer.on('data', (part: Buffer) => {
          const lines = (rest + part.toString()).split('\n');
          rest = lines.pop() as string;
          for (const line of lines) onLine(line);
        }),
      );
      sent.on('error', () => {});
      return () => void sent.destroy();
    },
  };
}

/** What a load came to. */
export interface Throughput {
  readonly perSecond: number;
  readonly p99Ms: number;
}

/** Sends request after request on each of `clients` connections at once; what happens while the server warms up does not count. */
export async function load(once: () => Promise<unknown>, { clients = 8, warmUpMs = 2_000, forMs = 4_000 } = {}): Promise<Throughput> {
  const begin = performance.now() + warmUpMs;
  const end = begin + forMs;
  const times: number[] = [];
  const client = async () => {
    for (let start = performance.now(); start < end; start = performance.now()) {
      await once();
      const now = performance.now();
      if (start >= begin && now <= end) times.push(now - start);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  times.sort((a, b) => a - b);
  return { perSecond: (times.length / forMs) * 1000, p99Ms: times[Math.floor(times.length * 0.99)] ?? Infinity };
}
