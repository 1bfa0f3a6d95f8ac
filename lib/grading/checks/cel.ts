import { z } from 'zod';
import { defineCheck, notYet, pass, shown } from '../check';
import { checkExpression, evaluate, ExpressionError } from '../expression';
import type { Json } from '@/lib/base';

export interface CelSpec {
  readonly expression: string;
  /** Shown while the expression is false. */
  readonly message?: string | undefined;
  /** An expression whose value is shown as what is there now. */
  readonly actual?: string | undefined;
  /** What that value should be. */
  readonly expected?: Json | undefined;
}

const expression = z.string().superRefine((text, context) => {
  try {
    checkExpression(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `not a CEL expression: ${(error as Error).message}` });
  }
});

/** A CEL expression over the cluster is true: `objects('v1', 'Pod', 'shop').all(p, p.status.phase == 'Running')`. */
export const celCheck = defineCheck<CelSpec>({
  key: 'cel',
  spec: z.union([
    expression.transform((text): CelSpec => ({ expression: text })),
    z
      .strictObject({ expression, message: z.string().optional(), actual: expression.optional(), expected: z.json().optional() })
      .transform((spec) => spec as CelSpec),
  ]),
  title: (spec) => spec.message ?? spec.expression,
  reach: 'look',
  run(spec, observer) {
    try {
      const value = evaluate(spec.expression, observer);
      if (value === true) return pass('It holds.');
      if (value !== false) throw new ExpressionError(`the expression gives ${typeof value}, not a bool`, true);
      const actual = spec.actual === undefined ? undefined : plain(evaluate(spec.actual, observer));
      return notYet(spec.message ?? (actual === undefined ? `Not so yet: ${spec.expression}` : `Now it is ${shown(actual)}.`), {
        ...(spec.expected === undefined ? {} : { expected: spec.expected }),
        ...(actual === undefined ? {} : { actual }),
      });
    } catch (error) {
      if (!(error instanceof ExpressionError) || error.isSyntax) throw error;
      return notYet(spec.message ?? `Not so yet: ${error.message}.`);
    }
  },
});

/** A CEL value as plain data. */
function plain(value: unknown): Json {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, one]) => [String(name), plain(one)]));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
  return (value ?? null) as Json;
}
