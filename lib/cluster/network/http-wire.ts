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
const bodyBytesMax = 16 * 1024 * 1024;

/** The server's end of one HTTP/1.1 connection (RFC 9112): bytes in, requests out, answers to bytes. */
export class HttpExchange {
  readonly #authority: string;
  #unread: Uint8Array = new Uint8Array();
  #head: Head | undefined;
  #hasContinued = false;

  /** `authority` is where the connection leads: `127.0.0.1:8080`. */
  constructor(authority: string) {
    this.#authority = authority;
  }

  receive(bytes: Uint8Array): void {
    this.#unread = joined([this.#unread, bytes]);
  }

  next(): Next {
    if (!this.#head) {
      const end = indexOfHeadEnd(this.#unread);
      if (end === undefined) return this.#unread.length > headBytesMax ? malformed(431) : { type: 'wait' };
      const head = parseHead(latin1(this.#unread.subarray(0, end)));
      if (!head) return malformed(400);
      this.#unread = this.#unread.subarray(end);
      this.#head = head;
    }
    const head = this.#head;
    const body = takeBody(head.headers, this.#unread);
    if (body === 'malformed') return malformed(400);
    if (body === 'too large') return malformed(413);
    if (body === 'wait') return this.#wait(head);
    this.#unread = body.rest;
    this.#head = undefined;
    this.#hasContinued = false;
    return this.#request(head, body.bytes);
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

type Body = { readonly bytes: Uint8Array; readonly rest: Uint8Array } | 'wait' | 'malformed' | 'too large';

function takeBody(headers: Readonly<Record<string, string>>, unread: Uint8Array): Body {
  if (headers['transfer-encoding']?.toLowerCase().includes('chunked')) return takeChunks(unread);
  const length = headers['content-length'] ?? '0';
  if (!/^\d{1,15}$/.test(length)) return 'malformed';
  const count = Number(length);
  if (count > bodyBytesMax) return 'too large';
  return unread.length < count ? 'wait' : { bytes: unread.subarray(0, count), rest: unread.subarray(count) };
}

function takeChunks(unread: Uint8Array): Body {
  const parts: Uint8Array[] = [];
  let at = 0;
  let total = 0;
  for (;;) {
    const end = unread.indexOf(10, at);
    if (end < 0) return unread.length - at > 1024 ? 'malformed' : 'wait';
    const size = /^([\da-f]{1,8})\s*(?:;.*)?\r?$/i.exec(latin1(unread.subarray(at, end)))?.[1];
    if (size === undefined) return 'malformed';
    const count = Number.parseInt(size, 16);
    total += count;
    if (total > bodyBytesMax) return 'too large';
    at = end + 1;
    if (count === 0) return afterTrailers(unread, at, parts);
    if (unread.length < at + count + 2) return 'wait';
    parts.push(unread.subarray(at, at + count));
    at += count + 2;
  }
}

function afterTrailers(unread: Uint8Array, start: number, parts: readonly Uint8Array[]): Body {
  let at = start;
  for (;;) {
    const end = unread.indexOf(10, at);
    if (end < 0) return 'wait';
    const isEmpty = latin1(unread.subarray(at, end)).trim() === '';
    at = end + 1;
    if (isEmpty) return { bytes: joined(parts), rest: unread.subarray(at) };
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
