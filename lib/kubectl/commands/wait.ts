import { StatusError, type KubeObject } from '@/lib/cluster';
import {
  allFlag,
  allNamespacesFlag,
  fieldSelectorFlag,
  fileFlags,
  localFlag,
  printFlags,
  selectorFlag,
  timeoutFlag,
} from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { Aggregate, CommandError, Exit } from '../errors';
import { cut, flag } from '../flags';
import { goValue } from '../go-syntax';
import { JsonPath } from '../jsonpath';
import { hasFiles } from '../manifests';
import { ResultPrinter } from '../output';
import { infoOf, namespaceFor, parseTargets, selectFromFiles, visitLive, type Info, type Target } from '../resources';
import { watchUntil } from '../watch-until';

const weekMs = 7 * 24 * 3_600_000;

export const wait = defineCommand({
  name: 'wait',
  short: 'Wait for a specific condition on one or many resources',
  long: 'Wait for a specific condition on one or many resources.\n\n The command takes multiple resources and waits until the specified condition is seen in the Status field of every given resource, until the resource is deleted or created, or until a JSONPath expression holds.',
  examples: [
    ['Wait for the pod "busybox1" to contain the status condition of type "Ready"', 'kubectl wait --for=condition=Ready pod/busybox1'],
    [
      'Wait for the pod "busybox1" to contain the status phase to be "Running"',
      "kubectl wait --for=jsonpath='{.status.phase}'=Running pod/busybox1",
    ],
    ['Wait for the pod "busybox1" to be deleted, with a timeout of 60s', 'kubectl wait --for=delete pod/busybox1 --timeout=60s'],
    ['Wait for the service account "default" to be created', 'kubectl wait --for=create sa/default'],
  ],
  usage:
    "([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
  flags: [
    ...printFlags,
    ...fileFlags().filter(({ name }) => name === 'filename'),
    flag.bool('recursive,R', 'Process the directory used in -f, --filename recursively.', true),
    allFlag,
    allNamespacesFlag,
    fieldSelectorFlag,
    localFlag,
    selectorFlag,
    timeoutFlag(
      "The length of time to wait before giving up.  Zero means check once and don't wait, negative means wait for a week.",
      '30s',
    ),
    flag.array(
      'for',
      "The condition to wait on: [create|delete|condition=condition-name[=condition-value]|jsonpath='{JSONPath expression}'=[JSONPath value]]. The default condition-value is true.",
    ),
  ],
  async run(context) {
    const conditions = context.flags.list('for').map(parseCondition);
    if (conditions.length === 0) throw new CommandError('unrecognized condition: []');
    const printer = await ResultPrinter.of(context);
    const timeoutMs = context.flags.duration('timeout');
    const deadline = context.io.now() + (timeoutMs < 0 ? weekMs : timeoutMs);
    for (const condition of conditions) await waitForAll(context, condition, deadline, printer);
  },
});

type Condition = { readonly type: 'delete' | 'create' } | { readonly type: 'holds'; readonly isMet: (object: KubeObject) => boolean };

function parseCondition(text: string): Condition {
  if (text.toLowerCase() === 'delete') return { type: 'delete' };
  if (text.toLowerCase() === 'create') return { type: 'create' };
  const [kind, rest] = cut(text, '=');
  if (kind === 'condition' && rest) return statusCondition(rest);
  if (kind === 'jsonpath' && rest) return jsonPathCondition(rest);
  throw new CommandError(`unrecognized condition: ${JSON.stringify(text)}`);
}

function statusCondition(text: string): Condition {
  const [name, wanted = 'true'] = cut(text, '=');
  return {
    type: 'holds',
    isMet: (object) => {
      const found = (object['status']?.conditions ?? []).find(({ type }: { type: string }) => type?.toLowerCase() === name.toLowerCase());
      if (!found) return false;
      const { generation } = object.metadata;
      const observed = found.observedGeneration ?? object['status']?.observedGeneration;
      if (generation !== undefined && observed !== undefined && observed < generation) return false;
      return String(found.status).toLowerCase() === wanted.toLowerCase();
    },
  };
}

function jsonPathCondition(text: string): Condition {
  const split = /^'?(\{.*\}|[^=]+)'?(?:=([^]*))?$/.exec(text);
  const expression = split?.[1] ?? '';
  const wanted = split?.[2]?.replace(/^["'](.*)["']$/, '$1');
  if (wanted === '') throw new CommandError('jsonpath wait value cannot be empty');
  const path = JsonPath.parseRelaxed(expression);
  return {
    type: 'holds',
    isMet: (object) => {
      const results = path.find(object).flat();
      if (results.length === 0) return false;
      if (results.length > 1) throw new CommandError('given jsonpath expression matches more than one value');
      const [value] = results;
      if (wanted === undefined) return true;
      if (typeof value === 'object' && value !== null)
        throw new CommandError('jsonpath leads to a nested object or list which cannot be compared');
      return goValue(value) === wanted.trim();
    },
  };
}

async function waitForAll(context: Context, condition: Condition, deadline: number, printer: ResultPrinter): Promise<void> {
  const errors: unknown[] = [];
  let count = 0;
  for await (const info of selected(context, condition, deadline)) {
    count++;
    await waitForOne(context, info, condition, deadline, printer).catch((error: unknown) => {
      if (error instanceof Exit || !(error instanceof CommandError)) throw error;
      errors.push(error);
    });
  }
  Aggregate.throwAll(errors);
  if (count === 0 && condition.type !== 'delete') throw new CommandError('no matching resources found');
}

/** What is waited for. For deletion what is gone already is left out; for creation it may not be there yet. */
async function* selected(context: Context, condition: Condition, deadline: number): AsyncGenerator<Info> {
  if (condition.type === 'create') return yield* created(context, deadline);
  for await (const found of visitLive(context)) {
    if (!('error' in found)) yield found;
    else if (!(condition.type === 'delete' && StatusError.is(found.error, 'NotFound'))) throw found.error;
  }
}

async function* created(context: Context, deadline: number): AsyncGenerator<Info> {
  const targets: Target[] = hasFiles(context)
    ? (await selectFromFiles(context)).map(({ resource, name }) => ({ type: 'name', resource, name }))
    : await parseTargets(context);
  for (const target of targets) {
    if (target.type === 'list') throw new CommandError('resource(s) were provided, but no name was specified');
    const { resource, name } = target;
    const namespace = namespaceFor(context, resource);
    if ((await watchUntil(context, { resource, namespace, name }, (object) => object !== undefined, deadline)) === 'timeout')
      throw new CommandError(`timed out waiting for the condition on ${resource.plural}/${name}`);
    yield infoOf(resource, await context.client.get(pathOf(resource, namespace, name)));
  }
}

async function waitForOne(context: Context, info: Info, condition: Condition, deadline: number, printer: ResultPrinter): Promise<void> {
  if (condition.type === 'create') return printer.print(info.resource, info.object, 'condition met');
  const { uid } = info.object.metadata;
  const outcome = await watchUntil(
    context,
    info,
    (object) =>
      condition.type === 'holds' ? object !== undefined && condition.isMet(object) : object === undefined || object.metadata.uid !== uid,
    deadline,
  );
  if (outcome === 'timeout') throw new CommandError(`timed out waiting for the condition on ${info.resource.plural}/${info.name}`);
  printer.print(info.resource, info.object, 'condition met');
}
