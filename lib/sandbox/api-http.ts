import { constants, gzipSync } from 'node:zlib';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { failure, StatusError, type ApiForwarding, type ApiRequest, type ApiResponse, type ApiStream, type Status } from '@/lib/cluster';
import { jsonBytes, jsonText } from './api-json';
import { speakChannels, subprotocols } from './api-websocket';
import { channelProtocols, portsOf, speakPortChannels } from './port-forward/channels';
import { speakTunnel, tunnelProtocol } from './port-forward/tunnel';

export interface ClusterApiOptions {
  /** What the path carries in front of the API's own: `/clusters/7`. */
  readonly prefix?: string | ((request: IncomingMessage) => string);
  /** kube-apiserver's `MaxRequestBodyBytes`. */
  readonly bodyBytesMax?: number;
  /** A watcher that lets this much pile up unread is hung up on. */
  readonly unreadBytesMax?: number;
}

export interface ClusterApiServer {
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  /** exec, attach and port-forward over WebSocket. */
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

type Handle = (request: ApiRequest, incoming: IncomingMessage) => Promise<ApiResponse> | ApiResponse;

/**
 * Speaks HTTP/1.1 in front of an API server function, as kube-apiserver does: JSON bodies, chunked watches, gzip above 128 KiB
 * (`apiserver/pkg/endpoints/handlers/responsewriters`), WebSocket for streams. Whoever calls it has checked who may come in;
 * the bearer token goes through to the API server's own authentication.
 */
export function serveClusterApi(handle: Handle, options: ClusterApiOptions = {}): ClusterApiServer {
  const limits = { prefix: '', bodyBytesMax: 3 * 1024 * 1024, unreadBytesMax: 16 * 1024 * 1024, ...options };
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: protocolFor,
    maxPayload: limits.bodyBytesMax,
  });
  // A slash has no place in the name of a subprotocol, and the library would refuse one that has it.
  sockets.on('headers', (headers, request) => {
    if (tunnelled.has(request)) headers.push(`Sec-WebSocket-Protocol: ${tunnelProtocol}`);
  });
  return {
    onRequest: (request, response) => void answer(handle, request, response, limits).catch((error: unknown) => refuse(response, error)),
    onUpgrade: (request, socket, head) => void upgrade(handle, sockets, request, socket, head, limits),
  };
}

/** Go's clients keep idle connections for 90 seconds; a server that closes them earlier races with the next request. */
export function keepConnections(server: Pick<Server, 'keepAliveTimeout' | 'headersTimeout' | 'requestTimeout'>): void {
  server.keepAliveTimeout = 125_000;
  server.headersTimeout = 130_000;
  server.requestTimeout = 120_000;
}

type Limits = Required<ClusterApiOptions>;

async function answer(handle: Handle, request: IncomingMessage, response: ServerResponse, limits: Limits): Promise<void> {
  const body = await readBody(request, limits.bodyBytesMax);
  const answered = await handle(apiRequest(request, limits.prefix, body), request);
  if (answered.stream) return stream(answered, answered.stream, request, response, limits);
  if (answered.connect ?? answered.forward) throw failure(400, 'BadRequest', 'Upgrade request required');
  send(behind(prefixOf(request, limits.prefix), answered), request, response);
}

/** A redirect within the API leads to where its client finds the API. */
function behind(prefix: string, answered: ApiResponse): ApiResponse {
  const { location } = answered.headers;
  if (prefix === '' || !location?.startsWith('/')) return answered;
  return { ...answered, headers: { ...answered.headers, location: prefix + location } };
}

function prefixOf(request: IncomingMessage, prefix: Limits['prefix']): string {
  return typeof prefix === 'string' ? prefix : prefix(request);
}

function apiRequest(request: IncomingMessage, prefix: Limits['prefix'], body: string | Uint8Array | undefined): ApiRequest {
  const { length } = prefixOf(request, prefix);
  const url = (request.url ?? '/').slice(length) || '/';
  return {
    method: (request.method ?? 'GET') as ApiRequest['method'],
    url: url.startsWith('/') ? url : `/${url}`,
    headers: plainHeaders(request),
    ...(body === undefined ? {} : { body }),
  };
}

