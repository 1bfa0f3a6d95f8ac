import { definitions } from '@/generated/kubernetes/schema';
import {
  decodeObject,
  decodeStatusOf,
  DecodeError,
  failure,
  JsonSyntaxError,
  jsonType,
  openProtobuf,
  ProtobufError,
  QuantityError,
  readYaml,
  readJson,
  readProtobuf,
  statusErrors,
  type ApiRequest,
  type Decoding,
  type KubeObject,
  type ResourceDefinition,
  type StructuralType,
  type TypeRef,
} from '../api';
import { apiVersionOf, definitionIdOfKind } from './context';
import type { DeleteOptions } from './deletion';
import type { FieldValidation } from './options';

const bodyBytesMax = 3 * 1024 * 1024;

/** A body as data, and what is wrong with it that a strict reader minds. */
export interface Reading {
  readonly value: unknown;
  readonly text: string | undefined;
  readonly duplicates: readonly string[];
  /** YAML's own sentence for repeated keys. */
  readonly yamlProblem?: string;
}

/** Reads JSON or YAML by `content-type`; plain data of in-process callers passes. */
export function readBody({ body, headers }: ApiRequest): Reading {
  if (body instanceof Uint8Array) return readBinary(body, headers);
  if (typeof body !== 'string') return { value: body, text: undefined, duplicates: [] };
  if (body.length > bodyBytesMax) throw failure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${bodyBytesMax}`);
  return parseText(body, mediaTypeOf(headers));
}

/** Go clients write protobuf. It cannot have unknown or repeated fields, so nothing is strict about it. */
function readBinary(body: Uint8Array, headers: ApiRequest['headers']): Reading {
  if (mediaTypeOf(headers) !== 'application/vnd.kubernetes.protobuf')
    return readBody({ method: 'POST', url: '', headers, body: new TextDecoder().decode(body) });
  try {
    const { apiVersion, kind, raw } = openProtobuf(body);
    const value = readProtobuf(definitionIdOfType(apiVersion, kind), raw);
    return { value: { ...value, apiVersion, kind }, text: undefined, duplicates: [] };
  } catch (error) {
    throw error instanceof ProtobufError ? statusErrors.badRequest(error.message) : error;
  }
}

function definitionIdOfType(apiVersion: string, kind: string): string {
  if (kind === 'DeleteOptions') return 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
  const slash = apiVersion.indexOf('/');
  return definitionIdOfKind({ group: slash < 0 ? '' : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), kind });
}

export function mediaTypeOf(headers: ApiRequest['headers']): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function parseText(text: string, mediaType: string): Reading {
  switch (mediaType) {
    case '':
    case 'application/json':
      return { text, ...readJson(text) };
    case 'application/yaml':
      return readYaml(text);
    default:
      throw failure(
        415,
        'UnsupportedMediaType',
        'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
      );
  }
}

interface Expected {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Where it is not the kind's own group: `autoscaling/v1 Scale`. */
  readonly definitionId?: string;
  /** A custom kind's. */
  readonly type?: StructuralType;
}

/**
 * The object in the body of a create or update, mutable, with defaults. Throws 400 in upstream's words. `known` is the object whose
 * status alone is to be written: what the body shares with it stays frozen.
 */
export function decodeBody(
  request: ApiRequest,
  expected: Expected,
  fieldValidation: FieldValidation,
  warnings: string[],
  known?: KubeObject,
): KubeObject {
  const reading = readOrRefuse(request, expected.kind);
  const given = typeMeta(reading.value, expected);
  if (expected.type) return decodeCustom(reading, given, expected, expected.type, fieldValidation, warnings);
  return decodeReading(reading, given, expected, fieldValidation, warnings, known);
}

function readOrRefuse(request: ApiRequest, kind: string): Reading {
  const body = request.body ?? '';
  try {
    return readBody({ ...request, body });
  } catch (error) {
    if (!(error instanceof JsonSyntaxError) && !(error instanceof DecodeError)) throw error;
    const why = error instanceof JsonSyntaxError ? `couldn't get version/kind; json parse error: ${error.message}` : error.message;
    throw unrecognized(kind, why, String(body));
  }
}

