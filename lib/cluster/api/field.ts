/**
 * A path into an object, as in `spec.template.spec.containers[0].image` (`validation/field/path.go`).
 * Most objects are valid, so a path is spelled out only when an error carries it.
 */
export class FieldPath {
  readonly #parent: FieldPath | undefined;
  readonly #step: string;

  private constructor(parent: FieldPath | undefined, step: string) {
    this.#parent = parent;
    this.#step = step;
  }

  static of(name: string): FieldPath {
    return new FieldPath(undefined, name);
  }

  child(...names: string[]): FieldPath {
    return names.reduce<FieldPath>((path, name) => path.#extend(name), this);
  }

  index(index: number): FieldPath {
    return new FieldPath(this, `[${index}]`);
  }

  key(key: string): FieldPath {
    return new FieldPath(this, `[${key}]`);
  }

  #extend(name: string): FieldPath {
    return name === '' ? this : new FieldPath(this, this.#isEmpty() ? name : `.${name}`);
  }

  #isEmpty(): boolean {
    return this.#step === '' && (this.#parent === undefined || this.#parent.#isEmpty());
  }

  toString(): string {
    return this.#parent ? `${this.#parent.toString()}${this.#step}` : this.#step;
  }
}

export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'InternalError';

/** One thing wrong with one field; `message` is the whole sentence without the path, as in a Status's causes. */
export interface FieldError {
  readonly type: FieldErrorType;
  readonly field: string;
  readonly message: string;
}

export const fieldError = {
  required: (path: FieldPath, detail = ''): FieldError =>
    error('FieldValueRequired', path, detail ? `Required value: ${detail}` : 'Required value'),
  invalid: (path: FieldPath, value: unknown, detail: string): FieldError =>
    error('FieldValueInvalid', path, `Invalid value: ${render(value)}${detail ? `: ${detail}` : ''}`),
  /** `field.Invalid` with `field.OmitValueType{}`. */
  invalidWithoutValue: (path: FieldPath, detail: string): FieldError => error('FieldValueInvalid', path, `Invalid value: ${detail}`),
  typeInvalid: (path: FieldPath, value: unknown, detail: string): FieldError =>
    error('FieldValueTypeInvalid', path, `Invalid value: ${render(value)}: ${detail}`),
  notSupported: (path: FieldPath, value: unknown, supported: readonly string[]): FieldError =>
    error(
      'FieldValueNotSupported',
      path,
      `Unsupported value: ${render(value)}${supported.length ? `: supported values: ${[...supported].map((one) => JSON.stringify(one)).join(', ')}` : ''}`,
    ),
  duplicate: (path: FieldPath, value: unknown): FieldError => error('FieldValueDuplicate', path, `Duplicate value: ${render(value)}`),
  forbidden: (path: FieldPath, detail: string): FieldError => error('FieldValueForbidden', path, `Forbidden: ${detail}`),
  notFound: (path: FieldPath, value: unknown): FieldError => error('FieldValueNotFound', path, `Not found: ${render(value)}`),
  tooLong: (path: FieldPath, max: number): FieldError => error('FieldValueTooLong', path, `Too long: may not be more than ${max} bytes`),
  tooMany: (path: FieldPath, actual: number, max: number): FieldError =>
    error('FieldValueTooMany', path, `Too many: ${actual}: must have at most ${max} items`),
};

function error(type: FieldErrorType, path: FieldPath, message: string): FieldError {
  return { type, field: path.toString(), message };
}

/** Go's `%q`-ish rendering of the offending value: strings quoted, numbers plain, structures as Go's JSON, which is fit for HTML. */
function render(value: unknown): string {
  if (value === undefined) return 'null';
  const json = JSON.stringify(value);
  if (typeof value !== 'object') return json;
  return json.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}
