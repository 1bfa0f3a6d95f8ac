import { readFileSync, readdirSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { LabError, type LabSource } from '@/lib/labs';
import { lockOf, proveLab, renderReport, type LabLock } from '@/lib/labs/proof';

const usage = `Usage: npm run lab -- test [slug…] [--seeds N]   prove labs: solutions pass, mistakes are caught
       npm run lab -- new <slug>                  scaffold a lab
`;

const labsDirectory = 'labs';

async function main([command, ...args]: string[]): Promise<number> {
  if (command === 'test') return test(args);
  if (command === 'new' && args[0]) return scaffold(args[0]);
  process.stderr.write(usage);
  return 2;
}

async function test(args: readonly string[]): Promise<number> {
  const at = args.indexOf('--seeds');
  const seeds = at < 0 ? 20 : Number(args[at + 1]);
  const slugs = args.filter((arg, index) => !arg.startsWith('--') && (at < 0 || index !== at + 1));
  let failures = 0;
  for (const slug of slugs.length > 0 ? slugs : allSlugs()) failures += await testOne(slug, seeds);
  return failures === 0 ? 0 : 1;
}

async function testOne(slug: string, seeds: number): Promise<number> {
  const source = readLab(slug);
  const lockPath = join(labsDirectory, slug, 'lab.lock');
  const lock = existsSync(lockPath) ? (JSON.parse(readFileSync(lockPath, 'utf8')) as LabLock) : undefined;
  try {
    const proof = await proveLab({
      source,
      lock,
      seeds,
      host: { yield: () => new Promise((resolve) => setImmediate(resolve)), now: () => performance.now() },
    });
    process.stdout.write(renderReport(proof));
    if (proof.problems.length === 0) writeFileSync(lockPath, `${JSON.stringify(lockOf(source), null, 2)}\n`);
    return proof.problems.length;
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    process.stdout.write(`${slug}\n${error.problems.map((problem) => `  ✗ ${problem}\n`).join('')}`);
    return error.problems.length;
  }
}

function allSlugs(): string[] {
  return readdirSync(labsDirectory)
    .filter((name) => existsSync(join(labsDirectory, name, 'lab.yaml')))
    .sort();
}

function readLab(slug: string): LabSource {
  const root = join(labsDirectory, slug);
  if (!existsSync(root)) throw new Error(`There is no lab ${slug}. There is: ${allSlugs().join(', ')}`);
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

function scaffold(slug: string): number {
  const root = join(labsDirectory, slug);
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(slug))
    throw new Error(`A slug is words in lower case, joined by dashes: not ${JSON.stringify(slug)}`);
  if (existsSync(root)) throw new Error(`${root} is there already.`);
  for (const [path, text] of Object.entries(skeleton)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  process.stdout.write(`${root} is ready to be written. Prove it with: npm run lab -- test ${slug}\n`);
  return 0;
}

const skeleton: Readonly<Record<string, string>> = {
  'lab.yaml': `title: What the learner will be able to do
summary: One sentence for the catalogue.
revision: 1
minutes: 10
teaches: []
assumes: []
cluster:
  topology: { controlPlanes: 1, workers: 2 }
steps:
  - id: first
    hints:
      - Which kubectl verb creates a Deployment?
    checks:
      - id: web-exists
        title: The Deployment web exists
        assert: { apiVersion: apps/v1, kind: Deployment, metadata: { name: web } }
`,
  'instructions.md': `What this is about, in two sentences.

## Make a Deployment {#first}

Make a Deployment called \`web\` from the image \`nginx:1.27\`.
`,
  'solution/first.sh': 'kubectl create deployment web --image=nginx:1.27\n',
  'mistakes/wrong-name.sh': '# fails: web-exists\nkubectl create deployment www --image=nginx:1.27\n',
};

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
