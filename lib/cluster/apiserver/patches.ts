import { compareBytes } from '@/lib/base';
import {
  applyJsonPatch,
  decodeObject,
  decodeStatusOf,
  DecodeError,
  failure,
  FieldPath,
  fieldError,
  goValue,
  JsonPatchError,
  JsonSyntaxError,
  jsonType,
  mergePatch,
  PatchError,
  QuantityError,
  readYaml,
  readJson,
  statusErrors,
  strategicMergePatch,
  type ApiRequest,
  type Decoding,
  type KubeObject,
  type ResourceDefinition,
  type TypeRef,
} from '../api';
import { mediaTypeOf, withDefaults, type Reading } from './body';
import { definitionIdOfKind, resourceOf, typeOf, type RequestContext } from './context';
import { applyConfiguration, ElementError, fieldTypeOf, typeOfMapField, writeOf, type FieldType } from './fields';
import { checkName } from './handler';
import type { WriteOptions } from './options';

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

const patchTypes: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

const operationsMax = 10_000;

export function readPatchType({ headers }: ApiRequest, definition?: ResourceDefinition): PatchType {
  const type = patchTypes[mediaTypeOf(headers)];
  if (definition?.type && (!type || type === 'strategic'))
    throw failure(
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    );
  if (!type) throw failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  return type;
}

/** What a patched object decodes to and what a strict reader minds about it. */
interface Patched {
  readonly data: unknown;
  readonly problems: readonly string[];
  /** How the refusal shows what it refused. */
  shown(): string;
  readonly isStrategic?: boolean;
}

/** Makes of the object that is there what the patch makes of it (`handlers/patch.go`). */
export function patchProducer(
  request: ApiRequest,
  context: RequestContext,
  type: PatchType,
  options: WriteOptions,
  typeRef: TypeRef = typeOf(context.definition),
  subresource = '',
): (old: KubeObject | undefined) => KubeObject {
  const { definition, info, warnings } = context;
  const reading = readPatch(request, type);
  return (old) => {
    if (!old) throw statusErrors.notFound({ group: definition.group, resource: definition.names.plural }, info.name);
    const patched = applied(type, reading, old, typeRef);
    if (typeof typeRef === 'string') checkTypeMeta(patched, old, (kind) => definitionIdOfKind({ ...definition, kind }));
    const decoding = decodeOrRefuse(typeRef, patched, info.subresource === 'status' ? old : undefined);
    judge([...patched.problems, ...decoding.unknown.map((path) => `unknown field ${JSON.stringify(path)}`)], patched, options, warnings);
    const { kind = old.kind, apiVersion = old.apiVersion } = (typeof typeRef === 'string' ? old : decoding.value) as Partial<KubeObject>;
    const object = { ...decoding.value, kind, apiVersion } as KubeObject;
    checkName(object, info.name);
    return subresource ? object : withDefaults(definition, object, info.subresource);
  };
}

/** Makes of the object that is there, or of none, what the applied configuration asks for (`handlers/patch.go`, `applyPatcher`). */
export function applyProducer(
  request: ApiRequest,
  context: RequestContext,
  options: WriteOptions,
  write = writeOf(context),
): (old: KubeObject | undefined) => KubeObject {
  const { definition, info } = context;
  const reading = readConfiguration(request, options, context.warnings);
  return (old) => {
    const data = appliedTo(write, old, { data: reading, force: options.force });
    const object = { ...restoredFrom(write.type, data).value, kind: write.kind, apiVersion: data['apiVersion'] } as KubeObject;
    if (!old && object.metadata.uid)
      throw statusErrors.conflict(
        resourceOf(definition),
        info.name,
        `uid mismatch: the provided object specified uid ${object.metadata.uid}, and no existing object was found`,
      );
    checkName(object, info.name);
    if (write.kind === definition.kind) definition.defaults?.(object);
    return object;
  };
}

/** A list of what is stored may have items that cannot be told apart, if it was not applied. */
function appliedTo(...[write, live, configuration]: Parameters<typeof applyConfiguration>): ReturnType<typeof applyConfiguration> {
  try {
    return applyConfiguration(write, live, configuration);
  } catch (error) {
    throw error instanceof ElementError ? failure(500, undefined, error.message) : error;
  }
}

/** What has the schema's types may still be no value of Go's, such as a number that is too large; upstream has no code for that. */
function restoredFrom(type: TypeRef, data: object): Decoding {
  try {
    return decodeObject(type, data);
  } catch (error) {
    throw error instanceof DecodeError || error instanceof QuantityError ? failure(500, undefined, error.message) : error;
  }
}

