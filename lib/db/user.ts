import type { Db } from './database';

/** Gives everything a guest did to the account they signed up or signed in with. What the account has already stays. */
export async function moveLearning(db: Db, fromUserId: string, toUserId: string): Promise<void> {
  await db.sandbox.updateMany({ where: { userId: fromUserId }, data: { userId: toUserId } });
  await db.attempt.updateMany({ where: { userId: fromUserId }, data: { userId: toUserId } });
  await moveLessonProgress(db, fromUserId, toUserId);
  await moveQuizAnswers(db, fromUserId, toUserId);
}

async function moveLessonProgress(db: Db, fromUserId: string, toUserId: string): Promise<void> {
  const rows = await db.lessonProgress.findMany({ where: { userId: fromUserId } });
  const kept = await db.lessonProgress.findMany({ where: { userId: toUserId } });
  for (const { lessonSlug, completedAt, place } of rows) {
    const known = kept.find((one) => one.lessonSlug === lessonSlug);
    if (!known)
      await db.lessonProgress.update({ where: { userId_lessonSlug: { userId: fromUserId, lessonSlug } }, data: { userId: toUserId } });
    else
      await db.lessonProgress.update({
        where: { userId_lessonSlug: { userId: toUserId, lessonSlug } },
        data: { completedAt: known.completedAt ?? completedAt, place: place ?? known.place },
      });
  }
}

async function moveQuizAnswers(db: Db, fromUserId: string, toUserId: string): Promise<void> {
  const kept = await db.quizAnswer.findMany({ where: { userId: toUserId }, select: { lessonSlug: true, quizId: true } });
  await db.quizAnswer.updateMany({
    where: { userId: fromUserId, NOT: kept.map(({ lessonSlug, quizId }) => ({ lessonSlug, quizId })) },
    data: { userId: toUserId },
  });
}

/** People with an account of their own; guests are not counted. */
export function countMembers(db: Db): Promise<number> {
  return db.user.count({ where: { isAnonymous: false } });
}
