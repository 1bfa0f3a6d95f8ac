import { memo } from '@/lib/base';
import {
  failure,
  FieldPath,
  fieldError,
  matchesFields,
  parseFieldSelector,
  parseSelector,
  SelectorSyntaxError,
  statusErrors,
  type FieldError,
  type FieldRequirement,
  type KubeObject,
  type ResourceDefinition,
  type Selector,
} from '../api';
import { parseContinue, type ContinueToken } from './continue-token';
import { isTrue, type Query } from './request-info';

/** `metav1.ListOptions` of a list or a watch. */
export interface ListOptions {
  readonly labels: Selector | undefined;
  readonly fields: readonly FieldRequirement[];
  readonly limit: number;
  readonly continue: ContinueToken | undefined;
  /** Undefined means the newest; 0 means any. */
  readonly resourceVersion: number | undefined;
  readonly match: 'Exact' | 'NotOlderThan' | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
}

export function readListOptions(query: Query, definition: ResourceDefinition, { isWatch = false } = {}): ListOptions {
  if (query.size === 0) return noOptions;
  const limit = readInteger(query, 'limit') ?? 0;
  const timeoutSeconds = readInteger(query, 'timeoutSeconds');
  checkListOptions(query, isWatch);
  const options = {
    labels: readLabels(query.get('labelSelector')),
    fields: readFields(query.get('fieldSelector'), definition),
    limit: Math.max(limit, 0),
    timeoutSeconds,
    continue: isWatch ? undefined : readContinue(query),
    resourceVersion: readResourceVersion(query, isWatch),
    match: (query.get('resourceVersionMatch') || undefined) as ListOptions['match'],
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents: query.has('sendInitialEvents') ? isTrue(query.get('sendInitialEvents')) : undefined,
  };
  return options;
}

const noOptions: ListOptions = {
  labels: undefined,
  fields: [],
  limit: 0,
  continue: undefined,
  resourceVersion: undefined,
  match: undefined,
  timeoutSeconds: undefined,
  allowWatchBookmarks: false,
  sendInitialEvents: undefined,
};

function readInteger(query: Query, name: string): number | undefined {
  const text = query.get(name);
  if (text === undefined || text === '') return undefined;
  if (!/^[-+]?\d+$/.test(text)) throw statusErrors.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (Math.abs(value) >= 2 ** 63) throw statusErrors.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return value;
}

function readLabels(text: string | undefined): Selector | undefined {
  return text ? selectorOf(text) : undefined;
}

const selectorOf = memo((text): Selector => refusing(() => parseSelector(text)), { max: 200, lengthMax: 1_024 });

function readFields(text: string | undefined, definition: ResourceDefinition): readonly FieldRequirement[] {
  if (!text) return [];
  const requirements = refusing(() => parseFieldSelector(text));
  for (const { field } of requirements)
    if (!isSelectable(definition, field)) throw statusErrors.badRequest(unknownField(definition, field));
  return requirements;
}

const blank = { metadata: {}, spec: {}, status: {}, involvedObject: {}, source: {} } as unknown as KubeObject;

function isSelectable({ selectableFields }: ResourceDefinition, field: string): boolean {
  return (
    field === 'metadata.name' ||
    field === 'metadata.namespace' ||
    (selectableFields !== undefined && Object.hasOwn(selectableFields(blank), field))
  );
}

/** Kinds with selectable fields of their own say it shorter. */
function unknownField({ selectableFields, unselectable }: ResourceDefinition, field: string): string {
  if (unselectable) return unselectable(field);
  return selectableFields
    ? `field label not supported: ${field}`
    : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

function refusing<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof SelectorSyntaxError ? statusErrors.badRequest(error.message) : error;
  }
}

function readContinue(query: Query): ContinueToken | undefined {
  const text = query.get('continue');
  if (!text) return undefined;
  const token = parseContinue(text);
  const version = query.get('resourceVersion');
  if (version && version !== '0') throw statusErrors.badRequest('specifying resource version is not allowed when using continue');
  return token;
}

