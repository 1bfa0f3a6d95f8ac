import { randomUUID } from 'node:crypto';
import { isInstructor, type Viewer } from '@/lib/accounts';
import { library, parseLab, type LabContent, type LabFolder } from '@/lib/content';
import { createAttempt, database, findAttemptBySandbox, findAttempts, findLabRevision, findOpenAttempt, type AttemptRow } from '@/lib/db';
import type { GradingResult } from '@/lib/grading/verdict';
import { drawVariant, substitute } from '@/lib/labs/lab';
import { bestOf } from './courses';
import { NotFound } from './errors';
import { placeOf } from './places';
import type { AttemptPage, AttemptSummary, LabPage } from './types';

/** Throws `NotFound`. */
export async function getLab(viewer: Viewer | undefined, slug: string): Promise<LabPage> {
  const books = await library();
  const lab = books.labs.get(slug);
  if (!lab) throw new NotFound(`There is no lab ${slug}.`);
  const attempts = viewer ? await findAttempts(database(), viewer.userId, slug) : [];
  const open = attempts.find((attempt) => !attempt.endedAt);
  const best = bestOf(attempts);
  return {
    lab,
    place: placeOf(books, { lab: slug }),
    attempt: open && summaryOf(open),
    best: best && { score: best.best, max: best.max },
    attemptsCount: attempts.length,
  };
}

/**
 * The attempt the learner has open, or a new one with a sandbox of its own. With `isFresh` always a new one: the old one ends.
 * The sandbox itself starts when the page joins it.
 */
export async function startAttempt(viewer: Viewer, slug: string, { isFresh = false } = {}): Promise<AttemptSummary> {
  const lab = (await library()).labs.get(slug);
  if (!lab) throw new NotFound(`There is no lab ${slug}.`);
  const open = isFresh ? null : await findOpenAttempt(database(), viewer.userId, slug);
  return summaryOf(open ?? (await newAttempt(viewer, lab)));
}

async function newAttempt(viewer: Viewer, { slug, revision }: LabContent): Promise<AttemptRow> {
  const row = await findLabRevision(database(), slug, revision);
  if (!row) throw new NotFound(`Lab ${slug} has no revision ${revision} in the database: restart the server to sync it.`);
  const id = randomUUID();
  const attempt = { id, userId: viewer.userId, labRevisionId: row.id, sandboxId: randomUUID(), seed: `${slug}/${id}` };
  return database().$transaction((tx) => createAttempt(tx, attempt, slug));
}

/** An attempt with its lab, for the workspace: the owner's, or any for an instructor. Throws `NotFound`. */
export async function getAttempt(viewer: Viewer, slug: string): Promise<AttemptPage> {
  const open = await findOpenAttempt(database(), viewer.userId, slug);
  if (!open) throw new NotFound(`You have no attempt of ${slug} open.`);
  return getSandboxPage(viewer, open.sandboxId);
}

/** Throws `NotFound` also when the sandbox is somebody else's. */
export async function getSandboxPage(viewer: Viewer, sandboxId: string): Promise<AttemptPage> {
  const row = await findAttemptBySandbox(database(), sandboxId);
  if (!row || (row.userId !== viewer.userId && !isInstructor(viewer))) throw new NotFound('There is no such sandbox.');
  const { labSlug: slug, source } = row.labRevision;
  const { files } = source as unknown as LabFolder;
  const lab = parseLab({ slug, files: substitute(files, drawVariant({ slug, files }, row.seed)) });
  return {
    attempt: summaryOf(row),
    lab,
    submissions: row.submissions.map(({ id, key, submittedAt, result }) => ({
      id,
      key,
      submittedAt,
      result: result as unknown as GradingResult,
    })),
  };
}

function summaryOf({
  id,
  sandboxId,
  labRevision,
  seed,
  startedAt,
  endedAt,
  bestScore,
  maxScore,
  checksPassed,
  checksTotal,
}: AttemptRow): AttemptSummary {
  return {
    id,
    sandboxId,
    labSlug: labRevision.labSlug,
    labRevision: labRevision.revision,
    seed,
    startedAt,
    checksPassed,
    checksTotal,
    endedAt: endedAt ?? undefined,
    bestScore: bestScore ?? undefined,
    maxScore: maxScore ?? undefined,
  };
}
