import { z } from 'zod';
import type { CheckKind, Finding } from './check';
import { durationSchema, spokenDuration } from './duration';
import type { Observer } from './observer';
import { runFor, type Sliced } from './slices';

/** Something a check says of a cluster, now or before some simulated time has passed. */
export interface Claim {
  readonly kind: CheckKind;
  readonly spec: unknown;
  /** Absent means it must hold now. */
  readonly withinMs?: number;
}

const defaultWithinMs = 120_000;
const stepMs = 500;
const entriesMax = 50_000;

/** The fields by which a claim stands in lab.yaml: exactly one kind, `when` and `within`. */
export function claimFields(kinds: readonly CheckKind[]): Record<string, z.ZodType> {
  return {
    when: z.enum(['now', 'eventually']).optional(),
    within: durationSchema.optional(),
    ...Object.fromEntries(kinds.map((kind) => [kind.key, kind.spec.optional()])),
  };
}

/** Takes the claim out of what `claimFields` let through. */
export function claimOf(
  kinds: readonly CheckKind[],
  fields: Readonly<Record<string, unknown>>,
  context: z.RefinementCtx,
): Claim | undefined {
  const asked = kinds.filter((kind) => fields[kind.key] !== undefined);
  const [kind] = asked;
  if (!kind || asked.length > 1) {
    context.addIssue({ code: 'custom', message: `a check asks exactly one thing: ${kinds.map(({ key }) => key).join(', ')}` });
    return undefined;
  }
  const isEventually = fields['when'] === 'eventually' || fields['within'] !== undefined;
  return {
    kind,
    spec: fields[kind.key],
    ...(isEventually ? { withinMs: (fields['within'] as number | undefined) ?? defaultWithinMs } : {}),
  };
}

export function claimSchema(kinds: readonly CheckKind[]): z.ZodType<Claim> {
  return z
    .strictObject(claimFields(kinds))
    .transform((fields, context) => claimOf(kinds, fields, context) ?? z.NEVER) as unknown as z.ZodType<Claim>;
}

/** Whether it holds; a claim about later is looked at as time passes on a copy, so that the cluster itself is not touched. */
export function* runClaim({ kind, spec, withinMs }: Claim, observer: Observer): Sliced<Finding> {
  const isHarmless = kind.reach !== 'touch';
  const first = yield* ran(kind.run(spec, isHarmless ? observer : yield* observer.fork()));
  if (first.type === 'pass' || withinMs === undefined) return first;
  const copy = yield* observer.fork();
  const { kernel } = copy.cluster;
  const until = kernel.now + withinMs;
  let last: Finding = first;
  while (kernel.now < until) {
    yield* runFor(kernel, Math.min(stepMs, until - kernel.now), { entriesMax });
    last = yield* ran(kind.run(spec, copy));
    if (last.type === 'pass') return last;
  }
  return last.type === 'not-yet' ? { ...last, message: `${last.message} (${spokenDuration(withinMs)} later still.)` } : last;
}

function* ran(run: Finding | Sliced<Finding>): Sliced<Finding> {
  return 'next' in run ? yield* run : run;
}
