import type { FieldSchema } from '@/generated/kubernetes/schema';
import type { TypeRef } from './decode';
import { shapeOf } from './struct-shapes';

type Visitor = (struct: Record<string, unknown>) => void;

/**
 * Makes the empty lists of fields that are always written null: storage does not tell an empty list from none. Whoever gave
 * the empty list owns the field all the same, so this comes last, when an object is stored.
 */
export function nullEmptyLists(type: TypeRef, object: object): void {
  if (typeof type === 'string') visitorOf(type)?.(object as Record<string, unknown>);
}

const visitors = new Map<string, Visitor | undefined>();

/** Undefined where nothing below a structure is such a list. */
function visitorOf(id: string): Visitor | undefined {
  if (visitors.has(id)) return visitors.get(id);
  visitors.set(id, undefined);
  const visitor = compile(id);
  visitors.set(id, visitor);
  return visitor;
}

function compile(id: string): Visitor | undefined {
  const shape = shapeOf(id);
  if (!shape) return undefined;
  const lists = shape.always.map(({ name }) => name).filter((name) => shape.fields.get(name)?.schema.items);
  const below = [...shape.fields].flatMap(([name, { schema }]) => {
    const visit = visitorBelow(schema);
    return visit ? [{ name, visit }] : [];
  });
  if (lists.length === 0 && below.length === 0) return undefined;
  return (struct) => {
    for (const name of lists) if ((struct[name] as unknown[] | null | undefined)?.length === 0) struct[name] = null;
    for (const { name, visit } of below) {
      const value = struct[name];
      if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) visit(value as Record<string, unknown>);
    }
  };
}

function visitorBelow({ $ref, items, additionalProperties }: FieldSchema): Visitor | undefined {
  if ($ref) return visitorOf($ref);
  const visit = items ? visitorBelow(items) : additionalProperties ? visitorBelow(additionalProperties) : undefined;
  return visit && ((values) => Object.values(values).forEach((value) => value && visit(value as Record<string, unknown>)));
}
