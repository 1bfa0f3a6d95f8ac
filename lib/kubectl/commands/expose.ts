import type { KubeObject } from '@/lib/cluster';
import { dryRunFlag, fieldManagerFlag, fileFlags, printFlags, saveConfigFlag } from '../common-flags';
import { defineCommand } from '../command';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { draftObject } from '../draft';
import { CommandError } from '../errors';
import { cut, flag } from '../flags';
import { ResultPrinter } from '../output';
import { applyOverrides, overrideFlags } from '../patch/overrides';
import { selectLive, type Info } from '../resources';
import { withLastApplied } from './apply';

export const expose = defineCommand({
  name: 'expose',
  short: 'Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service',
  long: 'Expose a resource as a new Kubernetes service.\n\n Looks up a deployment, service, replica set, replication controller or pod by name and uses the selector for that resource as the selector for a new service on the specified port. If no port is given and the resource has several, all of them are used.\n\n Possible resources include (case insensitive):\n\n pod (po), service (svc), replicationcontroller (rc), deployment (deploy), replicaset (rs)',
  examples: [
    [
      'Create a service for a deployment, which serves on port 80 and connects to the containers on port 8080',
      'kubectl expose deployment web --port=80 --target-port=8080',
    ],
    ['Create a service that every node answers for', 'kubectl expose deployment web --port=80 --type=NodePort'],
  ],
  usage:
    '(-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]',
  flags: [
    ...printFlags,
    ...fileFlags('identifying the resource to expose a service'),
    ...overrideFlags,
    dryRunFlag,
    fieldManagerFlag('kubectl-expose'),
    saveConfigFlag,
    flag.string(
      'cluster-ip',
      "ClusterIP to be assigned to the service. Leave empty to auto-allocate, or set to 'None' to create a headless service.",
    ),
    flag.string('external-ip', 'Additional external IP address (not managed by Kubernetes) to accept for the service.'),
    flag.string('labels,l', 'Labels to apply to the service created by this call.'),
    flag.string('load-balancer-ip', 'IP to assign to the LoadBalancer.'),
    flag.string('name', 'The name for the newly created object.'),
    flag.string('port', 'The port that the service should serve on. Copied from the resource being exposed, if unspecified'),
    flag.string('protocol', "The network protocol for the service to be created. Default is 'TCP'."),
    flag.string('selector', 'A label selector to use for this service. Only equality-based selector requirements are supported.'),
    flag.string('session-affinity', "If non-empty, set the session affinity for the service to this; legal values: 'None', 'ClientIP'"),
    flag.string('target-port', 'Name or number for the port on the container that the service should direct traffic to. Optional.'),
    flag.string('type', "Type for this service: ClusterIP, NodePort, LoadBalancer, or ExternalName. Default is 'ClusterIP'."),
  ],
  selectorIsOwn: true,
  async run(context) {
    const printer = await ResultPrinter.of(context);
    const services = await context.discovery.get('services');
    for (const info of await selectLive(context)) {
      const service = await applyOverrides(context, serviceFor(context, info));
      const final = context.flags.bool('save-config') ? withLastApplied(service) : service;
      const result =
        context.dryRun === 'client'
          ? final
          : await context.client.post(pathOf(services, info.namespace), final, { query: context.writeQuery() });
      printer.print(services, result, 'exposed');
    }
  },
});

const exposable = ['Deployment', 'ReplicaSet', 'ReplicationController', 'Service', 'Pod'];

function serviceFor(context: Context, { object, resource, name, namespace }: Info): KubeObject {
  const { flags } = context;
  if (!exposable.includes(object.kind))
    throw new CommandError(`cannot expose a ${resource.kind}${resource.group ? `.${resource.group}` : ''}`);
  const selector = flags.string('selector') ? parseLabels(flags.string('selector')) : selectorOf(object, resource.plural);
  const labels = flags.string('labels') ? parseLabels(flags.string('labels')) : object.metadata.labels;
  const ports = portsFor(context, object);
  const optional = (field: string, value: string) => (value ? { [field]: value } : {});
  return draftObject({
    kind: 'Service',
    apiVersion: 'v1',
    metadata: {
      name: flags.string('name') || name,
      namespace: namespace as string,
      ...(labels && Object.keys(labels).length ? { labels } : {}),
    },
    spec: {
      ports,
      selector,
      ...optional('type', flags.string('type')),
      ...optional('clusterIP', flags.string('cluster-ip')),
      ...(flags.string('external-ip') ? { externalIPs: [flags.string('external-ip')] } : {}),
      ...optional('loadBalancerIP', flags.string('load-balancer-ip')),
      ...optional('sessionAffinity', flags.string('session-affinity')),
    },
    status: { loadBalancer: {} },
  });
}

function parseLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [key, value] = cut(pair, '=');
      if (value === undefined) throw new CommandError(`unexpected label spec: ${pair}`);
      return [key, value] as const;
    }),
  );
}

function selectorOf(object: KubeObject, plural: string): Record<string, string> {
  const { spec, metadata, kind } = object;
  if (kind === 'Pod') {
    if (!Object.keys(metadata.labels ?? {}).length) throw new CommandError('the pod has no labels and cannot be exposed');
    return metadata.labels as Record<string, string>;
  }
  if (kind === 'Service' || kind === 'ReplicationController') {
    if (!spec.selector) throw new CommandError(`the ${plural.slice(0, -1)} has no pod selector set`);
    return spec.selector;
  }
  if (spec.selector?.matchExpressions?.length)
    throw new CommandError(
      'couldn\'t convert expressions - "'.concat(JSON.stringify(spec.selector.matchExpressions), '" to map-based selector format'),
    );
  return spec.selector.matchLabels;
}

function portsFor(context: Context, object: KubeObject): object[] {
  const { flags } = context;
  const given = flags.string('port');
  const declared = declaredPorts(object);
  if (!given && declared.length === 0) throw new CommandError("couldn't find port via --port flag or introspection");
  const numbers = given ? given.split(',') : declared.map(({ port }) => String(port));
  return numbers.map((text, index) => {
    const port = Number(text);
    if (!Number.isInteger(port)) throw new CommandError(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
    const target = flags.string('target-port');
    const protocol = flags.string('protocol') || declared.find((one) => one.port === port)?.protocol || 'TCP';
    return {
      ...(numbers.length > 1 ? { name: `port-${index + 1}` } : {}),
      port,
      protocol,
      targetPort: target ? (/^\d+$/.test(target) ? Number(target) : target) : port,
    };
  });
}

function declaredPorts({ kind, spec }: KubeObject): { port: number; protocol: string }[] {
  if (kind === 'Service') return spec.ports ?? [];
  const podSpec = kind === 'Pod' ? spec : spec.template.spec;
  return podSpec.containers.flatMap(({ ports = [] }: any) =>
    ports.map((one: any) => ({ port: one.containerPort, protocol: one.protocol ?? 'TCP' })),
  );
}
