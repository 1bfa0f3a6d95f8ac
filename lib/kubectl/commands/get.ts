import type { KubeObject } from '@/lib/cluster';
import { StatusError } from '@/lib/cluster';
import { allNamespacesFlag, chunkSizeFlag, fieldSelectorFlag, fileFlags, printFlags, selectorFlag } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { apiVersionOf, groupResource, pathOf, type ApiResource } from '../discovery';
import { age } from '../duration';
import { Aggregate, CommandError } from '../errors';
import { flag } from '../flags';
import { absolute } from '../kubeconfig';
import { hasFiles } from '../manifests';
import { objectPrinter, type ObjectPrinter } from '../output';
import { CustomColumns } from '../printers/custom-columns';
import { sortByPath, TablePrinter, type Row, type Table } from '../printers/table';
import {
  explainList,
  infoOf,
  isAllNamespaces,
  listObjects,
  namespaceFor,
  parseTargets,
  selectFromFiles,
  selectorOf,
  type Info,
  type Target,
} from '../resources';

const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

export const get = defineCommand({
  name: 'get',
  short: 'Display one or many resources',
  long: 'Display one or many resources.\n\n Prints a table of the most important facts about the specified resources. A label selector narrows the list; for namespaced types only the current namespace is shown unless another or all are asked for.\n\nUse "kubectl api-resources" for a complete list of supported resources.',
  examples: [
    ['List all pods', 'kubectl get pods'],
    ['List all pods with more information (such as node name)', 'kubectl get pods -o wide'],
    ['List pods and services together', 'kubectl get pods,services'],
    ['Show one deployment as YAML', 'kubectl get deployment web -o yaml'],
    ['Return only the phase value of a pod', "kubectl get pod web-0 -o jsonpath='{.status.phase}'"],
    ['List all pods in all namespaces and watch for changes', 'kubectl get pods -A -w'],
  ],
  usage:
    '[(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]',
  flags: [
    ...printFlags,
    ...fileFlags(),
    allNamespacesFlag,
    chunkSizeFlag,
    fieldSelectorFlag,
    selectorFlag,
    flag.bool('ignore-not-found', 'If set to true, suppresses NotFound error for specific objects that do not exist.'),
    flag.strings(
      'label-columns,L',
      'Accepts a comma separated list of labels that are going to be presented as columns. Names are case-sensitive.',
    ),
    flag.bool('no-headers', "When using the default or custom-column output format, don't print headers (default print headers)."),
    flag.bool(
      'output-watch-events',
      'Output watch event objects when --watch or --watch-only is used. Existing objects are output as initial ADDED events.',
    ),
    flag.string('raw', 'Raw URI to request from the server.  Uses the transport specified by the kubeconfig file.'),
    flag.bool('server-print', 'If true, have the server return the appropriate table output. Supports extension APIs and CRDs.', true),
    flag.bool('show-kind', 'If present, list the resource type for the requested object(s).'),
    flag.bool('show-labels', 'When printing, show all labels as the last column (default hide labels column)'),
    flag.string(
      'sort-by',
      "If non-empty, sort list types using this field specification.  The field specification is expressed as a JSONPath expression (e.g. '{.metadata.name}').",
    ),
    flag.string('subresource', 'If specified, gets the subresource of the requested object.'),
    flag.bool('watch,w', 'After listing/getting the requested object, watch for changes.'),
    flag.bool('watch-only', 'Watch for changes to the requested object(s), without listing/getting first.'),
  ],
  async run(context) {
    if (context.flags.string('raw')) return printRaw(context);
    if (context.args.length === 0 && !hasFiles(context)) throw nothingAskedFor(context);
    const output = context.flags.string('output');
    const isHuman = output === '' || output === 'wide';
    if (isHuman && !context.flags.string('template')) return isWatch(context) ? watchTables(context) : printTables(context);
    const columns = await customColumns(context, output);
    if (columns) return printColumns(context, columns);
    const printer = (await objectPrinter(context, ['custom-columns', 'custom-columns-file', 'wide'])) as ObjectPrinter;
    return isWatch(context) ? watchObjects(context, printer) : printObjects(context, printer);
  },
});

function isWatch({ flags }: Context): boolean {
  return flags.bool('watch') || flags.bool('watch-only');
}

function nothingAskedFor(context: Context): CommandError {
  context.warn('You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\n');
  return context.usageError(
    'Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).',
  );
}

async function printRaw(context: Context): Promise<void> {
  const { body } = await context.client.send('GET', context.flags.string('raw'));
  context.out(typeof body === 'string' ? body : `${JSON.stringify(body)}\n`);
}

async function targetsOf(context: Context): Promise<Target[]> {
  if (!hasFiles(context)) return parseTargets(context, { mayListAll: true });
  return (await selectFromFiles(context)).map(({ resource, name }) => ({ type: 'name', resource, name }));
}

