import { definitions, type FieldSchema } from '@/generated/kubernetes/schema';
import { define, JsonSyntaxError, readJson } from './json-reader';
import { protobufFields } from './protobuf-fields';
import { definitionIdOf } from './schema-facts';

/** Bytes that are no message of the expected type. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

/** What `runtime.Unknown` carries: which kind it is, and its bytes. */
export interface ProtobufEnvelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}

const magic = [0x6b, 0x38, 0x73, 0x00];

/** Opens `application/vnd.kubernetes.protobuf`: four magic bytes and a `runtime.Unknown`. Throws `ProtobufError`. */
export function openProtobuf(bytes: Uint8Array): ProtobufEnvelope {
  if (magic.some((byte, index) => bytes[index] !== byte))
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  let typeMeta: { apiVersion: string; kind: string } = { apiVersion: '', kind: '' };
  let raw: Uint8Array = new Uint8Array();
  for (const { number, value } of new Reader(bytes.subarray(magic.length)).fields()) {
    if (number === 1) typeMeta = readTypeMeta(bytesOf(value));
    else if (number === 2) raw = bytesOf(value);
  }
  return { ...typeMeta, raw };
}

function readTypeMeta(bytes: Uint8Array): { apiVersion: string; kind: string } {
  const meta = { apiVersion: '', kind: '' };
  for (const { number, value } of new Reader(bytes).fields()) meta[number === 1 ? 'apiVersion' : 'kind'] = textOf(bytesOf(value));
  return meta;
}

/** A message as the JSON it stands for, by the schema of `definitionId`. Fields with no known number are left out. */
export function readProtobuf(definitionId: string, bytes: Uint8Array): Record<string, unknown> {
  return readMessage(definitionId, bytes, 0);
}

function readMessage(definitionId: string, bytes: Uint8Array, depth: number): Record<string, unknown> {
  if (depth > depthMax) throw new ProtobufError('exceeded max depth');
  const object: Record<string, unknown> = {};
  readInto(object, definitionId, numbersOf(definitionId), bytes, depth);
  return object;
}

/** Types whose JSON is one scalar have messages of their own. */
const scalarMessages: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  Quantity: (bytes) => firstText(bytes),
  Time: (bytes) => readTime(bytes, 0),
  MicroTime: (bytes) => readTime(bytes, 6),
  IntOrString: readIntOrString,
  FieldsV1: (bytes) => readEmbedded(firstText(bytes)),
  RawExtension: (bytes) => readEmbedded(firstText(bytes)),
};

function readEmbedded(text: string): unknown {
  try {
    return text === '' ? {} : readJson(text).value;
  } catch (error) {
    throw error instanceof JsonSyntaxError ? new ProtobufError(error.message) : error;
  }
}

/** Schemas may contain schemas; a client's may not be deeper than what JSON is read to. */
const depthMax = 500;

function readInto(object: Record<string, unknown>, definitionId: string, numbers: Numbers, bytes: Uint8Array, depth: number): void {
  const properties = definitions[definitionId]?.properties ?? {};
  for (const { number, value } of new Reader(bytes).fields()) {
    const field = numbers.get(number);
    if (!field) continue;
    if (field.inlined) {
      readInto(
        object,
        definitionId,
        numbersOf(`${definitionId.slice(0, definitionId.lastIndexOf('.') + 1)}${field.name}`),
        bytesOf(value),
        depth + 1,
      );
      continue;
    }
    const schema = properties[field.name];
    if (schema) readField(object, field.name, schema, value, depth);
  }
}

function readField(object: Record<string, unknown>, name: string, schema: FieldSchema, value: WireValue, depth: number): void {
  if (schema.items) ((object[name] ??= []) as unknown[]).push(readValue(schema.items, value, depth));
  else if (schema.additionalProperties)
    readEntry((object[name] ??= {}) as Record<string, unknown>, schema.additionalProperties, bytesOf(value), depth);
  else object[name] = readValue(schema, value, depth);
}

function readEntry(map: Record<string, unknown>, schema: FieldSchema, bytes: Uint8Array, depth: number): void {
  let key = '';
  let value: unknown = schema.type === 'string' ? '' : schema.items ? [] : undefined;
  for (const field of new Reader(bytes).fields()) {
    if (field.number === 1) key = textOf(bytesOf(field.value));
    else value = schema.items ? readStrings(bytesOf(field.value)) : readValue(schema, field.value, depth);
  }
  define(map, key, value);
}

/** A list as a map's value is a message with one repeated field (`ExtraValue`). */
function readStrings(bytes: Uint8Array): string[] {
  return [...new Reader(bytes).fields()].map(({ value }) => textOf(bytesOf(value)));
}

