import { Environment } from '@marcbachmann/cel-js';
import { Quantity } from '@/lib/cluster';
import type { Json } from '@/lib/base';
import type { Observer } from './observer';

/** An expression that cannot be evaluated: no such field in the learner's object, or a mistake of its author. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  /** The expression itself is wrong, whatever the cluster's state. */
  readonly isSyntax: boolean;

  constructor(message: string, isSyntax: boolean) {
    super(message);
    this.isSyntax = isSyntax;
  }
}

/** More objects than a lab has; an expression over more would take the thread from others. */
const objectsMax = 2000;

/** The value of a CEL expression over a cluster, with `variables` beside the functions below. */
export function evaluate(expression: string, observer: Observer, variables: Readonly<Record<string, Json>> = {}): unknown {
  const environment = environmentOf(observer);
  try {
    return environment.evaluate(expression, { ...mapValues(variables), now: new Date(observer.cluster.now) });
  } catch (error) {
    const { name, message } = error as Error;
    if (name !== 'EvaluationError' && name !== 'ParseError' && name !== 'TypeError') throw error;
    throw new ExpressionError((message.split('\n')[0] as string).trim(), name !== 'EvaluationError');
  }
}

/** Throws `ExpressionError` where the expression cannot be read. */
export function checkExpression(expression: string): void {
  try {
    plain.parse(expression);
  } catch (error) {
    throw new ExpressionError(((error as Error).message.split('\n')[0] as string).trim(), true);
  }
}

const options = {
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
  limits: { maxAstNodes: 2000, maxDepth: 60 },
};
const plain = withQuantities(new Environment(options));

function environmentOf(observer: Observer): Environment {
  const objects = (apiVersion: string, kind: string, namespace?: string): unknown =>
    observer
      .objects(apiVersion, kind, namespace)
      .slice(0, objectsMax)
      .map((one) => celValue(one));
  const object = (apiVersion: string, kind: string, namespace: string, name: string): unknown =>
    celValue(observer.find(apiVersion, kind, name, namespace) ?? null);
  return withQuantities(new Environment(options))
    .registerFunction('objects(string, string): list', (apiVersion: string, kind: string) => objects(apiVersion, kind))
    .registerFunction('objects(string, string, string): list', objects)
    .registerFunction('object(string, string, string): dyn', (apiVersion: string, kind: string, name: string) =>
      object(apiVersion, kind, 'default', name),
    )
    .registerFunction('object(string, string, string, string): dyn', object);
}

/** Kubernetes' own quantity library (`apiserver/pkg/cel/library/quantity.go`), as far as checks compare. */
function withQuantities(environment: Environment): Environment {
  const compare = (a: Quantity, b: Quantity): number => a.compare(b);
  return environment
    .registerType('Quantity', { ctor: Quantity, fields: {} } as never)
    .registerFunction('quantity(string): Quantity', (text: string) => Quantity.parse(text))
    .registerFunction('Quantity.isGreaterThan(Quantity): bool', (a: Quantity, b: Quantity) => compare(a, b) > 0)
    .registerFunction('Quantity.isLessThan(Quantity): bool', (a: Quantity, b: Quantity) => compare(a, b) < 0)
    .registerFunction('Quantity.compareTo(Quantity): int', (a: Quantity, b: Quantity) => BigInt(compare(a, b)));
}

function mapValues(variables: Readonly<Record<string, Json>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, celValue(value)]));
}

/** Whole numbers are `int` in CEL, as they are in Kubernetes' types. */
export function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .map(([name, one]) => [name, celValue(one)]),
  );
}
