import { compileCel, type CelType, type CelVariables } from '../../../api/cel';
import type { KubeObject } from '../../../api';
import { aggregate } from '../aggregate';
import type { Activation } from './activation';

/** An expression of a policy or a match condition, ready to be evaluated. */
export interface Expression {
  readonly text: string;
  readonly celType: CelType;
  /** Throws `ExpressionError`. */
  evaluate(values: Activation): unknown;
}

/** Compiles what an object says once: whoever changes it stores another. */
export function compiledOnce<Of extends object, Compiled>(compile: (of: Of) => Compiled): (of: Of) => Compiled {
  const known = new WeakMap<Of, Compiled>();
  return (of) => {
    const found = known.get(of) ?? compile(of);
    known.set(of, found);
    return found;
  };
}

/** `expression '…' resulted in error: …` */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

export function compiled(text: string, variables: CelVariables): Expression {
  const compilation = compileCel(text, variables);
  if (compilation.type === 'error') return { text, celType: 'dyn', evaluate: () => fail(`compilation error: ${compilation.detail}`) };
  const { program } = compilation;
  return {
    text,
    celType: program.celType,
    evaluate(values) {
      try {
        return program.evaluate(values);
      } catch (error) {
        return fail(`expression '${text}' resulted in error: ${(error as Error).message}`);
      }
    },
  };
}

function fail(sentence: string): never {
  throw new ExpressionError(sentence);
}

export interface Condition {
  readonly name: string;
  readonly expression: Expression;
}

/** The `matchConditions` of a policy or a webhook. */
export function conditionsIn(spec: KubeObject['spec'], variables: CelVariables): readonly Condition[] {
  const given = (spec?.matchConditions ?? []) as readonly { readonly name: string; readonly expression: string }[];
  return given.map(({ name, expression }) => ({ name, expression: compiled(expression, variables) }));
}

/** As `matchconditions/matcher.go`: the first that is false decides; errors count only when none is, and then as the failure policy says. */
export function meetsConditions(conditions: readonly Condition[], values: () => Activation, failurePolicy: string | undefined): boolean {
  const errors: string[] = [];
  for (const { expression } of conditions) {
    try {
      if (expression.evaluate(values()) === false) return false;
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      errors.push(error.message);
    }
  }
  if (errors.length === 0) return true;
  if (failurePolicy === 'Ignore') return false;
  return fail(aggregate(errors));
}