function readConfiguration(request: ApiRequest, { fieldValidation }: WriteOptions, warnings: string[]): Record<string, unknown> {
  const { value, yamlProblem } = readApplied(request);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw statusErrors.badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonType(value)} into Go value of type map[string]interface {}`,
    );
  if (yamlProblem && fieldValidation === 'Strict') throw statusErrors.badRequest(`error strict decoding YAML: ${yamlProblem}`);
  if (yamlProblem && fieldValidation === 'Warn')
    warnings.push(
      ...yamlProblem
        .split('\n')
        .slice(1)
        .map((line) => line.trim()),
    );
  return value as Record<string, unknown>;
}

function readApplied({ body = '' }: ApiRequest): Reading {
  if (typeof body !== 'string') return { value: body, text: undefined, duplicates: [] };
  try {
    return readYaml(body);
  } catch (error) {
    throw error instanceof DecodeError ? statusErrors.badRequest(`error decoding YAML: ${error.message}`) : error;
  }
}

/** A patch may not make another kind of the object; what it made is read as that kind first. */
function checkTypeMeta(patched: Patched, { kind, apiVersion }: KubeObject, otherId: (kind: string) => string): void {
  const { data, shown } = patched;
  const next = data as Partial<KubeObject>;
  const isOther = next.kind !== undefined && next.kind !== kind && next.kind !== '';
  if (isOther) decodeOrRefuse(otherId(next.kind as string), patched);
  if (isOther) throw refusal(shown, `${typeAs(next.apiVersion ?? apiVersion, next.kind as string)} cannot be handled as a ${kind}`);
  if (next.apiVersion !== undefined && next.apiVersion !== apiVersion && next.apiVersion !== '')
    throw refusal(
      shown,
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(next.apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    );
}

function typeAs(apiVersion: string, kind: string): string {
  return `${kind} in version ${JSON.stringify(apiVersion.split('/').at(-1))}`;
}

function readPatch({ body = '' }: ApiRequest, type: PatchType): Reading {
  if (typeof body !== 'string') return { value: body, text: undefined, duplicates: [] };
  try {
    return { text: body, ...readJson(body) };
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof DecodeError)
      throw statusErrors.badRequest(type === 'strategic' ? 'invalid JSON document' : `error decoding patch: ${error.message}`);
    throw error;
  }
}

function applied(type: PatchType, reading: Reading, old: KubeObject, typeRef: TypeRef): Patched {
  const duplicates = reading.duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`);
  if (type === 'json') {
    const data = patchByOperations(old, reading.value);
    return {
      data,
      problems: [...jsonPatchProblems(reading)],
      shown: () => shownText(data, touchedBy(reading.value as readonly object[]), typeRef),
    };
  }
  if (typeof reading.value !== 'object' || reading.value === null || Array.isArray(reading.value))
    throw statusErrors.badRequest(
      type === 'strategic'
        ? `json: cannot unmarshal ${jsonType(reading.value)} into Go value of type map[string]interface {}`
        : `error decoding patch: json: cannot unmarshal ${jsonType(reading.value)} into Go value of type map[string]interface {}`,
    );
  if (type === 'merge') {
    const data = mergePatch(old, reading.value);
    return { data, problems: duplicates, shown: () => shownText(data, reading.value, typeRef) };
  }
  const { value } = reading;
  return { data: strategic(typeRef as string, old, value), problems: duplicates, shown: () => goValue(value), isStrategic: true };
}

function strategic(definitionId: string, old: KubeObject, patch: object): KubeObject {
  try {
    return strategicMergePatch(definitionId, old, patch);
  } catch (error) {
    throw error instanceof PatchError ? failure(500, undefined, error.message) : error;
  }
}

function patchByOperations(old: KubeObject, operations: unknown): unknown {
  if (!Array.isArray(operations))
    throw statusErrors.badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonType(operations)} into Go value of type []handlers.jsonPatchOp`,
    );
  if (operations.length > operationsMax)
    throw failure(
      413,
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ${operationsMax}, got ${operations.length}`,
    );
  operations.forEach(checkOperation);
  try {
    return applyJsonPatch(old, operations);
  } catch (error) {
    throw error instanceof JsonPatchError
      ? failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
      : error;
  }
}

