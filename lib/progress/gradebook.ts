import { isInstructor, type Viewer } from '@/lib/accounts';
import { database, findAllAttempts } from '@/lib/db';
import { NotAllowed } from './errors';
import type { GradebookRow } from './types';

type Attempts = Awaited<ReturnType<typeof findAllAttempts>>;

/** Who attempted what, newest first: one row per learner and lab. Throws `NotAllowed` for anyone but an instructor. */
export async function getGradebook(viewer: Viewer | undefined, filter: { labSlug?: string } = {}): Promise<readonly GradebookRow[]> {
  if (!isInstructor(viewer)) throw new NotAllowed('Only instructors see the gradebook.');
  const attempts = await findAllAttempts(database(), filter.labSlug);
  const groups = groupBy(attempts, keyOf);
  return [...groups.values()].map(rowOf);
}

function keyOf({ userId, labRevision }: Attempts[number]): string {
  return `${userId} ${labRevision.labSlug}`;
}

/** Node 20 has no `Map.groupBy`. */
function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

/** Of attempts of one learner in one lab, newest first. */
function rowOf(attempts: Attempts): GradebookRow {
  const latest = attempts[0] as Attempts[number];
  const best = attempts.filter((one) => one.bestScore !== null).sort((a, b) => (b.bestScore ?? 0) - (a.bestScore ?? 0))[0];
  const submissions = attempts.flatMap((one) => one.submissions);
  const { user, labRevision } = latest;
  return {
    userId: user.id,
    learner: user.name,
    email: user.isAnonymous ? undefined : user.email,
    isGuest: user.isAnonymous,
    labSlug: labRevision.labSlug,
    labTitle: labRevision.lab.title,
    attempts: attempts.length,
    submissions: submissions.length,
    bestScore: best?.bestScore ?? undefined,
    maxScore: best?.maxScore ?? undefined,
    checksPassed: latest.checksPassed,
    checksTotal: latest.checksTotal,
    startedAt: latest.startedAt,
    lastSubmittedAt: submissions[0]?.submittedAt,
    sandboxId: latest.sandboxId,
    checks: (submissions[0]?.checks ?? []).map(({ checkId, title, verdict, message, points, maxPoints }) => ({
      id: checkId,
      title,
      verdict,
      message,
      points,
      maxPoints,
    })),
  };
}

/** RFC 4180, one line per learner and lab. Throws `NotAllowed`. */
export async function gradebookCsv(viewer: Viewer | undefined, filter: { labSlug?: string } = {}): Promise<string> {
  const rows = await getGradebook(viewer, filter);
  return [header, ...rows.map(cellsOf)].map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('');
}

const header = [
  'learner',
  'email',
  'lab',
  'attempts',
  'submissions',
  'best score',
  'max score',
  'started',
  'last submitted',
  'passed',
  'not yet',
  'platform error',
];

function cellsOf(row: GradebookRow): (string | number)[] {
  const count = (verdict: string) => row.checks.filter((check) => check.verdict === verdict).length;
  return [
    row.learner,
    row.email ?? '',
    row.labSlug,
    row.attempts,
    row.submissions,
    row.bestScore ?? '',
    row.maxScore ?? '',
    row.startedAt.toISOString(),
    row.lastSubmittedAt?.toISOString() ?? '',
    count('pass'),
    count('not-yet'),
    count('platform-error'),
  ];
}

/** A cell that a spreadsheet would run as a formula is made text by an apostrophe. */
function quoted(cell: string | number): string {
  const text = typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
