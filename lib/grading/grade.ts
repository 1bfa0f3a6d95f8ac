import { z } from 'zod';
import { AssertionError, hash32 } from '@/lib/base';
import { rfc3339 } from '@/lib/cluster';
import { checkKinds } from './checks/registry';
import { claimFields, claimOf, runClaim, type Claim } from './claim';
import { nameOf, type Finding } from './check';
import { checkExpression, evaluate, ExpressionError } from './expression';
import { Observer, UnknownKind, Unobservable } from './observer';
import { inOneGo, type Sliced } from './slices';
import type { CheckResult, GradingResult } from './verdict';

export const engineVersion = '0.1.0';

export interface FeedbackRule {
  /** CEL over `resource`, the object that came nearest. */
  readonly if: string;
  readonly say: string;
}

/** A check as lab.yaml has it, read. */
export interface Check extends Claim {
  readonly id: string;
  readonly title: string;
  readonly points: number;
  readonly visibility: CheckResult['visibility'];
  readonly feedback: readonly FeedbackRule[];
}

/** What grading needs of a lab. */
export interface Gradable {
  readonly slug: string;
  readonly revision: number;
  readonly steps: readonly { readonly id: string; readonly checks: readonly Check[] }[];
}

const expression = z.string().superRefine((text, context) => {
  try {
    checkExpression(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `not a CEL expression: ${(error as Error).message}` });
  }
});

export const checkSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'an id is words in lower case, joined by dashes'),
    title: z.string().optional(),
    points: z.number().min(0).default(1),
    visibility: z.enum(['public', 'hidden', 'after-deadline']).default('public'),
    feedback: z.array(z.strictObject({ if: expression, say: z.string() })).default([]),
    ...claimFields(checkKinds),
  })
  .transform((fields, context): Check => {
    const claim = claimOf(checkKinds, fields, context);
    if (!claim) return z.NEVER;
    return {
      ...claim,
      id: fields.id,
      points: fields.points,
      visibility: fields.visibility,
      feedback: fields.feedback,
      title: fields.title ?? claim.kind.title(claim.spec),
    };
  });

/** Every check's result. While the learner works, experiments are left for the submission. */
export function runChecks(lab: Gradable, observer: Observer, { isSubmission }: { isSubmission: boolean }): CheckResult[] {
  return inOneGo(checksInSlices(lab, observer, { isSubmission }));
}

/** Grades a cluster as it stands. The same state always gives the same result. */
export function grade(lab: Gradable, observer: Observer, { seed }: { seed: string }): GradingResult {
  return inOneGo(gradeInSlices(lab, observer, { seed }));
}

/** `grade`, to be laid aside between slices. It grades the cluster as it stands in the first one, and that may go on meanwhile. */
export function* gradeInSlices(lab: Gradable, observer: Observer, { seed }: { seed: string }): Sliced<GradingResult> {
  const simTime = rfc3339(observer.cluster.now);
  const hashing = begin(hashInSlices(observer));
  const checks = yield* checksInSlices(lab, observer.atThisMoment(), { isSubmission: true });
  const counted = checks.filter((check) => check.verdict !== 'platform-error');
  return {
    gradable: counted.length === checks.length,
    score: counted.reduce((sum, check) => sum + check.points, 0),
    maxScore: checks.reduce((sum, check) => sum + check.maxPoints, 0),
    labSlug: lab.slug,
    labRevision: lab.revision,
    engineVersion,
    seed,
    stateHash: yield* hashing,
    simTime,
    checks,
  };
}

/** All checks begin in the first slice, in which they see the cluster itself; whatever they do later is done to copies. */
function* checksInSlices(lab: Gradable, observer: Observer, { isSubmission }: { isSubmission: boolean }): Sliced<CheckResult[]> {
  const begun = lab.steps.flatMap((step) => step.checks.map((check) => begin(runCheck(step.id, check, observer, isSubmission))));
  const results: CheckResult[] = [];
  for (const check of begun) results.push(yield* check);
  return results;
}

/** Runs its first slice now, and gives the rest. */
function begin<T>(work: Sliced<T>): Sliced<T> {
  const first = work.next();
  return (function* () {
    return first.done ? first.value : yield* work;
  })();
}

/** Equal for two clusters whose stores hold the same. */
export function stateHash(observer: Observer): string {
  return inOneGo(hashInSlices(observer));
}

function* hashInSlices({ cluster }: Observer): Sliced<string> {
  const { machines } = cluster.snapshot();
  yield;
  const text = JSON.stringify(machines);
  yield;
  return hash32(text).toString(16).padStart(8, '0');
}

function* runCheck(stepId: string, check: Check, observer: Observer, isSubmission: boolean): Sliced<CheckResult> {
  const { id, title, points: maxPoints, visibility } = check;
  const revision = observer.revision;
  const common = { id, stepId, title, maxPoints, visibility, ...(revision === undefined ? {} : { revision }) };
  if (check.kind.reach === 'experiment' && !isSubmission)
    return { ...common, points: 0, verdict: 'not-yet', message: 'Tried on a copy of your cluster when you submit.', isOnSubmitOnly: true };
  try {
    const claim = isSubmission ? check : withoutWaiting(check);
    const finding = yield* runClaim(claim, observer);
    return { ...common, ...resultOf(finding, check, () => (isOnlyLooking(claim) ? observer : observer.still())) };
  } catch (error) {
    if (error instanceof Unobservable) return { ...common, points: 0, verdict: 'not-yet', message: error.message };
    return {
      ...common,
      points: 0,
      verdict: 'platform-error',
      message: `Our check stopped: ${reasonOf(error)}. Your work is saved and this does not count.`,
    };
  }
}

/** What it found it found in its first slice. */
function isOnlyLooking({ kind, withinMs }: Claim): boolean {
  return kind.reach === 'look' && withinMs === undefined;
}

function withoutWaiting({ kind, spec }: Check): Claim {
  return { kind, spec };
}

function resultOf(
  finding: Finding,
  check: Check,
  observer: () => Observer,
): Pick<CheckResult, 'points' | 'verdict' | 'message'> & Partial<CheckResult> {
  if (finding.type === 'pass') return { points: check.points, verdict: 'pass', message: finding.message };
  const { message, path, expected, actual, resource } = finding;
  const feedback = check.feedback.length === 0 ? undefined : feedbackFor(check.feedback, finding, observer());
  return {
    points: 0,
    verdict: 'not-yet',
    message,
    ...(path === undefined ? {} : { path }),
    ...(expected === undefined ? {} : { expected }),
    ...(actual === undefined ? {} : { actual }),
    ...(resource ? { object: nameOf(resource) } : {}),
    ...(feedback === undefined ? {} : { feedback }),
  };
}

/** The first rule that holds. One that cannot be evaluated for this object does not hold. */
function feedbackFor(
  rules: readonly FeedbackRule[],
  { resource }: Extract<Finding, { type: 'not-yet' }>,
  observer: Observer,
): string | undefined {
  return rules.find((rule) => {
    try {
      return evaluate(rule.if, observer, { resource: (resource ?? null) as never }) === true;
    } catch (error) {
      if (error instanceof ExpressionError) return false;
      throw error;
    }
  })?.say;
}

function reasonOf(error: unknown): string {
  if (error instanceof UnknownKind || error instanceof ExpressionError || error instanceof AssertionError) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
