import { parseAllDocuments, parseDocument } from 'yaml';
import { z } from 'zod';
import { Random } from '@/lib/base';
import type { KubeObject, Topology } from '@/lib/cluster';
import { checkSchema, durationSchema, faultForms, type Check, type Fault } from '@/lib/grading';
import { nearest } from './nearest';

/** A lab's folder as plain data: paths in it to texts. */
export interface LabSource {
  readonly slug: string;
  readonly files: Readonly<Record<string, string>>;
}

/** A value for every name under `variants`. */
export type Variant = Readonly<Record<string, string>>;

/** What is wrong with a lab, for its author: one line for each problem, beginning with where it is. */
export class LabError extends Error {
  override readonly name = 'LabError';
  readonly problems: readonly string[];

  constructor(slug: string, problems: readonly string[]) {
    super(`labs/${slug}: ${problems.join('\n')}`);
    this.problems = problems;
  }
}

export interface Lab {
  readonly slug: string;
  readonly title: string;
  readonly summary: string;
  readonly revision: number;
  readonly minutes: number;
  readonly teaches: readonly string[];
  readonly assumes: readonly string[];
  readonly cluster: {
    readonly topology: Topology;
    readonly seed?: number | undefined;
    readonly latency: 'fast' | 'realistic';
    readonly faults: readonly PlannedFault[];
    /** How much of the past a learner can look back at; absent, eight MiB. */
    readonly historyBytes?: number | undefined;
  };
  readonly policy: { readonly attempts: number | 'unlimited'; readonly keep: 'best' | 'last'; readonly hintCost: number };
  readonly steps: readonly LabStep[];
  readonly variant: Variant;
  /** The folder with the variant put in. */
  readonly files: Readonly<Record<string, string>>;
}

export interface LabStep {
  readonly id: string;
  readonly hints: readonly string[];
  readonly checks: readonly Check[];
}

/** What befalls a machine or a link, so long after the learner arrives. */
export type PlannedFault = { readonly at: number } & Fault;

const id = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'an id is words in lower case, joined by dashes');
const fault = z.union(faultForms.map((form) => z.strictObject({ at: durationSchema, ...form.shape })));

const labSchema = z.strictObject({
  title: z.string(),
  summary: z.string(),
  revision: z.int().min(1),
  minutes: z.number().positive(),
  teaches: z.array(id).default([]),
  assumes: z.array(id).default([]),
  cluster: z
    .strictObject({
      topology: z
        .strictObject({
          controlPlanes: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5)]).default(1),
          workers: z.int().min(0).max(20).default(2),
        })
        .default({ controlPlanes: 1, workers: 2 }),
      seed: z.int().optional(),
      latency: z.enum(['fast', 'realistic']).default('fast'),
      faults: z.array(fault).default([]),
      historyBytes: z
        .int()
        .min(1 << 16)
        .max(64 << 20)
        .optional(),
    })
    .default({ topology: { controlPlanes: 1, workers: 2 }, latency: 'fast', faults: [] }),
  variants: z.record(z.string().regex(/^\w+$/), z.array(z.union([z.string(), z.number()]).transform(String)).min(1)).default({}),
  policy: z
    .strictObject({
      attempts: z.union([z.literal('unlimited'), z.int().min(1)]).default('unlimited'),
      keep: z.enum(['best', 'last']).default('best'),
      hintCost: z.number().min(0).max(1).default(0),
    })
    .default({ attempts: 'unlimited', keep: 'best', hintCost: 0 }),
  steps: z.array(z.strictObject({ id, hints: z.array(z.string()).default([]), checks: z.array(checkSchema).default([]) })).min(1),
});

/** Reads a lab as one learner gets it. Throws `LabError` naming everything that is wrong with it. */
export function parseLab(source: LabSource, variant: Variant = firstVariant(source)): Lab {
  const files = substitute(source.files, variant);
  const { variants: _, ...read } = readLab({ ...source, files });
  const problems = problemsOf(read.steps, files);
  if (problems.length > 0) throw new LabError(source.slug, problems);
  return { slug: source.slug, ...read, variant, files };
}

/** The variant a seed draws. */
export function drawVariant(source: LabSource, seed: string): Variant {
  const random = Random.of(seed).fork('variants');
  return Object.fromEntries(Object.entries(variantsOf(source)).map(([name, values]) => [name, random.fork(name).pick(values)]));
}

/** Every combination of the values under `variants`. */
export function allVariants(source: LabSource): readonly Variant[] {
  return Object.entries(variantsOf(source)).reduce<Variant[]>(
    (made, [name, values]) => made.flatMap((variant) => values.map((value) => ({ ...variant, [name]: value }))),
    [{}],
  );
}

/** The texts with `${name}` replaced for every name of the variant; any other `${…}` stays. */
export function substitute(files: Readonly<Record<string, string>>, variant: Variant): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path, text.replace(/\$\{(\w+)\}/g, (whole, name: string) => variant[name] ?? whole)]),
  );
}

