// npm test: installs and builds what is missing, then runs every test. Arguments go to jest:
//   npm test -- --selectProjects unit        npm test -- tests/unit/sandbox
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explain, prepare, root } from './steps.mjs';

/** Only the browser's journeys need the built site. */
function needsBuild(args) {
  const named = args.filter((arg) => !arg.startsWith('-'));
  return named.length === 0 || named.some((arg) => arg.includes('e2e'));
}

/** Runs jest; its exit code, and how many passed and failed as its last line cannot say for certain. */
async function jest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'orrery-test-'));
  const file = join(folder, 'closing-line');
  const command = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    ...args,
    '--reporters=default',
    '--reporters=<rootDir>/scripts/closing-line.mjs',
  ];
  const code = await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, command, { cwd: root, stdio: 'inherit', env: { ...process.env, ORRERY_CLOSING_LINE: file } });
    child.on('error', reject);
    child.on('close', resolve);
  });
  const line = existsSync(file) ? readFileSync(file, 'utf8') : '0 passed, 1 failed';
  rmSync(folder, { recursive: true });
  return { code: code ?? 1, line };
}

const args = process.argv.slice(2);
try {
  await prepare({ isBuilt: needsBuild(args) });
  const { code, line } = await jest(args);
  process.exitCode = code;
  process.stdout.write(`\n${line}\n`);
} catch (error) {
  process.stdout.write('\n0 passed, 1 failed\n');
  explain(error);
}
