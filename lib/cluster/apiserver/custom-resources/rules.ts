import type { V1ValidationRule } from '@/generated/kubernetes/types';
import { compareBytes, deepEqual } from '@/lib/base';
import { FieldPath, fieldError, type FieldError } from '../../api';
import { CelError, celOptional, compileCel, type CelProgram } from '../../api/cel';
import { celTypeOf } from '../../resources/validation/structural-schema';
import { celValueOf } from './cel-value';
import { oldItems } from '../../resources/structural/correlation';
import { additionalOf, isData, itemsOf, propertyOf, type Data, type Schema } from '../../resources/structural/schema';

/** Checks an object, and what it was before, by every `x-kubernetes-validations` of its schema. */
export type RuleCheck = (object: Data, old: Data | undefined) => FieldError[];

const checks = new WeakMap<object, RuleCheck | undefined>();

/** Undefined where a schema has no rules. Expressions are compiled once for each schema (`schema/cel/validation.go`). */
export function validateRules(schema: Schema): RuleCheck | undefined {
  if (checks.has(schema)) return checks.get(schema);
  const node = compileNode(schema, true);
  const check: RuleCheck | undefined = node && ((object, old) => run(node, object, old, FieldPath.of(''), undefined));
  checks.set(schema, check);
  return check;
}

interface RuleNode {
  readonly schema: Schema;
  readonly isRoot: boolean;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, RuleNode>;
  readonly items: RuleNode | undefined;
  readonly values: RuleNode | undefined;
  readonly all: readonly RuleNode[];
}

interface CompiledRule {
  readonly rule: V1ValidationRule;
  readonly program: CelProgram | string;
  readonly message: CelProgram | undefined;
  readonly usesOldSelf: boolean;
}

function compileNode(schema: Schema, isRoot: boolean, shape = schema): RuleNode | undefined {
  const isResource = isRoot || shape['x-kubernetes-embedded-resource'] === true;
  const properties = new Map<string, RuleNode>();
  for (const name of Object.keys(schema.properties ?? {}).sort(compareBytes)) {
    const of = propertyOf(shape, name);
    const node = of && compileNode(schema.properties?.[name] as Schema, false, of);
    if (node) properties.set(name, node);
  }
  const below = (inner: Schema | undefined, of: Schema | undefined) => inner && of && compileNode(inner, false, of);
  const node: RuleNode = {
    schema: shape,
    isRoot: isResource,
    rules: (schema['x-kubernetes-validations'] ?? []).map((rule) => compileRule(rule, shape, isResource)),
    properties,
    items: below(itemsOf(schema), itemsOf(shape)),
    values: below(additionalOf(schema), additionalOf(shape)),
    all: (schema.allOf ?? []).flatMap((one) => compileNode(one, isRoot, shape) ?? []),
  };
  return node.rules.length > 0 || properties.size > 0 || node.items || node.values || node.all.length > 0 ? node : undefined;
}

function compileRule(rule: V1ValidationRule, schema: Schema, isResource: boolean): CompiledRule {
  const self = celTypeOf(schema, isResource);
  const variables = { self, oldSelf: rule.optionalOldSelf ? 'optional' : self };
  const compiled = compileCel(rule.rule, variables);
  const message = rule.messageExpression ? compileCel(rule.messageExpression, variables) : undefined;
  return {
    rule,
    program: compiled.type === 'program' ? compiled.program : compiled.detail,
    message: message?.type === 'program' ? message.program : undefined,
    usesOldSelf: /\boldSelf\b/.test(rule.rule),
  };
}

/** `parent` is the nearest value above whose older state is known, and whether it is still that. */
function run(node: RuleNode, value: unknown, old: unknown, path: FieldPath, parent: boolean | undefined): FieldError[] {
  if (value === null || value === undefined) return [];
  const isSame = old === undefined ? parent === true : deepEqual(value, old);
  return [
    ...evaluateRules(node, value, old, path, isSame),
    ...node.all.flatMap((one) => run(one, value, old, path, parent)),
    ...(Array.isArray(value) ? runItems(node, value, old, path, isSame) : []),
    ...(isData(value) ? runFields(node, value, old, path, isSame) : []),
  ];
}

function runItems(node: RuleNode, items: readonly unknown[], old: unknown, path: FieldPath, isSame: boolean): FieldError[] {
  const { items: below } = node;
  if (!below) return [];
  const before = oldItems(node.schema, items, old);
  return items.flatMap((item, index) => run(below, item, before?.[index], path.index(index), isSame));
}