/** What each check asks and for how many points, as written: everything that must not change within a revision. */
export function checkRules(source: LabSource): ReadonlyMap<string, unknown> {
  const { steps = [] } = rawLab(source) as { steps?: { id: string; checks?: ({ id: string } & Record<string, unknown>)[] }[] };
  return new Map(
    steps.flatMap((step) => (step.checks ?? []).map(({ title: _, feedback: __, ...rule }) => [rule.id, { step: step.id, ...rule }])),
  );
}

/** What `setup/*.yaml` holds, in the order of the files' names. */
export function setupObjects(lab: Lab): readonly KubeObject[] {
  const paths = Object.keys(lab.files)
    .filter((path) => /^setup\/[^/]+\.ya?ml$/.test(path))
    .sort();
  return paths.flatMap((path) => documentsOf(lab.slug, path, lab.files[path] as string));
}

/** What the learner finds in their home directory, by path. */
export function homeFiles(lab: Lab): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(lab.files).flatMap(([path, text]) => (path.startsWith('files/') ? [[path.slice('files/'.length), text]] : [])),
  );
}

function documentsOf(slug: string, path: string, text: string): KubeObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0)
      throw new LabError(
        slug,
        document.errors.map((error) => `${path}: ${error.message}`),
      );
    const object = document.toJS() as KubeObject | null;
    return object ? [object] : [];
  });
}

function firstVariant(source: LabSource): Variant {
  return Object.fromEntries(Object.entries(variantsOf(source)).map(([name, values]) => [name, values[0] as string]));
}

function variantsOf(source: LabSource): Readonly<Record<string, readonly string[]>> {
  return labSchema.shape.variants.parse((rawLab(source) as { variants?: unknown }).variants);
}

function readLab(source: LabSource): z.infer<typeof labSchema> {
  const result = labSchema.safeParse(rawLab(source));
  if (result.success) return result.data;
  throw new LabError(
    source.slug,
    result.error.issues.flatMap((issue) => told(issue)),
  );
}

function rawLab({ slug, files }: LabSource): unknown {
  const text = files['lab.yaml'];
  if (text === undefined) throw new LabError(slug, ['there is no lab.yaml']);
  const document = parseDocument(text);
  if (document.errors.length > 0)
    throw new LabError(
      slug,
      document.errors.map((error) => `lab.yaml: ${error.message}`),
    );
  return document.toJS();
}

function told(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.length > 0 ? `lab.yaml: ${pathOf(issue.path)}` : 'lab.yaml';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const meant = nearest(key, knownKeys());
      return `${at}: unknown key ${JSON.stringify(key)}${meant ? `; did you mean ${JSON.stringify(meant)}?` : ''}`;
    });
  }
  if (issue.code === 'invalid_union') {
    const nearestErrors = [...issue.errors].sort((a, b) => a.length - b.length)[0] ?? [];
    return nearestErrors.length > 0
      ? nearestErrors.flatMap((one) => told({ ...one, path: [...issue.path, ...one.path] } as z.core.$ZodIssue))
      : [`${at}: ${issue.message}`];
  }
  return [`${at}: ${issue.message}`];
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`)).join('');
}

/** Every key that a lab.yaml may have anywhere. */
function knownKeys(): ReadonlySet<string> {
  const keys = new Set<string>();
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    const { shape } = value as { shape?: object };
    if (shape && typeof shape === 'object')
      for (const [key, field] of Object.entries(shape)) {
        keys.add(key);
        visit((field as { def?: unknown }).def);
      }
    for (const [name, part] of Object.entries(value)) if (name !== 'shape') visit((part as { def?: unknown } | null)?.def ?? part);
  };
  visit(labSchema.def);
  return keys;
}

function problemsOf(steps: readonly LabStep[], files: Readonly<Record<string, string>>): string[] {
  const problems: string[] = [];
  const repeated = (what: string, ids: readonly string[]): void => {
    for (const [index, one] of ids.entries())
      if (ids.indexOf(one) < index) problems.push(`lab.yaml: two ${what}s are called ${JSON.stringify(one)}`);
  };
  repeated(
    'step',
    steps.map((step) => step.id),
  );
  repeated(
    'check',
    steps.flatMap((step) => step.checks.map((check) => check.id)),
  );
  const sections = [...(files['instructions.md'] ?? '').matchAll(/^## .*\{#([\w-]+)\}[ \t]*$/gm)].map(([, section]) => section as string);
  for (const step of steps)
    if (!sections.includes(step.id))
      problems.push(`instructions.md: no section for step ${step.id}: a heading such as "## Title {#${step.id}}"`);
  for (const section of sections)
    if (!steps.some((step) => step.id === section)) problems.push(`instructions.md: section {#${section}} belongs to no step`);
  return problems;
}