function unrecognized(kind: string, why: string, text: string) {
  const summary = text === '' ? '<empty>' : text.length > 30 ? `${text.slice(0, 30)} ...` : text;
  return statusErrors.badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summary})`);
}

const deleteOptions = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';

/** The options in the body of a deletion, whatever group's they call themselves. What cannot be read has no code of its own upstream: 500. */
export function decodeDeleteOptions(request: ApiRequest): DeleteOptions {
  try {
    return decodeObject(deleteOptions, readBody(request).value ?? {}).value;
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw failure(500, undefined, `couldn't get version/kind; json parse error: ${error.message}`);
    throw error instanceof DecodeError ? failure(500, undefined, error.message) : error;
  }
}

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** What the body says it is; what it leaves out is what the path says. */
function typeMeta(value: unknown, expected: Expected): GroupVersionKind {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unrecognized(
      expected.kind,
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonType(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
      JSON.stringify(value) ?? '',
    );
  const { apiVersion, kind } = value as { apiVersion?: unknown; kind?: unknown };
  const text = typeof apiVersion === 'string' && apiVersion ? apiVersion : apiVersionOf(expected);
  const slash = text.indexOf('/');
  return {
    group: slash < 0 ? '' : text.slice(0, slash),
    version: text.slice(slash + 1),
    kind: typeof kind === 'string' && kind ? kind : expected.kind,
  };
}

const scheme = 'pkg/api/legacyscheme/scheme.go:30';

function decodeReading(
  reading: Reading,
  given: GroupVersionKind,
  expected: Expected,
  fieldValidation: FieldValidation,
  warnings: string[],
  known: KubeObject | undefined,
): KubeObject {
  const refuse = (why: string) =>
    statusErrors.badRequest(`${given.kind} in version ${JSON.stringify(given.version)} cannot be handled as a ${expected.kind}: ${why}`);
  const isExpected = given.kind === expected.kind && given.group === expected.group && given.version === expected.version;
  const id = isExpected ? (expected.definitionId ?? definitionIdOfKind(expected)) : definitionIdOfKind(given);
  if (!isExpected && !definitions[id])
    throw refuse(
      `no kind ${JSON.stringify(given.kind)} is registered for version ${JSON.stringify(apiVersionOf(given))} in scheme ${JSON.stringify(scheme)}`,
    );
  const decoding = decodeOrRefuse(id, reading.value, refuse, isExpected ? known : undefined);
  const problems = fieldValidation === 'Ignore' ? [] : strictProblems(reading, decoding);
  if (problems.length > 0 && fieldValidation === 'Strict') throw refuse(`strict decoding error: ${problems.join(', ')}`);
  if (!isExpected)
    throw refuse(
      `converting (${given.version}.${given.kind}) to (${expected.group === '' ? 'core' : expected.group.split('.')[0]}.${expected.kind}): unknown conversion`,
    );
  warnings.push(...problems);
  const object = decoding.value as KubeObject;
  object.kind = expected.kind;
  object.apiVersion = apiVersionOf(expected);
  return object;
}

/** Any object passes for a custom resource as long as its group and version are the path's: what else is wrong validation tells (`schemaCoercingDecoder`). */
function decodeCustom(
  reading: Reading,
  given: GroupVersionKind,
  expected: Expected,
  type: StructuralType,
  fieldValidation: FieldValidation,
  warnings: string[],
): KubeObject {
  const refuse = (why: string) =>
    statusErrors.badRequest(`${given.kind} in version ${JSON.stringify(given.version)} cannot be handled as a ${expected.kind}: ${why}`);
  if (!(reading.value as KubeObject).kind) throw refuse(`Object 'Kind' is missing in '${reading.text ?? JSON.stringify(reading.value)}'`);
  const decoding = decodeOrRefuse(type, reading.value, refuse, undefined);
  const problems = fieldValidation === 'Ignore' ? [] : strictProblems(reading, decoding);
  if (problems.length > 0 && fieldValidation === 'Strict') throw refuse(`strict decoding error: ${problems.join(', ')}`);
  if (apiVersionOf(given) !== apiVersionOf(expected))
    throw statusErrors.badRequest(
      `the API version in the data (${apiVersionOf(given)}) does not match the expected API version (${apiVersionOf(expected)})`,
    );
  warnings.push(...problems);
  const object = decoding.value as KubeObject;
  object.apiVersion = apiVersionOf(expected);
  return object;
}

function decodeOrRefuse(id: TypeRef, value: unknown, refuse: (why: string) => Error, known: KubeObject | undefined): Decoding {
  try {
    return known ? decodeStatusOf(known, id, value as object) : decodeObject(id, value);
  } catch (error) {
    if (error instanceof DecodeError || error instanceof QuantityError) throw refuse(error.message);
    throw error;
  }
}

/** In the order of the document. */
function strictProblems({ duplicates, text, yamlProblem }: Reading, { unknown }: Decoding): string[] {
  const yaml = yamlProblem ? [yamlProblem] : [];
  const named = (kind: string) => (path: string) => `${kind} field ${JSON.stringify(path)}`;
  if (duplicates.length === 0 || text === undefined) return [...yaml, ...unknown.map(named('unknown'))];
  const isWithinUnknown = (path: string) => unknown.some((one) => path.startsWith(one) && /^[.[]/.test(path.slice(one.length)));
  const marks = [
    ...unknown.map((path) => ({ path, kind: 'unknown' })),
    ...duplicates.filter((path) => !isWithinUnknown(path) && !unknown.includes(path)).map((path) => ({ path, kind: 'duplicate' })),
  ];
  const order = positions(text);
  return marks
    .sort((a, b) => (order.get(`${a.kind} ${a.path}`) ?? 0) - (order.get(`${b.kind} ${b.path}`) ?? 0))
    .map(({ path, kind }) => named(kind)(path));
}

/** Where each key stands: its first occurrence counts for an unknown field, its second for a duplicate. */
function positions(text: string): Map<string, number> {
  const order = new Map<string, number>();
  readJson(text, (path, ordinal) => {
    const first = `unknown ${path}`;
    if (!order.has(first)) order.set(first, ordinal);
    else if (!order.has(`duplicate ${path}`)) order.set(`duplicate ${path}`, ordinal);
  });
  return order;
}

/** Runs the kind's defaults on what was decoded, as upstream's decoder does: on all that may be written. */
export function withDefaults(definition: ResourceDefinition, object: KubeObject, subresource = ''): KubeObject {
  if (subresource === 'status') definition.defaultStatus?.(object);
  else definition.defaults?.(object);
  return object;
}
