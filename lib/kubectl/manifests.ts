import type { KubeObject } from '@/lib/cluster';
import type { Context } from './context';
import { CommandError } from './errors';
import { absolute } from './kubeconfig';
import { parseYamlDocuments } from './yaml';

/** One object as a file or standard input has it. */
export interface Manifest {
  readonly object: KubeObject;
  /** As the learner named it; `STDIN` for standard input. */
  readonly source: string;
}

export function hasFiles({ flags }: Context): boolean {
  return flags.list('filename').length > 0 || (flags.has('kustomize') && flags.string('kustomize') !== '');
}

/** The objects of `-f` in order, with `List`s opened. */
export async function readManifests(context: Context): Promise<Manifest[]> {
  if (context.flags.has('kustomize') && context.flags.string('kustomize'))
    throw new CommandError('kustomize is not simulated; write plain manifests and use -f');
  const manifests: Manifest[] = [];
  for (const filename of context.flags.list('filename')) manifests.push(...(await readSource(context, filename)));
  return manifests;
}

async function readSource(context: Context, filename: string): Promise<Manifest[]> {
  if (filename === '-') return parse(await context.io.stdin(), 'STDIN');
  if (/^https?:\/\//.test(filename))
    throw new CommandError(
      `unable to read URL ${JSON.stringify(filename)}: the simulated workstation has no way to the Internet; save the manifest as a file`,
    );
  if (/[*?[]/.test(filename) && (await context.io.files.kind(absolute(context.io, filename))) === undefined)
    throw new CommandError(`the path ${JSON.stringify(filename)} cannot be accessed: no file matches the pattern`);
  const files = await filesAt(context, filename);
  const found: Manifest[] = [];
  for (const file of files) found.push(...parse(await context.io.files.read(absolute(context.io, file)), file));
  return found;
}

async function filesAt(context: Context, filename: string): Promise<string[]> {
  const kind = await context.io.files.kind(absolute(context.io, filename));
  if (kind === undefined) throw new CommandError(`the path ${JSON.stringify(filename)} does not exist`);
  if (kind === 'file') return [filename];
  const files = await filesUnder(context, filename.replace(/\/$/, ''), context.flags.bool('recursive'));
  if (files.length === 0) throw new CommandError(`error reading [${filename}]: recognized file extensions are [.json .yaml .yml]`);
  return files;
}

async function filesUnder(context: Context, directory: string, isRecursive: boolean): Promise<string[]> {
  const found: string[] = [];
  for (const name of [...(await context.io.files.list(absolute(context.io, directory)))].sort()) {
    const path = `${directory}/${name}`;
    const kind = await context.io.files.kind(absolute(context.io, path));
    if (kind === 'file' && /\.(json|yaml|yml)$/.test(name)) found.push(path);
    else if (kind === 'directory' && isRecursive) found.push(...(await filesUnder(context, path, true)));
  }
  return found;
}

function parse(text: string, source: string): Manifest[] {
  return parseYamlDocuments(text, source).flatMap((document) => open(document, source));
}

function open(document: unknown, source: string): Manifest[] {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new CommandError(
      `error validating ${JSON.stringify(source)}: error validating data: invalid object to validate; if you choose to ignore these errors, turn validation off with --validate=false`,
    );
  }
  const object = document as KubeObject;
  const missing = [...(object.apiVersion ? [] : ['apiVersion not set']), ...(object.kind ? [] : ['kind not set'])];
  if (missing.length) {
    const list = missing.length === 1 ? missing[0] : `[${missing.join(', ')}]`;
    throw new CommandError(
      `error validating ${JSON.stringify(source)}: error validating data: ${list}; if you choose to ignore these errors, turn validation off with --validate=false`,
    );
  }
  if (object.kind.endsWith('List') && Array.isArray(object['items']))
    return (object['items'] as unknown[]).flatMap((item) => open(item, source));
  return [{ object: { ...object, metadata: object.metadata ?? {} }, source }];
}
