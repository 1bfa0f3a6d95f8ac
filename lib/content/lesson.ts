import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { z } from 'zod';

const frontMatterSchema = z.strictObject({
  title: z.string(),
  summary: z.string(),
  minutes: z.number().optional(),
  teaches: z.array(z.string()).default([]),
  assumes: z.array(z.string()).default([]),
  labs: z.array(z.string()).default([]),
  outOfScope: z.array(z.string()).default([]),
  sources: z.array(z.union([z.string(), z.strictObject({ title: z.string(), url: z.string() })])).default([]),
});

/** What a lesson says of itself; its text is MDX, rendered by the page. */
export interface LessonContent extends Omit<z.infer<typeof frontMatterSchema>, 'minutes'> {
  readonly slug: string;
  readonly minutes: number;
  /** Of the whole text. */
  readonly hash: string;
}

export function parseLesson(slug: string, mdx: string): LessonContent {
  const [, frontMatter = '', prose = mdx] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(mdx) ?? [];
  const { minutes, ...rest } = frontMatterSchema.parse(parse(frontMatter));
  return { slug, ...rest, minutes: minutes ?? readingMinutes(prose), hash: createHash('sha256').update(mdx).digest('hex') };
}

/** At 180 words a minute, since technical prose is read slowly. */
function readingMinutes(prose: string): number {
  return Math.max(1, Math.round(prose.split(/\s+/).length / 180));
}
