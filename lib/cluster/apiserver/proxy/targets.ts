import { failure, statusErrors, type KubeObject } from '../../api';
import type { RequestContext } from '../context';
import type { ResourceServices } from '../handler';

/** Where a proxied request goes: `http://10.244.1.5:8080`. */
export interface Target {
  readonly scheme: string;
  readonly host: string;
}

/** A name of a proxy subresource is a name, `name:port` or `scheme:name:port` (`utilnet.SplitSchemeNamePort`). */
interface Reference {
  readonly scheme: string;
  readonly name: string;
  readonly port: string;
}

export type FindTarget = (services: ResourceServices, context: RequestContext) => Target;

function referenceOf({ info }: RequestContext, what: string): Reference {
  const parts = info.name.split(':');
  const [scheme, name, port] = parts.length === 3 ? parts : ['', parts[0], parts[1] ?? ''];
  const isValid = parts.length <= 3 && name && (scheme === '' || scheme === 'http' || scheme === 'https');
  if (!isValid) throw statusErrors.badRequest(`invalid ${what} request ${JSON.stringify(info.name)}`);
  return { scheme: scheme || 'http', name, port: port ?? '' };
}

/** The Pod's address at its first declared port, unless one is named (`registry/core/pod/strategy.ResourceLocation`). */
export const podTarget: FindTarget = (services, context) => {
  const { scheme, name, port } = referenceOf(context, 'pod');
  const pod = services.store.get({ ...context, info: { ...context.info, name } });
  const ip: string = pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? '';
  assertProxyable(ip);
  const number = port || String(firstPort(pod) ?? '');
  return { scheme, host: number === '' ? ip : `${ip}:${number}` };
};

function firstPort({ spec }: KubeObject): number | undefined {
  const containers = spec.containers as { ports?: { containerPort: number }[] }[];
  return containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
}

interface Subset {
  readonly addresses?: readonly { readonly ip: string }[];
  readonly ports?: readonly { readonly name?: string; readonly port: number }[];
}

/** Any ready address behind the Service, past kube-proxy (`registry/core/service/storage.ResourceLocation`). */
export const serviceTarget: FindTarget = (services, context) => {
  const { info } = context;
  const { scheme, name, port } = referenceOf(context, 'service');
  const service = services.store.get({ ...context, info: { ...info, name } });
  const portName = portNameOf(service, port);
  const endpoints = services.lookup.find('Endpoints', info.namespace, name);
  if (!endpoints) throw statusErrors.notFound({ group: '', resource: 'endpoints' }, name);
  const subsets = ((endpoints['subsets'] ?? []) as readonly Subset[]).filter(({ addresses = [] }) => addresses.length > 0);
  if (subsets.length === 0) throw unavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  const found = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.filter((one) => (one.name ?? '') === portName).flatMap((one) => addresses.map(({ ip }) => ({ ip, port: one.port }))),
  );
  if (found.length === 0) throw unavailable(`no endpoints available for service ${JSON.stringify(info.name)}`);
  const chosen = services.kernel.random.fork(`service-proxy/${services.kernel.now}`).pick(found);
  assertProxyable(chosen.ip);
  return { scheme, host: `${chosen.ip}:${chosen.port}` };
};

/** A number stands for the port of the Service that has it; nothing for the only one there is. */
function portNameOf({ metadata, spec }: KubeObject, port: string): string {
  const ports = (spec.ports ?? []) as { name?: string; port: number }[];
  if (port === '') return ports.length === 1 ? (ports[0]?.name ?? '') : '';
  if (!/^\d+$/.test(port)) return port;
  const found = ports.find((one) => one.port === Number(port));
  if (!found) throw unavailable(`no service port ${port} found for service ${JSON.stringify(metadata.name)}`);
  return found.name ?? '';
}

/** Its kubelet, or another port of the machine (`registry/core/node/strategy.ResourceLocation`). */
export const nodeTarget: FindTarget = (services, context) => {
  const { scheme, name, port } = referenceOf(context, 'node');
  const node = services.store.get({ ...context, info: { ...context.info, name } });
  const addresses = (node.status?.addresses ?? []) as { type: string; address: string }[];
  const ip = addresses.find(({ type }) => type === 'InternalIP')?.address ?? '';
  assertProxyable(ip);
  const kubeletPort = String(node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10_250);
  return port === '' || port === kubeletPort ? { scheme: 'https', host: `${ip}:${kubeletPort}` } : { scheme, host: `${ip}:${port}` };
};

/** `proxyutil.IsProxyableIP`: nobody is led to the API server's own machine or what is only near it. */
function assertProxyable(ip: string): void {
  if (ip === '' || /^(127\.|169\.254\.|224\.0\.0\.|0\.0\.0\.0$)/.test(ip)) throw statusErrors.badRequest('address not allowed');
}

function unavailable(message: string) {
  return failure(503, 'ServiceUnavailable', message);
}
