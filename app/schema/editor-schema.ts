import { descriptions } from '@/generated/kubernetes/descriptions';
import { definitions, type Definition, type FieldSchema } from '@/generated/kubernetes/schema';

interface JsonSchema {
  [key: string]: unknown;
}

/**
 * One JSON Schema for any manifest: `apiVersion` and `kind` choose the shape of the rest.
 * Unknown fields are marked, as the API server warns of them.
 */
export function editorSchema(): JsonSchema {
  const kinds = Object.entries(definitions).filter(([id, { gvk, properties }]) => gvk && properties?.['metadata'] && !id.endsWith('List'));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    required: ['apiVersion', 'kind'],
    properties: {
      apiVersion: suggested(
        [...new Set(kinds.map(([, definition]) => apiVersionOf(definition)))].sort(),
        'The group and version of the kind, such as apps/v1.',
      ),
      kind: suggested([...new Set(kinds.map(([, definition]) => definition.gvk?.kind as string))].sort(), 'What this object is.'),
    },
    allOf: kinds.map(([id, definition]) => ({
      if: {
        required: ['apiVersion', 'kind'],
        properties: { apiVersion: { const: apiVersionOf(definition) }, kind: { const: definition.gvk?.kind } },
      },
      // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema's own word.
      then: { $ref: `#/definitions/${id}` },
    })),
    definitions: Object.fromEntries(Object.entries(definitions).map(([id, definition]) => [id, jsonSchemaOf(id, definition)])),
  };
}

/** Offers the known values and accepts any other: a custom resource is no mistake. */
function suggested(values: readonly string[], description: string): JsonSchema {
  return { description, anyOf: [{ enum: values }, { type: 'string' }] };
}

function apiVersionOf({ gvk }: Definition): string {
  return gvk?.group ? `${gvk.group}/${gvk.version}` : (gvk?.version ?? '');
}

function jsonSchemaOf(id: string, definition: Definition): JsonSchema {
  if (id.endsWith('.IntOrString')) return { anyOf: [{ type: 'integer' }, { type: 'string' }] };
  if (id.endsWith('.Quantity')) return { anyOf: [{ type: 'string' }, { type: 'number' }] };
  if (!definition.properties) return fieldOf(definition);
  const properties = Object.entries(definition.properties).map(([name, field]) => [
    name,
    described(fieldOf(field), descriptions[`${id}.${name}`]),
  ]);
  return {
    type: 'object',
    ...(definition.required ? { required: definition.required } : {}),
    properties: Object.fromEntries(properties),
    additionalProperties: false,
  };
}

function described(schema: JsonSchema, description: string | undefined): JsonSchema {
  return description ? { ...schema, description } : schema;
}

function fieldOf({ type, $ref, items, additionalProperties, enum: values }: FieldSchema): JsonSchema {
  if ($ref) return { $ref: `#/definitions/${$ref}` };
  return {
    ...(type ? { type } : {}),
    ...(values ? { enum: values } : {}),
    ...(items ? { items: fieldOf(items) } : {}),
    ...(additionalProperties ? { additionalProperties: fieldOf(additionalProperties) } : {}),
  };
}
