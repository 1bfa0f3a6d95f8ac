/**
 * JSON in parts that may be written one after the other, with others' work in between: `JSON.stringify(value)` as of this call is all of
 * them joined. What is frozen, which here is so to its leaves, is written when its turn comes; whatever may still change is walked now.
 */
export function jsonParts(value: unknown): readonly (() => string)[] {
  const parts: (() => string)[] = [];
  walk(value, parts);
  return parts;
}

function walk(value: unknown, parts: (() => string)[]): void {
  if (Object.isFrozen(value) && !isLong(value)) parts.push(() => JSON.stringify(value) ?? 'null');
  else if (Array.isArray(value)) walkArray(value, parts);
  else walkObject(value as Readonly<Record<string, unknown>>, parts);
}

function walkArray(items: readonly unknown[], parts: (() => string)[]): void {
  parts.push(() => '[');
  for (const [index, item] of items.entries()) {
    if (index > 0) parts.push(comma);
    walk(item, parts);
  }
  parts.push(() => ']');
}

function walkObject(object: Readonly<Record<string, unknown>>, parts: (() => string)[]): void {
  let isFirst = true;
  parts.push(() => '{');
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue;
    const name = `${isFirst ? '' : ','}${JSON.stringify(key)}:`;
    isFirst = false;
    parts.push(() => name);
    walk(value, parts);
  }
  parts.push(() => '}');
}

function isLong(value: unknown): boolean {
  return Array.isArray(value) && value.length > 64;
}

const comma = (): string => ',';