function runFields(node: RuleNode, data: Data, old: unknown, path: FieldPath, isSame: boolean): FieldError[] {
  const before = isData(old) && node.schema['x-kubernetes-map-type'] !== 'atomic' ? old : undefined;
  return Object.keys(data)
    .sort(compareBytes)
    .flatMap((name) => {
      const property = node.properties.get(name);
      if (property) return run(property, data[name], before?.[name], path.child(name), isSame);
      return node.values ? run(node.values, data[name], before?.[name], path.key(name), isSame) : [];
    });
}

function evaluateRules(node: RuleNode, value: unknown, old: unknown, path: FieldPath, isSame: boolean): FieldError[] {
  if (node.rules.length === 0) return [];
  const { schema, isRoot } = node;
  const self = celValueOf(value, schema, isRoot);
  const oldSelf = old === undefined || old === null ? undefined : celValueOf(old, schema, isRoot);
  return node.rules.flatMap((one) => evaluateRule(one, { self, oldSelf }, schema, path, isSame));
}

function evaluateRule(
  compiled: CompiledRule,
  values: { readonly self: unknown; readonly oldSelf: unknown },
  { type = '' }: Schema,
  path: FieldPath,
  isSame: boolean,
): FieldError[] {
  const { rule, program, usesOldSelf } = compiled;
  const at = String(path) === '' ? FieldPath.of('<nil>') : path;
  if (typeof program === 'string') return [fieldError.invalid(at, type, `rule compile error: ${program}`)];
  if (usesOldSelf && values.oldSelf === undefined && !rule.optionalOldSelf) return [];
  try {
    if (program.evaluateValues(variablesOf(compiled, values)) === true) return [];
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    return [fieldError.invalid(at, type, failureOf(error.message, rule))];
  }
  if (!usesOldSelf && isSame) return [];
  return [errorFor(rule, rulePath(rule, path), type, messageOf(compiled, values))];
}

function variablesOf({ rule }: CompiledRule, { self, oldSelf }: { self: unknown; oldSelf: unknown }): Record<string, unknown> {
  if (!rule.optionalOldSelf) return oldSelf === undefined ? { self } : { self, oldSelf };
  return { self, oldSelf: celOptional(oldSelf) };
}

function failureOf(message: string, rule: V1ValidationRule): string {
  return message.startsWith('no such overload')
    ? `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${shownRule(rule)}`
    : `${message} evaluating rule: ${shownRule(rule)}`;
}

function shownRule({ message, rule }: V1ValidationRule): string {
  return (message || rule).trim();
}

function messageOf(compiled: CompiledRule, values: { self: unknown; oldSelf: unknown }): string {
  const { rule } = compiled;
  return evaluatedMessage(compiled, values) ?? (rule.message ? rule.message.trim() : `failed rule: ${rule.rule.trim()}`);
}

function evaluatedMessage(compiled: CompiledRule, values: { self: unknown; oldSelf: unknown }): string | undefined {
  if (!compiled.message) return undefined;
  try {
    const text = compiled.message.evaluateValues(variablesOf(compiled, values));
    const trimmed = typeof text === 'string' ? text.trim() : '';
    return trimmed === '' || trimmed.includes('\n') || trimmed.length > 5 * 1024 ? undefined : trimmed;
  } catch (error) {
    if (error instanceof CelError) return undefined;
    throw error;
  }
}

/** `fieldPath` is a path of fields and quoted keys below the value. */
function rulePath({ fieldPath = '' }: V1ValidationRule, path: FieldPath): FieldPath {
  let at = path;
  for (const [, field, key] of fieldPath.matchAll(/\.([^.[\]]+)|\['((?:\\.|[^'])*)'\]/g))
    at = field === undefined ? at.child((key as string).replace(/\\(.)/g, '$1')) : at.child(field);
  return String(at) === '' ? FieldPath.of('<nil>') : at;
}

function errorFor({ reason }: V1ValidationRule, path: FieldPath, type: string, detail: string): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return fieldError.forbidden(path, detail);
    case 'FieldValueRequired':
      return fieldError.required(path, detail);
    case 'FieldValueDuplicate':
      return fieldError.duplicate(path, type);
    default:
      return fieldError.invalid(path, type, detail);
  }
}
