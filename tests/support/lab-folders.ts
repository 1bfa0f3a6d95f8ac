import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { LabSource, SessionHost } from '@/lib/labs';

/** This process as a session's host. */
export const testHost: SessionHost = {
  yield: () => new Promise((resolve) => setImmediate(resolve)),
  now: () => performance.now(),
};

export function labSlugs(): string[] {
  return readdirSync('labs').sort();
}

/** A lab of the repository, as its folder has it. */
export function labFolder(slug: string): LabSource {
  const root = join('labs', slug);
  const files: Record<string, string> = {};
  const visit = (directory: string): void => {
    for (const name of readdirSync(directory).sort()) {
      const path = join(directory, name);
      if (statSync(path).isDirectory()) visit(path);
      else files[relative(root, path).replaceAll('\\', '/')] = readFileSync(path, 'utf8');
    }
  };
  visit(root);
  return { slug, files };
}

/** A lab of one step, for tests of what labs are made of. */
export function smallLab(checks: string, files: Readonly<Record<string, string>> = {}): LabSource {
  const indented = checks
    .trim()
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n');
  return {
    slug: 'small',
    files: {
      'lab.yaml': `title: Small\nsummary: A lab of one step.\nrevision: 1\nminutes: 1\nsteps:\n  - id: only\n    hints: [First hint., Second hint.]\n    checks:\n${indented}\n`,
      'instructions.md': '## Only {#only}\n\nDo it.\n',
      ...files,
    },
  };
}
