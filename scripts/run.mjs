// node scripts/run.mjs file.ts args…: runs a TypeScript entry, installing and generating first if need be.
import { pathToFileURL } from 'node:url';
import { explain, prepare, root } from './steps.mjs';

try {
  await prepare();
  const [entry, ...args] = process.argv.slice(2);
  const { bundleScript } = await import('./bundle.mjs');
  const file = await bundleScript(entry);
  process.chdir(root);
  process.argv = [process.argv[0], file, ...args];
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(file).href);
} catch (error) {
  explain(error);
}
