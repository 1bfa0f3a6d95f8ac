import { createHash } from 'node:crypto';
import { saveCourses, saveLab, saveLesson, type Db } from '@/lib/db';
import { itemsOf } from './curriculum';
import { library, type Library } from './library';

/** Brings the database's courses, lessons and labs in line with the folders; runs when the server starts. */
export async function syncLibrary(db: Db, books?: Library): Promise<void> {
  const read = books ?? (await library());
  for (const lesson of read.lessons.values())
    await saveLesson(db, { slug: lesson.slug, title: lesson.title, summary: lesson.summary, hash: lesson.hash });
  for (const [slug, lab] of read.labs) {
    const { title, summary, minutes, revision } = lab;
    const files = read.labFolders.get(slug)?.files ?? {};
    await saveLab(db, { slug, title, summary, minutes, revision, hash: hashOf(JSON.stringify(files)), source: { files } });
  }
  await saveCourses(db, coursesOf(read));
}

function coursesOf({ curriculum, lessons, labs }: Library) {
  return curriculum.courses.map((course, position) => {
    const parts = new Map(course.parts.flatMap((part) => part.items.map((item) => [item, part.title] as const)));
    const written = itemsOf(course).filter((item) => ('lesson' in item ? lessons.has(item.lesson) : labs.has(item.lab)));
    const items = written.map((item) => ({
      part: parts.get(item) ?? '',
      ...('lesson' in item ? { lessonSlug: item.lesson } : { labSlug: item.lab }),
    }));
    return { slug: course.slug, title: course.title, summary: course.summary, position, items };
  });
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
