import { deepCopy, deepEqual } from '@/lib/base';
import { labelValueErrors, qualifiedNameErrors, type KubeObject } from '@/lib/cluster';
import {
  allFlag,
  allNamespacesFlag,
  dryRunFlag,
  fieldManagerFlag,
  fieldSelectorFlag,
  fileFlags,
  localFlag,
  printFlags,
  selectorFlag,
} from '../common-flags';
import { defineCommand, type Command } from '../command';
import type { Context } from '../context';
import { Aggregate, CommandError } from '../errors';
import { cut, flag } from '../flags';
import { hasFiles } from '../manifests';
import { objectPrinter, ResultPrinter } from '../output';
import { sendChanges } from '../patch/update';
import { selectFromFiles, visitLive, type Info } from '../resources';

/** Labels and annotations change alike; only the words differ. */
interface Words {
  readonly verb: 'label' | 'annotate';
  readonly field: 'labels' | 'annotations';
  readonly noun: 'label' | 'annotation';
  readonly done: 'labeled' | 'annotated';
  readonly undone: 'unlabeled' | 'annotated';
  readonly usage: string;
}

export const label = metadataCommand({
  verb: 'label',
  field: 'labels',
  noun: 'label',
  done: 'labeled',
  undone: 'unlabeled',
  usage: '[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
});
export const annotate = metadataCommand({
  verb: 'annotate',
  field: 'annotations',
  noun: 'annotation',
  done: 'annotated',
  undone: 'annotated',
  usage: '[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
});

function metadataCommand(words: Words): Command {
  const { verb, field, noun } = words;
  return defineCommand({
    name: verb,
    short: `Update the ${field} on a resource`,
    long: `Update the ${field} on a resource.\n\n KEY=VALUE sets a ${noun}, KEY- removes one. A ${noun} that exists already is only changed with --overwrite.`,
    examples: [
      [`Update pod 'foo' with the ${noun} 'unhealthy' and the value 'true'`, `kubectl ${verb} pods foo unhealthy=true`],
      [
        `Update pod 'foo' with the ${noun} 'status' and the value 'unhealthy', overwriting any existing value`,
        `kubectl ${verb} --overwrite pods foo status=unhealthy`,
      ],
      [`Update pod 'foo' by removing a ${noun} named 'bar' if it exists`, `kubectl ${verb} pods foo bar-`],
    ],
    usage: words.usage,
    flags: [
      ...printFlags,
      ...fileFlags(`identifying the resource to update the ${field}`),
      allFlag,
      allNamespacesFlag,
      dryRunFlag,
      fieldManagerFlag(`kubectl-${verb}`),
      fieldSelectorFlag,
      localFlag,
      selectorFlag,
      flag.bool('list', `If true, display the ${field} for a given resource.`),
      flag.bool(
        'overwrite',
        `If true, allow ${field} to be overwritten, otherwise reject ${noun} updates that overwrite existing ${field}.`,
      ),
      flag.string(
        'resource-version',
        `If non-empty, the ${noun} update will only succeed if this is the current resource-version for the object. Only valid when specifying a single resource.`,
      ),
    ],
    run: (context) => change(context, words),
  });
}

