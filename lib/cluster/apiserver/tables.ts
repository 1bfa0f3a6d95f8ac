import type { KubeObject, ObjectList, ResourceDefinition, TableColumn } from '../api';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** The prose of schema fields by `definition.field`; absent where a host leaves it out to be small. */
export type Descriptions = Readonly<Record<string, string>>;

interface TableRow {
  readonly cells: readonly unknown[];
  readonly object?: unknown;
}

/** `metav1.Table`. */
export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly metadata: object;
  readonly columnDefinitions: readonly object[] | null;
  readonly rows: readonly TableRow[];
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const plainColumns: readonly TableColumn<KubeObject>[] = [
  { name: 'Name', format: 'name', describedBy: `${meta}.name`, value: ({ metadata }) => metadata.name },
  { name: 'Created At', type: 'date', describedBy: `${meta}.creationTimestamp`, value: ({ metadata }) => metadata.creationTimestamp },
];

/** Objects as rows of a kind's printer columns (`registry/rest/table.go`, `printers/tablegenerator.go`). */
export function tableOf(
  definition: ResourceDefinition,
  objects: readonly KubeObject[],
  options: { metadata: object; include: IncludeObject; now: number; descriptions: Descriptions; isHeaderless?: boolean },
): Table {
  const columns = definition.columns ?? plainColumns;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.metadata,
    columnDefinitions: options.isHeaderless ? null : columnDefinitions(columns, options.descriptions),
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.value(object, options.now)),
      ...rowObject(object, options.include),
    })),
  };
}

function columnDefinitions(columns: readonly TableColumn<any>[], descriptions: Descriptions): object[] {
  return columns.map(({ name, type = 'string', format = '', description, describedBy, priority = 0 }) => ({
    name,
    type,
    format,
    description: description ?? (describedBy ? descriptions[describedBy] : undefined) ?? '',
    priority,
  }));
}

function rowObject(object: KubeObject, include: IncludeObject): { object?: unknown } {
  if (include === 'None') return {};
  return { object: include === 'Object' ? object : partialMetadata(object) };
}

const partials = new WeakMap<object, object>();

/** `metav1.PartialObjectMetadata`. */
export function partialMetadata(object: KubeObject): object {
  const known = partials.get(object);
  if (known) return known;
  const partial = Object.freeze({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata });
  partials.set(object, partial);
  return partial;
}

export function partialMetadataList({ metadata, items }: ObjectList): object {
  return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: items.map(partialMetadata) };
}
