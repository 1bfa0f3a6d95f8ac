import { StatusError } from '@/lib/cluster';
import { printFlags } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { apiVersionOf, pathOf, type ApiResource } from '../discovery';
import { CommandError } from '../errors';
import { flag } from '../flags';
import { objectPrinter, toJson } from '../output';
import { TabWriter } from '../printers/table';
import { toYaml } from '../yaml';
import { compareBytes } from '@/lib/base';
import { listAccess } from './access-list';
import { refused } from './refused';

const clientVersion = {
  buildDate: '2026-04-22T00:00:00Z',
  compiler: 'gc',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  gitVersion: 'v1.36.0',
  goVersion: 'go1.26.2',
  major: '1',
  minor: '36',
  platform: 'linux/amd64',
};
const kustomizeVersion = 'v5.8.1';

export const version = defineCommand({
  name: 'version',
  short: 'Print the client and server version information',
  long: 'Print the client and server version information for the current context.',
  examples: [['Print the client and server versions for the current context', 'kubectl version']],
  flags: [
    flag.bool('client', 'If true, shows client version only (no server required).'),
    flag.string('output,o', "One of 'yaml' or 'json'."),
  ],
  async run(context) {
    const output = context.flags.string('output');
    if (output && output !== 'yaml' && output !== 'json') throw new CommandError("--output must be 'yaml' or 'json'");
    const isClientOnly = context.flags.bool('client');
    if (!output) context.out(`Client Version: ${clientVersion.gitVersion}\nKustomize Version: ${kustomizeVersion}\n`);
    const serverVersion = isClientOnly ? undefined : await context.client.get('/version');
    if (!output && serverVersion) context.out(`Server Version: ${serverVersion.gitVersion}\n`);
    const all = { clientVersion, kustomizeVersion, ...(serverVersion ? { serverVersion } : {}) };
    if (output) context.out(output === 'yaml' ? toYaml(all) : `${toJson(all, 2)}\n`);
  },
});

export const clusterInfo = defineCommand({
  name: 'cluster-info',
  short: 'Display cluster information',
  long: "Display addresses of the control plane and services with label kubernetes.io/cluster-service=true. To further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.",
  examples: [['Print the address of the control plane and cluster services', 'kubectl cluster-info']],
  subcommands: [refused('dump', 'Dump relevant information for debugging and diagnosis', 'use kubectl get and kubectl describe')],
  usage: '[flags]',
  async run(context) {
    const services = await context.discovery.get('services');
    const paint = painter(context);
    context.out(`${paint('Kubernetes control plane', '32')} is running at ${paint(context.client.server, '33')}\n`);
    const { items } = await context.client.get(pathOf(services, 'kube-system'), {
      query: { labelSelector: 'kubernetes.io/cluster-service=true' },
    });
    for (const { metadata, spec } of items) {
      const port = spec.ports?.[0];
      const name = metadata.labels?.['kubernetes.io/name'] ?? metadata.name;
      const scheme = port?.name === 'https' || port?.port === 443 ? 'https:' : '';
      const link = `${context.client.server}/api/v1/namespaces/${metadata.namespace}/services/${scheme}${metadata.name}${port?.name ? `:${port.name}` : scheme ? ':' : ''}/proxy`;
      context.out(`${paint(name, '32')} is running at ${paint(link, '33')}\n`);
    }
    context.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
  },
});

/** Colours on a terminal, as the real one has them. */
function painter({ io }: Context): (text: string, colour: string) => string {
  return io.isTerminal ? (text, colour) => `\u001b[0;${colour}m${text}\u001b[0m` : (text) => text;
}

export const apiVersions = defineCommand({
  name: 'api-versions',
  short: 'Print the supported API versions on the server, in the form of "group/version"',
  examples: [['Print the supported API versions', 'kubectl api-versions']],
  usage: '',
  async run(context) {
    const versions = new Set((await context.discovery.resources()).map(apiVersionOf));
    for (const one of [...versions].sort(compareBytes)) context.out(`${one}\n`);
  },
});

export const apiResources = defineCommand({
  name: 'api-resources',
  short: 'Print the supported API resources on the server',
  examples: [
    ['Print the supported API resources', 'kubectl api-resources'],
    ['Print the supported API resources with more information', 'kubectl api-resources -o wide'],
    ['Print the supported namespaced resources', 'kubectl api-resources --namespaced=true'],
  ],
  flags: [
    flag.string('api-group', 'Limit to resources in the specified API group.'),
    flag.bool('cached', 'Use the cached list of resources if available.'),
    flag.strings('categories', 'Limit to resources that belong to the specified categories.'),
    flag.bool(
      'namespaced',
      'If false, non-namespaced resources will be returned, otherwise returning namespaced resources by default.',
      true,
    ),
    flag.bool('no-headers', "When using the default or custom-column output format, don't print headers (default print headers)."),
    flag.string('output,o', 'Output format. One of: (json, yaml, kyaml, name, wide).'),
    flag.bool('show-managed-fields', 'If true, keep the managedFields when printing objects in JSON or YAML format.'),
    flag.string('sort-by', "If non-empty, sort list of resources using specified field. The field can be either 'name' or 'kind'."),
    flag.strings('verbs', 'Limit to resources that support the specified verbs.'),
  ],
  async run(context) {
    const { flags } = context;
    const output = flags.string('output');
    if (!['', 'wide', 'name'].includes(output)) throw new CommandError(`--output ${output} is not available`);
    if (!['', 'name', 'kind'].includes(flags.string('sort-by'))) throw new CommandError('--sort-by accepts only name or kind');
    const resources = sortedBy(
      (await context.discovery.resources()).filter((one) => isWanted(context, one)),
      flags.string('sort-by'),
    );
    if (output === 'name') return context.out(resources.map((one) => `${one.plural}${one.group ? `.${one.group}` : ''}\n`).join(''));
    const header = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', ...(output === 'wide' ? ['VERBS', 'CATEGORIES'] : [])];
    const rows = resources.map((one) => [
      one.plural,
      one.shortNames.join(','),
      apiVersionOf(one),
      String(one.namespaced),
      one.kind,
      ...(output === 'wide' ? [one.verbs.join(','), one.categories.join(',')] : []),
    ]);
    context.out(new TabWriter().write(flags.bool('no-headers') ? rows : [header, ...rows]));
  },
});

