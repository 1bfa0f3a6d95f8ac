import { parse } from 'yaml';
import { z } from 'zod';

const itemSchema = z.union([z.strictObject({ lesson: z.string() }), z.strictObject({ lab: z.string() })]);
const curriculumSchema = z.strictObject({
  courses: z.array(
    z.strictObject({
      slug: z.string(),
      title: z.string(),
      summary: z.string(),
      parts: z.array(z.strictObject({ title: z.string(), items: z.array(itemSchema) })),
    }),
  ),
});

/** `lessons/curriculum.yaml`: the only place where order is written. */
export type Curriculum = z.infer<typeof curriculumSchema>;
export type CurriculumItem = z.infer<typeof itemSchema>;

export function parseCurriculum(text: string): Curriculum {
  return curriculumSchema.parse(parse(text));
}

/** All items of a course, in reading order. */
export function itemsOf(course: Curriculum['courses'][number]): readonly CurriculumItem[] {
  return course.parts.flatMap((part) => part.items);
}
