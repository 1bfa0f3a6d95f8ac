import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCurriculum, type Curriculum } from './curriculum';
import { listFolders, readFolder } from './disk';
import { parseLab, type LabContent, type LabFolder } from './lab';
import { parseLesson, type LessonContent } from './lesson';

/** Everything there is to learn from, as read from lessons/ and labs/. */
export interface Library {
  readonly curriculum: Curriculum;
  readonly lessons: ReadonlyMap<string, LessonContent>;
  readonly labs: ReadonlyMap<string, LabContent>;
  readonly labFolders: ReadonlyMap<string, LabFolder>;
}

export async function readLibrary(root = process.cwd()): Promise<Library> {
  const [curriculum, lessons, labFolders] = await Promise.all([
    readCurriculum(root),
    readLessons(join(root, 'lessons')),
    readLabs(join(root, 'labs')),
  ]);
  const labs = new Map([...labFolders].map(([slug, folder]) => [slug, parseLab(folder)]));
  return { curriculum, lessons, labs, labFolders };
}

async function readCurriculum(root: string): Promise<Curriculum> {
  return parseCurriculum(await readFile(join(root, 'lessons/curriculum.yaml'), 'utf8'));
}

async function readLessons(folder: string): Promise<Map<string, LessonContent>> {
  const slugs = await listFolders(folder);
  const texts = await Promise.all(slugs.map((slug) => readFile(join(folder, slug, 'lesson.mdx'), 'utf8').catch(() => undefined)));
  return new Map(slugs.flatMap((slug, index) => (texts[index] === undefined ? [] : [[slug, parseLesson(slug, texts[index])] as const])));
}

async function readLabs(folder: string): Promise<Map<string, LabFolder>> {
  const slugs = await listFolders(folder);
  const contents = await Promise.all(slugs.map((slug) => readFolder(join(folder, slug))));
  return new Map(
    slugs.flatMap((slug, index) =>
      contents[index]?.['lab.yaml'] === undefined ? [] : [[slug, { slug, files: contents[index] }] as const],
    ),
  );
}

let kept: Promise<Library> | undefined;

/** The library of this process: read once, or on every call while authors work on it. */
export function library(): Promise<Library> {
  if (process.env['NODE_ENV'] === 'production') return (kept ??= readLibrary());
  return readLibrary();
}