function isWanted({ flags }: Context, one: ApiResource): boolean {
  if (!one.isPreferred || one.verbs.length === 0) return false;
  if (flags.changed('api-group') && one.group !== flags.string('api-group')) return false;
  if (flags.changed('namespaced') && one.namespaced !== flags.bool('namespaced')) return false;
  return (
    flags.list('verbs').every((verb) => one.verbs.includes(verb)) &&
    flags.list('categories').every((category) => one.categories.includes(category))
  );
}

function sortedBy(resources: readonly ApiResource[], field: string): ApiResource[] {
  const key = (one: ApiResource) => (field === 'kind' ? one.kind : field === 'name' ? one.plural : `${one.group} ${one.plural}`);
  return [...resources].sort((a, b) => compareBytes(key(a), key(b)));
}

const whoami = defineCommand({
  name: 'whoami',
  short: 'Experimental: Check self subject attributes',
  examples: [['Get your subject attributes', 'kubectl auth whoami']],
  flags: printFlags,
  async run(context) {
    const printer = await objectPrinter(context);
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} };
    const answer = await context.client
      .post('/apis/authentication.k8s.io/v1/selfsubjectreviews', review)
      .catch(
        notServed(
          'the selfsubjectreviews API is not enabled in the cluster\nenable authentication.k8s.io/v1 or authentication.k8s.io/v1beta1',
        ),
      );
    if (printer) return context.out(printer.print(answer));
    const { username, uid, groups = [], extra = {} } = answer.status.userInfo;
    const rows = [
      ['Username', username],
      ...(uid ? [['UID', uid]] : []),
      ['Groups', `[${groups.join(' ')}]`],
      ...Object.keys(extra)
        .sort()
        .map((key) => [`Extra: ${key}`, `[${extra[key].join(' ')}]`]),
    ];
    context.out(new TabWriter().write([['ATTRIBUTE', 'VALUE'], ...rows]));
  },
});

function notServed(message: string): (error: unknown) => never {
  return (error) => {
    throw StatusError.is(error, 'NotFound') ? new CommandError(message) : error;
  };
}

const canI = defineCommand({
  name: 'can-i',
  short: 'Check whether an action is allowed',
  long: "Check whether an action is allowed.\n\n VERB is a logical Kubernetes API verb like 'get', 'list', 'watch', 'delete'. TYPE is a Kubernetes resource. NONRESOURCEURL is a partial URL that starts with \"/\". NAME is the name of a particular Kubernetes resource.",
  examples: [
    ['Check to see if I can create pods in any namespace', 'kubectl auth can-i create pods --all-namespaces'],
    ['Check to see if I can list deployments in my current namespace', 'kubectl auth can-i list deployments.apps'],
    ['List all allowed actions in namespace "foo"', 'kubectl auth can-i --list --namespace=foo'],
  ],
  usage: 'VERB [TYPE | TYPE/NAME | NONRESOURCEURL]',
  flags: [
    flag.bool('all-namespaces,A', 'If true, check the specified action in all namespaces.'),
    flag.bool('list', 'If true, prints all allowed actions.'),
    flag.bool('no-headers', 'If true, prints allowed actions without headers'),
    flag.bool('quiet,q', 'If true, suppress output and just return the exit code.'),
    flag.string('subresource', 'SubResource such as pod/log or deployment/scale'),
  ],
  async run(context) {
    if (context.flags.bool('list')) return listAccess(context);
    const [verb, target] = context.args;
    if (!verb || !target || context.args.length > 3)
      throw new CommandError(
        "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples",
      );
    const answer = await context.client.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: await attributes(context, verb, target),
    });
    const { allowed, reason } = answer.status;
    if (!context.flags.bool('quiet')) context.out(`${allowed ? 'yes' : 'no'}${reason && !allowed ? ` - ${reason}` : ''}\n`);
    return allowed ? 0 : 1;
  },
});

async function attributes(context: Context, verb: string, target: string): Promise<object> {
  if (target.startsWith('/')) return { nonResourceAttributes: { verb, path: target } };
  const [type = '', name = context.args[2] ?? ''] = target.split('/');
  const resource = await context.discovery.find(type);
  if (!resource) context.warn(`Warning: the server doesn't have a resource type '${type}'\n\n`);
  const namespace = context.flags.bool('all-namespaces') ? '' : context.namespace;
  if (resource && !resource.namespaced)
    context.warn(
      `Warning: resource '${resource.plural}' is not namespace scoped${resource.group ? ` in group '${resource.group}'` : ''}\n\n`,
    );
  return {
    resourceAttributes: {
      namespace,
      verb,
      group: resource?.group ?? '',
      resource: resource?.plural ?? type,
      subresource: context.flags.string('subresource'),
      name,
    },
  };
}

export const auth = defineCommand({
  name: 'auth',
  short: 'Inspect authorization',
  long: 'Inspect authorization.',
  usage: '[flags]',
  subcommands: [
    canI,
    refused(
      'reconcile',
      'Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects',
      'use kubectl apply',
    ),
    whoami,
  ],
});