function readValue(schema: FieldSchema, value: WireValue, depth: number): unknown {
  if (schema.$ref) {
    const scalar = scalarMessages[schema.$ref.slice(schema.$ref.lastIndexOf('.') + 1)];
    return scalar ? scalar(bytesOf(value)) : readMessage(schema.$ref, bytesOf(value), depth + 1);
  }
  switch (schema.type) {
    case 'boolean':
      return value === 1n;
    case 'integer':
      return Number(BigInt.asIntN(64, numberOf(value)));
    case 'number':
      return doubleOf(value);
    case 'string':
      return schema.format === 'byte'
        ? base64(bytesOf(value))
        : schema.format === 'date-time'
          ? readTime(bytesOf(value), 0)
          : textOf(bytesOf(value));
    default:
      return textOf(bytesOf(value));
  }
}

function firstText(bytes: Uint8Array): string {
  for (const { value } of new Reader(bytes).fields()) return textOf(bytesOf(value));
  return '';
}

/** Seconds and nanoseconds since the epoch; nothing at all is the zero time, which is null. */
function readTime(bytes: Uint8Array, digits: 0 | 6): string | null {
  let [seconds, nanos] = [0n, 0n];
  for (const { number, value } of new Reader(bytes).fields()) {
    if (number === 1) seconds = BigInt.asIntN(64, numberOf(value));
    else if (number === 2) nanos = numberOf(value);
  }
  if (bytes.length === 0) return null;
  const millis = Number(seconds) * 1000;
  if (Math.abs(millis) > 8.64e15) throw new ProtobufError('time is out of range');
  const text = new Date(millis).toISOString().slice(0, 19);
  return digits === 0 ? `${text}Z` : `${text}.${String(nanos / 1000n).padStart(6, '0')}Z`;
}

function readIntOrString(bytes: Uint8Array): number | string {
  let [type, int, text] = [0n, 0n, ''];
  for (const { number, value } of new Reader(bytes).fields()) {
    if (number === 1) type = numberOf(value);
    else if (number === 2) int = BigInt.asIntN(64, numberOf(value));
    else text = textOf(bytesOf(value));
  }
  return type === 1n ? text : Number(int);
}

interface NumberedField {
  readonly name: string;
  /** Its fields are the parent's, and `name` is the type they are numbered in. */
  readonly inlined: boolean;
}
type Numbers = ReadonlyMap<number, NumberedField>;

const known = new Map<string, Numbers>();

function numbersOf(definitionId: string): Numbers {
  const made = known.get(definitionId) ?? readNumbers(definitionId);
  known.set(definitionId, made);
  return made;
}

function readNumbers(definitionId: string): Numbers {
  const short = definitionId.split('.').slice(-3).join('.');
  const numbers = new Map<number, NumberedField>();
  if (definitionIdOf(short) !== definitionId) return numbers;
  let number = 0;
  for (const token of protobufFields[short]?.split(' ') ?? []) {
    const [, at, name = ''] = /^(?:(\d+)=)?(.+)$/.exec(token) ?? [];
    number = at === undefined ? number + 1 : Number(at);
    numbers.set(number, { name: name.replace('^', ''), inlined: name.startsWith('^') });
  }
  return numbers;
}

/** A varint or fixed number, or the bytes of anything else. */
type WireValue = bigint | Uint8Array;

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  *fields(): Generator<{ number: number; value: WireValue }> {
    while (this.#at < this.#bytes.length) {
      const tag = Number(this.#varint());
      yield { number: tag >> 3, value: this.#value(tag & 7) };
    }
  }

  #value(wireType: number): WireValue {
    switch (wireType) {
      case 0:
        return this.#varint();
      case 1:
        return this.#take(8);
      case 2:
        return this.#take(Number(this.#varint()));
      case 5:
        return this.#take(4);
      default:
        throw new ProtobufError(`proto: illegal wireType ${wireType}`);
    }
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new ProtobufError('unexpected EOF');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new ProtobufError('proto: integer overflow');
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new ProtobufError('unexpected EOF');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

function bytesOf(value: WireValue): Uint8Array {
  if (typeof value === 'bigint') throw new ProtobufError('proto: wrong wireType');
  return value;
}

function numberOf(value: WireValue): bigint {
  if (typeof value !== 'bigint') throw new ProtobufError('proto: wrong wireType');
  return value;
}

function doubleOf(value: WireValue): number {
  const bytes = bytesOf(value);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(0, true);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const bits = ((bytes[at] as number) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const digits = Math.min(4, bytes.length - at + 1);
    for (let digit = 0; digit < 4; digit++) text += digit < digits ? alphabet[(bits >> (18 - 6 * digit)) & 63] : '=';
  }
  return text;
}
