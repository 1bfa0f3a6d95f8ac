import { StatusError } from '@/lib/cluster';
import { allNamespacesFlag, chunkSizeFlag, fileFlags, selectorFlag } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { describerOf } from '../describe/registry';
import { eventsAbout } from '../describe/events';
import { Text } from '../describe/text';
import { Aggregate, CommandError } from '../errors';
import { flag } from '../flags';
import { hasFiles } from '../manifests';
import { infoOf, isAllNamespaces, namespaceFor, visitLive, type Info } from '../resources';

export const describe = defineCommand({
  name: 'describe',
  short: 'Show details of a specific resource or group of resources',
  long: 'Show details of a specific resource or group of resources.\n\n Print a detailed description of the selected resources, including related resources such as events or controllers. A name that does not exist is taken as a prefix: $ kubectl describe TYPE NAME_PREFIX shows every resource whose name begins with it.\n\nUse "kubectl api-resources" for a complete list of supported resources.',
  examples: [
    ['Describe a node', 'kubectl describe nodes worker-1'],
    ['Describe a pod', 'kubectl describe pods/nginx'],
    ['Describe pods by label name=myLabel', 'kubectl describe pods -l name=myLabel'],
  ],
  usage: '(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)',
  flags: [
    ...fileFlags('containing the resource to describe'),
    allNamespacesFlag,
    chunkSizeFlag,
    selectorFlag,
    flag.bool('show-events', 'If true, display events related to the described object.', true),
  ],
  async run(context) {
    if (context.args.length === 0 && !hasFiles(context))
      throw new CommandError(
        'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.',
      );
    const infos: Info[] = [];
    const errors: unknown[] = [];
    for await (const found of visitLive(context, { mayListAll: true })) {
      if ('error' in found) errors.push(found.error);
      else infos.push(found);
    }
    const matching = errors.length > 0 ? await byPrefix(context, errors) : [];
    await print(context, infos);
    for (const info of matching) context.out(`${await describeOne(context, info, true)}\n`);
    Aggregate.throwAll(errors);
    if (infos.length + matching.length === 0)
      context.warn(isAllNamespaces(context) ? 'No resources found\n' : `No resources found in ${context.namespace} namespace.\n`);
  },
});

/** With one type and one name that does not exist, what begins with that name; the error is then settled. */
async function byPrefix(context: Context, errors: unknown[]): Promise<Info[]> {
  if (!errors.every((error) => StatusError.is(error, 'NotFound')) || context.args.length !== 2 || hasFiles(context)) return [];
  const [type = '', prefix = ''] = context.args;
  const resource = await context.discovery.get(type);
  const { items } = await context.client.get(pathOf(resource, namespaceFor(context, resource)), {
    query: { limit: context.flags.int('chunk-size') },
  });
  const found = items
    .filter(({ metadata }: { metadata: { name: string } }) => metadata.name.startsWith(prefix))
    .map((object: any) => infoOf(resource, object));
  if (found.length > 0) errors.length = 0;
  return found;
}

async function print(context: Context, infos: readonly Info[]): Promise<void> {
  for (const [index, info] of infos.entries())
    context.out(`${index === 0 ? '' : '\n\n'}${await describeOne(context, info, infos.length > 1)}`);
}

async function describeOne(context: Context, info: Info, isOneOfMany: boolean): Promise<string> {
  const describer = describerOf(info.resource);
  const text = new Text();
  const showsEvents = describer.hasEvents && context.flags.bool('show-events') && (!isOneOfMany || context.flags.changed('show-events'));
  await describer.describe(text, info.object, { context, info, events: showsEvents ? await eventsOf(context, info) : undefined });
  return text.aligned();
}

function eventsOf(context: Context, { resource, name, namespace, object }: Info) {
  // A mirror Pod's events are about the static Pod, whose uid the annotation carries.
  const uid = object.metadata.annotations?.['kubernetes.io/config.mirror'] ?? object.metadata.uid;
  return eventsAbout(context, { name, namespace, ...(resource.kind === 'Pod' ? {} : { kind: resource.kind }), uid });
}
