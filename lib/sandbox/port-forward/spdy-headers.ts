import { createInflate, type Inflate } from 'node:zlib';

/** What every header block is compressed against (SPDY/3.1, 2.6.10.1). */
export const dictionary = spdyDictionary();

function spdyDictionary(): Buffer {
  const words =
    'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization ' +
    'cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range ' +
    'content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified ' +
    'location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding ' +
    'upgrade user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie keep-alive origin';
  const rest =
    '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information' +
    '204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error' +
    '501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, ' +
    'Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,public' +
    'privatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.';
  const prefixed = words.split(' ').map((word) => withLength(word.replace('_', ' ')));
  return Buffer.concat([...prefixed, Buffer.from(rest)]);
}

function withLength(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

const blockBytesMax = 16 * 1024;

/** Reads the header blocks of one direction, which are one zlib stream. */
export class HeaderReader {
  readonly #inflate: Inflate = createInflate({ dictionary });
  #fail: ((error: Error) => void) | undefined;

  constructor() {
    this.#inflate.on('error', (error) => this.#fail?.(error));
  }

  /** Names in lower case. Rejects when the block cannot be read; the connection is of no use then. */
  async read(block: Buffer): Promise<ReadonlyMap<string, string>> {
    if (block.length > blockBytesMax) throw new Error('header block too large');
    await new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      this.#inflate.write(block, () => resolve());
    });
    const chunk: unknown = this.#inflate.read();
    return parseBlock(Buffer.isBuffer(chunk) ? chunk : Buffer.alloc(0));
  }

  close(): void {
    this.#inflate.close();
  }
}

function parseBlock(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  let at = 4;
  const text = (): string => {
    const end = at + 4 + bytes.readUInt32BE(at);
    const read = bytes.toString('utf8', at + 4, end);
    at = end;
    return read;
  };
  for (let left = bytes.readUInt32BE(0); left > 0; left--) headers.set(text().toLowerCase(), text());
  return headers;
}

/** zlib's header, level 0, naming the dictionary by its checksum. */
const streamStart = Buffer.from([0x78, 0x20, ...checksum(dictionary)]);
/** No headers: a stored block of a zero count, and the empty one that a flush ends with. */
const noHeaders = Buffer.from([0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);

/** Header blocks of replies, which carry nothing here. */
export function emptyHeaders(isFirst: boolean): Buffer {
  return isFirst ? Buffer.concat([streamStart, noHeaders]) : noHeaders;
}

/** Adler-32. */
function checksum(bytes: Buffer): Buffer {
  let [low, high] = [1, 0];
  for (const byte of bytes) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }
  const sum = Buffer.alloc(4);
  sum.writeUInt16BE(high);
  sum.writeUInt16BE(low, 2);
  return sum;
}
