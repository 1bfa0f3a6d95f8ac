import {
  ConnectionError,
  StatusError,
  type ApiConnection,
  type ApiForwarding,
  type ApiRequest,
  type ApiResponse,
  type Status,
} from '@/lib/cluster';
import { Exit, ServerUnreachable } from './errors';
import type { KubectlIo } from './io';
import type { Target } from './kubeconfig';

/** How often a server that hangs is asked whether it still does. */
const againMs = 100;

export type Query = Readonly<Record<string, string | number | boolean | undefined | readonly string[]>>;

export interface RequestOptions {
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends a stream after so much simulated time. */
  readonly timeoutMs?: number;
}

/** A watch event, or with a Table accept header one whose object is a Table. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: any;
}

/** kubectl's connection to one API server: decodes answers, raises Status errors, prints warnings and, with `-v`, the requests. */
export class Client {
  readonly #io: KubectlIo;
  readonly #target: Target;
  readonly #verbosity: number;
  readonly #warned = new Set<string>();

  constructor(io: KubectlIo, target: Target, verbosity: number) {
    this.#io = io;
    this.#target = target;
    this.#verbosity = verbosity;
  }

  get server(): string {
    return this.#target.server;
  }

  /** How many different warnings the server has sent. */
  get warningCount(): number {
    return this.#warned.size;
  }

  get(path: string, options: RequestOptions = {}): Promise<any> {
    return this.#decoded('GET', path, options);
  }

  post(path: string, body: unknown, options: RequestOptions = {}): Promise<any> {
    return this.#decoded('POST', path, { ...options, body });
  }

  put(path: string, body: unknown, options: RequestOptions = {}): Promise<any> {
    return this.#decoded('PUT', path, { ...options, body });
  }

  patch(path: string, contentType: string, body: unknown, query: Query = {}): Promise<any> {
    return this.#decoded('PATCH', path, { body, query, headers: { 'content-type': contentType } });
  }

  delete(path: string, body: unknown, query: Query = {}): Promise<any> {
    return this.#decoded('DELETE', path, { body, query });
  }

  /** The raw answer; throws when it is a refusal. */
  async send(method: ApiRequest['method'], path: string, options: RequestOptions = {}): Promise<ApiResponse> {
    const response = await this.#exchange(method, path, options);
    if (response.status >= 400) throw new StatusError(statusOf(response));
    return response;
  }

  /** What an upgraded connection (exec, attach) speaks. */
  async connect(path: string, query: Query): Promise<ApiConnection> {
    const response = await this.send('POST', path, {
      query,
      headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-protocol': 'v5.channel.k8s.io' },
    });
    if (!response.connect) throw new StatusError({ ...failedUpgrade });
    return response.connect;
  }

  /** The ports of a Pod that an upgraded connection reaches. */
  async forward(path: string): Promise<ApiForwarding> {
    const response = await this.send('POST', path, {
      headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-protocol': 'SPDY/3.1+portforward.k8s.io' },
    });
    if (!response.forward) throw new StatusError({ ...failedUpgrade });
    return response.forward;
  }