/** Runs `fetch` for each target and goes on after failures, which are thrown together at the end. */
async function eachTarget(context: Context, targets: readonly Target[], visit: (target: Target) => Promise<void>): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const target of targets) {
    try {
      await visit(target);
    } catch (error) {
      if (StatusError.is(error, 'NotFound') && context.flags.bool('ignore-not-found') && target.type === 'name') continue;
      if (!(error instanceof StatusError)) throw error;
      errors.push(error);
    }
  }
  return errors;
}

async function printTables(context: Context): Promise<void> {
  const targets = await targetsOf(context);
  const withKind = context.flags.bool('show-kind') || isSeveralTypes(context, targets);
  let printer: TablePrinter | undefined;
  let last: ApiResource | undefined;
  let hasPrinted = false;
  const errors = await eachTarget(context, targets, async (target) => {
    for (const table of await fetchTables(context, target)) {
      if (!printer || last !== target.resource) printer = tablePrinter(context, target.resource, withKind);
      const text = printer.print(sortedTable(context, table));
      if (text && hasPrinted && last !== target.resource && !context.flags.bool('no-headers')) context.out('\n');
      if (text) {
        hasPrinted = true;
        last = target.resource;
      }
      context.out(text);
    }
  });
  if (!hasPrinted && errors.length === 0 && !context.flags.bool('ignore-not-found')) context.warn(emptyNote(context, targets));
  Aggregate.throwAll(errors);
}

function isSeveralTypes(context: Context, targets: readonly Target[]): boolean {
  return context.args[0] === 'all' || new Set(targets.map(({ resource }) => groupResource(resource))).size > 1;
}

function emptyNote(context: Context, targets: readonly Target[]): string {
  const isNamespaced = !isAllNamespaces(context) && targets.every(({ resource }) => resource.namespaced);
  return isNamespaced ? `No resources found in ${context.namespace} namespace.\n` : 'No resources found\n';
}

function tablePrinter(context: Context, resource: ApiResource, withKind: boolean): TablePrinter {
  const { flags } = context;
  return new TablePrinter({
    isWide: flags.string('output') === 'wide',
    noHeaders: flags.bool('no-headers'),
    withNamespace: isAllNamespaces(context) && resource.namespaced,
    kind: withKind ? `${resource.kind.toLowerCase()}${resource.group ? `.${resource.group}` : ''}` : undefined,
    showLabels: flags.bool('show-labels'),
    labelColumns: flags.list('label-columns'),
  });
}

async function fetchTables(context: Context, target: Target): Promise<Table[]> {
  const { resource } = target;
  const query = { includeObject: context.flags.string('sort-by') ? 'Object' : undefined };
  if (target.type === 'name') {
    const path = pathOf(resource, namespaceFor(context, resource), target.name, context.flags.string('subresource') || undefined);
    return [asTable(await context.client.get(path, { query, headers: { accept: tableAccept } }), context.io.now())];
  }
  return pages(context, target.resource, query);
}

async function pages(context: Context, resource: ApiResource, query: Record<string, string | undefined>): Promise<Table[]> {
  const { label, field } = selectorOf(context);
  const tables: Table[] = [];
  let next: string | undefined;
  do {
    const limit = context.flags.int('chunk-size') || undefined;
    const page: Table = asTable(
      await context.client
        .get(pathOf(resource, namespaceFor(context, resource)), {
          query: { ...query, labelSelector: label, fieldSelector: field, limit, continue: next },
          headers: { accept: tableAccept },
        })
        .catch(explainList(context, resource)),
      context.io.now(),
    );
    tables.push(page);
    next = page.metadata?.continue;
  } while (next);
  if (!context.flags.string('sort-by') || tables.length < 2) return tables;
  return [{ ...(tables[0] as Table), rows: tables.flatMap((table) => table.rows ?? []) }];
}

/** A server that answers with objects is printed by name and age. */
function asTable(answer: Table | KubeObject, now: number): Table {
  if (answer.kind === 'Table') return answer as Table;
  const objects = ((answer as KubeObject)['items'] as KubeObject[] | undefined) ?? [answer as KubeObject];
  return {
    kind: 'Table',
    metadata: (answer as KubeObject).metadata as never,
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', priority: 0 },
      { name: 'Age', type: 'string', format: '', priority: 0 },
    ],
    rows: objects.map((object) => ({ cells: [object.metadata.name, age(String(object.metadata.creationTimestamp), now)], object })),
  };
}

function sortedTable(context: Context, table: Table): Table {
  const expression = context.flags.string('sort-by');
  return expression ? { ...table, rows: sortByPath(table.rows ?? [], (row: Row) => row.object, expression) } : table;
}

async function customColumns(context: Context, output: string): Promise<CustomColumns | undefined> {
  const [format, spec = ''] = /^(custom-columns-file|custom-columns)(?:=([^]*))?$/.exec(output)?.slice(1) ?? [];
  if (format === 'custom-columns') return CustomColumns.parse(spec, context.flags.bool('no-headers'));
  if (format !== 'custom-columns-file') return undefined;
  if ((await context.io.files.kind(absolute(context.io, spec))) !== 'file')
    throw new CommandError(`error reading template ${spec}, open ${spec}: no such file or directory\n`);
  return CustomColumns.parseFile(await context.io.files.read(absolute(context.io, spec)), context.flags.bool('no-headers'));
}

