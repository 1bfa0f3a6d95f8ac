import type { KubeObject } from '@/lib/cluster';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { defineDescriber } from './describer';
import { eventLines } from './events';
import { annotationLines, labelLines, type Text } from './text';

export const serviceDescriber = defineDescriber({
  hasEvents: true,
  async describe(text, service, { context, events }) {
    const { metadata, spec, status } = service;
    text.line(0, 'Name:', metadata.name).line(0, 'Namespace:', metadata.namespace);
    labelLines(text, 'Labels', metadata.labels);
    annotationLines(text, 'Annotations', metadata.annotations);
    text.line(0, 'Selector:', selectorText(spec.selector)).line(0, 'Type:', spec.type);
    addresses(text, spec, status);
    const slices = await slicesOf(context, service);
    for (const port of spec.ports ?? []) portLines(text, port, slices);
    text.line(0, 'Session Affinity:', spec.sessionAffinity ?? '');
    if (spec.externalTrafficPolicy) text.line(0, 'External Traffic Policy:', spec.externalTrafficPolicy);
    if (spec.internalTrafficPolicy) text.line(0, 'Internal Traffic Policy:', spec.internalTrafficPolicy);
    if (spec.trafficDistribution) text.line(0, 'Traffic Distribution:', spec.trafficDistribution);
    if (spec.healthCheckNodePort) text.line(0, 'HealthCheck NodePort:', String(spec.healthCheckNodePort));
    if (spec.loadBalancerSourceRanges?.length) text.line(0, 'LoadBalancer Source Ranges:', spec.loadBalancerSourceRanges.join(','));
    eventLines(text, events, context.io.now());
  },
});

function selectorText(selector: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(selector ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length ? pairs.sort().join(',') : '<none>';
}

function addresses(text: Text, spec: any, status: any): void {
  if (spec.ipFamilyPolicy) text.line(0, 'IP Family Policy:', spec.ipFamilyPolicy);
  if (spec.ipFamilies?.length) text.line(0, 'IP Families:', spec.ipFamilies.join(','));
  else text.line(0, 'IP Families:', '<none>');
  text.line(0, 'IP:', spec.clusterIP ?? '').line(0, 'IPs:', spec.clusterIPs?.length ? spec.clusterIPs.join(',') : '<none>');
  if (spec.externalIPs?.length) text.line(0, 'External IPs:', spec.externalIPs.join(','));
  if (spec.loadBalancerIP) text.line(0, 'Desired LoadBalancer IP:', spec.loadBalancerIP);
  if (spec.externalName) text.line(0, 'External Name:', spec.externalName);
  const ingress = (status?.loadBalancer?.ingress ?? []).map((one: any) =>
    one.ip ? `${one.ip}${one.ipMode ? ` (${one.ipMode})` : ''}` : one.hostname,
  );
  if (ingress.length) text.line(0, 'LoadBalancer Ingress:', ingress.join(', '));
}

function portLines(text: Text, port: any, slices: readonly KubeObject[]): void {
  const name = port.name || '<unset>';
  text.line(0, 'Port:', name, `${port.port}/${port.protocol}`);
  text.line(0, 'TargetPort:', `${port.targetPort}/${port.protocol}`);
  if (port.nodePort) text.line(0, 'NodePort:', name, `${port.nodePort}/${port.protocol}`);
  text.line(0, 'Endpoints:', endpointText(port, slices));
}

async function slicesOf(context: Context, { metadata }: KubeObject): Promise<KubeObject[]> {
  const resource = await context.discovery.get('endpointslices.discovery.k8s.io');
  const { items } = await context.client.get(pathOf(resource, metadata.namespace), {
    query: { labelSelector: `kubernetes.io/service-name=${metadata.name}`, limit: 500 },
  });
  return items;
}

/** Ready addresses of a port, three at most and a count of the rest. */
function endpointText(port: any, slices: readonly KubeObject[]): string {
  if (slices.length === 0) return '<none>';
  const addresses = slices.flatMap((slice) => {
    const ports = (slice['ports'] ?? []).filter((one: any) => (one.name ?? '') === (port.name ?? ''));
    return ports.flatMap((one: any) =>
      (slice['endpoints'] ?? [])
        .filter((endpoint: any) => endpoint.conditions?.ready !== false)
        .flatMap((endpoint: any) => endpoint.addresses.map((address: string) => hostPort(address, one.port))),
    );
  });
  const shown = addresses.slice(0, 3).join(',');
  return addresses.length > 3 ? `${shown} + ${addresses.length - 3} more...` : shown;
}

function hostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

export const endpointSliceDescriber = defineDescriber({
  hasEvents: true,
  describe(text, slice, { context, events }) {
    const { metadata } = slice;
    text.line(0, 'Name:', metadata.name).line(0, 'Namespace:', metadata.namespace);
    labelLines(text, 'Labels', metadata.labels);
    annotationLines(text, 'Annotations', metadata.annotations);
    text.line(0, 'AddressType:', slice.addressType);
    slicePorts(text, slice.ports);
    sliceEndpoints(text, slice.endpoints);
    eventLines(text, events, context.io.now());
  },
});

function slicePorts(text: Text, ports: readonly any[] | undefined): void {
  if (!ports?.length) {
    text.line(0, 'Ports: <unset>');
    return;
  }
  text.line(0, 'Ports:').line(1, 'Name', 'Port', 'Protocol').line(1, '----', '----', '--------');
  for (const port of ports)
    text.line(1, port.name || '<unset>', port.port === undefined ? '<unset>' : String(port.port), port.protocol ?? '');
}

function sliceEndpoints(text: Text, endpoints: readonly any[] | undefined): void {
  if (!endpoints?.length) {
    text.line(0, 'Endpoints: <none>');
    return;
  }
  text.line(0, 'Endpoints:');
  for (const { addresses, conditions, hostname, targetRef, nodeName, zone } of endpoints) {
    text
      .line(1, '- Addresses:', addresses.join(',') || '<none>')
      .line(2, 'Conditions:')
      .line(3, 'Ready:', conditions?.ready === undefined ? '<unset>' : String(conditions.ready));
    text.line(2, 'Hostname:', hostname ?? '<unset>');
    if (targetRef) text.line(2, 'TargetRef:', `${targetRef.kind}/${targetRef.name}`);
    text.line(2, 'NodeName:', nodeName ?? '<unset>').line(2, 'Zone:', zone ?? '<unset>');
  }
}
