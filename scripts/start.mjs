// npm start: installs, generates, builds and serves, whatever of it is still to do.
// npm run dev: the same from source, restarting the server when its code changes; pages reload by themselves.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { explain, Explained, prepare, requireNode, root } from './steps.mjs';

const port = portOf(process.env.PORT || '3000');
const host = process.env.HOST || '127.0.0.1';

function portOf(text) {
  const number = Number(text);
  return Number.isInteger(number) && number >= 0 && number < 65536 ? number : text;
}

/** Better said before a minute of building than after it. */
function requireFreePort() {
  if (typeof port !== 'number') throw new Explained(`PORT=${port} is not a port number. Example: PORT=3001 npm start`);
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => reject(portError(error)));
    probe.listen(port, host, () => probe.close(resolve));
  });
}

function portError(error) {
  if (error.code === 'EADDRINUSE')
    return new Explained(
      `Port ${port} is taken. Stop what listens there, or choose another: PORT=${port + 1} npm ${isDev ? 'run dev' : 'start'}`,
    );
  if (error.code === 'EACCES') return new Explained(`Port ${port} may only be used by root. Choose one above 1023: PORT=3000 npm start`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new Explained(
      `HOST=${host} is not an address of this machine. HOST=127.0.0.1 serves this machine only, HOST=0.0.0.0 everyone who can reach it.`,
    );
  return error;
}

async function serveBuilt() {
  await prepare({ isBuilt: true });
  process.env.NODE_ENV = 'production';
  process.setSourceMapsEnabled(true);
  process.chdir(root);
  await import(pathToFileURL(join(root, 'dist/server.js')).href);
}

async function serveFromSource() {
  await prepare();
  const [esbuild, { serverOptions }] = await Promise.all([import('esbuild'), import('./bundle.mjs')]);
  const server = restartable();
  const plugin = { name: 'restart', setup: (build) => build.onEnd(({ errors }) => void (errors.length || server.restart())) };
  const context = await esbuild.context({ ...serverOptions('dist/dev'), logLevel: 'warning', plugins: [plugin] });
  await context.watch();
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.on(signal, () => void Promise.all([server.stop(), context.dispose()]).then(() => process.exit(0)));
}

/** One server at a time: the next starts when the last has let go of the port and the database. */
function restartable() {
  let child;
  let last = Promise.resolve();
  const stop = async () => {
    if (!child || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  };
  const start = () => {
    child = spawn(process.execPath, ['--enable-source-maps', join(root, 'dist/dev/server.js')], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, NODE_ENV: 'development', NEXT_TELEMETRY_DISABLED: '1' },
    });
  };
  return { stop, restart: () => (last = last.then(stop).then(start)) };
}

const isDev = process.argv.includes('--dev');
try {
  requireNode();
  await requireFreePort();
  await (isDev ? serveFromSource() : serveBuilt());
} catch (error) {
  explain(error);
}
