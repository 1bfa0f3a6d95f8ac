const texts = new WeakMap<object, string>();

/**
 * JSON of an API response. Objects of the store are frozen and shared, so the text of each is made once
 * and lists and watch events are joined from the texts of what they carry.
 */
export function jsonText(value: unknown): string {
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value['items'])) return joined(value, 'items', `[${value['items'].map((item) => itemText(item, value)).join(',')}]`);
  if (isRecord(value['object']) && typeof value['type'] === 'string')
    return `{"type":${JSON.stringify(value['type'])},"object":${frozenText(value['object'])}}`;
  return frozenText(value);
}

const comma = Buffer.from(',');

/** `jsonText` and what comes after it, as bytes. Those of a list's items are made once, so that a list is put together without encoding it. */
export function jsonBytes(value: unknown, end = ''): Buffer {
  if (!isRecord(value) || !Array.isArray(value['items']) || value['items'].length === 0) return Buffer.from(jsonText(value) + end);
  const { items, ...rest } = value;
  const [head, tail] = jsonText({ ...rest, items: [] }).split(/(?=\]\}$)/) as [string, string];
  const parts: Buffer[] = [Buffer.from(head)];
  for (const item of items as unknown[]) parts.push(itemBytes(item, value), comma);
  parts[parts.length - 1] = Buffer.from(tail + end);
  return Buffer.concat(parts);
}

const bytesOfItems = new WeakMap<object, Buffer>();

function itemBytes(item: unknown, list: Record<string, unknown>): Buffer {
  if (
    !isRecord(item) ||
    !Object.isFrozen(item) ||
    list['kind'] !== `${String(item['kind'])}List` ||
    list['apiVersion'] !== item['apiVersion']
  )
    return Buffer.from(itemText(item, list));
  const known = bytesOfItems.get(item);
  if (known) return known;
  const bytes = Buffer.from(itemText(item, list));
  bytesOfItems.set(item, bytes);
  return bytes;
}

/** Items of a list of one kind do not say again what the list says (`runtime.SetZeroValue` of TypeMeta). */
function itemText(item: unknown, { kind, apiVersion }: Record<string, unknown>): string {
  const text = frozenText(item);
  if (typeof kind !== 'string' || !kind.endsWith('List')) return text;
  const prefix = `{"kind":${JSON.stringify(kind.slice(0, -4))},"apiVersion":${JSON.stringify(apiVersion)},`;
  return text.startsWith(prefix) ? `{${text.slice(prefix.length)}` : text;
}

function joined(value: Record<string, unknown>, name: string, text: string): string {
  const { [name]: _, ...rest } = value;
  const envelope = JSON.stringify(rest);
  return `${envelope.slice(0, -1)}${envelope === '{}' ? '' : ','}${JSON.stringify(name)}:${text}}`;
}

/** Only what is frozen can be remembered: anything else may change under the same reference. */
function frozenText(value: unknown): string {
  if (!isRecord(value) || !Object.isFrozen(value)) return JSON.stringify(value) ?? 'null';
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  texts.set(value, text);
  return text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
