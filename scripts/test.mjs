// npm test: installs and builds what is missing, then runs every test. Arguments go to jest:
//   npm test -- --selectProjects unit        npm test -- tests/unit/sandbox
import { spawn } from 'node:child_process';
import { explain, prepare, root } from './steps.mjs';

/** Only the browser's journeys need the built site. */
function needsBuild(args) {
  const named = args.filter((arg) => !arg.startsWith('-'));
  return named.length === 0 || named.some((arg) => arg.includes('e2e'));
}

function jest(args) {
  const reporters = ['--reporters=default', '--reporters=<rootDir>/scripts/closing-line.mjs'];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', ...args, ...reporters], { cwd: root, stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', resolve);
  });
}

const args = process.argv.slice(2);
try {
  await prepare({ isBuilt: needsBuild(args) });
  process.exitCode = (await jest(args)) ?? 1;
} catch (error) {
  process.stdout.write('\n0 passed, 1 failed\n');
  explain(error);
}
