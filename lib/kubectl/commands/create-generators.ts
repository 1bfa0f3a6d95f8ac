import { encodeBase64, StatusError, type KubeObject } from '@/lib/cluster';
import { dryRunFlag, fieldManagerFlag, printFlags, saveConfigFlag, validateFlag } from '../common-flags';
import { defineCommand, type Command } from '../command';
import type { Context } from '../context';
import { apiVersionOf, pathOf, type ApiResource } from '../discovery';
import { draftObject } from '../draft';
import { CommandError, messageOf, ServerUnreachable } from '../errors';
import { cut, flag, type FlagDefinition } from '../flags';
import { absolute } from '../kubeconfig';
import { ResultPrinter } from '../output';
import { withLastApplied } from './apply';

const commonFlags: readonly FlagDefinition[] = [
  ...printFlags,
  dryRunFlag,
  fieldManagerFlag('kubectl-create'),
  saveConfigFlag,
  validateFlag,
];

type Type = Pick<ApiResource, 'group' | 'version' | 'kind' | 'plural' | 'namespaced'>;

interface Generator {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly short: string;
  readonly usage: string;
  readonly examples: Command['examples'];
  readonly flags?: readonly FlagDefinition[];
  readonly type: Type;
  /** What an error begins with; absent lets the server speak for itself. */
  readonly failure?: string;
  /** The object's fields besides apiVersion, kind and metadata.name. */
  build(context: Context, name: string): Promise<Record<string, unknown>> | Record<string, unknown>;
}

/** A `kubectl create TYPE NAME`: the object is built here and sent, or only printed with `--dry-run=client`. */
export function generator(spec: Generator): Command {
  return defineCommand({
    name: spec.name,
    ...(spec.aliases ? { aliases: spec.aliases } : {}),
    short: spec.short,
    ...(spec.examples ? { examples: spec.examples } : {}),
    usage: spec.usage,
    flags: [...commonFlags, ...(spec.flags ?? [])],
    async run(context) {
      const name = onlyName(context);
      const { metadata, ...fields } = await spec.build(context, name);
      const namespace = spec.type.namespaced && context.enforcesNamespace ? { namespace: context.namespace } : {};
      const object = draftObject({
        kind: spec.type.kind,
        apiVersion: apiVersionOf(spec.type),
        metadata: { name, ...namespace, ...(metadata as object) },
        ...fields,
      });
      await send(context, spec, context.flags.bool('save-config') ? withLastApplied(object) : object);
    },
  });
}

function onlyName(context: Context): string {
  const names = context.dashAt < 0 ? context.args : context.args.slice(0, context.dashAt);
  const [name] = names;
  if (names.length !== 1 || name === undefined) throw context.usageError(`exactly one NAME is required, got ${names.length}`);
  return name;
}

async function send(context: Context, { type, failure }: Generator, object: KubeObject): Promise<void> {
  const printer = await ResultPrinter.of(context);
  if (context.dryRun === 'client') return printer.print(type as ApiResource, object, 'created');
  const path = pathOf(type as ApiResource, type.namespaced ? context.namespace : undefined);
  try {
    printer.print(type as ApiResource, await context.client.post(path, object, { query: context.writeQuery() }), 'created');
  } catch (error) {
    if (failure && (error instanceof StatusError || error instanceof ServerUnreachable))
      throw new CommandError(`${failure}${messageOf(error)}`);
    throw error;
  }
}

/** The words after `--`. */
function commandWords({ args, dashAt }: Context): readonly string[] {
  return dashAt < 0 ? [] : args.slice(dashAt);
}

/** The last part of an image's name, as a container's name: `nginx` of `registry/team/nginx:1.27@sha256:…`. */
export function imageBaseName(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  return last.replace(/[@:].*$/, '').replace(/[^-a-zA-Z0-9]/g, '-');
}

export const createDeployment = generator({
  name: 'deployment',
  aliases: ['deploy'],
  short: 'Create a deployment with the specified name',
  usage: 'NAME --image=image -- [COMMAND] [args...]',
  examples: [
    ['Create a deployment named my-dep that runs the busybox image', 'kubectl create deployment my-dep --image=busybox'],
    [
      'Create a deployment named my-dep that runs the nginx image with 3 replicas',
      'kubectl create deployment my-dep --image=nginx --replicas=3',
    ],
  ],
  flags: [
    flag.strings('image', 'Image names to run. A deployment can have multiple images set for multi-container pod.', { isRequired: true }),
    flag.int('port', 'The containerPort that this deployment exposes.', -1),
    flag.int('replicas,r', 'Number of replicas to create. Default is 1.', 1),
  ],
  type: { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true },
  failure: 'failed to create deployment: ',
  build(context, name) {
    const images = context.flags.list('image');
    const command = commandWords(context);
    if (images.length > 1 && command.length > 0) throw new CommandError('cannot specify multiple --image options and command');
    const labels = { app: name };
    return {
      metadata: { labels },
      spec: {
        replicas: context.flags.int('replicas'),
        selector: { matchLabels: labels },
        strategy: {},
        template: { metadata: { labels }, spec: { containers: containersOf(context, images, command) } },
      },
      status: {},
    };
  },
});

