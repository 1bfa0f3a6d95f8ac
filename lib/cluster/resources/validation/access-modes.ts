import { type FieldError, type FieldPath, fieldError } from '../../api';

const known = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const single = 'ReadWriteOncePod';

/** How a volume may be mounted: at least one way, and ReadWriteOncePod only alone. */
export function validateAccessModes(modes: readonly string[] | undefined, whenEmpty: string, path: FieldPath): FieldError[] {
  if (!modes?.length) return [fieldError.required(path, whenEmpty)];
  return [
    ...modes.flatMap((mode) => (known.includes(mode) ? [] : [fieldError.notSupported(path, mode, known)])),
    ...(modes.includes(single) && modes.some((mode) => mode !== single)
      ? [fieldError.forbidden(path, `may not use ${single} with other access modes`)]
      : []),
  ];
}

export const volumeModes = ['Block', 'Filesystem'];