/** `x-remote-*` names a user to whoever trusts the proxy in front; nothing outside is trusted so. */
function plainHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !name.startsWith('x-remote-')) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/** Text, but for protobuf, whose bytes are not. */
function readBody(request: IncomingMessage, bytesMax: number): Promise<string | Uint8Array | undefined> {
  if (request.method === 'GET' || request.method === 'HEAD') return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= bytesMax) parts.push(part);
      else reject(failure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${bytesMax}`));
    });
    request.on('end', () =>
      resolve(bytes === 0 ? undefined : isProtobuf(request) ? new Uint8Array(Buffer.concat(parts)) : Buffer.concat(parts).toString('utf8')),
    );
    request.on('error', reject);
    request.on('aborted', () => reject(new Error('the client hung up')));
  });
}

function isProtobuf({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.startsWith('application/vnd.kubernetes.protobuf') ?? false;
}

function send(answered: ApiResponse, request: IncomingMessage, response: ServerResponse): void {
  const plain = bytesOf(answered.body);
  const isGzip = plain.length > 128 * 1024 && acceptsGzip(request);
  const bytes = isGzip ? gzipSync(plain, { level: constants.Z_BEST_SPEED }) : plain;
  response.writeHead(answered.status, {
    ...headersOf(answered),
    ...(isGzip ? { 'content-encoding': 'gzip', vary: 'Accept-Encoding' } : {}),
    'content-length': bytes.length,
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** Each warning is a header of its own, as kube-apiserver writes them. */
function headersOf({ headers }: ApiResponse): Record<string, string | string[]> {
  const { warning, ...others } = headers;
  return warning === undefined ? others : { ...others, warning: warning.split(/, (?=299 - ")/) };
}

function bytesOf(body: unknown): Buffer {
  return typeof body === 'object' ? jsonBytes(body, '\n') : Buffer.from(textOf(body));
}

function textOf(body: unknown): string {
  if (body === undefined) return '';
  return typeof body === 'string' ? body : `${jsonText(body)}\n`;
}

function acceptsGzip(request: IncomingMessage): boolean {
  return /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
}

function stream(answered: ApiResponse, flow: ApiStream, request: IncomingMessage, response: ServerResponse, limits: Limits): void {
  response.writeHead(answered.status, headersOf(answered));
  response.flushHeaders();
  let hangUp: (() => void) | undefined;
  const stop = () => {
    hangUp?.();
    hangUp = undefined;
  };
  response.on('close', stop);
  hangUp = flow.start({
    write(chunk) {
      if (response.destroyed) return;
      response.write(typeof chunk === 'string' ? chunk : `${jsonText(chunk)}\n`);
      if (response.writableLength > limits.unreadBytesMax) response.destroy();
    },
    end: () => void response.end(),
  });
  if (response.destroyed) stop();
}

/** What goes wrong in front of the API server is told in its form: a Status. */
function refuse(response: ServerResponse, error: unknown): void {
  const status = statusOf(error);
  if (response.headersSent) return void response.destroy();
  const text = `${JSON.stringify(status)}\n`;
  response.writeHead(status.code, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(status.code === 413 ? { connection: 'close' } : {}),
  });
  response.end(text);
}

function statusOf(error: unknown): Status {
  if (error instanceof StatusError) return error.status;
  return failure(500, 'InternalError', `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`).status;
}

async function upgrade(
  handle: Handle,
  sockets: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  limits: Limits,
): Promise<void> {
  socket.on('error', () => socket.destroy());
  try {
    const asked = apiRequest(request, limits.prefix, undefined);
    const answered = await handle(asked, request);
    if (!answered.connect && !answered.forward) return writeRaw(socket, answered.status, answered.headers, textOf(answered.body));
    if (String(request.headers.upgrade).toLowerCase() !== 'websocket')
      throw failure(400, 'BadRequest', 'only WebSocket upgrades are served: SPDY is not');
    const offered = offeredProtocols(request);
    const { connect, forward, whenLost } = answered;
    const accepted = forward ? forwardingProtocols : subprotocols;
    if (!offered.some((one) => accepted.includes(one)))
      throw failure(
        403,
        'Forbidden',
        `unable to upgrade: unable to negotiate protocol: client supports ${offered.join(',')}, server accepts ${accepted.join(',')}`,
      );
    if (forward && offered.includes(tunnelProtocol)) {
      delete request.headers['sec-websocket-protocol'];
      tunnelled.add(request);
    }
    const speak = forward
      ? speakPorts(forward, asked.url, offered)
      : (websocket: WebSocket) => connect && speakChannels(websocket, connect);
    sockets.handleUpgrade(request, socket, head, (websocket) => {
      // Nobody knows how it would have ended, so nobody is told that it has.
      whenLost?.(() => websocket.terminate());
      speak(websocket);
    });
  } catch (error) {
    const status = statusOf(error);
    writeRaw(socket, status.code, { 'content-type': 'application/json' }, `${JSON.stringify(status)}\n`);
  }
}

function offeredProtocols({ headers }: IncomingMessage): readonly string[] {
  return String(headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((one) => one.trim());
}

const forwardingProtocols: readonly string[] = [tunnelProtocol, ...channelProtocols];

const tunnelled = new WeakSet<IncomingMessage>();

function speakPorts(forwarding: ApiForwarding, url: string, offered: readonly string[]): (websocket: WebSocket) => void {
  if (offered.includes(tunnelProtocol)) return (websocket) => speakTunnel(websocket, forwarding);
  const ports = portsOf(url);
  return (websocket) => speakPortChannels(websocket, forwarding, ports);
}

/** Newest first, but for the older channels where ports are meant: kubelets know no others. */
function protocolFor(offered: ReadonlySet<string>, { url = '' }: IncomingMessage): string | false {
  const known = /\/portforward(?=[?]|$)/.test(url) ? channelProtocols : subprotocols;
  return known.find((one) => offered.has(one)) ?? false;
}

function writeRaw(socket: Duplex, code: number, headers: Readonly<Record<string, string>>, text: string): void {
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(text)), connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.end(`HTTP/1.1 ${code} ${code === 403 ? 'Forbidden' : code < 400 ? 'OK' : 'Refused'}\r\n${lines.join('\r\n')}\r\n\r\n${text}`);
}