function containersOf(context: Context, images: readonly string[], command: readonly string[]) {
  const port = context.flags.has('port') ? context.flags.int('port') : -1;
  const names = images.map(imageBaseName);
  return images.map((image, index) => ({
    name: names.indexOf(names[index] as string) === index ? names[index] : `${names[index]}-${index}`,
    image,
    ...(command.length ? { command } : {}),
    ...(index === 0 && port >= 0 ? { ports: [{ containerPort: port }] } : {}),
    resources: {},
  }));
}

export const createJob = generator({
  name: 'job',
  short: 'Create a job with the specified name',
  usage: 'NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]',
  examples: [['Create a job with a command', 'kubectl create job my-job --image=busybox -- date']],
  flags: [
    flag.string('image', 'Image name to run.'),
    flag.string('from', 'The name of the resource to create a Job from (only cronjob is supported).'),
  ],
  type: { group: 'batch', version: 'v1', kind: 'Job', plural: 'jobs', namespaced: true },
  failure: 'failed to create job: ',
  build(context) {
    const [from, image] = [context.flags.string('from'), context.flags.string('image')];
    if ((from === '') === (image === '')) throw new CommandError('either --image or --from must be specified');
    if (from) return jobFrom(context, from);
    return { spec: jobSpec(context, 'Never', context.args[0] as string), status: {} };
  },
});

/** A Job as its CronJob would make it now. */
async function jobFrom(context: Context, from: string): Promise<Record<string, unknown>> {
  if (commandWords(context).length > 0) throw new CommandError('cannot specify --from and command');
  const [type, name] = cut(from, '/');
  const resource = await context.discovery.get(name === undefined ? 'cronjobs' : type);
  const object: KubeObject = await context.client.get(pathOf(resource, context.namespace, name ?? type));
  if (object.kind !== 'CronJob') throw new CommandError(`unknown object type *${resource.version}.${object.kind}`);
  const { metadata = {}, spec } = object['spec'].jobTemplate as { metadata?: { annotations?: object; labels?: object }; spec: object };
  const owner = { apiVersion: object.apiVersion, controller: true, kind: 'CronJob', name: object.metadata.name, uid: object.metadata.uid };
  return {
    metadata: {
      annotations: { ...metadata.annotations, 'cronjob.kubernetes.io/instantiate': 'manual' },
      ...(metadata.labels ? { labels: metadata.labels } : {}),
      ownerReferences: [owner],
    },
    spec,
    status: {},
  };
}

function jobSpec(context: Context, restartPolicy: string, name: string) {
  const command = commandWords(context);
  return {
    template: {
      metadata: {},
      spec: {
        containers: [{ name, image: context.flags.string('image'), ...(command.length ? { command } : {}), resources: {} }],
        restartPolicy,
      },
    },
  };
}

export const createCronJob = generator({
  name: 'cronjob',
  aliases: ['cj'],
  short: 'Create a cron job with the specified name',
  usage: "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags]",
  examples: [['Create a cron job', 'kubectl create cronjob my-job --image=busybox --schedule="*/1 * * * *"']],
  flags: [
    flag.string('image', 'Image name to run.', '', { isRequired: true }),
    flag.string('schedule', 'A schedule in the Cron format the job should be run with.', '', { isRequired: true }),
    flag.string('restart', "job's restart policy. supported values: OnFailure, Never"),
  ],
  type: { group: 'batch', version: 'v1', kind: 'CronJob', plural: 'cronjobs', namespaced: true },
  failure: 'failed to create cronjob: ',
  build(context, name) {
    const spec = jobSpec(context, context.flags.string('restart') || 'OnFailure', name);
    return { spec: { schedule: context.flags.string('schedule'), jobTemplate: { metadata: { name }, spec } }, status: {} };
  },
});

