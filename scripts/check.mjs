// npm run check: types, isomorphic types, lint, format, layers and what nobody uses. Prints one line for each.
import { spawn } from 'node:child_process';
import { explain, prepare, root } from './steps.mjs';

const checks = [
  { name: 'types', remedy: 'npx tsc --noEmit', args: ['node_modules/typescript/bin/tsc', '--noEmit'] },
  {
    name: 'isomorphic types',
    remedy: 'npx tsc -p tsconfig.isomorphic.json',
    args: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.isomorphic.json', '--noEmit'],
  },
  { name: 'lint', remedy: 'npx oxlint --type-aware', args: ['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'format', remedy: 'npx oxfmt', args: ['node_modules/oxfmt/bin/oxfmt', '--check'] },
  {
    name: 'layers',
    remedy: 'see .dependency-cruiser.cjs for the rule that it names',
    args: [
      'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err',
      'lib',
      'app',
      'scripts',
      'server.ts',
      'mdx-components.tsx',
    ],
  },
  {
    name: 'unused',
    remedy: 'delete it, or name it in knip.json with the reason',
    args: ['node_modules/knip/bin/knip.js', '--no-progress'],
  },
];

function runCheck({ name, remedy, args }) {
  const started = Date.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        output += text;
      });
    child.on('error', (error) => {
      output += String(error);
    });
    child.on('close', (code) => {
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      process.stdout.write(
        code === 0 ? `  ${name}: ok (${seconds} s)\n` : `\n${output.trim()}\n  ${name}: failed (${seconds} s). ${remedy}\n\n`,
      );
      resolve(code === 0);
    });
  });
}

/** Two at a time: the machine has no more to give on the smallest runners. */
async function runAll() {
  const waiting = [...checks];
  const results = [];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results.push(await runCheck(next));
  };
  await Promise.all([worker(), worker()]);
  return results;
}

try {
  await prepare();
  const results = await runAll();
  const passed = results.filter(Boolean).length;
  process.stdout.write(`\n${passed} passed, ${results.length - passed} failed\n`);
  process.exitCode = passed === results.length ? 0 : 1;
} catch (error) {
  explain(error);
}
