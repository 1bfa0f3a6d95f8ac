import { emptyHeaders, HeaderReader } from './spdy-headers';

export interface SpdyHandler {
  /** The client opened a stream; it has been accepted. */
  onStream(id: number, headers: ReadonlyMap<string, string>): void;
  onData(id: number, bytes: Buffer): void;
  /** The client will send no more on this stream. */
  onEnd(id: number): void;
  onReset(id: number): void;
}

const frame = { synStream: 1, synReply: 2, reset: 3, ping: 6, goAway: 7 } as const;
const fin = 1;
const dataBytesMax = 64 * 1024;
const frameBytesMax = 4 * 1024 * 1024;

/** The server's end of a SPDY/3.1 connection, as far as `moby/spdystream` makes use of it: streams without flow control or push. */
export class SpdyConnection {
  readonly #send: (bytes: Buffer) => void;
  readonly #close: () => void;
  readonly #handler: SpdyHandler;
  readonly #headers = new HeaderReader();
  #unread: Buffer = Buffer.alloc(0);
  #isReading = false;
  #hasReplied = false;
  #isClosed = false;

  constructor(options: { readonly send: (bytes: Buffer) => void; readonly close: () => void; readonly handler: SpdyHandler }) {
    this.#send = options.send;
    this.#close = options.close;
    this.#handler = options.handler;
  }

  receive(bytes: Buffer): void {
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    if (!this.#isReading) void this.#read();
  }

  write(id: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += dataBytesMax) this.#sendData(id, bytes.subarray(at, at + dataBytesMax), 0);
  }

  end(id: number): void {
    this.#sendData(id, new Uint8Array(), fin);
  }

  dispose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#headers.close();
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      for (let taken = this.#take(); taken && !this.#isClosed; taken = this.#take()) await this.#answer(taken.head, taken.content);
    } catch {
      this.#close();
    } finally {
      this.#isReading = false;
    }
  }

  #take(): { head: Buffer; content: Buffer } | undefined {
    if (this.#unread.length < 8) return undefined;
    const length = this.#unread.readUIntBE(5, 3);
    if (length > frameBytesMax) throw new Error('frame too large');
    if (this.#unread.length < 8 + length) return undefined;
    const taken = { head: this.#unread.subarray(0, 8), content: this.#unread.subarray(8, 8 + length) };
    this.#unread = this.#unread.subarray(8 + length);
    return taken;
  }

  async #answer(head: Buffer, content: Buffer): Promise<void> {
    const first = head.readUInt32BE(0);
    const isLast = (head.readUInt8(4) & fin) !== 0;
    if (first < 0x8000_0000) {
      if (content.length > 0) this.#handler.onData(first, content);
      if (isLast) this.#handler.onEnd(first);
      return;
    }
    switch (first & 0xffff) {
      case frame.synStream:
        return this.#opened(content.readUInt32BE(0), await this.#headers.read(content.subarray(10)), isLast);
      case frame.reset:
        return this.#handler.onReset(content.readUInt32BE(0));
      case frame.ping:
        return this.#sendControl(frame.ping, content);
      case frame.goAway:
        return this.#close();
      default:
        return undefined;
    }
  }

  #opened(id: number, headers: ReadonlyMap<string, string>, isLast: boolean): void {
    const stream = Buffer.alloc(4);
    stream.writeUInt32BE(id);
    this.#sendControl(frame.synReply, Buffer.concat([stream, emptyHeaders(!this.#hasReplied)]));
    this.#hasReplied = true;
    this.#handler.onStream(id, headers);
    if (isLast) this.#handler.onEnd(id);
  }

  #sendControl(type: number, content: Buffer): void {
    const head = Buffer.alloc(8);
    head.writeUInt16BE(0x8003, 0);
    head.writeUInt16BE(type, 2);
    head.writeUIntBE(content.length, 5, 3);
    if (!this.#isClosed) this.#send(Buffer.concat([head, content]));
  }

  #sendData(id: number, bytes: Uint8Array, flags: number): void {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(id, 0);
    head.writeUInt8(flags, 4);
    head.writeUIntBE(bytes.length, 5, 3);
    if (!this.#isClosed) this.#send(Buffer.concat([head, bytes]));
  }
}
