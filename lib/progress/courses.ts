import type { Viewer } from '@/lib/accounts';
import { library, type CurriculumItem, type Library } from '@/lib/content';
import { database, findAttempts, findLessonProgress, type AttemptRow } from '@/lib/db';
import type { CourseItemOverview, CourseOverview } from './types';

interface Past {
  readonly lessons: ReadonlyMap<string, { completedAt: Date | null }>;
  readonly attempts: readonly AttemptRow[];
}

/** The catalogue, with how far the viewer has come. */
export async function listCourses(viewer: Viewer | undefined): Promise<readonly CourseOverview[]> {
  const [books, past] = await Promise.all([library(), pastOf(viewer)]);
  return books.curriculum.courses.map((course) => courseOverview(course, books, past));
}

async function pastOf(viewer: Viewer | undefined): Promise<Past> {
  if (!viewer) return { lessons: new Map(), attempts: [] };
  const [lessons, attempts] = await Promise.all([findLessonProgress(database(), viewer.userId), findAttempts(database(), viewer.userId)]);
  return { lessons: new Map(lessons.map((row) => [row.lessonSlug, row])), attempts };
}

function courseOverview(
  { slug, title, summary, parts }: Library['curriculum']['courses'][number],
  books: Library,
  past: Past,
): CourseOverview {
  const shown = parts.map((part) => ({ title: part.title, items: part.items.flatMap((item) => itemOverview(item, books, past) ?? []) }));
  const items = shown.flatMap((part) => part.items);
  return {
    slug,
    title,
    summary,
    minutes: items.reduce((sum, item) => sum + item.minutes, 0),
    parts: shown,
    itemsDone: items.filter((item) => item.state === 'done').length,
    itemsTotal: items.length,
  };
}

/** Undefined for what the curriculum names and nobody has written yet. */
function itemOverview(item: CurriculumItem, books: Library, past: Past): CourseItemOverview | undefined {
  return 'lesson' in item ? lessonOverview(item.lesson, books, past) : labOverview(item.lab, books, past);
}

function lessonOverview(slug: string, books: Library, past: Past): CourseItemOverview | undefined {
  const lesson = books.lessons.get(slug);
  if (!lesson) return undefined;
  const { title, summary, minutes, teaches, assumes } = lesson;
  const progress = past.lessons.get(slug);
  return {
    type: 'lesson',
    slug,
    title,
    summary,
    minutes,
    teaches,
    assumes,
    state: progress ? (progress.completedAt ? 'done' : 'started') : 'new',
  };
}

function labOverview(slug: string, books: Library, past: Past): CourseItemOverview | undefined {
  const lab = books.labs.get(slug);
  if (!lab) return undefined;
  const { title, summary, minutes, teaches, assumes } = lab;
  const attempts = past.attempts.filter((attempt) => attempt.labRevision.labSlug === slug);
  const best = bestOf(attempts);
  const isDone = best !== undefined && best.best >= best.max;
  return {
    type: 'lab',
    slug,
    title,
    summary,
    minutes,
    teaches,
    assumes,
    state: isDone ? 'done' : attempts.length > 0 ? 'started' : 'new',
    ...(best ? { score: best } : {}),
  };
}

export function bestOf(attempts: readonly AttemptRow[]): { best: number; max: number } | undefined {
  const graded = attempts.filter((attempt) => attempt.bestScore !== null && attempt.maxScore);
  const [first, ...rest] = graded.map(({ bestScore, maxScore }) => ({ best: bestScore ?? 0, max: maxScore ?? 0 }));
  return first && rest.reduce((best, one) => (one.best / one.max > best.best / best.max ? one : best), first);
}
