// What every command needs before it can run: a Node new enough, packages, generated code, a build.
// Only Node's own modules are imported here, and only syntax that an old Node can parse, so that it can say what is wrong.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs, { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Said to the person at the keyboard as it stands, without a stack. */
export class Explained extends Error {}

/** Ends the command with a sentence for what is expected to go wrong, and with the stack for what is not. */
export function explain(error) {
  if (error instanceof Explained) process.stderr.write(`\n${error.message}\n`);
  else if (error && error.code === 'ENOSPC')
    process.stderr.write(
      `\nThe disk is full (${error.path || root}). Free some space and run the command again; it goes on where it stopped.\n`,
    );
  else if (error && (error.code === 'EACCES' || error.code === 'EROFS'))
    process.stderr.write(`\nThis folder cannot be written (${error.path || root}). Run the command as the user who owns it.\n`);
  else process.stderr.write(`\n${(error && error.stack) || error}\n`);
  process.exit(1);
}

export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Explained(
    `Orrery needs Node.js 20.19 or newer; this is ${process.versions.node} (${process.execPath}). Install a current one from https://nodejs.org and run the command again.`,
  );
}

/** Shows what takes time while it takes it, and nothing when it is quick. */
export async function step(label, work) {
  const started = Date.now();
  process.stderr.write(`  ${label} …${process.stderr.isTTY ? '' : '\n'}`);
  try {
    const result = await work();
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K  ${label}: ${seconds} s\n` : `  ${label}: ${seconds} s\n`);
    return result;
  } catch (error) {
    if (process.stderr.isTTY) process.stderr.write('\n');
    throw error;
  }
}

/** Runs a command; its output is only shown when it fails. */
export function run(command, args, { what, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        output += text;
      });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(failureOf(what || command, output));
    });
  });
}

function failureOf(what, output) {
  if (/ENOSPC|no space left on device/i.test(output))
    return new Explained(`The disk is full: ${what} stopped. Free some space and run the command again; it goes on where it stopped.`);
  if (/ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN/.test(output) && /npm/.test(what))
    return new Explained(
      `${output.trim()}\n\n${what} could not reach the package registry. Check the network (or npm's registry setting) and run the command again.`,
    );
  return new Explained(`${output.trim()}\n\n${what} failed.`);
}

export function hashOf(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 32);
}

/** A hash of files and folders by their names and content; what is missing counts as empty. */
export function hashOfFiles(...paths) {
  const hash = createHash('sha256');
  for (const path of paths)
    for (const file of filesUnder(join(root, path))) hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest('hex').slice(0, 32);
}

function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}

/** Runs `work` unless what it was last run for is the same. Two commands that find the same work to do, do it once. */
async function whenChanged(stampPath, hash, work) {
  const path = join(root, stampPath);
  const isDone = () => existsSync(path) && readFileSync(path, 'utf8') === hash;
  if (isDone()) return;
  // Not beside the stamp: Prisma refuses to write into a folder where anything else is.
  const unlock = await lock(join(root, '.cache', `${stampPath.replaceAll('/', '-')}.lock`));
  try {
    if (isDone()) return;
    rmSync(path, { force: true });
    await work();
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, hash);
  } finally {
    unlock();
  }
}

/** Waits until no living process holds the lock, then takes it. */
async function lock(path) {
  mkdirSync(dirname(path), { recursive: true });
  for (let isTold = false; ;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(readFileSync(path, { encoding: 'utf8', flag: 'a+' }));
    if (!isAlive(holder)) rmSync(path, { force: true });
    else if (!isTold) process.stderr.write(`  waiting for process ${holder}, which is at it already …\n`);
    isTold = true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Packages and a build take a gigabyte; what is there already needs little more. */
export function requireSpace() {
  const { bavail, bsize } = fs.statfsSync(root);
  const [free, needed] = [Math.floor((bavail * bsize) / 2 ** 20), existsSync(join(root, 'node_modules')) ? 64 : 1500];
  if (free < needed)
    throw new Explained(
      `The disk is full: ${root} has ${free} MiB left, and this needs about ${needed}. Free some space and run the command again.`,
    );
}

export async function ensureInstalled() {
  const lock = hashOfFiles('package-lock.json');
  if (isInstalledBefore()) return;
  await whenChanged('node_modules/.orrery-lock', lock, () => step('installing packages (once)', install));
}

/** npm itself says what it installed; then there is nothing to do but remember the lockfile. */
function isInstalledBefore() {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (existsSync(join(root, 'node_modules/.orrery-lock')) || !existsSync(installed)) return false;
  if (statSync(installed).mtimeMs < statSync(join(root, 'package-lock.json')).mtimeMs) return false;
  writeFileSync(join(root, 'node_modules/.orrery-lock'), hashOfFiles('package-lock.json'));
  return true;
}

function install() {
  // Not `ci`: it refuses a registry that does not carry other platforms' optional packages. The lockfile's versions are used, and it is left alone.
  const args = ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  if (npm && npm.endsWith('.js')) return run(process.execPath, [npm, ...args], { what: 'npm install' });
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { what: 'npm install' });
}

/** Kubernetes' schema and the database client: code made from packages and from prisma/schema.prisma. */
export async function ensureGenerated() {
  const lock = hashOfFiles('package-lock.json');
  await whenChanged('generated/kubernetes/.made-from', hashOf(lock, hashOfFiles('scripts/generate-schema.mjs')), () =>
    step('reading the Kubernetes schema', () => run(process.execPath, ['scripts/generate-schema.mjs'])),
  );
  await whenChanged('generated/prisma/.made-from', hashOf(lock, hashOfFiles('prisma/schema.prisma', 'scripts/prisma.mjs')), () =>
    step('generating the database client', () => run(process.execPath, ['scripts/prisma.mjs', 'generate'])),
  );
}

/** What a production build is made from. Labs and migrations are read when the server starts. */
const buildInputs = [
  'app',
  'lib',
  'lessons',
  'public',
  'server.ts',
  'next.config.js',
  'mdx-components.tsx',
  'postcss.config.mjs',
  'tsconfig.json',
  'package.json',
  'package-lock.json',
  'scripts/build.mjs',
  'scripts/bundle.mjs',
  'scripts/generate-schema.mjs',
  'prisma/schema.prisma',
];

export async function ensureBuilt() {
  await whenChanged('dist/.made-from', hashOfFiles(...buildInputs), async () => {
    const { build } = await import('./bundle.mjs');
    await step('building the site', () => build());
  });
}

export async function prepare({ isBuilt = false } = {}) {
  requireNode();
  requireSpace();
  await ensureInstalled();
  await ensureGenerated();
  if (isBuilt) await ensureBuilt();
}
