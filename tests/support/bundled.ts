import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Bundles an entry of tests/support for a thread or a process of its own, and returns the file. */
export async function bundled(entry: string): Promise<string> {
  const outdir = mkdtempSync(join(process.cwd(), 'dist/test-'));
  await build({
    entryPoints: [join(process.cwd(), 'tests/support', entry)],
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    outExtension: { '.js': '.mjs' },
    logLevel: 'silent',
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  });
  return join(outdir, entry.replace(/\.ts$/, '.mjs'));
}
