import type { KubeObject, ResourceDefinition, TableColumn } from '../api';

interface ServedVersion<T extends KubeObject, S extends KubeObject> {
  readonly version: string;
  /** What the writer left out, in this version's own words; the stored version's defaults follow. */
  defaults?(object: T): void;
  /** To the stored version and back (`pkg/apis/<group>/<version>/conversion.go`). Neither changes what it is given. */
  encode(object: T): S;
  decode(stored: S): T;
}

/**
 * Another served version of a kind: a view of objects that are stored, checked and shown as `stored` says.
 * What a hook changes comes back by conversion, so a version is no more than its defaults and two functions.
 */
export function defineServedVersion<T extends KubeObject, S extends KubeObject>(
  stored: ResourceDefinition<S>,
  { version, defaults, encode: convert, decode }: ServedVersion<T, S>,
): ResourceDefinition<T> {
  const encode = (object: T): S => {
    const converted = convert(object);
    stored.defaults?.(converted);
    return converted;
  };
  const through = (object: T, change: (converted: S) => void): void => {
    const converted = encode(object);
    change(converted);
    replace(object, decode(converted));
  };
  return {
    ...(stored as unknown as ResourceDefinition<T>),
    version,
    storagePrefix: stored.storagePrefix ?? (stored.group ? `${stored.group}/${stored.names.plural}` : stored.names.plural),
    storedAs: { definition: stored, encode, decode },
    otherVersions: () => [
      stored as unknown as ResourceDefinition,
      ...(stored.otherVersions?.() ?? []).filter((one) => one.version !== version),
    ],
    defaults: (object) => defaults?.(object),
    ...(stored.prepareForCreate && {
      prepareForCreate: (object, context) => through(object, (converted) => stored.prepareForCreate?.(converted, context)),
    }),
    ...(stored.prepareForUpdate && {
      prepareForUpdate: (object, old, context) =>
        through(object, (converted) => stored.prepareForUpdate?.(converted, encode(old), context)),
    }),
    ...(stored.prepareForStatusUpdate && {
      prepareForStatusUpdate: (object, old, context) =>
        through(object, (converted) => stored.prepareForStatusUpdate?.(converted, encode(old), context)),
    }),
    ...(stored.validate && { validate: (object, path) => stored.validate?.(encode(object), path) ?? [] }),
    ...(stored.validateUpdate && {
      validateUpdate: (object, old, path) => stored.validateUpdate?.(encode(object), encode(old), path) ?? [],
    }),
    ...(stored.validateStatusUpdate && {
      validateStatusUpdate: (object, old, path) => stored.validateStatusUpdate?.(encode(object), encode(old), path) ?? [],
    }),
    ...(stored.warnings && { warnings: (object, old) => stored.warnings?.(encode(object), old && encode(old)) ?? [] }),
    ...(stored.selectableFields && { selectableFields: (object) => stored.selectableFields?.(encode(object)) ?? {} }),
    ...(stored.columns && {
      columns: stored.columns.map((column): TableColumn<T> => ({ ...column, value: (object, now) => column.value(encode(object), now) })),
    }),
  } as ResourceDefinition<T>;
}

/** Makes `object` the same as `other` while it stays the same object. */
function replace(object: KubeObject, other: KubeObject): void {
  for (const field of Object.keys(object)) if (!(field in other)) delete object[field];
  Object.assign(object, other);
}
