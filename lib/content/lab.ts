import { parse } from 'yaml';
import { z } from 'zod';

/** What the catalogue shows of a lab; everything else in lab.yaml is lib/labs' to read. */
const headSchema = z.object({
  title: z.string(),
  summary: z.string(),
  revision: z.number().int(),
  minutes: z.number(),
  teaches: z.array(z.string()).default([]),
  assumes: z.array(z.string()).default([]),
  steps: z
    .array(z.object({ id: z.string(), checks: z.array(z.object({ id: z.string(), points: z.number().default(1) })).default([]) }))
    .default([]),
});

/** A lab's whole folder as plain data: what a sandbox is made from and a revision keeps. */
export interface LabFolder {
  readonly slug: string;
  readonly files: Readonly<Record<string, string>>;
}

export interface LabContent {
  readonly slug: string;
  readonly title: string;
  readonly summary: string;
  readonly revision: number;
  readonly minutes: number;
  readonly teaches: readonly string[];
  readonly assumes: readonly string[];
  readonly points: number;
  readonly steps: readonly LabStep[];
  /** Markdown in front of the first step. */
  readonly introduction: string;
}

export interface LabStep {
  readonly id: string;
  readonly title: string;
  /** Markdown of the step's section, without its heading. */
  readonly text: string;
}

export function parseLab({ slug, files }: LabFolder): LabContent {
  const { steps, ...head } = headSchema.parse(parse(files['lab.yaml'] ?? ''));
  const { introduction, sections } = parseInstructions(files['instructions.md'] ?? '');
  const points = steps.flatMap((step) => step.checks).reduce((sum, check) => sum + check.points, 0);
  return {
    slug,
    ...head,
    points,
    introduction,
    steps: steps.map(({ id }) => ({ id, title: sections.get(id)?.title ?? id, text: sections.get(id)?.text ?? '' })),
  };
}

/** One `## Title {#step-id}` section per step. */
export function parseInstructions(markdown: string): { introduction: string; sections: Map<string, { title: string; text: string }> } {
  const [introduction = '', ...rest] = markdown.split(/^## (?=.*\{#[\w-]+\}[ \t]*$)/m);
  const sections = rest.map((section) => {
    const [heading = '', ...lines] = section.split('\n');
    const [, title = heading, id = ''] = /^(.*?)\s*\{#([\w-]+)\}\s*$/.exec(heading) ?? [];
    return [id, { title, text: lines.join('\n').trim() }] as const;
  });
  return { introduction: introduction.trim(), sections: new Map(sections) };
}
