import { deepCopy, deepEqual } from '@/lib/base';
import type { KubeObject } from '@/lib/cluster';
import { allFlag, dryRunFlag, fieldManagerFlag, fileFlags, localFlag, printFlags, selectorFlag } from '../common-flags';
import { defineCommand, type Command } from '../command';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { Aggregate, CommandError } from '../errors';
import { cut, flag, type FlagDefinition } from '../flags';
import { hasFiles } from '../manifests';
import { ResultPrinter } from '../output';
import { sendChanges } from '../patch/update';
import { nothingGiven, selectFromFiles, visitLive, type Info } from '../resources';
import { refused } from './refused';

const commonFlags: readonly FlagDefinition[] = [
  ...printFlags,
  ...fileFlags(),
  allFlag,
  dryRunFlag,
  fieldManagerFlag('kubectl-set'),
  localFlag,
  selectorFlag,
];

/** The Pod spec inside a workload, or a Pod's own. */
function podSpecOf(object: KubeObject): any {
  const { kind, spec } = object;
  if (kind === 'Pod') return spec;
  if (kind === 'CronJob') return spec.jobTemplate?.spec?.template?.spec;
  return spec?.template?.spec;
}

/** Words up to the first `KEY=VALUE` (or, where allowed, `KEY-`) name resources. */
function split(args: readonly string[], isChange: (arg: string) => boolean): { targets: readonly string[]; changes: readonly string[] } {
  const first = args.findIndex(isChange);
  return first < 0 ? { targets: args, changes: [] } : { targets: args.slice(0, first), changes: args.slice(first) };
}

/** Changes the Pod spec of each object in place by `change` and sends what differs; says nothing where nothing does. */
async function changeAll(
  context: Context,
  targets: readonly string[],
  done: string,
  change: (podSpec: any, info: Info) => void,
): Promise<void> {
  if (targets.length === 0 && !hasFiles(context) && !context.flags.string('selector')) throw new CommandError(nothingGiven);
  const printer = await ResultPrinter.of(context);
  const errors: unknown[] = [];
  for await (const found of visit(context, targets)) {
    if ('error' in found) errors.push(found.error);
    else await changeOne(context, found, done, change, printer).catch((error: unknown) => errors.push(error));
  }
  Aggregate.throwAll(errors);
}

async function* visit(context: Context, targets: readonly string[]) {
  if (context.flags.bool('local')) yield* await selectFromFiles(context);
  else yield* visitLive(context, { args: targets });
}

async function changeOne(
  context: Context,
  info: Info,
  done: string,
  change: (podSpec: any, info: Info) => void,
  printer: ResultPrinter,
): Promise<void> {
  const object = deepCopy(info.object);
  const podSpec = podSpecOf(object);
  if (!podSpec)
    throw new CommandError(
      `${info.resource.plural}/${info.name} the object is not a pod or does not have a pod template: ${info.resource.kind}`.replace(
        ': the',
        ' the',
      ),
    );
  change(podSpec, info);
  if (deepEqual(object, info.object) && !context.flags.bool('local') && context.dryRun !== 'client') return;
  printer.print(info.resource, await sendChanges(context, info, object), done);
}

function containersNamed(podSpec: any, pattern: string): any[] {
  const all = [...(podSpec.initContainers ?? []), ...podSpec.containers];
  const expression = new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
  return all.filter(({ name }) => expression.test(name));
}

const image = defineCommand({
  name: 'image',
  short: 'Update the image of a pod template',
  long: 'Update existing container image(s) of resources.\n\n Possible resources include (case insensitive):\n\n pod (po), deployment (deploy), daemonset (ds), statefulset (sts), cronjob (cj), replicaset (rs)',
  examples: [
    ["Set a deployment's nginx container image to 'nginx:1.9.1'", 'kubectl set image deployment/nginx nginx=nginx:1.9.1'],
    ["Update all deployments' nginx container's image", 'kubectl set image deployments nginx=nginx:1.9.1 --all'],
    ['Update image of all containers of daemonset abc', 'kubectl set image daemonset abc *=nginx:1.9.1'],
  ],
  usage: '(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N',
  flags: commonFlags,
  async run(context) {
    const { targets, changes } = split(context.args, (arg) => arg.includes('='));
    if (targets.length === 0 && !hasFiles(context) && !context.flags.string('selector')) throw new CommandError(nothingGiven);
    if (changes.length === 0) throw new CommandError('at least one image update is required');
    const images = changes.map((pair) => {
      const [name, value] = cut(pair, '=');
      if (!name || !value)
        throw new CommandError(`invalid image: ${pair}`.replace('invalid image', 'all resources must be specified before image changes'));
      return [name, value] as const;
    });
    await changeAll(context, targets, 'image updated', (podSpec) => setImages(podSpec, images));
  },
});

