import type { Prisma } from '@/generated/prisma/client';
import type { Db } from './database';

export function findLessonProgress(db: Db, userId: string) {
  return db.lessonProgress.findMany({ where: { userId } });
}

export function findQuizAnswers(db: Db, userId: string, lessonSlug: string) {
  return db.quizAnswer.findMany({ where: { userId, lessonSlug } });
}

export async function saveLessonProgress(
  db: Db,
  userId: string,
  lessonSlug: string,
  change: { place?: string; completedAt?: Date },
): Promise<void> {
  await db.lessonProgress.upsert({
    where: { userId_lessonSlug: { userId, lessonSlug } },
    create: { userId, lessonSlug, ...change },
    update: change,
  });
}

export async function saveQuizAnswer(
  db: Db,
  userId: string,
  lessonSlug: string,
  quizId: string,
  answer: Prisma.InputJsonValue,
  isCorrect: boolean,
): Promise<number> {
  const { tries } = await db.quizAnswer.upsert({
    where: { userId_lessonSlug_quizId: { userId, lessonSlug, quizId } },
    create: { userId, lessonSlug, quizId, answer, isCorrect },
    update: { answer, isCorrect, tries: { increment: 1 }, answeredAt: new Date() },
    select: { tries: true },
  });
  return tries;
}
