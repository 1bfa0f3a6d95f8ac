import type { KubeObject } from '@/lib/cluster';
import { allFlag, dryRunFlag, fileFlags, printFlags, selectorFlag } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { CommandError } from '../errors';
import { flag } from '../flags';
import { hasFiles } from '../manifests';
import { compactJson, ResultPrinter, toJson } from '../output';
import { selectFromFiles, selectLive, type Info } from '../resources';
import { toYaml } from '../yaml';

export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

export const viewLastApplied = defineCommand({
  name: 'view-last-applied',
  short: 'View the latest last-applied-configuration annotations of a resource/object',
  long: 'View the latest last-applied-configuration annotations by type/name or file.\n\n The default output will be printed to stdout in YAML format. You can use the -o option to change the output format.',
  examples: [
    ['View the last-applied-configuration annotations by type/name in YAML', 'kubectl apply view-last-applied deployment/nginx'],
    ['View the last-applied-configuration annotations by file in JSON', 'kubectl apply view-last-applied -f deploy.yaml -o json'],
  ],
  usage: '(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)',
  flags: [
    ...fileFlags('that contains the last-applied-configuration annotations'),
    allFlag,
    selectorFlag,
    flag.string('output,o', 'Output format. Must be one of (yaml, json)', 'yaml'),
  ],
  async run(context) {
    const output = context.flags.string('output');
    if (output !== 'yaml' && output !== 'json')
      throw context.usageError(`Unexpected -o output mode: ${output}, the flag 'output' must be one of yaml|json`);
    for (const { object } of await selectLive(context)) {
      const text = object.metadata.annotations?.[lastApplied];
      if (!text) continue;
      const configuration: unknown = JSON.parse(text);
      context.out(output === 'yaml' ? toYaml(configuration) : `${toJson(configuration)}\n`);
    }
  },
});

export const setLastApplied = defineCommand({
  name: 'set-last-applied',
  short: 'Set the last-applied-configuration annotation on a live object to match the contents of a file',
  long: "Set the latest last-applied-configuration annotations by setting it to match the contents of a file. This results in the last-applied-configuration being updated as though 'kubectl apply -f <file>' was run, without updating any other parts of the object.",
  examples: [
    ['Set the last-applied-configuration of a resource to match the contents of a file', 'kubectl apply set-last-applied -f deploy.yaml'],
  ],
  usage: '-f FILENAME',
  flags: [
    ...printFlags,
    ...fileFlags('that contains the last-applied-configuration annotations'),
    dryRunFlag,
    flag.bool('create-annotation', "Will create 'last-applied-configuration' annotations if current objects doesn't have one"),
  ],
  async run(context) {
    if (!hasFiles(context)) throw new CommandError(`${nothingGiven}`);
    const printer = await ResultPrinter.of(context);
    const infos = await selectFromFiles(context);
    const lives = [];
    for (const info of infos) lives.push({ info, live: await annotatedLive(context, info) });
    for (const { info, live } of lives) {
      const text = `${compactJson(info.object)}\n`;
      if (live.metadata.annotations?.[lastApplied] === text) {
        context.out(`set-last-applied ${info.name}: no changes required.\n`);
        continue;
      }
      printer.print(info.resource, await annotate(context, info, live, text), 'configured');
    }
  },
});

const nothingGiven =
  "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'";

async function annotatedLive(context: Context, { resource, namespace, name }: Info): Promise<KubeObject> {
  const live: KubeObject = await context.client.get(pathOf(resource, namespace, name));
  if (live.metadata.annotations?.[lastApplied] === undefined && !context.flags.bool('create-annotation'))
    throw new CommandError(
      `no last-applied-configuration annotation found on resource: ${name}, to create the annotation, run the command with --create-annotation`,
    );
  return live;
}

async function annotate(context: Context, { resource, namespace, name }: Info, live: KubeObject, text: string): Promise<KubeObject> {
  if (context.dryRun === 'client') return live;
  const patch = { metadata: { annotations: { [lastApplied]: text } } };
  return context.client.patch(pathOf(resource, namespace, name), 'application/merge-patch+json', patch, context.writeQuery());
}