  /** The chunks of a followed answer until it ends or the reader stops. */
  async *stream(path: string, options: RequestOptions = {}): AsyncGenerator<any, void, void> {
    const response = await this.send('GET', path, options);
    if (response.stream) yield* chunksOf(response.stream, this.#io, options.timeoutMs);
    else if (response.body !== undefined) yield response.body;
  }

  async *watch(path: string, options: RequestOptions = {}): AsyncGenerator<WatchEvent, void, void> {
    for await (const chunk of this.stream(path, { ...options, query: { ...options.query, watch: true } })) {
      const event = typeof chunk === 'string' ? (JSON.parse(chunk) as WatchEvent) : (chunk as WatchEvent);
      if (event.type === 'ERROR') throw new StatusError(event.object as Status);
      if (event.type !== 'BOOKMARK') yield event;
    }
  }

  async #decoded(method: ApiRequest['method'], path: string, options: RequestOptions): Promise<any> {
    const { body } = await this.send(method, path, options);
    return typeof body === 'string' && /^\s*[{[]/.test(body) ? JSON.parse(body) : body;
  }

  async #exchange(method: ApiRequest['method'], path: string, { query, body, headers }: RequestOptions): Promise<ApiResponse> {
    const url = path + queryString(query ?? {});
    const sent: ApiRequest = {
      method,
      url,
      headers: {
        accept: 'application/json',
        'user-agent': 'kubectl/v1.36.0 (linux/amd64) kubernetes/orrery',
        ...this.#target.headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    };
    const started = this.#io.now();
    let response: ApiResponse;
    try {
      response = await this.#patiently(() => this.#io.request(this.#target.server, sent));
    } catch (error) {
      if (error instanceof ConnectionError) throw new ServerUnreachable(this.server, this.server + url, error.message);
      throw error;
    }
    this.#trace(sent, response, this.#io.now() - started);
    this.#printWarnings(response.headers['warning']);
    return response;
  }

  /** Waits as long as the server would have for its etcd, which may come to itself in the meantime. */
  async #patiently(ask: () => ApiResponse | Promise<ApiResponse>): Promise<ApiResponse> {
    const { signal } = this.#io;
    let response = await ask();
    const until = this.#io.now() + (response.hangs?.forMs ?? 0);
    while (response.hangs && this.#io.now() < until && !signal.aborted) {
      await this.#io.sleep(Math.min(againMs, until - this.#io.now()));
      if (response.hangs.isRepeatable) response = await ask();
    }
    return response;
  }

  /** The lines of `-v=6` and up (`client-go/transport/round_trippers.go`). */
  #trace(request: ApiRequest, response: ApiResponse, milliseconds: number): void {
    if (this.#verbosity < 6) return;
    const url = this.#target.server + request.url;
    const status = `${response.status} ${statusTexts[response.status] ?? ''}`.trim();
    if (this.#verbosity >= 8 && request.body !== undefined)
      this.log('request.go:1212', `"Request Body" body=${JSON.stringify(jsonText(request.body))}`);
    if (this.#verbosity >= 7)
      this.log('round_trippers.go:527', `"Request" verb="${request.method}" url="${url}" headers=<\n${headerLines(request.headers)} >`);
    this.log(
      'round_trippers.go:632',
      `"Response" verb="${request.method}" url="${url}" status="${status}"${this.#verbosity >= 8 ? ` headers=<\n${headerLines(response.headers)} >` : ''} milliseconds=${milliseconds}`,
    );
    if (this.#verbosity >= 8 && response.body !== undefined)
      this.log('request.go:1212', `"Response Body" body=${JSON.stringify(this.#cutBody(jsonText(response.body)))}`);
  }

  #cutBody(text: string): string {
    const max = this.#verbosity >= 10 ? Infinity : this.#verbosity === 9 ? 10240 : 1024;
    return text.length <= max ? text : `${text.slice(0, max)} [truncated ${text.length - max} chars]`;
  }

  log(place: string, text: string): void {
    this.#io.stderr(`${klogHead('I', this.#io.now())} ${place}] ${text}\n`);
  }

  #printWarnings(header: string | undefined): void {
    if (!header) return;
    for (const [, quoted] of header.matchAll(/299 \S+ ("(?:[^"\\]|\\.)*")/g)) {
      const text = JSON.parse(quoted as string) as string;
      if (this.#warned.has(text)) continue;
      this.#warned.add(text);
      this.#io.stderr(`${this.#io.isTerminal && this.#io.env['TERM'] !== 'dumb' ? '\u001b[33;1mWarning:\u001b[0m' : 'Warning:'} ${text}\n`);
    }
  }
}

const failedUpgrade: Status = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  reason: 'BadRequest',
  message: 'Upgrade request required',
  code: 400,
};

const statusTexts: Readonly<Record<number, string>> = {
  101: 'Switching Protocols',
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  410: 'Gone',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** `I0105 08:00:00.000000   12345`, as klog begins its lines. */
export function klogHead(level: 'I' | 'W' | 'E', now: number): string {
  const iso = new Date(now).toISOString();
  return `${level}${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 23)}000   12345`;
}

function headerLines(headers: Readonly<Record<string, string>>): string {
  return Object.keys(headers)
    .sort()
    .map(
      (name) =>
        `\t${name.replace(/(^|-)[a-z]/g, (one) => one.toUpperCase())}: ${name === 'authorization' ? 'Bearer <masked>' : headers[name]}\n`,
    )
    .join('');
}

function jsonText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** The Status an answer carries, or the one client-go makes of an answer that is none. */
function statusOf({ status: code, body }: ApiResponse): Status {
  const decoded: unknown = typeof body === 'string' && body.startsWith('{') ? JSON.parse(body) : body;
  if (typeof decoded === 'object' && decoded !== null && (decoded as Status).kind === 'Status') return decoded as Status;
  const generic =
    code === 404
      ? { reason: 'NotFound' as const, message: 'the server could not find the requested resource' }
      : {
          message:
            typeof body === 'string'
              ? body.trim()
              : `an error on the server (${JSON.stringify(body)}) has prevented the request from succeeding`,
        };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, ...generic };
}

export function queryString(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    if (value === undefined || value === '') return [];
    const values = Array.isArray(value) ? value : [value];
    return values.map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`);
  });
  return pairs.length ? `?${pairs.join('&')}` : '';
}

/** Turns a pushed stream into one to be pulled from; Ctrl-C ends it by throwing `Exit(130)`. */
async function* chunksOf(
  stream: NonNullable<ApiResponse['stream']>,
  io: KubectlIo,
  timeoutMs?: number,
): AsyncGenerator<unknown, void, void> {
  const waiting: unknown[] = [];
  let hasEnded = false;
  let wake = () => {};
  const onAbort = () => wake();
  io.signal.addEventListener('abort', onAbort);
  if (timeoutMs !== undefined) void io.sleep(timeoutMs).then(() => ((hasEnded = true), wake()));
  const hangUp = stream.start({
    write: (chunk) => (waiting.push(chunk), wake()),
    end: () => ((hasEnded = true), wake()),
  });
  try {
    for (;;) {
      while (waiting.length) yield waiting.shift();
      if (io.signal.aborted) throw new Exit(130);
      if (hasEnded) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    io.signal.removeEventListener('abort', onAbort);
    hangUp();
  }
}
