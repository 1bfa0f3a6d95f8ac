import type { Environment } from '@marcbachmann/cel-js';
import { definitions, type FieldSchema } from '@/generated/kubernetes/schema';
import { admissionVariables } from './admission';
import { bareEnvironment, checkCel, declareVariables, type CelType } from './compile';

/** An environment in which `object`, `oldObject` and `params` have the types of OpenAPI definitions (`cel/common/schemas.go`). */
export interface TypedScope {
  readonly object: string;
  readonly params?: string | undefined;
  readonly variables: readonly { readonly name: string; readonly expression: string }[];
}

/** Tells what is wrong with an expression, or nothing. */
export function typeCheck(scope: TypedScope): (expression: string) => string | undefined {
  const bare = bareEnvironment();
  const known = new Map<string, string>();
  const object = typeName(scope.object, bare, known);
  const params = scope.params && typeName(scope.params, bare, known);
  for (const name of new Set([object, params ?? object])) allowNull(name, bare);
  const typed = { object, oldObject: object, ...(params ? { params } : {}) };
  const environmentWith = (composed: Readonly<Record<string, CelType>>) =>
    declareVariables(bare.clone(), {
      ...admissionVariables({ hasParams: params !== undefined, hasAuthorizer: true, composed }),
      ...typed,
    });
  const composed: Record<string, CelType> = {};
  for (const { name, expression } of scope.variables) {
    const checked = checkCel(expression, environmentWith({ ...composed }));
    composed[name] = 'celType' in checked ? checked.celType : 'dyn';
  }
  const environment = environmentWith(composed);
  return (expression) => {
    const checked = checkCel(expression, environment);
    return 'issues' in checked ? checked.issues : undefined;
  };
}

/** An object may be compared with null, as `oldObject` must be when something is created. */
function allowNull(name: string, environment: Environment): void {
  if (name !== 'dyn') environment.registerOperator(`${name} == null`, (one: unknown) => one === null);
}

/** Declares a definition and all it is made of. One that contains itself is anything at all there. */
function typeName(id: string, environment: Environment, known: Map<string, string>): string {
  const name = known.get(id);
  if (name !== undefined) return name;
  known.set(id, 'dyn');
  const definition = definitions[id];
  if (!definition?.properties)
    return remembered(known, id, definition && !definition.format ? (scalars[definition.type ?? ''] ?? 'dyn') : 'dyn');
  const fields = Object.fromEntries(
    Object.entries(definition.properties).map(([field, schema]) => [field, fieldType(schema, environment, known)]),
  );
  // What stands in an operator's signature has no hyphens.
  const declared = id.replaceAll('-', '_');
  environment.registerType(declared, { fields } as never);
  return remembered(known, id, declared);
}

function remembered(known: Map<string, string>, id: string, name: string): string {
  known.set(id, name);
  return name;
}

const scalars: Readonly<Record<string, string>> = { string: 'string', integer: 'int', number: 'double', boolean: 'bool' };

function fieldType(schema: FieldSchema, environment: Environment, known: Map<string, string>): string {
  if (schema.$ref) return typeName(schema.$ref, environment, known);
  if (schema.items) return `list<${fieldType(schema.items, environment, known)}>`;
  if (schema.additionalProperties) return `map<string, ${fieldType(schema.additionalProperties, environment, known)}>`;
  if (schema.format === 'date-time' || schema.format === 'byte' || schema.format === 'int-or-string') return 'dyn';
  return scalars[schema.type ?? ''] ?? 'dyn';
}
