import { itemsOf, type CurriculumItem, type Library } from '@/lib/content';
import type { ItemLink, ItemPlace } from './types';

type Course = Library['curriculum']['courses'][number];

/** Where an item stands in the first course that has it. */
export function placeOf({ curriculum, ...rest }: Library, wanted: CurriculumItem): ItemPlace | undefined {
  const course = curriculum.courses.find((one) => itemsOf(one).some((item) => isSame(item, wanted)));
  if (!course) return undefined;
  const items = itemsOf(course);
  const index = items.findIndex((item) => isSame(item, wanted));
  const link = (item: CurriculumItem | undefined) => item && linkOf({ curriculum, ...rest }, item);
  return {
    course: { slug: course.slug, title: course.title },
    part: partOf(course, wanted),
    previous: link(items[index - 1]),
    next: link(items[index + 1]),
  };
}

export function linkOf(library: Library, item: CurriculumItem): ItemLink | undefined {
  const [type, slug] = 'lesson' in item ? (['lesson', item.lesson] as const) : (['lab', item.lab] as const);
  const found = type === 'lesson' ? library.lessons.get(slug) : library.labs.get(slug);
  return found && { type, slug, title: found.title };
}

function partOf(course: Course, wanted: CurriculumItem): string {
  return course.parts.find((part) => part.items.some((item) => isSame(item, wanted)))?.title ?? '';
}

function isSame(a: CurriculumItem, b: CurriculumItem): boolean {
  if ('lesson' in a) return 'lesson' in b && a.lesson === b.lesson;
  return 'lab' in b && a.lab === b.lab;
}
