import type { LabContent, LessonContent } from '@/lib/content';
import type { GradingResult } from '@/lib/grading/verdict';

export interface CourseOverview {
  readonly slug: string;
  readonly title: string;
  readonly summary: string;
  readonly minutes: number;
  readonly parts: readonly { readonly title: string; readonly items: readonly CourseItemOverview[] }[];
  readonly itemsDone: number;
  readonly itemsTotal: number;
}

export interface CourseItemOverview {
  readonly type: 'lesson' | 'lab';
  readonly slug: string;
  readonly title: string;
  readonly summary: string;
  readonly minutes: number;
  readonly teaches: readonly string[];
  readonly assumes: readonly string[];
  readonly state: 'new' | 'started' | 'done';
  /** Of a lab that was submitted. */
  readonly score?: { readonly best: number; readonly max: number };
}

export interface ItemLink {
  readonly type: 'lesson' | 'lab';
  readonly slug: string;
  readonly title: string;
}

/** Where an item stands in its course. */
export interface ItemPlace {
  readonly course: { readonly slug: string; readonly title: string };
  readonly part: string;
  readonly previous: ItemLink | undefined;
  readonly next: ItemLink | undefined;
}

export interface LessonPage {
  readonly lesson: LessonContent;
  readonly place: ItemPlace | undefined;
  /** Titles of the lessons' own links. */
  readonly labs: readonly ItemLink[];
  readonly isCompleted: boolean;
  /** The heading last read. */
  readonly lastPlace: string | undefined;
  readonly answers: Readonly<Record<string, QuizAnswerState>>;
}

export interface QuizAnswerState {
  readonly answer: unknown;
  readonly isCorrect: boolean;
  readonly tries: number;
}

export interface LabPage {
  readonly lab: LabContent;
  readonly place: ItemPlace | undefined;
  /** The attempt that is going on. */
  readonly attempt: AttemptSummary | undefined;
  readonly best: { readonly score: number; readonly max: number } | undefined;
  readonly attemptsCount: number;
}

export interface AttemptSummary {
  readonly id: string;
  readonly sandboxId: string;
  readonly labSlug: string;
  readonly labRevision: number;
  readonly seed: string;
  readonly startedAt: Date;
  readonly endedAt: Date | undefined;
  readonly bestScore: number | undefined;
  readonly maxScore: number | undefined;
  readonly checksPassed: number;
  readonly checksTotal: number;
}

export interface AttemptPage {
  readonly attempt: AttemptSummary;
  /** The lab at the attempt's revision, with the learner's variant filled in. */
  readonly lab: LabContent;
  readonly submissions: readonly SubmissionSummary[];
}

export interface SubmissionSummary {
  readonly id: string;
  readonly key: string;
  readonly submittedAt: Date;
  readonly result: GradingResult;
}

/** One row of the instructor's table: the latest and the best of one learner in one lab. */
export interface GradebookRow {
  readonly userId: string;
  readonly learner: string;
  readonly email: string | undefined;
  readonly isGuest: boolean;
  readonly labSlug: string;
  readonly labTitle: string;
  readonly attempts: number;
  readonly submissions: number;
  readonly bestScore: number | undefined;
  readonly maxScore: number | undefined;
  readonly checksPassed: number;
  readonly checksTotal: number;
  readonly startedAt: Date;
  readonly lastSubmittedAt: Date | undefined;
  readonly sandboxId: string;
  /** Of the latest submission. */
  readonly checks: readonly {
    readonly id: string;
    readonly title: string;
    readonly verdict: string;
    readonly message: string;
    readonly points: number;
    readonly maxPoints: number;
  }[];
}