interface Change {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

async function change(context: Context, words: Words): Promise<void> {
  const { targets, pairs } = split(context.args);
  if (targets.length === 0 && !hasFiles(context))
    throw new CommandError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
  const isList = context.flags.bool('list');
  const changes = parsePairs(pairs, words);
  if (pairs.length === 0 && !isList) throw new CommandError(`at least one ${words.noun} update is required`);
  if (isList && context.flags.string('output')) throw new CommandError('--list and --output may not be specified together');
  const printer = isList ? undefined : await ResultPrinter.of(context);
  const errors: unknown[] = [];
  for await (const found of visit(context, targets)) {
    if ('error' in found) errors.push(found.error);
    else if (printer) await changeOne(context, found, changes, words, printer).catch((error: unknown) => errors.push(error));
    else await list(context, found, words);
  }
  Aggregate.throwAll(errors);
}

/** Words before the first `KEY=VALUE` or `KEY-` name resources. */
function split(args: readonly string[]): { targets: string[]; pairs: string[] } {
  const first = args.findIndex((arg) => arg.includes('=') || arg.endsWith('-'));
  const targets = first < 0 ? [...args] : args.slice(0, first);
  const pairs = first < 0 ? [] : args.slice(first);
  const stray = pairs.find((arg) => !arg.includes('=') && !arg.endsWith('-'));
  if (stray !== undefined) throw new CommandError(`all resources must be specified before changes: ${stray}`);
  return { targets, pairs };
}

function parsePairs(pairs: readonly string[], { noun, field }: Words): Change {
  const set: Record<string, string> = {};
  const remove: string[] = [];
  for (const pair of pairs) {
    const [key, value] = cut(pair, '=');
    if (value === undefined) {
      remove.push(pair.slice(0, -1));
      continue;
    }
    const problems =
      field === 'labels'
        ? [...qualifiedNameErrors(key), ...labelValueErrors(value)]
        : key === ''
          ? [`invalid ${noun} format: ${pair}`]
          : qualifiedNameErrors(key.toLowerCase());
    if (problems.length)
      throw new CommandError(
        field === 'labels' ? `invalid label value: ${JSON.stringify(pair)}: ${problems.join(';')}` : `invalid annotation format: ${pair}`,
      );
    set[key] = value;
  }
  const both = remove.find((key) => key in set);
  if (both !== undefined) throw new CommandError(`cannot modify and remove the same ${noun}(s), ${JSON.stringify(both)}`.replace(/"/g, ''));
  return { set, remove };
}

async function* visit(context: Context, targets: readonly string[]) {
  if (context.flags.bool('local')) yield* await selectFromFiles(context);
  else yield* visitLive(context, { args: targets });
}

async function list(context: Context, { resource, name, object }: Info, { field }: Words): Promise<void> {
  if (!(await objectPrinter(context)))
    context.out(`Listing ${field} for ${resource.kind}${resource.group ? `.${resource.group}` : ''}/${name}:\n`);
  for (const [key, value] of Object.entries(object.metadata[field] ?? {}).sort()) context.out(` ${key}=${value}\n`);
}

async function changeOne(context: Context, info: Info, change: Change, words: Words, printer: ResultPrinter): Promise<void> {
  const { set, remove } = change;
  const before = info.object.metadata[words.field] ?? {};
  refuseOverwrites(context, set, before, words);
  for (const key of remove) if (!(key in before)) context.out(`${words.noun} ${JSON.stringify(key)} not found.\n`);
  const object = deepCopy(info.object);
  const after = { ...before, ...set };
  for (const key of remove) delete after[key];
  object.metadata[words.field] = after;
  const version = context.flags.string('resource-version');
  if (version) object.metadata.resourceVersion = version;
  const result: KubeObject = await sendChanges(context, info, object);
  printer.print(info.resource, result, outcome(before, after, change, words));
}

function refuseOverwrites(
  context: Context,
  set: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
  { noun }: Words,
): void {
  if (context.flags.bool('overwrite')) return;
  for (const [key, value] of Object.entries(set)) {
    if (before[key] === undefined || before[key] === value) continue;
    throw new CommandError(
      noun === 'label'
        ? `'${key}' already has a value (${before[key]}), and --overwrite is false`
        : `--overwrite is false but found the following declared annotation(s): '${key}' already has a value (${before[key]})`,
    );
  }
}

function outcome(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  { set, remove }: Change,
  { done, undone, verb }: Words,
): string {
  if (verb === 'annotate') return done;
  if (deepEqual(before, after)) return 'not labeled';
  return remove.length > 0 && Object.keys(set).length === 0 ? undone : done;
}
