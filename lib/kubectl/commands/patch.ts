import { deepEqual } from '@/lib/base';
import type { KubeObject } from '@/lib/cluster';
import { dryRunFlag, fieldManagerFlag, fileFlags, localFlag, printFlags } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { CommandError } from '../errors';
import { flag } from '../flags';
import { absolute } from '../kubeconfig';
import { ResultPrinter } from '../output';
import { selectLive, type Info } from '../resources';
import { parseYamlDocuments } from '../yaml';

const contentTypes: Readonly<Record<string, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

export const patch = defineCommand({
  name: 'patch',
  short: 'Update fields of a resource',
  long: 'Update fields of a resource using strategic merge patch, a JSON merge patch, or a JSON patch.\n\n JSON and YAML formats are accepted.',
  examples: [
    [
      'Partially update a node using a strategic merge patch, specifying the patch as JSON',
      `kubectl patch node worker-1 -p '{"spec":{"unschedulable":true}}'`,
    ],
    [
      "Update a container's image; spec.containers[*].name is required because it's a merge key",
      `kubectl patch pod valid-pod -p '{"spec":{"containers":[{"name":"web","image":"new image"}]}}'`,
    ],
    [
      "Update a container's image using a JSON patch with positional arrays",
      `kubectl patch pod valid-pod --type='json' -p='[{"op": "replace", "path": "/spec/containers/0/image", "value":"new image"}]'`,
    ],
    [
      "Update a deployment's replicas through the 'scale' subresource using a merge patch",
      `kubectl patch deployment nginx-deployment --subresource='scale' --type='merge' -p '{"spec":{"replicas":2}}'`,
    ],
  ],
  usage: '(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]',
  flags: [
    ...printFlags,
    ...fileFlags('identifying the resource to update'),
    dryRunFlag,
    fieldManagerFlag('kubectl-patch'),
    localFlag,
    flag.string('patch,p', 'The patch to be applied to the resource JSON file.'),
    flag.string('patch-file', 'A file containing a patch to be applied to the resource.'),
    flag.string('subresource', 'If specified, patch will operate on the subresource of the requested object.'),
    flag.string('type', 'The type of patch being provided; one of [json merge strategic]', 'strategic'),
  ],
  async run(context) {
    const body = await readPatch(context);
    if (context.flags.bool('local')) throw new CommandError('patch --local is not simulated; use --dry-run=server -o yaml');
    const printer = await ResultPrinter.of(context);
    let count = 0;
    for (const info of await selectLive(context)) {
      count++;
      const after = await send(context, info, body);
      printer.print(info.resource, after, deepEqual(info.object, after) ? 'patched (no change)' : 'patched');
    }
    if (count === 0) throw new CommandError('no objects passed to patch');
  },
});

async function readPatch(context: Context): Promise<unknown> {
  const { flags, io } = context;
  if (!contentTypes[flags.string('type').toLowerCase()])
    throw new CommandError(`--type must be one of [json merge strategic], not ${JSON.stringify(flags.string('type'))}`);
  if (!flags.string('patch') && !flags.string('patch-file'))
    throw new CommandError('must specify --patch or --patch-file containing the contents of the patch');
  if (flags.string('patch') && flags.string('patch-file')) throw new CommandError('cannot specify --patch and --patch-file together');
  const text = flags.string('patch') || (await io.files.read(absolute(io, flags.string('patch-file'))));
  // What looks like JSON goes to the server as it is, mistakes and all.
  const body = /^\s*[{[]/.test(text) ? jsonOrText(text) : parse(text);
  if (body === undefined) throw new CommandError(`unable to parse ${JSON.stringify(text)}: yaml: invalid patch`);
  return body;
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function parse(text: string): unknown {
  try {
    return parseYamlDocuments(text, 'patch')[0];
  } catch (error) {
    if (error instanceof CommandError)
      throw new CommandError(`unable to parse ${JSON.stringify(text)}: ${error.message.replace(/^.*?converting YAML to JSON: /, '')}`);
    throw error;
  }
}

async function send(context: Context, info: Info, body: unknown): Promise<KubeObject> {
  if (context.dryRun === 'client') return info.object;
  const type = contentTypes[context.flags.string('type').toLowerCase()] as string;
  return context.client.patch(
    pathOf(info.resource, info.namespace, info.name, context.flags.string('subresource') || undefined),
    type,
    body,
    context.writeQuery(),
  );
}