/** An operation has the type it should (`jsonPatchOp`); whether it can be done comes later. */
function checkOperation(operation: unknown): void {
  const mistyped = (value: unknown, what: string) =>
    statusErrors.badRequest(`error decoding patch: json: cannot unmarshal ${jsonType(value)} into Go ${what}`);
  if (operation === null) return;
  if (typeof operation !== 'object' || Array.isArray(operation)) throw mistyped(operation, 'value of type handlers.jsonPatchOp');
  for (const field of ['op', 'from', 'path']) {
    const value = Object.hasOwn(operation, field) ? (operation as Record<string, unknown>)[field] : undefined;
    if (value !== undefined && value !== null && typeof value !== 'string')
      throw mistyped(value, `struct field jsonPatchOp.${field} of type string`);
  }
}

const operationFields = ['op', 'path', 'from', 'value'];

function jsonPatchProblems({ value, duplicates }: Reading): string[] {
  const unknown = (value as readonly object[]).flatMap((operation, index) =>
    Object.keys(operation ?? {})
      .filter((key) => !operationFields.includes(key))
      .map((key) => `json patch unknown field "[${index}].${key}"`),
  );
  return [...unknown, ...duplicates.map((path) => `json patch duplicate field ${JSON.stringify(path)}`)];
}

/** `known` is the object of which only the status is patched. */
function decodeOrRefuse(typeRef: TypeRef, { data, shown, isStrategic }: Patched, known?: KubeObject): Decoding {
  try {
    return known && typeof data === 'object' && data ? decodeStatusOf(known, typeRef, data) : decodeObject(typeRef, data);
  } catch (error) {
    if (error instanceof DecodeError || error instanceof QuantityError)
      throw refusal(shown, isStrategic ? restored(error.message) : error.message);
    throw error;
  }
}

function judge(problems: readonly string[], { shown }: Patched, { fieldValidation }: WriteOptions, warnings: string[]): void {
  if (problems.length === 0 || fieldValidation === 'Ignore') return;
  if (fieldValidation === 'Strict') throw refusal(shown, `strict decoding error: ${problems.join(', ')}`);
  warnings.push(...problems);
}

/** A strategic merge is decoded by another decoder, with its own words (`runtime/converter.go`). */
function restored(sentence: string): string {
  const [, from = '', to = ''] = /^json: cannot unmarshal (\w+)(?: \S+)? into .* of type (.+)$/.exec(sentence) ?? [];
  if (!to) return sentence;
  if (to.startsWith('[]')) return `cannot restore slice from ${kindNames[from] ?? from}`;
  if (to.startsWith('map[')) return `cannot restore map from ${kindNames[from] ?? from}`;
  if (to.includes('.')) return `cannot restore struct from: ${kindNames[from] ?? from}`;
  return `cannot convert ${goNames[from] ?? from} to ${to}`;
}

const kindNames: Readonly<Record<string, string>> = { object: 'map', array: 'slice', number: 'int64' };
const goNames: Readonly<Record<string, string>> = { object: 'map[string]interface {}', array: '[]interface {}', number: 'int64' };

function refusal(shown: () => string, why: string) {
  return statusErrors.invalid({ group: '', resource: '' }, '', [fieldError.invalid(FieldPath.of('patch'), shown(), why)]);
}

/** The keys of maps and of what a patch reached into are sorted, as Go encodes a map; `touched` has the patch's own shape. */
function shownText(data: unknown, touched: unknown, typeRef: TypeRef): string {
  return JSON.stringify(sortedAlong(data, touched, fieldTypeOf(typeRef)));
}

function sortedAlong(data: unknown, touched: unknown, type: FieldType | undefined): unknown {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return data;
  const isTouched = typeof touched === 'object' && touched !== null;
  const map = type?.kind === 'map' ? type : undefined;
  const names = isTouched || map?.values ? Object.keys(data).sort(compareBytes) : Object.keys(data);
  const below = (name: string) =>
    sortedAlong(
      (data as Record<string, unknown>)[name],
      isTouched && Object.hasOwn(touched, name) ? (touched as Record<string, unknown>)[name] : undefined,
      map && typeOfMapField(map, name),
    );
  return Object.fromEntries(names.map((name) => [name, below(name)]));
}

/** Without a parent, so that no name leads out of it. */
type Touched = { [name: string]: Touched };

/** The objects on the way to what operations change. */
function touchedBy(operations: readonly ({ readonly path?: unknown; readonly from?: unknown } | null)[]): object {
  const root = Object.create(null) as Touched;
  for (const pointer of operations.flatMap((operation) => [operation?.path, operation?.from])) {
    if (typeof pointer === 'string')
      pointer
        .split('/')
        .slice(1, -1)
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
        .reduce((node, part) => (node[part] ??= Object.create(null) as Touched), root);
  }
  return root;
}
