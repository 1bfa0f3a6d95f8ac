import { deepCopy, hash32 } from '@/lib/base';
import { StatusError, type KubeObject } from '@/lib/cluster';
import { fieldManagerFlag, fileFlags, selectorFlag } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { CommandError } from '../errors';
import { flag } from '../flags';
import { hasFiles } from '../manifests';
import { definitionOf, threeWayJsonMergePatch, threeWayMergePatch } from '../patch/three-way';
import { selectFromFiles, type Info } from '../resources';
import { unifiedDiff } from '../unified-diff';
import { toYaml } from '../yaml';
import { withLastApplied } from './apply';
import { lastApplied } from './last-applied';

export const diff = defineCommand({
  name: 'diff',
  short: 'Diff the live version against a would-be applied version',
  long: 'Diff configurations specified by file name or stdin between the current online configuration, and the configuration as it would be if applied.\n\n Exit status: 0 No differences were found. 1 Differences were found. >1 Kubectl or diff failed with an error.',
  examples: [
    ['Diff resources included in pod.yaml', 'kubectl diff -f pod.yaml'],
    ['Diff file read from stdin', 'cat service.yaml | kubectl diff -f -'],
  ],
  usage: '-f FILENAME',
  flags: [
    ...fileFlags('contains the configuration to diff'),
    fieldManagerFlag('kubectl-client-side-apply'),
    selectorFlag,
    flag.int('concurrency', 'Number of objects to process in parallel when diffing against the live version.', 1),
    flag.bool('force-conflicts', 'If true, server-side apply will force the changes against conflicts.'),
    flag.bool('prune', 'Include resources that would be deleted by pruning.'),
    flag.bool('server-side', 'If true, apply runs in the server instead of the client.'),
    flag.bool('show-managed-fields', 'If true, include managed fields in the diff.'),
    flag.bool('show-secrets', 'If true, include the values of secrets in the diff.'),
  ],
  failureCode: 2,
  async run(context) {
    if (!hasFiles(context)) throw new CommandError('must specify one of -f and -k', 2);
    let differs = false;
    for (const info of await selectFromFiles(context)) {
      const text = await diffOne(context, info);
      context.out(text);
      differs ||= text !== '';
    }
    return differs ? 1 : 0;
  },
});

async function diffOne(context: Context, info: Info): Promise<string> {
  const live = await findLive(context, info);
  const merged = await wouldBe(context, info, live);
  const name = [info.resource.group || '', info.resource.version, info.resource.kind, info.namespace ?? '', info.name]
    .filter((part, index) => part !== '' || index === 3)
    .join('.');
  return unifiedDiff(
    live ? toYaml(tidy(live)) : '',
    toYaml(tidy(merged)),
    fileName(context, 'LIVE', name),
    fileName(context, 'MERGED', name),
  );
}

/** The temporary file the real command would compare, with its time. */
function fileName({ io }: Context, side: string, name: string): { name: string; time: string } {
  const time = new Date(io.now()).toISOString().replace('T', ' ').replace('Z', '000000 +0000');
  return { name: `/tmp/${side}-${hash32(side + name)}/${name}`, time };
}

async function findLive(context: Context, info: Info): Promise<KubeObject | undefined> {
  try {
    return await context.client.get(pathOf(info.resource, info.namespace, info.name));
  } catch (error) {
    if (StatusError.is(error, 'NotFound')) return undefined;
    throw error;
  }
}

async function wouldBe(context: Context, info: Info, live: KubeObject | undefined): Promise<KubeObject> {
  const modified = withLastApplied(info.object);
  const query = { dryRun: 'All', fieldManager: context.flags.string('field-manager') };
  if (!live) return context.client.post(pathOf(info.resource, info.namespace), modified, { query });
  const original = JSON.parse(live.metadata.annotations?.[lastApplied] ?? '{}') as Record<string, unknown>;
  const id = definitionOf(modified.apiVersion, modified.kind);
  const patch = id ? threeWayMergePatch(original, modified, live, id) : threeWayJsonMergePatch(original, modified, live);
  return context.client.patch(
    pathOf(info.resource, info.namespace, info.name),
    id ? 'application/strategic-merge-patch+json' : 'application/merge-patch+json',
    patch,
    query,
  );
}

function tidy(object: KubeObject): KubeObject {
  const copy = deepCopy(object);
  delete copy.metadata.managedFields;
  return copy;
}
