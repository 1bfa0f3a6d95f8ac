import type { GradingResult } from '@/lib/grading/verdict';
import type { Prisma } from '@/generated/prisma/client';
import type { Db } from './database';

const withLab = { labRevision: { select: { labSlug: true, revision: true } } } as const;

export type AttemptRow = Prisma.AttemptGetPayload<{ include: typeof withLab }>;

export function findOpenAttempt(db: Db, userId: string, labSlug: string): Promise<AttemptRow | null> {
  return db.attempt.findFirst({
    where: { userId, endedAt: null, labRevision: { labSlug } },
    orderBy: { startedAt: 'desc' },
    include: withLab,
  });
}

export function findAttempts(db: Db, userId: string, labSlug?: string): Promise<AttemptRow[]> {
  return db.attempt.findMany({
    where: { userId, ...(labSlug ? { labRevision: { labSlug } } : {}) },
    orderBy: { startedAt: 'desc' },
    include: withLab,
  });
}

export function findAttemptBySandbox(db: Db, sandboxId: string) {
  return db.attempt.findUnique({
    where: { sandboxId },
    include: { labRevision: true, submissions: { orderBy: { submittedAt: 'desc' }, omit: { snapshot: true } } },
  });
}

export interface NewAttempt {
  readonly id: string;
  readonly userId: string;
  readonly labRevisionId: number;
  readonly sandboxId: string;
  readonly seed: string;
}

/** Starts an attempt in a sandbox of its own; whatever the learner had open of this lab has ended. */
export async function createAttempt(
  db: Db,
  { id, userId, labRevisionId, sandboxId, seed }: NewAttempt,
  labSlug: string,
): Promise<AttemptRow> {
  await db.attempt.updateMany({ where: { userId, endedAt: null, labRevision: { labSlug } }, data: { endedAt: new Date() } });
  await db.sandbox.create({ data: { id: sandboxId, userId, blueprint: { labRevisionId, seed } } });
  return db.attempt.create({ data: { id, userId, labRevisionId, sandboxId, seed }, include: withLab });
}

export async function saveChecksPassed(db: Db, sandboxId: string, checksPassed: number, checksTotal: number): Promise<void> {
  await db.attempt.updateMany({ where: { sandboxId }, data: { checksPassed, checksTotal } });
}

export async function saveHints(db: Db, sandboxId: string, hints: Readonly<Record<string, number>>): Promise<void> {
  await db.attempt.updateMany({ where: { sandboxId }, data: { hints } });
}

export interface NewSubmission {
  readonly id: string;
  readonly attemptId: string;
  readonly key: string;
  readonly result: GradingResult;
  readonly snapshot: Uint8Array<ArrayBuffer>;
}

/** Stores a graded submission and its checks. What was stored under this key before stays, and is the answer. */
export async function saveSubmission(db: Db, { id, attemptId, key, result, snapshot }: NewSubmission): Promise<GradingResult> {
  const known = await findSubmission(db, attemptId, key);
  if (known) return known;
  const { gradable, score, maxScore, engineVersion, stateHash, checks } = result;
  await db.submission.create({
    data: { id, attemptId, key, gradable, score, maxScore, engineVersion, stateHash, result: asJson(result), snapshot },
  });
  await db.checkResult.createMany({
    data: checks.map((check, position) => ({
      submissionId: id,
      position,
      checkId: check.id,
      stepId: check.stepId,
      title: check.title,
      points: check.points,
      maxPoints: check.maxPoints,
      verdict: check.verdict,
      message: check.message,
    })),
  });
  await raiseBest(db, attemptId, result);
  return result;
}

export async function findSubmission(db: Db, attemptId: string, key: string): Promise<GradingResult | undefined> {
  const row = await db.submission.findUnique({ where: { attemptId_key: { attemptId, key } }, select: { result: true } });
  return row ? (row.result as unknown as GradingResult) : undefined;
}

/** A platform error is not gradable and never lowers or sets what the learner has. */
async function raiseBest(db: Db, attemptId: string, { gradable, score, maxScore }: GradingResult): Promise<void> {
  if (!gradable) return;
  await db.attempt.updateMany({
    where: { id: attemptId, OR: [{ bestScore: null }, { bestScore: { lt: score } }] },
    data: { bestScore: score, maxScore },
  });
}

function asJson(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(JSON.stringify(value)) as Prisma.InputJsonValue;
}

/** Everything the instructor's table is made of. */
export function findAllAttempts(db: Db, labSlug?: string) {
  return db.attempt.findMany({
    where: labSlug ? { labRevision: { labSlug } } : {},
    orderBy: { startedAt: 'desc' },
    include: {
      user: { select: { id: true, name: true, email: true, isAnonymous: true } },
      labRevision: { select: { labSlug: true, revision: true, lab: { select: { title: true } } } },
      submissions: { orderBy: { submittedAt: 'desc' }, select: { submittedAt: true, checks: { orderBy: { position: 'asc' } } } },
    },
  });
}