async function printColumns(context: Context, columns: CustomColumns): Promise<void> {
  if (isWatch(context)) return watchEach(context, (object) => context.out(columns.print([object])));
  const { infos, errors } = await fetchObjects(context);
  context.out(columns.print(sortedInfos(context, infos).map(({ object }) => object)));
  Aggregate.throwAll(errors);
}

async function fetchObjects(context: Context): Promise<{ infos: Info[]; errors: unknown[]; isSingle: boolean }> {
  const infos: Info[] = [];
  const targets = await targetsOf(context);
  const errors = await eachTarget(context, targets, async (target) => {
    const { resource } = target;
    const namespace = namespaceFor(context, resource);
    if (target.type === 'list') infos.push(...(await listObjects(context, resource, namespace)).map((object) => infoOf(resource, object)));
    else
      infos.push(
        infoOf(
          resource,
          await context.client.get(pathOf(resource, namespace, target.name, context.flags.string('subresource') || undefined)),
        ),
      );
  });
  return { infos, errors, isSingle: targets.length === 1 && targets[0]?.type === 'name' };
}

function sortedInfos(context: Context, infos: Info[]): Info[] {
  const expression = context.flags.string('sort-by');
  return expression ? sortByPath(infos, ({ object }) => object, expression) : infos;
}

/** One object for one name, otherwise a `v1.List` of them all. */
async function printObjects(context: Context, printer: ObjectPrinter): Promise<void> {
  const { infos, errors, isSingle } = await fetchObjects(context);
  const sorted = sortedInfos(context, infos);
  const [first] = sorted;
  if (context.flags.string('output') === 'name') for (const { object, resource } of sorted) context.out(printer.print(object, resource));
  else if (isSingle && first) context.out(printer.print(first.object, first.resource));
  else if (!isSingle && (errors.length === 0 || first))
    context.out(
      printer.print({
        apiVersion: 'v1',
        kind: 'List',
        metadata: { resourceVersion: '' } as never,
        items: sorted.map(({ object }) => object),
      }),
    );
  Aggregate.throwAll(errors);
}

async function singleTarget(context: Context): Promise<Target> {
  const targets = await targetsOf(context);
  const [first] = targets;
  if (!first || targets.length > 1)
    throw new CommandError('watch is only supported on individual resources and resource collections - more than 1 resource was found');
  return first;
}

function watchPath(context: Context, target: Target): { path: string; fieldSelector: string } {
  const { field } = selectorOf(context);
  const byName = target.type === 'name' ? `metadata.name=${target.name}` : '';
  return {
    path: pathOf(target.resource, namespaceFor(context, target.resource)),
    fieldSelector: [field, byName].filter(Boolean).join(','),
  };
}

async function watchTables(context: Context): Promise<void> {
  const target = await singleTarget(context);
  const printer = tablePrinter(context, target.resource, context.flags.bool('show-kind'));
  const isEvents = context.flags.bool('output-watch-events');
  const tables = await fetchTables(context, target);
  if (!context.flags.bool('watch-only'))
    for (const table of tables)
      context.out(printer.print(sortedTable(context, table), isEvents ? (table.rows ?? []).map(() => 'ADDED') : undefined));
  const { path, fieldSelector } = watchPath(context, target);
  const resourceVersion = tables.at(-1)?.metadata?.resourceVersion ?? tables[0]?.rows?.[0]?.object?.metadata.resourceVersion;
  const events = context.client.watch(path, {
    query: { resourceVersion, labelSelector: selectorOf(context).label, fieldSelector },
    headers: { accept: tableAccept },
  });
  for await (const { type, object } of events) context.out(printer.print(asTable(object, context.io.now()), isEvents ? [type] : undefined));
}

async function watchObjects(context: Context, printer: ObjectPrinter): Promise<void> {
  const isEvents = context.flags.bool('output-watch-events');
  await watchEach(context, (object, type) => context.out(printer.print(isEvents ? ({ type, object } as unknown as KubeObject) : object)));
}

async function watchEach(context: Context, visit: (object: KubeObject, type: string) => void): Promise<void> {
  const target = await singleTarget(context);
  const { resource } = target;
  const { path, fieldSelector } = watchPath(context, target);
  const list = await context.client.get(path, { query: { labelSelector: selectorOf(context).label, fieldSelector } });
  if (target.type === 'name' && list.items.length === 0)
    await context.client.get(pathOf(resource, namespaceFor(context, resource), target.name));
  if (!context.flags.bool('watch-only'))
    for (const item of list.items) visit({ apiVersion: apiVersionOf(resource), kind: resource.kind, ...item }, 'ADDED');
  const events = context.client.watch(path, {
    query: { resourceVersion: list.metadata.resourceVersion, labelSelector: selectorOf(context).label, fieldSelector },
  });
  for await (const { type, object } of events) visit(object, type);
}
