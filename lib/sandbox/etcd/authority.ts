import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** How grpc-go opens a connection: the preface, and settings that set nothing. */
const opening = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])]);
const prefaceBytes = 24;
const frameHeaderBytes = 9;
const headersType = 1;
/** A literal `:authority`, whose text is in Huffman's code: the name's index, then the length. */
const authorityNames: ReadonlySet<number> = new Set([0x41, 0x01, 0x11]);
/** `http://` in Huffman's code, up to the last bit, and `httpB--`, which is as long. */
const refused = Buffer.from([0x9d, 0x29, 0xae, 0xe3, 0x0c]);
const taken = Buffer.from([0x9d, 0x29, 0xae, 0xea, 0xcb]);

export function isGrpcGo(first: Buffer): boolean {
  return first.subarray(0, opening.length).equals(opening);
}

/**
 * The same connection with authorities that an HTTP/2 server takes: an etcdctl 3.4 that is given `http://host:port` sends all of that,
 * which Go's servers let pass and Node's refuses. Nobody here asks what the authority is.
 */
export function withAuthority(socket: Socket, first: Buffer): Duplex {
  const frames = new HeaderFrames();
  const connection = new Duplex({
    read: () => void socket.resume(),
    write(chunk: Buffer, _encoding, done) {
      if (socket.write(chunk)) done();
      else socket.once('drain', done);
    },
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  const pass = (chunk: Buffer) => {
    for (const part of frames.take(chunk)) if (!connection.push(part)) socket.pause();
  };
  socket.on('data', pass);
  socket.on('end', () => connection.push(null));
  socket.on('close', () => connection.destroy());
  pass(first);
  return connection;
}

/** Lets bytes through as they come, but for frames of headers, which come whole and mended. */
class HeaderFrames {
  /** Of what is not looked into. */
  #passing = prefaceBytes;
  #rest: Buffer = Buffer.alloc(0);

  take(chunk: Buffer): Buffer[] {
    const parts: Buffer[] = [];
    let bytes: Buffer = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    while (bytes.length > 0) {
      if (this.#passing === 0 && bytes.length < frameHeaderBytes) break;
      if (this.#passing === 0) {
        const size = frameHeaderBytes + bytes.readUIntBE(0, 3);
        const isHeaders = bytes[3] === headersType;
        if (isHeaders && bytes.length < size) break;
        if (isHeaders) mend(bytes.subarray(0, size));
        this.#passing = size;
      }
      const part = bytes.subarray(0, this.#passing);
      parts.push(part);
      this.#passing -= part.length;
      bytes = bytes.subarray(part.length);
    }
    this.#rest = bytes;
    return parts;
  }
}

function mend(frame: Buffer): void {
  const at = frame.indexOf(refused);
  if (at >= 2 && ((frame[at - 1] as number) & 0x80) !== 0 && authorityNames.has(frame[at - 2] as number)) taken.copy(frame, at);
}
