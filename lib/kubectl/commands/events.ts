import type { KubeObject } from '@/lib/cluster';
import { allNamespacesFlag, chunkSizeFlag, printFlags } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { apiVersionOf, pathOf } from '../discovery';
import { eventAge } from '../describe/events';
import { CommandError } from '../errors';
import { flag } from '../flags';
import { objectPrinter } from '../output';
import { TabWriter } from '../printers/table';
import { isAllNamespaces } from '../resources';

export const events = defineCommand({
  name: 'events',
  short: 'List events',
  long: 'Display events.\n\n Prints a table of the most important information about events, oldest first. You can request events for a namespace, for all namespaces, or filtered to only those pertaining to a specified resource.',
  examples: [
    ['List recent events in the default namespace', 'kubectl events'],
    [
      'List recent events for the specified pod, then wait for more events and list them as they arrive',
      'kubectl events --for pod/web-pod-13je7 --watch',
    ],
    ["List recent only events of type 'Warning'", 'kubectl events --types=Warning'],
  ],
  usage:
    '[(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]',
  flags: [
    ...printFlags,
    allNamespacesFlag,
    chunkSizeFlag,
    flag.string('for', 'Filter events to only those pertaining to the specified resource.'),
    flag.bool('no-headers', "When using the default output format, don't print headers."),
    flag.strings('types', 'Output only events of given types.'),
    flag.bool('watch,w', 'After listing the requested events, watch for more events.'),
  ],
  async run(context) {
    const resource = await context.discovery.get('events');
    const fieldSelector = await aboutSelector(context);
    const path = pathOf(resource, isAllNamespaces(context) ? undefined : context.namespace);
    const printer = await objectPrinter(context);
    const list = await context.client.get(path, { query: { fieldSelector, limit: context.flags.int('chunk-size') } });
    const found = (list.items as KubeObject[])
      .filter((event) => isWanted(context, event))
      .sort((a, b) => Date.parse(lastSeen(a)) - Date.parse(lastSeen(b)));
    const tabs = new TabWriter();
    if (printer && !context.flags.bool('watch'))
      return context.out(printer.print({ ...list, apiVersion: 'v1', kind: 'EventList', items: found }));
    if (found.length === 0 && !context.flags.bool('watch'))
      return context.warn(isAllNamespaces(context) ? 'No events found.\n' : `No events found in ${context.namespace} namespace.\n`);
    const rows = found.map((event) => row(context, event));
    context.out(tabs.write(context.flags.bool('no-headers') ? rows : [header(context), ...rows]));
    if (!context.flags.bool('watch')) return;
    for await (const { type, object } of context.client.watch(path, {
      query: { fieldSelector, resourceVersion: list.metadata.resourceVersion },
    })) {
      if (type !== 'DELETED' && isWanted(context, object)) context.out(tabs.write([row(context, object)]));
    }
  },
});

async function aboutSelector(context: Context): Promise<string> {
  const text = context.flags.string('for');
  if (!text) return '';
  const [type = '', name] = text.split('/');
  if (!name) throw new CommandError('--for must be in resource/name form');
  const resource = await context.discovery.get(type);
  return `involvedObject.kind=${resource.kind},involvedObject.apiVersion=${apiVersionOf(resource)},involvedObject.name=${name}`;
}

function isWanted(context: Context, event: KubeObject): boolean {
  const types = context.flags.list('types').map((type) => type.toLowerCase());
  return types.length === 0 || types.includes(String(event['type']).toLowerCase());
}

const lastSeen = (event: any): string =>
  event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp;

function header(context: Context): string[] {
  return [...(isAllNamespaces(context) ? ['NAMESPACE'] : []), 'LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'];
}

function row(context: Context, event: KubeObject): string[] {
  const { involvedObject } = event;
  return [
    ...(isAllNamespaces(context) ? [event.metadata.namespace ?? ''] : []),
    eventAge(event, context.io.now()),
    event['type'] ?? '',
    event['reason'] ?? '',
    `${involvedObject.kind}/${involvedObject.name}`,
    (event['message'] ?? '').trim(),
  ];
}
