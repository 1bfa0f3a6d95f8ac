import type { z } from 'zod';
import type { Json } from '@/lib/base';
import type { KubeObject } from '@/lib/cluster';
import type { Observer } from './observer';
import type { Sliced } from './slices';

/** What a check found out about a cluster. Finding out nothing because of a defect of ours is an exception. */
export type Finding =
  | { readonly type: 'pass'; readonly message: string }
  | {
      readonly type: 'not-yet';
      readonly message: string;
      readonly path?: string;
      readonly expected?: Json;
      readonly actual?: Json;
      /** The object that came nearest: what feedback rules look at. */
      readonly resource?: KubeObject;
    };

export interface CheckKind<Spec = any> {
  /** The key under which a check's specification stands in lab.yaml. */
  readonly key: string;
  readonly spec: z.ZodType<Spec>;
  /** For a check without a title of its own. */
  title(spec: Spec): string;
  /**
   * `look`: reads objects only. `touch`: sends traffic or adds to the cluster, so it is tried on a copy.
   * `experiment`: takes long or breaks things, so it waits for the learner to submit.
   */
  readonly reach: 'look' | 'touch' | 'experiment';
  /** At once, or in slices where time must pass on a copy. What it asks the cluster itself it asks before the first slice is over. */
  run(spec: Spec, observer: Observer): Finding | Sliced<Finding>;
}

export function defineCheck<Spec>(kind: CheckKind<Spec>): CheckKind<Spec> {
  return kind;
}

export function pass(message: string): Finding {
  return { type: 'pass', message };
}

export function notYet(
  message: string,
  details: Omit<Extract<Finding, { type: 'not-yet' }>, 'type' | 'message'> = {},
): Extract<Finding, { type: 'not-yet' }> {
  return { type: 'not-yet', message, ...details };
}

/** `Deployment web`, `Deployment shop/web`. */
export function nameOf(object: { kind?: string; metadata?: { name?: string; namespace?: string | undefined } }): string {
  const { name, namespace } = object.metadata ?? {};
  return `${object.kind} ${namespace && namespace !== 'default' ? `${namespace}/` : ''}${name}`;
}

/** A value as a sentence shows it: `3`, `"gpu"`, `{"app":"web"}`, shortened when long. */
export function shown(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}
