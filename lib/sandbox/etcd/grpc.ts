import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { createServer as createHttpServer, Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSocketServer, type AddressInfo, type Socket } from 'node:net';
import { isGrpcGo, withAuthority } from './authority';
import { fromJson, toJson } from './json';
import { decode, encode, WireError, type Message, type MessageType } from './wire';

/** `google.golang.org/grpc/codes`. */
export type Code = keyof typeof codes;
const codes = {
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  Unauthenticated: 16,
} as const;

/** How a call ends that does not end well. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}

/** The answering end of a call. */
export interface Sink {
  /** False when the client has not read what it was told before: what can wait then should, until there is room again. */
  write(message: Message): boolean;
  /** Calls back each time that there is room again after there was none. */
  onDrain(listener: () => void): void;
  /** Ends the call, well unless there is an error. */
  end(error?: RpcError): void;
}

/** What a stream's server does when its client says something or leaves. */
export interface Talk {
  message(message: Message): void;
  /** The client has no more to say. */
  end(): void;
  /** The connection is gone. */
  close(): void;
}

export interface RpcMethod {
  readonly request: MessageType;
  readonly response: MessageType;
  /** Where the JSON gateway has it. */
  readonly http: string;
  /** A call of one message and one answer; `token` is what the client authenticated with. Throws `RpcError`. */
  readonly unary?: (request: Message, token: string | undefined) => Message | Promise<Message>;
  readonly stream?: (sink: Sink, token: string | undefined) => Talk;
}

export interface RpcServer {
  listen(port: number, host: string): Promise<number>;
  close(): Promise<void>;
}

/** grpc-go's limit where etcd sets it: `--max-request-bytes` and half a megabyte. */
const receiveMax = 2 * 1024 * 1024;
/** Whoever asks on without reading so many answers is not heard before they do (`v3rpc/watch.go`, ctrlStreamBufLen). */
const unreadMax = 16;
const preface = Buffer.from('PRI * HTTP/2.0');

/**
 * gRPC over HTTP/2 without TLS, and on the same port the same methods as JSON over HTTP/1.1, as etcd has both behind one listener (cmux):
 * the first bytes of a connection tell which it is.
 */
export function createRpcServer(methods: Readonly<Record<string, RpcMethod>>): RpcServer {
  const grpc = createHttp2Server();
  grpc.on('stream', (stream, headers) => serveStream(methods, stream, String(headers[':path'] ?? ''), tokenOf(headers['token'])));
  grpc.on('sessionError', () => undefined);
  const json = createHttpServer((request, response) => void serveJson(methods, request, response));
  const sockets = new Set<Socket>();
  const front = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.once('data', (first: Buffer) => hand(socket, first, isHttp2(first) ? grpc : json));
  });
  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        front.once('error', reject);
        front.listen(port, host, () => resolve((front.address() as AddressInfo).port));
      }),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        front.close(() => resolve());
      }),
  };
}

function isHttp2(first: Buffer): boolean {
  return first.subarray(0, preface.length).equals(preface.subarray(0, first.length));
}

function hand(socket: Socket, first: Buffer, server: Http2Server | HttpServer): void {
  socket.setNoDelay(true);
  if (isGrpcGo(first)) return void server.emit('connection', withAuthority(socket, first));
  socket.pause();
  socket.unshift(first);
  server.emit('connection', socket);
  // An HTTP/2 session reads what was put back by itself, from the socket's buffer.
  if (server instanceof HttpServer) socket.resume();
}

function tokenOf(header: string | readonly string[] | undefined): string | undefined {
  const token = typeof header === 'string' ? header : header?.[0];
  return token === undefined || token === '' ? undefined : token;
}

function serveStream(
  methods: Readonly<Record<string, RpcMethod>>,
  stream: ServerHttp2Stream,
  path: string,
  token: string | undefined,
): void {
  const sink = new GrpcSink(stream);
  stream.on('error', () => undefined);
  const method = methods[path];
  if (!method) return sink.end(new RpcError('Unimplemented', unknownMethod(path)));
  const talk = method.stream ? guarded(sink, () => method.stream?.(sink, token)) : unaryTalk(method, sink, token);
  if (!talk) return;
  sink.response = method.response;
  const frames = new Frames((bytes) => guarded(sink, () => talk.message(decode(method.request, bytes))));
  stream.on('data', (chunk: Buffer) => guarded(sink, () => frames.push(chunk)));
  stream.on('end', () => guarded(sink, () => talk.end()));
  stream.on('close', () => talk.close());
}

/** grpc-go's words. */
function unknownMethod(path: string): string {
  const [, service, method] = path.split('/');
  return `unknown method ${method} for service ${service}`;
}

function unaryTalk(method: RpcMethod, sink: GrpcSink, token: string | undefined): Talk {
  return {
    message: (request) => {
      const answered = (message: Message) => {
        sink.write(message);
        sink.end();
      };
      const message = method.unary?.(request, token) ?? {};
      if (message instanceof Promise) message.then(answered, (error: unknown) => sink.end(rpcErrorOf(error)));
      else answered(message);
    },
    end: () => undefined,
    close: () => undefined,
  };
}

function guarded<T>(sink: Sink, body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    sink.end(rpcErrorOf(error));
    return undefined;
  }
}