function readResourceVersion(query: Query, isWatch: boolean): number | undefined {
  const text = query.get('resourceVersion');
  if (!text) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const sentence = `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw isWatch
    ? failure(500, undefined, sentence)
    : statusErrors.badRequest(`invalid resource version ${JSON.stringify(text)}: ${sentence}`);
}

/** `ValidateListOptions` (`apis/meta/internalversion/validation`). */
function checkListOptions(query: Query, isWatch: boolean): void {
  const match = query.get('resourceVersionMatch') ?? '';
  const errors = query.has('sendInitialEvents') && isWatch ? checkInitialEvents(query, match) : checkMatch(query, match, isWatch);
  if (errors.length > 0) throw statusErrors.invalid({ group: 'meta.k8s.io', resource: 'ListOptions' }, '', errors);
}

const matchPath = FieldPath.of('resourceVersionMatch');

function checkMatch(query: Query, match: string, isWatch: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const version = query.get('resourceVersion') ?? '';
  if (query.has('sendInitialEvents') && !isWatch)
    errors.push(fieldError.forbidden(FieldPath.of('sendInitialEvents'), 'sendInitialEvents is forbidden for list'));
  if (query.get('continue') && (match || isWatch))
    return [...errors, fieldError.forbidden(matchPath, 'resourceVersionMatch is forbidden when continue is provided')];
  if (!match) return errors;
  if (isWatch)
    return [...errors, fieldError.forbidden(matchPath, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')];
  if (!version) errors.push(fieldError.forbidden(matchPath, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
  if (match !== 'Exact' && match !== 'NotOlderThan') errors.push(fieldError.notSupported(matchPath, match, ['Exact', 'NotOlderThan', '']));
  if (match === 'Exact' && version === '0')
    errors.push(fieldError.forbidden(matchPath, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  return errors;
}

function checkInitialEvents(query: Query, match: string): FieldError[] {
  if (query.get('continue')) return [fieldError.forbidden(matchPath, 'resourceVersionMatch is forbidden when continue is provided')];
  if (match === 'NotOlderThan') return [];
  const missing = fieldError.forbidden(matchPath, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  return match === '' ? [missing] : [missing, fieldError.notSupported(matchPath, match, ['NotOlderThan'])];
}

export function isSelected(
  definition: ResourceDefinition,
  object: KubeObject,
  { labels, fields }: Pick<ListOptions, 'labels' | 'fields'>,
): boolean {
  if (labels && !labels.matches(object.metadata.labels)) return false;
  return fields.length === 0 || matchesFields(fields, fieldsOf(definition, object));
}

type SelectableFields = Readonly<Record<string, string>>;

function fieldsOf(definition: ResourceDefinition, object: KubeObject): SelectableFields {
  const known = selectable.get(object);
  if (known) return known;
  const { name, namespace } = object.metadata;
  const fields = { ...definition.selectableFields?.(object), 'metadata.name': name, 'metadata.namespace': namespace ?? '' };
  if (Object.isFrozen(object)) selectable.set(object, fields);
  return fields;
}

/** One watcher after the other asks the same of what an event's object was and is, and one fork after the other of what is there. */
const selectable = new WeakMap<KubeObject, SelectableFields>();

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** `metav1.CreateOptions`, `UpdateOptions` or `PatchOptions`. */
export interface WriteOptions {
  readonly isDryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  readonly force: boolean;
}

/** Absent field validation means Warn. */
export function readWriteOptions(
  query: Query,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  { isApply = false } = {},
): WriteOptions {
  if (query.size === 0 && !isApply) return plainWrite;
  const dryRun = query.get('dryRun') ?? '';
  const fieldManager = query.get('fieldManager') ?? '';
  const fieldValidation = query.get('fieldValidation') ?? '';
  const errors = [
    ...(kind === 'PatchOptions' ? checkPatchOptions(query, fieldManager, isApply) : []),
    ...checkFieldManager(fieldManager),
    ...(dryRun === '' || dryRun === 'All' ? [] : [fieldError.notSupported(FieldPath.of('dryRun'), [dryRun], ['All'])]),
    ...(['', 'Ignore', 'Strict', 'Warn'].includes(fieldValidation)
      ? []
      : [fieldError.notSupported(FieldPath.of('fieldValidation'), fieldValidation, ['', 'Ignore', 'Strict', 'Warn'])]),
  ];
  if (errors.length > 0) throw statusErrors.invalid({ group: 'meta.k8s.io', resource: kind }, '', errors);
  return {
    isDryRun: dryRun === 'All',
    fieldManager,
    fieldValidation: (fieldValidation || 'Warn') as FieldValidation,
    force: isTrue(query.get('force')),
  };
}

const plainWrite: WriteOptions = { isDryRun: false, fieldManager: '', fieldValidation: 'Warn', force: false };

function checkPatchOptions(query: Query, fieldManager: string, isApply: boolean): FieldError[] {
  if (isApply) return fieldManager === '' ? [fieldError.required(FieldPath.of('fieldManager'), 'is required for apply patch')] : [];
  return query.has('force') ? [fieldError.forbidden(FieldPath.of('force'), 'may not be specified for non-apply patch')] : [];
}

function checkFieldManager(manager: string): FieldError[] {
  const path = FieldPath.of('fieldManager');
  if (manager.length > 128) return [fieldError.tooLong(path, 128)];
  const bad = manager.search(/[^\x20-\x7e\u00a1-\uffff]/);
  if (bad < 0) return [];
  const code = manager.charCodeAt(bad).toString(16);
  return [
    {
      type: 'FieldValueInvalid',
      field: 'fieldManager',
      message: `Invalid value: ${JSON.stringify(manager).replace(/\\u00([0-9a-f]{2})/g, '\\x$1')}: invalid character U+${code.toUpperCase().padStart(4, '0')} (at position ${bad})`,
    },
  ];
}
