// Bundles TypeScript entries for Node. Packages stay outside: they are loaded from node_modules.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hashOf, root, run } from './steps.mjs';

const options = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  sourcemap: 'linked',
  logLevel: 'silent',
  // What packages written for CommonJS expect of the file that loads them.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
};

/** The server's two entries: the process itself and the threads that host sandboxes. */
export function serverOptions(outdir) {
  return { ...options, entryPoints: { server: 'server.ts', worker: 'lib/sandbox/worker.ts' }, outdir, splitting: false };
}

/** A production build: pages by Next, server and worker by esbuild. */
export async function build() {
  const esbuild = await import('esbuild');
  const pages = run(process.execPath, ['node_modules/next/dist/bin/next', 'build'], {
    what: 'next build',
    env: { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
  });
  await Promise.all([pages, esbuild.build(serverOptions('dist'))]);
  await esbuild.stop();
}

/** Bundles one script and returns the file to run. Two commands started at once do not disturb each other: files are named by their content. */
export async function bundleScript(entry) {
  const esbuild = await import('esbuild');
  const { outputFiles } = await esbuild.build({
    ...options,
    entryPoints: [entry],
    outdir: join(root, 'dist/run'),
    write: false,
    sourcemap: 'inline',
  });
  await esbuild.stop();
  const [file] = outputFiles;
  const path = join(root, 'dist/run', `${basename(entry, '.ts')}-${hashOf(file.contents)}.js`);
  mkdirSync(join(root, 'dist/run'), { recursive: true });
  if (!existsSync(path)) writeFileSync(path, file.contents);
  return path;
}
