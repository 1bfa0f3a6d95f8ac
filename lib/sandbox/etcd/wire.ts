/**
 * Protocol Buffers by table: a message type lists its fields by number, and a message is a plain object with the fields that are set.
 * What a table calls `bytes` is text here (`textOf`), and what it calls `id` is etcd's sixteen hexadecimal digits.
 */
export type Scalar = 'bytes' | 'string' | 'int' | 'bool' | 'id' | 'blob';

export interface Field {
  readonly number: number;
  readonly name: string;
  readonly type: Scalar | MessageType | EnumType;
  readonly isRepeated: boolean;
}

export interface EnumType {
  readonly values: readonly string[];
}

export interface MessageType {
  /** In order of number, which is the order they are written in. */
  readonly fields: readonly Field[];
  readonly byNumber: ReadonlyMap<number, Field>;
}

export type Message = { readonly [name: string]: unknown };

type Definition = Readonly<Record<string, readonly [number, Field['type']] | readonly [number, Field['type'], 'repeated']>>;

export function message(definition: Definition): MessageType {
  const fields = Object.entries(definition).map(([name, [number, type, repeated]]) => ({
    number,
    name,
    type,
    isRepeated: repeated === 'repeated',
  }));
  return { fields, byNumber: new Map(fields.map((field) => [field.number, field])) };
}

export function enumeration(...values: readonly string[]): EnumType {
  return { values };
}

export function isMessage(type: Field['type']): type is MessageType {
  return typeof type === 'object' && 'fields' in type;
}

/** Bytes that are no message of the type. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

export function decode(type: MessageType, bytes: Buffer): Message {
  const reader = new Reader(bytes);
  const decoded: Record<string, unknown> = {};
  while (!reader.isAtEnd) {
    const tag = reader.number();
    const field = type.byNumber.get(Math.floor(tag / 8));
    if (!field) reader.skip(tag % 8);
    else if (!field.isRepeated) decoded[field.name] = readValue(reader, field.type);
    else readRepeated(reader, field, tag % 8, (decoded[field.name] ??= []) as unknown[]);
  }
  return decoded;
}

/** Numbers may come packed into one block. */
function readRepeated(reader: Reader, { type }: Field, wireType: number, into: unknown[]): void {
  const isNumeric = type === 'int' || type === 'bool' || type === 'id' || (typeof type === 'object' && !isMessage(type));
  if (!isNumeric || wireType !== 2) return void into.push(readValue(reader, type));
  const block = new Reader(reader.block());
  while (!block.isAtEnd) into.push(readValue(block, type));
}

function readValue(reader: Reader, type: Field['type']): unknown {
  if (typeof type === 'object') return isMessage(type) ? decode(type, reader.block()) : (type.values[reader.number()] ?? type.values[0]);
  switch (type) {
    case 'int':
      return reader.number();
    case 'bool':
      return reader.number() !== 0;
    case 'id':
      return reader.varint().toString(16).padStart(16, '0');
    case 'blob':
      return reader.block();
    default:
      return textOf(reader.block());
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** A varint that a number can hold; negative ones take all ten bytes. */
  number(): number {
    let [value, scale] = [0, 1];
    for (let at = this.#at; at < this.#bytes.length && at < this.#at + 7; at++, scale *= 128) {
      const byte = this.#bytes[at] as number;
      value += (byte & 0x7f) * scale;
      if (byte >= 0x80) continue;
      this.#at = at + 1;
      return value;
    }
    return Number(BigInt.asIntN(64, this.varint()));
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new WireError('unexpected EOF');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new WireError('proto: integer overflow');
  }

  block(): Buffer {
    return this.#take(this.number());
  }

  skip(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 2) this.block();
    else if (wireType === 1 || wireType === 5) this.#take(wireType === 1 ? 8 : 4);
    else throw new WireError(`proto: illegal wireType ${wireType}`);
  }

  #take(length: number): Buffer {
    if (length < 0 || this.#at + length > this.#bytes.length) throw new WireError('unexpected EOF');
    return this.#bytes.subarray(this.#at, (this.#at += length));
  }
}

/** What is zero, empty or absent is not written, as proto3 has it; members of a repeated field always are. */
export function encode(type: MessageType, given: Message): Buffer {
  const parts: Buffer[] = [];
  for (const { number, name, type: of, isRepeated } of type.fields) {
    const value = given[name];
    if (value === undefined || value === null) continue;
    if (isRepeated) for (const one of value as readonly unknown[]) writeValue(parts, number, of, one);
    else if (!isZero(value)) writeValue(parts, number, of, value);
  }
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}

function isZero(value: unknown): boolean {
  return value === 0 || value === false || value === '';
}

function writeValue(parts: Buffer[], number: number, type: Field['type'], value: unknown): void {
  if (typeof type === 'object' && !isMessage(type)) return writeNumber(parts, number, type.values.indexOf(value as string));
  if (type === 'int' || type === 'bool') return writeNumber(parts, number, Number(value));
  if (type === 'id') return void parts.push(varintOf(number * 8), longOf(BigInt(`0x${value as string}`)));
  const block = typeof type === 'object' ? encode(type, value as Message) : Buffer.isBuffer(value) ? value : bytesOf(value as string);
  parts.push(varintOf(number * 8 + 2), varintOf(block.length), block);
}

function writeNumber(parts: Buffer[], number: number, value: number): void {
  if (value !== 0) parts.push(varintOf(number * 8), varintOf(value));
}

/** Tags and lengths are small and few. */
const small = Array.from({ length: 0x4000 }, (_, value) => Buffer.from(value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >> 7]));

function varintOf(value: number): Buffer {
  return small[value] ?? longOf(BigInt.asUintN(64, BigInt(value)));
}

function longOf(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 0x80n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

/**
 * Bytes as text. Those that are no UTF-8 become unpaired surrogates (U+DC80 to U+DCFF), one for each byte, so that `bytesOf` finds them again;
 * the same convention as Python's `surrogateescape`.
 */
export function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd') || Buffer.from(text).equals(bytes)) return text;
  let escaped = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceAt(bytes, at);
    escaped += length === 0 ? String.fromCharCode(0xdc00 + (bytes[at] as number)) : bytes.toString('utf8', at, at + length);
    at += Math.max(length, 1);
  }
  return escaped;
}

export function bytesOf(text: string): Buffer {
  if (!/\p{Surrogate}/u.test(text)) return Buffer.from(text);
  return Buffer.concat(
    [...text].map((one) => {
      const code = one.codePointAt(0) as number;
      return code >= 0xdc80 && code <= 0xdcff ? Buffer.from([code - 0xdc00]) : Buffer.from(one);
    }),
  );
}

/** How long the character at `at` is; 0 when there is none. */
function sequenceAt(bytes: Buffer, at: number): number {
  const first = bytes[at] as number;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length < 2) return length;
  const one = bytes.subarray(at, at + length);
  return Buffer.from(one.toString('utf8')).equals(one) ? length : 0;
}