export const createNamespace = generator({
  name: 'namespace',
  aliases: ['ns'],
  short: 'Create a namespace with the specified name',
  usage: 'NAME [--dry-run=server|client|none]',
  examples: [['Create a new namespace named my-namespace', 'kubectl create namespace my-namespace']],
  type: { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
  build: () => ({ spec: {}, status: {} }),
});

export const createServiceAccount = generator({
  name: 'serviceaccount',
  aliases: ['sa'],
  short: 'Create a service account with the specified name',
  usage: 'NAME [--dry-run=server|client|none]',
  examples: [['Create a new service account named my-service-account', 'kubectl create serviceaccount my-service-account']],
  type: { group: '', version: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts', namespaced: true },
  failure: 'failed to create serviceaccount: ',
  build: () => ({}),
});

export const createQuota = generator({
  name: 'quota',
  aliases: ['resourcequota'],
  short: 'Create a quota with the specified name',
  usage: 'NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none]',
  examples: [['Create a new resource quota named my-quota', 'kubectl create quota my-quota --hard=cpu=1,memory=1G,pods=2']],
  flags: [
    flag.string('hard', 'A comma-delimited set of resource=quantity pairs that define a hard limit.'),
    flag.string('scopes', 'A comma-delimited set of quota scopes that must all match each object tracked by the quota.'),
  ],
  type: { group: '', version: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas', namespaced: true },
  failure: 'failed to create quota: ',
  build({ flags }) {
    const hard = Object.fromEntries(
      flags
        .string('hard')
        .split(',')
        .filter(Boolean)
        .map((pair) => cut(pair, '=')),
    );
    const scopes = flags.string('scopes').split(',').filter(Boolean);
    return { spec: { ...(Object.keys(hard).length ? { hard } : {}), ...(scopes.length ? { scopes } : {}) }, status: {} };
  },
});

const dataFlags: readonly FlagDefinition[] = [
  flag.bool('append-hash', 'Append a hash of the object to its name.'),
  flag.strings('from-env-file', 'Specify the path to a file to read lines of key=val pairs to create the object.'),
  flag.strings(
    'from-file',
    'Key file can be specified using its file path, in which case file basename will be used as its key, or optionally with a key and file path.  Specifying a directory will iterate each named file in the directory.',
  ),
  flag.array('from-literal', 'Specify a key and literal value to insert (i.e. mykey=somevalue)'),
];

export const createConfigMap = generator({
  name: 'configmap',
  aliases: ['cm'],
  short: 'Create a config map from a local file, directory or literal value',
  usage: 'NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
  examples: [
    [
      'Create a new config map named my-config with key1=config1 and key2=config2',
      'kubectl create configmap my-config --from-literal=key1=config1 --from-literal=key2=config2',
    ],
    ['Create a new config map named my-config from the files of a directory', 'kubectl create configmap my-config --from-file=path/to/bar'],
  ],
  flags: dataFlags,
  type: { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true },
  failure: 'failed to create configmap: ',
  async build(context) {
    const data = await readData(
      context,
      (key) =>
        `cannot add key ${JSON.stringify(key)}, another key by that name already exists in Data for ConfigMap ${JSON.stringify(context.args[0])}`,
    );
    return Object.keys(data).length ? { data } : {};
  },
});

const createSecretGeneric = generator({
  name: 'generic',
  short: 'Create a secret from a local file, directory, or literal value',
  usage: 'NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
  examples: [
    [
      'Create a new secret named my-secret with key1=supersecret',
      'kubectl create secret generic my-secret --from-literal=key1=supersecret',
    ],
  ],
  flags: [...dataFlags, flag.string('type', 'The type of secret to create')],
  type: { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
  failure: 'failed to create secret ',
  async build(context) {
    const data = await readData(context, (key) => `cannot add key ${key}, another key by that name already exists`);
    const type = context.flags.string('type');
    return { ...(Object.keys(data).length ? { data: encoded(data) } : {}), ...(type ? { type } : {}) };
  },
});

const createSecretTls = generator({
  name: 'tls',
  short: 'Create a TLS secret',
  usage: 'NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]',
  examples: [
    [
      'Create a new TLS secret named tls-secret with the given key pair',
      'kubectl create secret tls tls-secret --cert=path/to/tls.crt --key=path/to/tls.key',
    ],
  ],
  flags: [
    flag.string('cert', 'Path to PEM encoded public key certificate.'),
    flag.string('key', 'Path to private key associated with given certificate.'),
    flag.bool('append-hash', 'Append a hash of the secret to its name.'),
  ],
  type: { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
  failure: 'failed to create secret ',
  async build(context) {
    const [cert, key] = [context.flags.string('cert'), context.flags.string('key')];
    if (!cert || !key) throw new CommandError('key and cert must be specified');
    return {
      data: encoded({ 'tls.crt': await readFile(context, cert), 'tls.key': await readFile(context, key) }),
      type: 'kubernetes.io/tls',
    };
  },
});

const createSecretDockerRegistry = generator({
  name: 'docker-registry',
  short: 'Create a secret for use with a Docker registry',
  usage:
    'NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--dry-run=server|client|none]',
  examples: [
    [
      'Create a secret that a pod can pull with',
      'kubectl create secret docker-registry my-secret --docker-server=DOCKER_REGISTRY_SERVER --docker-username=DOCKER_USER --docker-password=DOCKER_PASSWORD',
    ],
  ],
  flags: [
    flag.string('docker-email', 'Email for Docker registry'),
    flag.string('docker-password', 'Password for Docker registry authentication'),
    flag.string('docker-server', 'Server location for Docker registry', 'https://index.docker.io/v1/'),
    flag.string('docker-username', 'Username for Docker registry authentication'),
    flag.bool('append-hash', 'Append a hash of the secret to its name.'),
  ],
  type: { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
  failure: 'failed to create secret ',
  build({ flags }) {
    const [username, password, email] = [flags.string('docker-username'), flags.string('docker-password'), flags.string('docker-email')];
    if (!username || !password)
      throw new CommandError(
        'either --from-file or the combination of --docker-username, --docker-password and --docker-server is required',
      );
    const entry = { username, password, ...(email ? { email } : {}), auth: encodeBase64(`${username}:${password}`) };
    return {
      data: encoded({ '.dockerconfigjson': JSON.stringify({ auths: { [flags.string('docker-server')]: entry } }) }),
      type: 'kubernetes.io/dockerconfigjson',
    };
  },
});

export const createSecret = defineCommand({
  name: 'secret',
  short: 'Create a secret using a specified subcommand',
  long: 'Create a secret with specified type.\n\n A docker-registry type secret is for accessing a container registry, a generic type secret holds arbitrary data, a tls type secret holds a certificate and its key.',
  usage: '(docker-registry | generic | tls)',
  subcommands: [createSecretDockerRegistry, createSecretGeneric, createSecretTls],
});

function encoded(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, encodeBase64(value)]));
}

async function readData(context: Context, duplicate: (key: string) => string): Promise<Record<string, string>> {
  const data: Record<string, string> = {};
  const add = (key: string, value: string) => {
    const problem = /^[-._a-zA-Z0-9]+$/.test(key)
      ? ''
      : `${JSON.stringify(key)} is not a valid key name: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`;
    if (problem) throw new CommandError(problem);
    if (key in data) throw new CommandError(duplicate(key));
    data[key] = value;
  };
  const { flags } = context;
  if (flags.list('from-env-file').length > 0 && (flags.list('from-file').length > 0 || flags.list('from-literal').length > 0))
    throw new CommandError('from-env-file cannot be combined with from-file or from-literal');
  for (const literal of flags.list('from-literal')) {
    const [key, value] = cut(literal, '=');
    if (value === undefined || key === '') throw new CommandError(`invalid literal source ${literal}, expected key=value`);
    add(key, unquoted(value));
  }
  for (const source of flags.list('from-file')) await addFile(context, source, add);
  for (const file of flags.list('from-env-file'))
    for (const [key, value] of envLines(await readFile(context, file), context)) add(key, value);
  return data;
}

function unquoted(value: string): string {
  return /^".*"$/s.test(value) || /^'.*'$/s.test(value) ? value.slice(1, -1) : value;
}

async function addFile(context: Context, source: string, add: (key: string, value: string) => void): Promise<void> {
  const [first, second] = cut(source, '=');
  const path = second ?? first;
  if (path === '' || first === '')
    throw new CommandError(first === '' ? `key name for file path ${path} missing` : `file path for key name ${first} missing`);
  const kind = await context.io.files.kind(absolute(context.io, path));
  if (kind === undefined) throw new CommandError(`error reading ${path}: no such file or directory`);
  if (kind === 'file') return add(second === undefined ? path.slice(path.lastIndexOf('/') + 1) : first, await readFile(context, path));
  if (second !== undefined) throw new CommandError('cannot give a key name for a directory path');
  for (const name of [...(await context.io.files.list(absolute(context.io, path)))].sort()) {
    const child = `${path.replace(/\/$/, '')}/${name}`;
    if ((await context.io.files.kind(absolute(context.io, child))) === 'file') add(name, await readFile(context, child));
  }
}

async function readFile(context: Context, path: string): Promise<string> {
  if ((await context.io.files.kind(absolute(context.io, path))) !== 'file')
    throw new CommandError(`open ${path}: no such file or directory`);
  return context.io.files.read(absolute(context.io, path));
}

function envLines(text: string, { io }: Context): [string, string][] {
  return text.split(/\r?\n/).flatMap((line): [string, string][] => {
    const trimmed = line.trimStart();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const [key, value] = cut(trimmed, '=');
    return [[key, value ?? io.env[key] ?? '']];
  });
}

const serviceType: Type = { group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true };
const tcpFlag = flag.strings('tcp', "Port pairs can be specified as '<port>:<targetPort>'.");

function serviceGenerator(
  name: string,
  type: string,
  usage: string,
  flags: readonly FlagDefinition[],
  build: (context: Context, ports: readonly object[]) => Record<string, unknown>,
): Command {
  return generator({
    name,
    short: `Create a${type === 'ExternalName' ? 'n' : ''} ${type} service`,
    usage,
    examples: [
      [
        `Create a new ${type} service named my-svc`,
        `kubectl create service ${name} my-svc --${type === 'ExternalName' ? 'external-name bar.com' : 'tcp=5678:8080'}`,
      ],
    ],
    flags: [tcpFlag, ...flags],
    type: serviceType,
    failure: `failed to create ${type} service: `,
    build(context, serviceName) {
      const labels = { app: serviceName };
      const ports = context.flags.list('tcp').map(parsePorts);
      return {
        metadata: { labels },
        spec: { type, selector: labels, ...(ports.length ? { ports } : {}), ...build(context, ports) },
        status: { loadBalancer: {} },
      };
    },
  });
}

function parsePorts(text: string) {
  const [first, second] = cut(text, ':');
  const port = Number(first);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new CommandError(`invalid port ${JSON.stringify(first)}: must be between 1 and 65535, inclusive`);
  const target = second ?? first;
  return { name: text.replace(':', '-'), port, protocol: 'TCP', targetPort: /^\d+$/.test(target) ? Number(target) : target };
}

function requirePorts(ports: readonly object[]): void {
  if (ports.length === 0) throw new CommandError('at least one tcp port specifier must be provided');
}

export const createService = defineCommand({
  name: 'service',
  aliases: ['svc'],
  short: 'Create a service using a specified subcommand',
  subcommands: [
    serviceGenerator(
      'clusterip',
      'ClusterIP',
      'NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none]',
      [flag.string('clusterip', "Assign your own ClusterIP or set to 'None' for a 'headless' service (no loadbalancing).")],
      (context, ports) => {
        const clusterIP = context.flags.string('clusterip');
        if (clusterIP !== 'None') requirePorts(ports);
        return clusterIP ? { clusterIP } : {};
      },
    ),
    serviceGenerator(
      'externalname',
      'ExternalName',
      'NAME --external-name external.name [--dry-run=server|client|none]',
      [flag.string('external-name', 'External name of service', '', { isRequired: true })],
      ({ flags }) => ({ externalName: flags.string('external-name') }),
    ),
    serviceGenerator(
      'loadbalancer',
      'LoadBalancer',
      'NAME [--tcp=port:targetPort] [--dry-run=server|client|none]',
      [],
      (_, ports) => (requirePorts(ports), {}),
    ),
    serviceGenerator(
      'nodeport',
      'NodePort',
      'NAME [--tcp=port:targetPort] [--dry-run=server|client|none]',
      [flag.int('node-port', 'Port used to expose the service on each node in a cluster.')],
      ({ flags }, ports) => {
        requirePorts(ports);
        const nodePort = flags.int('node-port');
        return nodePort ? { ports: ports.map((port) => ({ ...port, nodePort })) } : {};
      },
    ),
  ],
});

export const createToken = defineCommand({
  name: 'token',
  short: 'Request a service account token',
  usage: 'SERVICE_ACCOUNT_NAME',
  examples: [['Request a token to authenticate to the kube-apiserver as the service account "myapp"', 'kubectl create token myapp']],
  flags: [
    ...printFlags,
    flag.array('audience', 'Audience of the requested token.'),
    flag.duration('duration', 'Requested lifetime of the issued token.'),
  ],
  async run(context) {
    const name = onlyName(context);
    const audiences = context.flags.list('audience');
    const seconds = context.flags.duration('duration') / 1000;
    const request = {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      spec: { ...(audiences.length ? { audiences } : {}), ...(seconds ? { expirationSeconds: seconds } : {}) },
    };
    const resource = await context.discovery.get('serviceaccounts');
    const answer = await context.client.post(pathOf(resource, context.namespace, name, 'token'), request);
    if (!answer.status?.token) throw new CommandError('failed to create token: no token in server response');
    context.out(`${answer.status.token}\n`);
  },
});