function setImages(podSpec: any, images: readonly (readonly [string, string])[]): void {
  for (const [name, value] of images) {
    const found = containersNamed(podSpec, name);
    if (found.length === 0) throw new CommandError(`unable to find container named ${JSON.stringify(name)}`);
    for (const container of found) container.image = value;
  }
}

const env = defineCommand({
  name: 'env',
  short: 'Update environment variables on a pod template',
  long: 'Update environment variables on a pod template.\n\n List environment variable definitions in one or more pods or pod templates, add, update or remove them. NAME- removes one.',
  examples: [
    ["Update deployment 'registry' with a new environment variable", 'kubectl set env deployment/registry STORAGE_DIR=/local'],
    ["List the environment variables defined on a deployments 'sample-build'", 'kubectl set env deployment/sample-build --list'],
    ['Import environment from a config map', 'kubectl set env --from=configmap/myconfigmap deployment/myapp'],
    [
      "Remove the environment variable ENV from container 'c1' in all deployments",
      'kubectl set env deployments --all --containers="c1" ENV-',
    ],
  ],
  usage: 'RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N',
  flags: [
    ...commonFlags,
    flag.string('containers,c', 'The names of containers in the selected pod templates to change - may use wildcards', '*'),
    flag.strings('env,e', 'Specify a key-value pair for an environment variable to set into each container.'),
    flag.string('from', 'The name of a resource from which to inject environment variables'),
    flag.strings('keys', 'Comma-separated list of keys to import from specified resource'),
    flag.bool(
      'list',
      'If true, display the environment and any changes in the standard format. this flag will removed when we have kubectl view env.',
    ),
    flag.bool(
      'overwrite',
      'If true, allow environment to be overwritten, otherwise reject updates that overwrite existing environment.',
      true,
    ),
    flag.string('prefix', 'Prefix to append to variable names'),
    flag.bool('resolve', 'If true, show secret or configmap references when listing variables'),
  ],
  async run(context) {
    const { targets, changes } = split(context.args, (arg) => arg.includes('=') || arg.endsWith('-'));
    const all = [...changes, ...context.flags.list('env')];
    if (context.flags.bool('list')) return listEnv(context, targets);
    const imported = context.flags.string('from') ? await importEnv(context) : [];
    if (all.length === 0 && imported.length === 0) throw new CommandError('at least one environment variable must be provided');
    const set = [
      ...imported,
      ...all.filter((one) => one.includes('=')).map((pair) => ({ name: cut(pair, '=')[0], value: cut(pair, '=')[1] })),
    ];
    const remove = all.filter((one) => !one.includes('=')).map((one) => one.slice(0, -1));
    await changeAll(context, targets, 'env updated', (podSpec) => setEnv(context, podSpec, set, remove));
  },
});

function setEnv(context: Context, podSpec: any, set: readonly any[], remove: readonly string[]): void {
  const found = containersNamed(podSpec, context.flags.string('containers'));
  if (found.length === 0) throw new CommandError(`no containers match ${JSON.stringify(context.flags.string('containers'))}`);
  for (const container of found) {
    const variables = (container.env ?? []).filter(({ name }: { name: string }) => !remove.includes(name));
    for (const one of set) {
      const at = variables.findIndex(({ name }: { name: string }) => name === one.name);
      if (at >= 0 && !context.flags.bool('overwrite'))
        throw new CommandError(`'${one.name}' already has a value (${variables[at].value}), and --overwrite is false`);
      if (at >= 0) variables[at] = one;
      else variables.push(one);
    }
    if (variables.length > 0) container.env = variables;
    else delete container.env;
  }
}

async function importEnv(context: Context): Promise<any[]> {
  const [type = '', name = ''] = context.flags.string('from').split('/');
  const resource = await context.discovery.get(type);
  const object = await context.client.get(pathOf(resource, context.namespace, name));
  if (object.kind !== 'ConfigMap' && object.kind !== 'Secret')
    throw new CommandError(`unsupported resource specified in --from: ${context.flags.string('from')}`);
  const keys = context.flags.list('keys');
  const field = object.kind === 'ConfigMap' ? 'configMapKeyRef' : 'secretKeyRef';
  return Object.keys(object.data ?? {})
    .filter((key) => keys.length === 0 || keys.includes(key))
    .sort()
    .map((key) => ({
      name: context.flags.string('prefix') + key.toUpperCase().replace(/[^A-Z0-9_]/g, '_'),
      valueFrom: { [field]: { name, key } },
    }));
}

