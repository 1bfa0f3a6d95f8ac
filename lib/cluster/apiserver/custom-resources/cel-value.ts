import { decodeBytes } from '../../api';
import { compileCel, escapedName, type CelProgram } from '../../api/cel';
import { additionalOf, isData, itemsOf, propertyOf, type Schema } from '../../resources/structural/schema';

/** A value as CEL holds it by its schema: whole numbers are `int` unless the schema says `number`, times and durations are what they say (`schema/cel/values.go`). */
export function celValueOf(value: unknown, schema: Schema | undefined, isResource = false): unknown {
  if (typeof value === 'number') return schema?.type === 'number' || !Number.isInteger(value) ? value : BigInt(value);
  if (typeof value === 'string') return celString(value, schema?.format);
  if (Array.isArray(value)) return value.map((item) => celValueOf(item, schema && itemsOf(schema)));
  if (!isData(value)) return value;
  const values = schema && additionalOf(schema);
  const isOpen = isResource || !schema?.properties || schema['x-kubernetes-preserve-unknown-fields'] === true;
  const found: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) {
    const property = schema && propertyOf(schema, name);
    const escaped = property ? escapedName(name) : name;
    if (one === undefined || escaped === undefined || !(property || values || isOpen)) continue;
    found[escaped] = celValueOf(one, property ?? values);
  }
  return found;
}

const conversions = new Map<string, CelProgram>();

function celString(text: string, format: string | undefined): unknown {
  switch (format) {
    case 'date-time':
      return converted('timestamp(text)', text);
    case 'date':
      return converted('timestamp(text)', `${text}T00:00:00Z`);
    case 'duration':
      return converted('duration(text)', text);
    case 'byte':
      return decodeBytes(text) ?? text;
    default:
      return text;
  }
}

function converted(expression: string, text: string): unknown {
  let program = conversions.get(expression);
  if (!program) {
    const compiled = compileCel(expression, { text: 'string' });
    if (compiled.type === 'error') return text;
    conversions.set(expression, (program = compiled.program));
  }
  return program.evaluateValues({ text });
}
