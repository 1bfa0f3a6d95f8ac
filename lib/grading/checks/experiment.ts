import { z } from 'zod';
import type { KubeObject } from '@/lib/cluster';
import { claimSchema, runClaim, type Claim } from '../claim';
import { defineCheck, nameOf, notYet, pass, type CheckKind, type Finding } from '../check';
import { durationSchema, spokenDuration } from '../duration';
import { faultForms, happen, strangers, toldFault } from '../fault';
import type { Observer } from '../observer';
import { runFor, type Sliced } from '../slices';
import { candidatesOf, partialObject, type PartialObject } from './assert';
import { compare } from '../match';
import type { Json } from '@/lib/base';

const simple = z.union([
  ...faultForms,
  z.strictObject({ wait: durationSchema }),
  /** Every object that contains what the partial one says. */
  z.strictObject({ delete: partialObject }),
  z.strictObject({ create: z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({ name: z.string() }) }) }),
]);

/** `expect` looks in the middle: what is claimed must hold before the experiment goes on. */
type Action = z.infer<typeof simple> | { readonly expect: Claim };

interface ExperimentSpec {
  readonly do: readonly Action[];
  readonly then: readonly Claim[];
}

/** What is done to a copy of the cluster, and what must hold of the copy afterwards: claims of the given kinds. */
export function createExperimentCheck(kinds: readonly CheckKind[]): CheckKind<ExperimentSpec> {
  return defineCheck<ExperimentSpec>({
    key: 'experiment',
    spec: z.strictObject({
      do: z.array(z.union([simple, z.strictObject({ expect: claimSchema(kinds) })])).min(1),
      then: z.array(claimSchema(kinds)).min(1),
    }) as unknown as z.ZodType<ExperimentSpec>,
    title: (spec) =>
      `After ${spec.do.flatMap((step) => ('expect' in step ? [] : [told(step)])).join(', ')}: ${spec.then.map((claim) => claim.kind.title(claim.spec)).join(', ')}`,
    reach: 'experiment',
    *run(spec, observer) {
      const copy = yield* observer.fork();
      const done: string[] = [];
      for (const step of [...spec.do, ...spec.then.map((claim) => ({ expect: claim }))]) {
        const problem = yield* act(step, copy);
        if (problem)
          return {
            ...problem,
            message: done.length > 0 ? `We tried it on a copy (${done.join(', ')}). ${problem.message}` : problem.message,
          };
        if (!('expect' in step)) done.push(told(step));
      }
      return pass(`It held on a copy: ${done.join(', ')}.`);
    },
  });
}

/** Entries a wait may run: a copy that goes mad must not take the thread with it. */
const entriesMax = 400_000;

type Problem = Extract<Finding, { type: 'not-yet' }>;

/** Does it, or says why it cannot be done in this cluster or what did not hold. */
function* act(step: Action, observer: Observer): Sliced<Problem | undefined> {
  const { cluster } = observer;
  if ('wait' in step) {
    yield* runFor(cluster.kernel, step.wait, { entriesMax });
    return undefined;
  }
  if ('expect' in step) {
    const finding = yield* runClaim(step.expect, observer);
    return finding.type === 'pass' ? undefined : finding;
  }
  if ('delete' in step) return deleteAll(step.delete, observer);
  if ('create' in step) return create(step.create as unknown as KubeObject, observer);
  const problem = strangers(cluster, step);
  if (problem !== undefined) return notYet(problem);
  happen(cluster, step);
  return undefined;
}

function deleteAll(partial: PartialObject, observer: Observer): Problem | undefined {
  const found = candidatesOf(partial, observer).filter((object) => !compare(partial as Json, object as unknown as Json).mismatch);
  if (found.length === 0) return notYet(`There is no ${partial.metadata?.name === undefined ? partial.kind : nameOf(partial)} to delete.`);
  for (const { metadata } of found) observer.delete(partial.apiVersion, partial.kind, metadata.name, metadata.namespace);
  return undefined;
}

function create(object: KubeObject, observer: Observer): Problem | undefined {
  const { status, message } = observer.create(object);
  return status < 300 ? undefined : notYet(`The cluster refuses ${nameOf(object)}: ${message}`);
}

function told(step: Exclude<Action, { expect: Claim }>): string {
  if ('wait' in step) return `wait ${spokenDuration(step.wait)}`;
  if ('create' in step) return `create ${nameOf(step.create)}`;
  if (!('delete' in step)) return toldFault(step);
  return `delete ${step.delete.metadata?.name === undefined ? `every such ${step.delete.kind}` : nameOf(step.delete)}`;
}
