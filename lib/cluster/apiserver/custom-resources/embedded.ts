import { FieldPath, fieldError, type FieldError, type ObjectMeta } from '../../api';
import { dns1035Label, pathSegmentName } from '../../resources/validation/names';
import { validateObjectMeta } from '../../resources/validation/object-meta';
import { additionalOf, isData, itemsOf, propertyOf, type Data, type Schema } from '../../resources/structural/schema';

/** Objects within the object have a type and metadata of their own (`schema/objectmeta.Validate`). */
export function validateEmbedded(value: unknown, schema: Schema | undefined, path = FieldPath.of('')): FieldError[] {
  if (!schema) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => validateEmbedded(item, itemsOf(schema), path.index(index)));
  if (!isData(value)) return [];
  const own = schema['x-kubernetes-embedded-resource'] ? validateResource(value, path) : [];
  return [
    ...own,
    ...Object.keys(value).flatMap((name) => {
      const property = propertyOf(schema, name);
      return property
        ? validateEmbedded(value[name], property, path.child(name))
        : validateEmbedded(value[name], additionalOf(schema), path.key(name));
    }),
  ];
}

function validateResource({ apiVersion, kind, metadata }: Data, path: FieldPath): FieldError[] {
  return [
    ...validateApiVersion(apiVersion, path.child('apiVersion')),
    ...validateKind(kind, path.child('kind')),
    ...(isData(metadata) ? validateMetadata(metadata as unknown as ObjectMeta, path.child('metadata')) : []),
  ];
}

function validateApiVersion(value: unknown, path: FieldPath): FieldError[] {
  if (value === undefined) return [fieldError.required(path, 'must not be empty')];
  if (typeof value !== 'string') return [fieldError.invalid(path, value, 'must be a string')];
  if (value === '') return [fieldError.invalid(path, value, 'must not be empty')];
  return value.split('/').length > 2 ? [fieldError.invalid(path, value, `unexpected GroupVersion string: ${value}`)] : [];
}

function validateKind(value: unknown, path: FieldPath): FieldError[] {
  if (value === undefined) return [fieldError.required(path, 'must not be empty')];
  if (typeof value !== 'string') return [fieldError.invalid(path, value, 'must be a string')];
  if (value === '') return [fieldError.invalid(path, value, 'must not be empty')];
  const errors = dns1035Label(value.toLowerCase());
  return errors.length > 0 ? [fieldError.invalid(path, value, `may have mixed case, but should otherwise match: ${errors.join(',')}`)] : [];
}

function validateMetadata(metadata: ObjectMeta, path: FieldPath): FieldError[] {
  const scope = metadata.namespace ? 'Namespaced' : 'Cluster';
  const rules = { scope, validateName: pathSegmentName, takesAnyFinalizer: true } as const;
  return validateObjectMeta({ ...metadata, name: metadata.name || 'fakename' }, rules, path);
}
