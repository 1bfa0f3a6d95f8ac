import type { HttpRequest, HttpResponse } from './types';

/** What a server that has received so many bytes does next. */
export type Next =
  /** It needs more; `bytes` is what it asks for it with (`100 Continue`). */
  | { readonly type: 'wait'; readonly bytes?: Uint8Array }
  | { readonly type: 'malformed'; readonly bytes: Uint8Array }
  | {
      readonly type: 'request';
      readonly request: HttpRequest;
      readonly isKeptAlive: boolean;
      render(response: HttpResponse): Uint8Array;
    };

const headBytesMax = 64 * 1024;
const bodyBytesMax = 4 * 1024 * 1024;
const unreadBytesMax = 2 * bodyBytesMax;

/** The server's end of one HTTP/1.1 connection (RFC 9112): bytes in, requests out, answers to bytes. */
export class HttpExchange {
  readonly #authority: string;
  #buffer = new Uint8Array(4096);
  #length = 0;
  /** More was sent than anybody will read. */
  #isOverfull = false;
  #head: Head | undefined;
  /** How far a chunked body has been read. */
  #chunks: Chunks | undefined;
  #hasContinued = false;

  /** `authority` is where the connection leads: `127.0.0.1:8080`. */
  constructor(authority: string) {
    this.#authority = authority;
  }

