/** A file or directory in an archive; directories have no text. */
export interface TarEntry {
  readonly path: string;
  readonly isDirectory: boolean;
  readonly text: string;
}

export class TarError extends Error {
  override readonly name = 'TarError';
}

const blockBytes = 512;
/** GNU tar writes whole records of twenty blocks. */
const recordBytes = 20 * blockBytes;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** An archive as `tar c` writes it (POSIX ustar, GNU long names). Everything belongs to root; `seconds` is when it was changed. */
export function writeTar(entries: readonly TarEntry[], seconds: number): Uint8Array {
  const parts = entries.flatMap((entry) => packed(entry, seconds));
  const bytes = parts.reduce((sum, { length }) => sum + length, 0);
  const archive = new Uint8Array(Math.ceil((bytes + 2 * blockBytes) / recordBytes) * recordBytes);
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}

function packed({ path, isDirectory, text }: TarEntry, seconds: number): Uint8Array[] {
  const name = encoder.encode(isDirectory ? `${path.replace(/\/$/, '')}/` : path);
  const content = encoder.encode(isDirectory ? '' : text);
  const main = [header(name, content.length, isDirectory ? '5' : '0', seconds), padded(content)];
  if (name.length <= 100) return main;
  return [header(encoder.encode('././@LongLink'), name.length + 1, 'L', 0), padded(new Uint8Array([...name, 0])), ...main];
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / blockBytes) * blockBytes);
  whole.set(bytes);
  return whole;
}

function header(name: Uint8Array, size: number, type: string, seconds: number): Uint8Array {
  const block = new Uint8Array(blockBytes);
  const put = (at: number, text: string): void => block.set(encoder.encode(text), at);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  block.set(name.subarray(0, 100), 0);
  put(100, octal(type === '5' ? 0o755 : 0o644, 8));
  put(108, octal(0, 8));
  put(116, octal(0, 8));
  put(124, octal(size, 12));
  put(136, octal(seconds, 12));
  put(148, '        ');
  put(156, type);
  put(257, 'ustar  \0');
  put(265, 'root');
  put(297, 'root');
  put(148, `${octal(checksum(block), 7)} `);
  return block;
}

function checksum(block: Uint8Array): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
}

/** What is in an archive, in its words. Links and devices are left out. Throws `TarError` when it is no archive or ends too soon. */
export function readTar(archive: Uint8Array): readonly TarEntry[] {
  const entries: TarEntry[] = [];
  let longName: string | undefined;
  for (let at = 0; at < archive.length;) {
    const block = archive.subarray(at, at + blockBytes);
    if (block.every((byte) => byte === 0)) return entries;
    if (block.length < blockBytes) throw new TarError('Unexpected EOF in archive');
    const { name, size, type } = readHeader(block);
    const content = archive.subarray(at + blockBytes, at + blockBytes + size);
    if (content.length < size) throw new TarError('Unexpected EOF in archive');
    at += blockBytes + Math.ceil(size / blockBytes) * blockBytes;
    if (type === 'L') longName = until0(content);
    else if (type === 'x') longName = paxPath(content) ?? longName;
    else if (type !== 'g') {
      const path = longName ?? name;
      longName = undefined;
      const isDirectory = type === '5' || path.endsWith('/');
      if (isDirectory || type === '0' || type === '\0')
        entries.push({ path, isDirectory, text: isDirectory ? '' : decoder.decode(content) });
    }
  }
  return entries;
}

function readHeader(block: Uint8Array): { name: string; size: number; type: string } {
  const number = (from: number, to: number): number => Number.parseInt(until0(block.subarray(from, to)).trim() || '0', 8);
  if (number(148, 156) !== checksum(block)) throw new TarError('This does not look like a tar archive');
  const prefix = until0(block.subarray(257, 263)) === 'ustar' ? until0(block.subarray(345, 500)) : '';
  const name = until0(block.subarray(0, 100));
  return { name: prefix ? `${prefix}/${name}` : name, size: number(124, 136), type: String.fromCharCode(block[156] ?? 0) };
}

/** `30 path=some/long/name` (POSIX pax). */
function paxPath(content: Uint8Array): string | undefined {
  return /^\d+ path=(.*)$/m.exec(decoder.decode(content))?.[1];
}

function until0(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}
