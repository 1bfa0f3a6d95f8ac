import { deepEqual } from '@/lib/base';
import { StatusError, type KubeObject } from '@/lib/cluster';
import { fieldManagerFlag, fileFlags, printFlags, saveConfigFlag, validateFlag } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { objectName, pathOf } from '../discovery';
import { CommandError, explainFailure, Exit } from '../errors';
import { flag } from '../flags';
import { hasFiles } from '../manifests';
import { ResultPrinter, withoutManagedFields } from '../output';
import { patchBetween } from '../patch/update';
import { nothingGiven, selectLive, type Info } from '../resources';
import { parseYamlDocuments, toYaml } from '../yaml';

const preamble = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`;

export const edit = defineCommand({
  name: 'edit',
  short: 'Edit a resource on the server',
  long: 'Edit a resource from the default editor.\n\n The editor of this page opens with the object as YAML. Saving it sends what was changed; if the server refuses, it opens again with the reason at the top. Closing it without a change cancels.',
  examples: [
    ["Edit the service named 'registry'", 'kubectl edit svc/registry'],
    ['Edit the deployment web', 'kubectl edit deployment web'],
  ],
  usage: '(RESOURCE/NAME | -f FILENAME)',
  flags: [
    ...printFlags,
    ...fileFlags('to use to edit the resource'),
    fieldManagerFlag('kubectl-edit'),
    saveConfigFlag,
    validateFlag,
    flag.bool('output-patch', 'Output the patch if the resource is edited.'),
    flag.string('subresource', 'If specified, edit will operate on the subresource of the requested object.'),
    flag.bool('windows-line-endings', 'Defaults to the line ending native to your platform.'),
  ],
  async run(context) {
    if (context.args.length === 0 && !hasFiles(context)) throw new CommandError(nothingGiven);
    const infos = await selectLive(context, { mayListAll: true });
    if (infos.length === 0) throw new CommandError('edit cancelled, no objects found');
    if (infos.length > 1) throw new CommandError('editing several objects at once is not simulated; name one');
    await editOne(context, infos[0] as Info);
  },
});

/** Opens the editor until what it holds is accepted or given up. */
async function editOne(context: Context, info: Info): Promise<void> {
  const printer = await ResultPrinter.of(context);
  const original = withoutManagedFields(info.object);
  const first = preamble + toYaml(original);
  let text = first;
  let complaint = '';
  for (;;) {
    const edited = await context.io.editor({ title: objectName(info.resource, info.name), text });
    if (context.io.signal.aborted) throw new Exit(130);
    if (edited === null || withoutComments(edited) === withoutComments(text)) return cancelled(context, complaint);
    if (withoutComments(edited).trim() === '') return void context.out('Edit cancelled, saved file was empty.\n');
    try {
      const after = parse(edited);
      if (deepEqual(after, original)) return cancelled(context, '');
      printer.print(info.resource, await send(context, info, original, after), 'edited');
      return;
    } catch (error) {
      if (error instanceof Exit || !(error instanceof StatusError || error instanceof CommandError)) throw error;
      complaint = explainFailure(error).text;
      text = withComplaint(edited, complaint, info);
    }
  }
}

function cancelled(context: Context, complaint: string): void {
  if (!complaint) return context.out('Edit cancelled, no changes made.\n');
  context.warn(complaint);
  throw new CommandError('Edit cancelled, no valid changes were saved.');
}

function withoutComments(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
}

function parse(text: string): KubeObject {
  const [object] = parseYamlDocuments(withoutComments(text), 'the edited file');
  if (typeof object !== 'object' || object === null) throw new CommandError('the edited file holds no object');
  return object as KubeObject;
}

/** The learner's text again, with the reason for the refusal above it. */
function withComplaint(edited: string, complaint: string, { resource, name }: Info): string {
  const reason = complaint
    .trimEnd()
    .split('\n')
    .map((line) => `# ${line}\n`)
    .join('');
  return `${preamble.slice(0, -2)}# ${resource.plural}${resource.group ? `.${resource.group}` : ''} ${JSON.stringify(name)} was not valid:\n${reason}#\n${withoutComments(edited)}`;
}

async function send(context: Context, info: Info, before: KubeObject, after: KubeObject): Promise<KubeObject> {
  if (after.metadata?.name !== before.metadata.name || after.kind !== before.kind || after.apiVersion !== before.apiVersion)
    throw new CommandError('At least one of apiVersion, kind and name was changed');
  const { contentType, patch } = patchBetween(before, after);
  if (context.flags.bool('output-patch')) context.out(`Patch: ${JSON.stringify(patch)}\n`);
  return context.client.patch(
    pathOf(info.resource, info.namespace, info.name, context.flags.string('subresource') || undefined),
    contentType,
    patch,
    context.writeQuery(),
  );
}
