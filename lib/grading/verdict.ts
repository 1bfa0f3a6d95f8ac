import type { Json } from '@/lib/base';

/** `platform-error` is ours to fix and never counts against the learner. */
export type Verdict = 'pass' | 'not-yet' | 'platform-error';

/** What a check found, in the form that is stored, sent and shown. */
export interface CheckResult {
  readonly id: string;
  readonly stepId: string;
  readonly title: string;
  readonly points: number;
  readonly maxPoints: number;
  readonly verdict: Verdict;
  /** One sentence: `Not yet: 2 of 3 ready.` */
  readonly message: string;
  /** Where in the nearest object it went wrong, and what is there. */
  readonly path?: string;
  readonly expected?: Json;
  readonly actual?: Json;
  readonly object?: string;
  readonly revision?: number;
  /** The instructor's own words for this mistake. */
  readonly feedback?: string;
  readonly visibility: 'public' | 'hidden' | 'after-deadline';
  /** An experiment runs only when the learner submits: while working it stays as it was. */
  readonly isOnSubmitOnly?: boolean;
}

/** The outcome of one submission; the same snapshot always gives the same result. */
export interface GradingResult {
  readonly gradable: boolean;
  readonly score: number;
  readonly maxScore: number;
  readonly labSlug: string;
  readonly labRevision: number;
  readonly engineVersion: string;
  readonly seed: string;
  readonly stateHash: string;
  readonly simTime: string;
  readonly checks: readonly CheckResult[];
}
