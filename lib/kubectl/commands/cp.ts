import { readTar, writeTar, type TarEntry } from '@/lib/base';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { CommandError, Exit } from '../errors';
import { flag } from '../flags';
import { absolute } from '../kubeconfig';
import { containerNames, defaultContainer } from '../pods/containers';
import { podsResource } from '../pods/find-pod';

/** `[[namespace/]pod:]file`. */
type Place = { readonly type: 'local'; readonly file: string } | RemotePlace;

interface RemotePlace {
  readonly type: 'remote';
  readonly namespace: string;
  readonly pod: string;
  readonly file: string;
}

export const cp = defineCommand({
  name: 'cp',
  short: 'Copy files and directories to and from containers',
  examples: [
    [
      'Copy /tmp/foo_dir local directory to /tmp/bar_dir in a remote pod in the default namespace',
      'kubectl cp /tmp/foo_dir <some-pod>:/tmp/bar_dir',
    ],
    ['Copy /tmp/foo from a remote pod to /tmp/bar locally', 'kubectl cp <some-namespace>/<some-pod>:/tmp/foo /tmp/bar'],
  ],
  usage: '<file-spec-src> <file-spec-dest>',
  flags: [
    flag.string(
      'container,c',
      'Container name. If omitted, use the kubectl.kubernetes.io/default-container annotation for selecting the container to be attached or the first container in the pod will be chosen',
    ),
    flag.bool('no-preserve', "The copied file/directory's ownership and permissions will not be preserved in the container"),
    flag.int('retries', 'Set number of retries to complete a copy operation from a container.'),
  ],
  async run(context) {
    if (context.args.length !== 2) throw context.usageError('source and destination are required');
    const [from, to] = context.args.map((text) => placeOf(context, text)) as [Place, Place];
    if (from.type === 'remote' && to.type === 'remote') throw new CommandError('one of src or dest must be a local file specification');
    if (from.file === '' || to.file === '') throw new CommandError('filepath can not be empty');
    if (from.type === 'remote' && to.type === 'local') return copyFrom(context, from, to.file);
    if (from.type === 'local' && to.type === 'remote') return copyTo(context, from.file, to);
    throw new CommandError('one of src or dest must be a remote file specification');
  },
});

function placeOf(context: Context, text: string): Place {
  const at = text.indexOf(':');
  if (at < 0) return { type: 'local', file: text };
  const parts = text.slice(0, at).split('/');
  const [first = '', second] = parts;
  if (at === 0 || parts.length > 2) throw new CommandError('filespec must match the canonical format: [[namespace/]pod:]file/path');
  const file = text.slice(at + 1);
  return second === undefined
    ? { type: 'remote', namespace: context.namespace, pod: first, file }
    : { type: 'remote', namespace: first, pod: second, file };
}

async function copyTo(context: Context, file: string, place: RemotePlace): Promise<void> {
  const source = absolute(context.io, file);
  const kind = await context.io.files.kind(source);
  if (kind === undefined) throw new CommandError(`${file} doesn't exist in local filesystem`);
  const run = await executor(context, place);
  const isInto = place.file.endsWith('/') || (await run(['test', '-d', place.file])).code === 0;
  const target = isInto ? `${place.file.replace(/\/$/, '')}/${baseOf(source)}` : place.file;
  const entries = await gather(context, source, baseOf(target));
  const archive = new TextDecoder().decode(writeTar(entries, Math.floor(context.io.now() / 1000)));
  const directory = target.slice(0, target.lastIndexOf('/')) || (target.startsWith('/') ? '/' : '');
  const own = context.flags.bool('no-preserve') ? ['--no-same-permissions', '--no-same-owner'] : [];
  finish(context, await run(['tar', ...own, '-xmf', '-', ...(directory ? ['-C', directory] : [])], archive));
}

async function copyFrom(context: Context, place: RemotePlace, file: string): Promise<void> {
  const run = await executor(context, place);
  const result = await run(['tar', 'cf', '-', place.file]);
  finish(context, result);
  const prefix = place.file.replace(/^\/+/, '').replace(/\/$/, '');
  const target = absolute(context.io, file);
  const into = (await context.io.files.kind(target)) === 'directory' ? `${target}/${baseOf(prefix)}` : target;
  for (const { path, isDirectory, text } of readTar(new TextEncoder().encode(result.stdout))) {
    const rest = path.slice(prefix.length).replace(/\/$/, '');
    if (!path.startsWith(prefix) || rest.split('/').includes('..'))
      context.warn(`warning: file ${JSON.stringify(path)} is outside target destination, skipping\n`);
    else if (!isDirectory) await context.io.files.write(`${into}${rest}`, text);
  }
}

function baseOf(path: string): string {
  return path.replace(/\/+$/, '').replace(/^.*\//, '');
}

async function gather({ io }: Pick<Context, 'io'>, full: string, path: string): Promise<TarEntry[]> {
  if ((await io.files.kind(full)) === 'file') return [{ path, isDirectory: false, text: await io.files.read(full) }];
  const entries: TarEntry[] = [{ path: `${path}/`, isDirectory: true, text: '' }];
  for (const name of await io.files.list(full)) entries.push(...(await gather({ io }, `${full}/${name}`, `${path}/${name}`)));
  return entries;
}

interface Ended {
  readonly code: number;
  readonly message?: string;
  readonly stdout: string;
  readonly stderr: string;
}

function finish(context: Context, { code, message, stderr }: Ended): void {
  if (stderr) context.warn(stderr);
  if (code === 0) return;
  throw message !== undefined && !message.startsWith('command terminated')
    ? new CommandError(message)
    : new CommandError(`command terminated with exit code ${code}`);
}

/** Runs commands in the container that is meant, and gathers what they print. */
async function executor(context: Context, place: RemotePlace): Promise<(command: readonly string[], stdin?: string) => Promise<Ended>> {
  const resource = await podsResource(context);
  const pod = await context.client.get(pathOf(resource, place.namespace, place.pod));
  const wanted = context.flags.string('container');
  if (wanted && !containerNames(pod).includes(wanted)) throw new CommandError(`container ${wanted} is not valid for pod ${place.pod}`);
  const container = wanted || defaultContainer(context, pod, { isLoud: true });
  return async (command, stdin) => {
    const query = { container, command, stdin: stdin !== undefined || undefined, stdout: true, stderr: true };
    const connection = await context.client.connect(pathOf(resource, place.namespace, place.pod, 'exec'), query);
    return new Promise<Ended>((resolve, reject) => {
      let [stdout, stderr] = ['', ''];
      const process = connection.start({
        stdout: (text) => void (stdout += text),
        stderr: (text) => void (stderr += text),
        exit: (status) => resolve({ ...status, stdout, stderr }),
      });
      context.io.signal.addEventListener('abort', () => (process.hangUp(), reject(new Exit(130))));
      if (stdin !== undefined) process.stdin(stdin);
      process.closeStdin();
    });
  };
}