function rpcErrorOf(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof WireError) return new RpcError('Internal', `grpc: error unmarshalling request: ${error.message}`);
  console.error(error);
  return new RpcError('Unknown', (error as Error).message);
}

class GrpcSink implements Sink {
  readonly #stream: ServerHttp2Stream;
  #status: RpcError | undefined;
  #isEnded = false;
  #unread = 0;
  response: MessageType | undefined;

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
    stream.on('wantTrailers', () => stream.sendTrailers(trailersOf(this.#status)));
    stream.on('drain', () => {
      this.#unread = 0;
      stream.resume();
    });
  }

  write(message: Message): boolean {
    if (this.#isEnded || this.#stream.destroyed) return true;
    this.#respond();
    const hasRoom = this.#stream.write(framed(encode(this.response as MessageType, message)));
    if (!hasRoom && ++this.#unread > unreadMax) this.#stream.pause();
    return hasRoom;
  }

  onDrain(listener: () => void): void {
    this.#stream.on('drain', () => guarded(this, listener));
  }

  end(error?: RpcError): void {
    if (this.#isEnded || this.#stream.destroyed) return;
    this.#isEnded = true;
    this.#status = error;
    if (!this.#stream.headersSent && error) {
      this.#stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...trailersOf(error) }, { endStream: true });
      return;
    }
    this.#respond();
    this.#stream.end();
  }

  #respond(): void {
    if (!this.#stream.headersSent) this.#stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  }
}

function trailersOf(error: RpcError | undefined): Record<string, string> {
  return error ? { 'grpc-status': String(codes[error.code]), 'grpc-message': percentEncoded(error.message) } : { 'grpc-status': '0' };
}

function percentEncoded(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      byte < 0x20 || byte > 0x7e || byte === 0x25 ? `%${byte.toString(16).toUpperCase().padStart(2, '0')}` : String.fromCharCode(byte),
    )
    .join('');
}

function framed(bytes: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(5 + bytes.length);
  frame[0] = 0;
  frame.writeUInt32BE(bytes.length, 1);
  bytes.copy(frame, 5);
  return frame;
}

/** Length-prefixed messages out of a stream of bytes. */
class Frames {
  readonly #onMessage: (bytes: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onMessage: (bytes: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 5) {
      const length = this.#rest.readUInt32BE(1);
      if (length > receiveMax)
        throw new RpcError('ResourceExhausted', `grpc: received message larger than max (${length} vs. ${receiveMax})`);
      if (this.#rest[0] !== 0) throw new RpcError('Unimplemented', 'grpc: Decompressor is not installed for grpc-encoding "gzip"');
      if (this.#rest.length < 5 + length) return;
      const message = this.#rest.subarray(5, 5 + length);
      this.#rest = this.#rest.subarray(5 + length);
      this.#onMessage(message);
    }
  }
}

// --- JSON -------------------------------------------------------------------------------------------------------

/** grpc-gateway's table from codes to HTTP. */
const statuses: Readonly<Partial<Record<Code, number>>> = {
  InvalidArgument: 400,
  FailedPrecondition: 400,
  OutOfRange: 400,
  Unauthenticated: 401,
  PermissionDenied: 403,
  NotFound: 404,
  ResourceExhausted: 429,
  Unimplemented: 501,
  Unavailable: 503,
};

/** JSON has bytes in base64, and names. */
const jsonMax = 2 * receiveMax;

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > jsonMax) throw new RpcError('ResourceExhausted', `grpc: received message larger than max (${bytes} vs. ${receiveMax})`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

async function serveJson(methods: Readonly<Record<string, RpcMethod>>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').split('?')[0];
  const method = Object.values(methods).find(({ http }) => `/v3${http}` === path);
  if (!method) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
  if (request.method !== 'POST') return answer(response, new RpcError('Unimplemented', 'Method Not Allowed'));
  try {
    const asked = fromJson(method.request, JSON.parse((await textOf(request)) || '{}') as unknown);
    const token = tokenOf(request.headers['authorization']);
    if (!method.stream) return answer(response, toJson(method.response, (await method.unary?.(asked, token)) ?? {}));
    const sink = new JsonSink(response, method.response);
    const talk = method.stream(sink, token);
    response.on('close', () => talk.close());
    talk.message(asked);
    talk.end();
  } catch (error) {
    answer(response, error instanceof SyntaxError ? new RpcError('InvalidArgument', error.message) : rpcErrorOf(error));
  }
}

function answer(response: ServerResponse, body: Message | RpcError): void {
  const isError = body instanceof RpcError;
  const shown = isError ? { error: body.message, code: codes[body.code], message: body.message } : body;
  if (!response.headersSent) response.writeHead(isError ? (statuses[body.code] ?? 500) : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(shown));
}

/** A stream is a line for each message. */
class JsonSink implements Sink {
  readonly #response: ServerResponse;
  readonly #type: MessageType;

  constructor(response: ServerResponse, type: MessageType) {
    this.#response = response;
    this.#type = type;
  }

  write(message: Message): boolean {
    if (!this.#response.headersSent) this.#response.writeHead(200, { 'content-type': 'application/json' });
    return this.#response.write(`${JSON.stringify({ result: toJson(this.#type, message) })}\n`);
  }

  onDrain(listener: () => void): void {
    this.#response.on('drain', () => guarded(this, listener));
  }

  end(error?: RpcError): void {
    if (error) answer(this.#response, error);
    else this.#response.end();
  }
}
