import { randomUUID } from 'node:crypto';
import { createAttempt, saveCourses, saveLab, saveLesson, type Db } from '@/lib/db';

export async function addUser(db: Db, about: { name?: string; role?: string; isAnonymous?: boolean } = {}): Promise<string> {
  const id = randomUUID();
  await db.user.create({
    data: {
      id,
      name: about.name ?? 'Ada',
      email: `${id}@example.com`,
      role: about.role ?? 'learner',
      isAnonymous: about.isAnonymous ?? false,
    },
  });
  return id;
}

/** A course of one lesson and one lab, in the database only. */
export async function addContent(
  db: Db,
  files: Readonly<Record<string, string>> = { 'lab.yaml': 'title: Stub' },
): Promise<{ labRevisionId: number }> {
  await saveLesson(db, { slug: 'introduction', title: 'Introduction', summary: 'What it is', hash: 'a' });
  await saveLab(db, {
    slug: 'stub',
    title: 'Stub',
    summary: 'A lab',
    minutes: 5,
    revision: 1,
    hash: 'a',
    source: { files },
  });
  await saveCourses(db, [
    {
      slug: 'course',
      title: 'Course',
      summary: 'All of it',
      position: 0,
      items: [
        { part: 'One', lessonSlug: 'introduction' },
        { part: 'One', labSlug: 'stub' },
      ],
    },
  ]);
  const { id } = await db.labRevision.findFirstOrThrow({ where: { labSlug: 'stub' } });
  return { labRevisionId: id };
}

export async function addSandbox(db: Db, userId: string, labRevisionId: number): Promise<{ sandboxId: string; attemptId: string }> {
  const [sandboxId, attemptId] = [randomUUID(), randomUUID()];
  await createAttempt(db, { id: attemptId, userId, labRevisionId, sandboxId, seed: '7' }, 'stub');
  return { sandboxId, attemptId };
}
