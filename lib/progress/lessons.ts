import type { Viewer } from '@/lib/accounts';
import { library, type LessonContent } from '@/lib/content';
import { database, findLessonProgress, findQuizAnswers, saveLessonProgress, saveQuizAnswer } from '@/lib/db';
import { NotFound } from './errors';
import { linkOf, placeOf } from './places';
import type { LessonPage, QuizAnswerState } from './types';

/** Throws `NotFound`. */
export async function getLesson(viewer: Viewer | undefined, slug: string): Promise<LessonPage> {
  const books = await library();
  const lesson = await lessonOf(slug);
  const [progress, answers] = viewer
    ? await Promise.all([findLessonProgress(database(), viewer.userId), findQuizAnswers(database(), viewer.userId, slug)])
    : [[], []];
  const mine = progress.find((row) => row.lessonSlug === slug);
  return {
    lesson,
    place: placeOf(books, { lesson: slug }),
    labs: lesson.labs.flatMap((lab) => linkOf(books, { lab }) ?? []),
    isCompleted: Boolean(mine?.completedAt),
    lastPlace: mine?.place ?? undefined,
    answers: Object.fromEntries(
      answers.map((row): [string, QuizAnswerState] => [row.quizId, { answer: row.answer, isCorrect: row.isCorrect, tries: row.tries }]),
    ),
  };
}

/** The heading the learner reads now; the lesson counts as started. */
export async function rememberPlace(viewer: Viewer, slug: string, place: string): Promise<void> {
  await lessonOf(slug);
  await saveLessonProgress(database(), viewer.userId, slug, { place: place.slice(0, 200) });
}

export async function completeLesson(viewer: Viewer, slug: string): Promise<void> {
  await lessonOf(slug);
  await saveLessonProgress(database(), viewer.userId, slug, { completedAt: new Date() });
}

/** Keeps the latest answer and counts the tries. `answer` is what the question's kind sends: an index, a text, an order. */
export async function answerQuiz(
  viewer: Viewer,
  slug: string,
  quizId: string,
  answer: string | number | boolean | readonly (string | number)[],
  isCorrect: boolean,
): Promise<{ tries: number }> {
  await lessonOf(slug);
  await saveLessonProgress(database(), viewer.userId, slug, {});
  return {
    tries: await saveQuizAnswer(
      database(),
      viewer.userId,
      slug,
      quizId.slice(0, 100),
      Array.isArray(answer) ? [...answer] : (answer as string),
      isCorrect,
    ),
  };
}

async function lessonOf(slug: string): Promise<LessonContent> {
  const lesson = (await library()).lessons.get(slug);
  if (!lesson) throw new NotFound(`There is no lesson ${slug}.`);
  return lesson;
}