  receive(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > unreadBytesMax) this.#isOverfull = true;
    if (this.#isOverfull) return;
    // Room for twice as much, so that many small pieces are not copied again and again.
    if (length > this.#buffer.length) this.#buffer = widened(this.#buffer.subarray(0, this.#length), 2 * length);
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }

  next(): Next {
    if (this.#isOverfull) return malformed(413);
    if (!this.#head) {
      const unread = this.#unread();
      const end = indexOfHeadEnd(unread);
      if (end === undefined) return unread.length > headBytesMax ? malformed(431) : { type: 'wait' };
      const head = parseHead(latin1(unread.subarray(0, end)));
      if (!head) return malformed(400);
      this.#drop(end);
      this.#head = head;
      this.#chunks = isChunked(head) ? { at: 0, total: 0, parts: [], isLast: false } : undefined;
    }
    const head = this.#head;
    const body = this.#chunks ? takeChunks(this.#unread(), this.#chunks) : takeBody(head.headers, this.#unread());
    if (body === 'malformed') return malformed(400);
    if (body === 'too large') return malformed(413);
    if (body === 'wait') return this.#wait(head);
    this.#drop(body.length);
    this.#head = undefined;
    this.#hasContinued = false;
    return this.#request(head, body.bytes);
  }

  #unread(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #drop(count: number): void {
    this.#buffer = widened(this.#buffer.subarray(count, this.#length), Math.max(4096, this.#length - count));
    this.#length -= count;
  }

  #wait({ headers }: Head): Next {
    if (this.#hasContinued || headers['expect']?.toLowerCase() !== '100-continue') return { type: 'wait' };
    this.#hasContinued = true;
    return { type: 'wait', bytes: encoder.encode('HTTP/1.1 100 Continue\r\n\r\n') };
  }

  #request({ method, target, headers, isOld }: Head, body: Uint8Array): Next {
    const connection = (headers['connection'] ?? '').toLowerCase();
    const isKeptAlive = isOld ? connection.includes('keep-alive') : !connection.includes('close');
    const path = target.replace(/^https?:\/\/[^/?#]+/i, '');
    return {
      type: 'request',
      request: {
        method,
        url: `http://${this.#authority}${path.startsWith('/') ? path : `/${path}`}`,
        headers,
        ...(body.length > 0 ? { body: decoder.decode(body) } : {}),
      },
      isKeptAlive,
      render: (response) => renderResponse(response, method, isKeptAlive),
    };
  }
}

interface Head {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly isOld: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function parseHead(text: string): Head | undefined {
  const [first = '', ...lines] = text.replace(/^(?:\r?\n)+/, '').split(/\r?\n/);
  const [, method, target, minor] = /^([!#$%&'*+.^_`|~\w-]+) (\S+) HTTP\/1\.([01])$/.exec(first) ?? [];
  if (!method || !target) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    if (line === '') continue;
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (!name) return undefined;
    const key = name.toLowerCase();
    headers.set(key, headers.has(key) ? `${headers.get(key)}, ${value}` : value);
  }
  return { method, target, headers: Object.fromEntries(headers), isOld: minor === '0' };
}

/** `length` is how many bytes it took on the wire. */
type Body = { readonly bytes: Uint8Array; readonly length: number } | 'wait' | 'malformed' | 'too large';

interface Chunks {
  at: number;
  total: number;
  readonly parts: Uint8Array[];
  /** Only trailers are left. */
  isLast: boolean;
}

function isChunked({ headers }: Head): boolean {
  return headers['transfer-encoding']?.toLowerCase().includes('chunked') ?? false;
}

function takeBody(headers: Readonly<Record<string, string>>, unread: Uint8Array): Body {
  const length = headers['content-length'] ?? '0';
  if (!/^\d{1,15}$/.test(length)) return 'malformed';
  const count = Number(length);
  if (count > bodyBytesMax) return 'too large';
  return unread.length < count ? 'wait' : { bytes: unread.slice(0, count), length: count };
}

/** Goes on where it had to stop for want of bytes. */
function takeChunks(unread: Uint8Array, chunks: Chunks): Body {
  while (!chunks.isLast) {
    const end = unread.indexOf(10, chunks.at);
    if (end < 0) return unread.length - chunks.at > 1024 ? 'malformed' : 'wait';
    const size = /^([\da-f]{1,8})\s*(?:;.*)?\r?$/i.exec(latin1(unread.subarray(chunks.at, end)))?.[1];
    if (size === undefined) return 'malformed';
    const count = Number.parseInt(size, 16);
    if (chunks.total + count > bodyBytesMax) return 'too large';
    const start = end + 1;
    if (count > 0 && unread.length < start + count + 2) return 'wait';
    if (count > 0) chunks.parts.push(unread.slice(start, start + count));
    chunks.isLast = count === 0;
    chunks.total += count;
    chunks.at = start + (count === 0 ? 0 : count + 2);
  }
  return afterTrailers(unread, chunks);
}

function afterTrailers(unread: Uint8Array, { at: start, parts }: Chunks): Body {
  for (let at = start; ;) {
    const end = unread.indexOf(10, at);
    if (end < 0) return unread.length - start > headBytesMax ? 'malformed' : 'wait';
    const isEmpty = latin1(unread.subarray(at, end)).trim() === '';
    at = end + 1;
    if (isEmpty) return { bytes: joined(parts), length: at };
  }
}

/** Where the empty line after the headers ends. */
function indexOfHeadEnd(bytes: Uint8Array): number | undefined {
  let lineStart = 0;
  let hasText = false;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, lineStart)) {
    const isEmpty = at === lineStart || (at === lineStart + 1 && bytes[lineStart] === 13);
    if (isEmpty && hasText) return at + 1;
    hasText ||= !isEmpty;
    lineStart = at + 1;
  }
  return undefined;
}

/** What a server says of itself beside the number. */
export const httpReasons: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Request Entity Too Large',
  418: "I'm a teapot",
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

const framing = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive']);

function renderResponse({ status, headers, body }: HttpResponse, method: string, isKeptAlive: boolean): Uint8Array {
  const content = encoder.encode(body);
  const hasNone = status === 204 || status === 304;
  const lines = [
    `HTTP/1.1 ${status} ${httpReasons[status] ?? 'Unknown'}`,
    ...Object.entries(headers)
      .filter(([name]) => !framing.has(name.toLowerCase()))
      .map(([name, value]) => `${canonical(name)}: ${value}`),
    ...(hasNone ? [] : [`Content-Length: ${content.length}`]),
    `Connection: ${isKeptAlive ? 'keep-alive' : 'close'}`,
  ];
  const head = encoder.encode(`${lines.join('\r\n')}\r\n\r\n`);
  return hasNone || method === 'HEAD' ? head : joined([head, content]);
}

function canonical(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function malformed(status: 400 | 413 | 431): Next {
  return { type: 'malformed', bytes: renderResponse({ status, headers: { 'content-type': 'text/plain' }, body: '' }, 'GET', false) };
}

function widened(bytes: Uint8Array, room: number): Uint8Array<ArrayBuffer> {
  const wider = new Uint8Array(room);
  wider.set(bytes);
  return wider;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = parts.filter(({ length }) => length > 0);
  if (whole.length === 1) return whole[0] as Uint8Array;
  const bytes = new Uint8Array(whole.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of whole) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
