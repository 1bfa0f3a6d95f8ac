import { bytesOf, isMessage, textOf, type Field, type Message, type MessageType } from './wire';

/** Messages as grpc-gateway writes them: the names of the .proto file, bytes in base64, 64-bit numbers as text, nothing that is zero. */
export function toJson(type: MessageType, message: Message): Message {
  const shown: Record<string, unknown> = {};
  for (const { name, type: of, isRepeated } of type.fields) {
    const value = message[name];
    if (value === undefined || value === null) continue;
    if (isRepeated) {
      const list = value as readonly unknown[];
      if (list.length > 0) shown[name] = list.map((one) => valueToJson(of, one));
    } else if (!isZero(of, value)) shown[name] = valueToJson(of, value);
  }
  return shown;
}

function isZero(type: Field['type'], value: unknown): boolean {
  return value === 0 || value === false || value === '' || (typeof type === 'object' && !isMessage(type) && value === type.values[0]);
}

function valueToJson(type: Field['type'], value: unknown): unknown {
  if (typeof type === 'object') return isMessage(type) ? toJson(type, value as Message) : value;
  switch (type) {
    case 'bytes':
      return bytesOf(value as string).toString('base64');
    case 'blob':
      return (value as Buffer).toString('base64');
    case 'int':
      return String(value);
    case 'id':
      return BigInt(`0x${value as string}`).toString();
    default:
      return value;
  }
}

/** Numbers may come as text, enumerations as numbers. What no field is named is passed over. */
export function fromJson(type: MessageType, given: unknown): Message {
  const message: Record<string, unknown> = {};
  if (typeof given !== 'object' || given === null) return message;
  for (const { name, type: of, isRepeated } of type.fields) {
    const value = (given as Message)[name];
    if (value === undefined || value === null) continue;
    message[name] = isRepeated ? (Array.isArray(value) ? value : [value]).map((one) => valueFromJson(of, one)) : valueFromJson(of, value);
  }
  return message;
}

function valueFromJson(type: Field['type'], value: unknown): unknown {
  if (typeof type === 'object') return isMessage(type) ? fromJson(type, value) : typeof value === 'number' ? type.values[value] : value;
  switch (type) {
    case 'bytes':
      return textOf(Buffer.from(String(value), 'base64'));
    case 'blob':
      return Buffer.from(String(value), 'base64');
    case 'int':
      return Number(value);
    case 'id':
      return BigInt(String(value)).toString(16).padStart(16, '0');
    default:
      return value;
  }
}