async function listEnv(context: Context, targets: readonly string[]): Promise<void> {
  for await (const found of visit(context, targets)) {
    if ('error' in found) throw found.error;
    for (const container of containersNamed(podSpecOf(found.object), context.flags.string('containers'))) {
      context.out(`# ${found.resource.kind} ${found.name}, container ${container.name}\n`);
      for (const one of container.env ?? []) context.out(`${envLine(one)}\n`);
    }
  }
}

function envLine({ name, value = '', valueFrom }: any): string {
  if (!valueFrom) return `${name}=${value}`;
  if (valueFrom.configMapKeyRef) return `# ${name} from configmap ${valueFrom.configMapKeyRef.name}, key ${valueFrom.configMapKeyRef.key}`;
  if (valueFrom.secretKeyRef) return `# ${name} from secret ${valueFrom.secretKeyRef.name}, key ${valueFrom.secretKeyRef.key}`;
  if (valueFrom.fieldRef) return `# ${name} from field path ${valueFrom.fieldRef.fieldPath}`;
  return `# ${name} from resource field ${valueFrom.resourceFieldRef?.resource}`;
}

const resourcesCommand = defineCommand({
  name: 'resources',
  short: 'Update resource requests/limits on objects with pod templates',
  long: 'Specify compute resource requirements (CPU, memory) for any resource that defines a pod template. If a pod is successfully scheduled, it is guaranteed the amount of resource requested, but may burst up to its specified limits.',
  examples: [
    [
      'Set a deployments nginx container cpu limits to "200m" and memory to "512Mi"',
      'kubectl set resources deployment nginx -c=nginx --limits=cpu=200m,memory=512Mi',
    ],
    [
      'Remove the resource requests for resources on containers in nginx',
      'kubectl set resources deployment nginx --limits=cpu=0,memory=0 --requests=cpu=0,memory=0',
    ],
  ],
  usage: '(-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]',
  flags: [
    ...commonFlags,
    flag.string(
      'containers,c',
      'The names of containers in the selected pod templates to change, all containers are selected by default - may use wildcards',
      '*',
    ),
    flag.string('limits', "The resource requirement requests for this container.  For example, 'cpu=100m,memory=256Mi'."),
    flag.string('requests', "The resource requirement requests for this container.  For example, 'cpu=100m,memory=256Mi'."),
  ],
  async run(context) {
    const limits = amounts(context.flags.string('limits'));
    const requests = amounts(context.flags.string('requests'));
    if (!limits && !requests)
      throw new CommandError('you must specify an update to requests or limits (in the form of --requests/--limits)');
    await changeAll(context, context.args, 'resource requirements updated', (podSpec) => {
      const found = containersNamed(podSpec, context.flags.string('containers'));
      if (found.length === 0) throw new CommandError(`unable to find container named ${context.flags.string('containers')}`);
      for (const container of found)
        container.resources = {
          ...container.resources,
          ...(limits ? { limits: { ...container.resources?.limits, ...limits } } : {}),
          ...(requests ? { requests: { ...container.resources?.requests, ...requests } } : {}),
        };
    });
  },
});

function amounts(text: string): Record<string, string> | undefined {
  if (!text) return undefined;
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [name, value] = cut(pair, '=');
      if (!value)
        throw new CommandError(
          `invalid argument syntax ${JSON.stringify(pair)}, expected <resource>=<value>`.replace('syntax ', 'syntax '),
        );
      return [name, value] as const;
    }),
  );
}

const serviceAccount: Command = defineCommand({
  name: 'serviceaccount',
  aliases: ['sa'],
  short: 'Update the service account of a resource',
  long: 'Update the service account of pod template resources.',
  examples: [
    [
      "Set deployment nginx-deployment's service account to serviceaccount1",
      'kubectl set serviceaccount deployment nginx-deployment serviceaccount1',
    ],
  ],
  usage: '(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT',
  flags: commonFlags,
  async run(context) {
    const name = context.args.at(-1);
    if (!name) throw new CommandError('serviceaccount is required');
    await changeAll(context, context.args.slice(0, -1), 'serviceaccount updated', (podSpec) => {
      podSpec.serviceAccountName = name;
    });
  },
});

export const set = defineCommand({
  name: 'set',
  short: 'Set specific features on objects',
  long: 'Configure application resources.\n\n These commands help you make changes to existing application resources.',
  subcommands: [
    env,
    image,
    resourcesCommand,
    refused('selector', 'Set the selector on a resource', 'change the manifest and apply it'),
    serviceAccount,
    refused(
      'subject',
      'Update the user, group, or service account in a role binding or cluster role binding',
      'change the manifest and apply it',
    ),
  ],
});
