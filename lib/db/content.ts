import type { Db } from './database';

export interface LabRow {
  readonly slug: string;
  readonly title: string;
  readonly summary: string;
  readonly minutes: number;
  readonly revision: number;
  readonly hash: string;
  readonly source: { readonly files: Readonly<Record<string, string>> };
}

export interface LessonRow {
  readonly slug: string;
  readonly title: string;
  readonly summary: string;
  readonly hash: string;
}

export interface CourseRow {
  readonly slug: string;
  readonly title: string;
  readonly summary: string;
  readonly position: number;
  readonly items: readonly { readonly part: string; readonly lessonSlug?: string; readonly labSlug?: string }[];
}

/** The lab's present head, and its revision. Authors edit a revision while they work on it; that a shipped one stays as it is, `lab test` sees to. */
export async function saveLab(db: Db, { slug, title, summary, minutes, revision, hash, source }: LabRow): Promise<void> {
  await db.lab.upsert({ where: { slug }, create: { slug, title, summary, minutes }, update: { title, summary, minutes } });
  const where = { labSlug_revision: { labSlug: slug, revision } };
  const known = await db.labRevision.findUnique({ where, select: { hash: true } });
  if (known?.hash === hash) return;
  await db.labRevision.upsert({ where, create: { labSlug: slug, revision, hash, source }, update: { hash, source } });
}

export async function saveLesson(db: Db, { slug, title, summary, hash }: LessonRow): Promise<void> {
  await db.lesson.upsert({ where: { slug }, create: { slug, title, summary }, update: { title, summary } });
  await db.lessonRevision.upsert({
    where: { lessonSlug_hash: { lessonSlug: slug, hash } },
    create: { lessonSlug: slug, hash },
    update: {},
  });
}

export async function saveCourses(db: Db, courses: readonly CourseRow[]): Promise<void> {
  await db.course.deleteMany({ where: { slug: { notIn: courses.map((course) => course.slug) } } });
  for (const { slug, title, summary, position, items } of courses) {
    await db.course.upsert({ where: { slug }, create: { slug, title, summary, position }, update: { title, summary, position } });
    await db.courseItem.deleteMany({ where: { courseSlug: slug } });
    await db.courseItem.createMany({ data: items.map((item, index) => ({ courseSlug: slug, position: index, ...item })) });
  }
}

export function findLabRevision(db: Db, labSlug: string, revision: number) {
  return db.labRevision.findUnique({ where: { labSlug_revision: { labSlug, revision } } });
}
