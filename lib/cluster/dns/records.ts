import type { V1EndpointSlice, V1Service } from '@/generated/kubernetes/types';
import type { DnsAnswer, DnsQuery } from '../network/types';

/** What the kubernetes plugin may look up; informer caches offer it. */
export interface DnsSource {
  hasNamespace(name: string): boolean;
  findService(namespace: string, name: string): V1Service | undefined;
  slicesOf(namespace: string, service: string): readonly V1EndpointSlice[];
  findServiceByIp(ip: string): V1Service | undefined;
}

const nxdomain: DnsAnswer = { rcode: 'NXDOMAIN', answers: [] };
const noData: DnsAnswer = { rcode: 'NOERROR', answers: [] };

/**
 * Answers for the cluster's zone as the DNS specification for Kubernetes says (`coredns/plugin/kubernetes`):
 * `web.shop.svc.<zone>`, SRV for named ports, endpoints of headless Services, and reverse look-ups.
 */
export function answerQuery(source: DnsSource, zone: string, query: DnsQuery, ttl = 30): DnsAnswer {
  if (query.type === 'PTR') return answerReverse(source, zone, query.name, ttl);
  const name = query.name.toLowerCase();
  if (name === zone) return noData;
  const labels = name.slice(0, -zone.length - 1).split('.');
  const kind = labels.at(-1);
  if (kind === 'svc') return answerService(source, labels.slice(0, -1), name, query, zone, ttl);
  if (kind === 'pod') return answerPod(source, labels.slice(0, -1), name, query, ttl);
  return nxdomain;
}

function answerService(source: DnsSource, labels: readonly string[], name: string, query: DnsQuery, zone: string, ttl: number): DnsAnswer {
  const [namespace, service, ...before] = [...labels].reverse();
  if (!namespace || !source.hasNamespace(namespace)) return nxdomain;
  if (!service) return noData;
  const found = source.findService(namespace, service);
  if (!found) return nxdomain;
  if (before.length === 0) return answerName(source, found, name, query, zone, ttl);
  if (before.length === 2 && before.every((label) => label.startsWith('_')))
    return answerPort(source, found, before[1] as string, before[0] as string, name, query, zone, ttl);
  const endpoint = before.length === 1 ? endpointsOf(source, found).find(({ hostname }) => hostname === before[0]) : undefined;
  return endpoint ? addresses([endpoint.ip], name, query, ttl) : nxdomain;
}

function answerName(source: DnsSource, service: V1Service, name: string, query: DnsQuery, zone: string, ttl: number): DnsAnswer {
  if (service.spec.type === 'ExternalName')
    return { rcode: 'NOERROR', answers: [{ name, type: 'CNAME', ttl, value: service.spec.externalName ?? '' }] };
  if (query.type === 'SRV')
    return {
      rcode: 'NOERROR',
      answers: targets(source, service, zone).flatMap(({ host }) =>
        (service.spec.ports ?? []).map((port) => ({ name, type: 'SRV', ttl, value: `0 100 ${port.port} ${host}` })),
      ),
    };
  if (!isHeadless(service)) return addresses([service.spec.clusterIP as string], name, query, ttl);
  const ips = endpointsOf(source, service).map(({ ip }) => ip);
  return ips.length > 0 ? addresses(ips, name, query, ttl) : nxdomain;
}

function answerPort(
  source: DnsSource,
  service: V1Service,
  portLabel: string,
  protocolLabel: string,
  name: string,
  query: DnsQuery,
  zone: string,
  ttl: number,
): DnsAnswer {
  const port = service.spec.ports?.find(
    (one) => `_${one.name}` === portLabel && `_${(one.protocol ?? 'TCP').toLowerCase()}` === protocolLabel,
  );
  if (!port) return nxdomain;
  if (query.type !== 'SRV') return noData;
  return {
    rcode: 'NOERROR',
    answers: targets(source, service, zone).map(({ host }) => ({ name, type: 'SRV', ttl, value: `0 100 ${port.port} ${host}` })),
  };
}

/** `10-244-1-5.shop.pod.<zone>` with `pods insecure`. */
function answerPod(source: DnsSource, labels: readonly string[], name: string, query: DnsQuery, ttl: number): DnsAnswer {
  const [dashed, namespace] = labels;
  const ip = dashed?.replaceAll('-', '.');
  if (labels.length !== 2 || !namespace || !source.hasNamespace(namespace) || !/^\d+(\.\d+){3}$/.test(ip ?? '')) return nxdomain;
  return addresses([ip as string], name, query, ttl);
}

function answerReverse(source: DnsSource, zone: string, name: string, ttl: number): DnsAnswer {
  const ip = name
    .replace(/\.in-addr\.arpa$/, '')
    .split('.')
    .reverse()
    .join('.');
  const service = source.findServiceByIp(ip);
  return service ? { rcode: 'NOERROR', answers: [{ name, type: 'PTR', ttl, value: hostOf(service, zone) }] } : nxdomain;
}

function isHeadless(service: V1Service): boolean {
  return service.spec.clusterIP === 'None';
}

function hostOf(service: V1Service, zone: string): string {
  return `${service.metadata.name}.${service.metadata.namespace}.svc.${zone}`;
}

function targets(source: DnsSource, service: V1Service, zone: string): { host: string }[] {
  if (!isHeadless(service)) return [{ host: hostOf(service, zone) }];
  return endpointsOf(source, service).map(({ hostname, ip }) => ({
    host: `${hostname ?? ip.replaceAll('.', '-')}.${hostOf(service, zone)}`,
  }));
}

function endpointsOf(source: DnsSource, service: V1Service): { ip: string; hostname: string | undefined }[] {
  const { namespace, name } = service.metadata;
  const wantsAll = service.spec.publishNotReadyAddresses === true;
  return source
    .slicesOf(namespace as string, name)
    .flatMap((slice) => slice.endpoints ?? [])
    .filter((endpoint) => wantsAll || (endpoint.conditions?.ready ?? true))
    .flatMap((endpoint) => endpoint.addresses.map((ip) => ({ ip, hostname: endpoint.hostname })));
}

function addresses(ips: readonly string[], name: string, query: DnsQuery, ttl: number): DnsAnswer {
  return query.type === 'A' ? { rcode: 'NOERROR', answers: ips.map((value) => ({ name, type: 'A', ttl, value })) } : noData;
}
