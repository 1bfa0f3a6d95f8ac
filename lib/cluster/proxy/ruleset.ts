import type { V1EndpointSlice, V1Service, V1ServicePort } from '@/generated/kubernetes/types';
import { compareBytes } from '@/lib/base';
import type { Chain, Rule, Ruleset, Table } from '../network/netfilter';
import { chainNames } from './chains';

export interface ProxyNode {
  readonly name: string;
  readonly clusterCidr: string;
}

/** One port of one Service and where its traffic may go (`proxy/serviceport.go`). */
interface ServicePort {
  readonly service: V1Service;
  readonly port: V1ServicePort;
  /** `ns/name` or `ns/name:port`. */
  readonly title: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly endpoints: readonly Endpoint[];
}

interface Endpoint {
  readonly address: string;
  readonly text: string;
  readonly isLocal: boolean;
  readonly isReady: boolean;
  readonly isServing: boolean;
}

/** All endpoints of one port of a Service, and what a policy leaves of them. */
interface Choice {
  readonly cluster: readonly Endpoint[];
  readonly local: readonly Endpoint[];
}

const masqueradeMark = 0x4000;

/**
 * The tables kube-proxy writes in iptables mode (`proxy/iptables/proxier.go`), for every Service and its EndpointSlices.
 * A pure function: equal objects give equal rules.
 */
export function buildRuleset(services: readonly V1Service[], slices: readonly V1EndpointSlice[], node: ProxyNode): Ruleset {
  const ports = servicePorts(services, slices, node);
  const built = new RulesetBuilder(node);
  for (const port of ports) built.add(port);
  return built.finish();
}

function servicePorts(services: readonly V1Service[], slices: readonly V1EndpointSlice[], node: ProxyNode): ServicePort[] {
  const byService = new Map<string, V1EndpointSlice[]>();
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue;
    const key = `${slice.metadata.namespace}/${slice.metadata.labels?.['kubernetes.io/service-name']}`;
    byService.set(key, [...(byService.get(key) ?? []), slice]);
  }
  return [...services]
    .sort((a, b) => compareBytes(titleOf(a), titleOf(b)))
    .flatMap((service) => {
      if (!service.spec.clusterIP || service.spec.clusterIP === 'None' || service.spec.type === 'ExternalName') return [];
      return (service.spec.ports ?? []).map((port): ServicePort => ({
        service,
        port,
        title: port.name ? `${titleOf(service)}:${port.name}` : titleOf(service),
        protocol: (port.protocol ?? 'TCP').toLowerCase() as ServicePort['protocol'],
        endpoints: endpointsOf(port, byService.get(titleOf(service)) ?? [], node),
      }));
    });
}

function titleOf(service: V1Service): string {
  return `${service.metadata.namespace}/${service.metadata.name}`;
}

function endpointsOf(port: V1ServicePort, slices: readonly V1EndpointSlice[], node: ProxyNode): Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const slice of slices) {
    const target = slice.ports?.find(
      (one) => (one.name ?? '') === (port.name ?? '') && (one.protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    );
    if (target?.port === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const address = endpoint.addresses[0];
      if (!address) continue;
      const isReady = endpoint.conditions?.ready ?? true;
      const text = `${address}:${target.port}`;
      found.set(text, {
        address,
        text,
        isLocal: endpoint.nodeName === node.name,
        isReady,
        isServing: endpoint.conditions?.serving ?? isReady,
      });
    }
  }
  return [...found.values()].sort((a, b) => compareBytes(a.text, b.text));
}

/** Ready endpoints; where there are none, those that terminate but still serve (`proxy/topology.go`). */
function usable(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.isReady);
  return ready.length > 0 ? ready : endpoints.filter((endpoint) => endpoint.isServing);
}

class RulesetBuilder {
  readonly #node: ProxyNode;
  readonly #nat = new Map<string, Rule[]>();
  readonly #services: Rule[] = [];
  readonly #nodePorts: Rule[] = [];
  readonly #rejects: Rule[] = [];
  readonly #externalRejects: Rule[] = [];

  constructor(node: ProxyNode) {
    this.#node = node;
  }

  add(servicePort: ServicePort): void {
    const { service, port, title, protocol, endpoints } = servicePort;
    const choice: Choice = { cluster: usable(endpoints), local: usable(endpoints.filter((endpoint) => endpoint.isLocal)) };
    const isInternalLocal = service.spec.internalTrafficPolicy === 'Local';
    const isExternalLocal = service.spec.externalTrafficPolicy === 'Local';
    const internal = isInternalLocal ? choice.local : choice.cluster;
    const clusterIp = service.spec.clusterIP as string;
    const chain = isInternalLocal ? chainNames.local(title, protocol) : chainNames.service(title, protocol);
    if (internal.length > 0) this.#services.push(this.#portRule(clusterIp, servicePort, `${title} cluster IP`, chain));
    else this.#rejects.push(closed(servicePort, clusterIp, isInternalLocal && choice.cluster.length > 0));
    for (const [ip, what] of externalAddresses(service)) this.#addExternal(servicePort, ip, what, choice, isExternalLocal);
    if (port.nodePort) this.#addNodePort(servicePort, choice, isExternalLocal);
    const needsCluster = (!isInternalLocal && internal.length > 0) || (isExternal(service) && choice.cluster.length > 0);
    if (needsCluster) this.#addEndpoints(servicePort, chainNames.service(title, protocol), choice.cluster, !isInternalLocal);
    const needsLocal = (isInternalLocal && choice.local.length > 0) || (isExternal(service) && isExternalLocal && choice.local.length > 0);
    if (needsLocal) this.#addEndpoints(servicePort, chainNames.local(title, protocol), choice.local, isInternalLocal);
    if (isExternal(service) && choice.cluster.length > 0) this.#addExternalChain(servicePort, choice, isExternalLocal);
  }

  #portRule(ip: string, { protocol, port }: ServicePort, text: string, chain: string): Rule {
    return { destination: { is: `${ip}/32` }, protocol, matches: [comment(text), { type: 'port', port: port.port }], target: jump(chain) };
  }

  #addExternal(servicePort: ServicePort, ip: string, what: string, choice: Choice, isLocal: boolean): void {
    const { title, protocol } = servicePort;
    const usableHere = isLocal ? choice.local : choice.cluster;
    if (choice.cluster.length > 0)
      this.#services.push(this.#portRule(ip, servicePort, `${title} ${what}`, chainNames.external(title, protocol)));
    if (usableHere.length === 0) this.#externalRejects.push(closed(servicePort, ip, isLocal && choice.cluster.length > 0));
  }

  #addNodePort({ title, protocol, port }: ServicePort, choice: Choice, isLocal: boolean): void {
    const nodePort = port.nodePort as number;
    const target = jump(chainNames.external(title, protocol));
    if (choice.cluster.length > 0) {
      this.#nodePorts.push({
        destination: { is: '127.0.0.0/8' },
        protocol,
        matches: [comment(title), { type: 'port', port: nodePort }, { type: 'nfacct', name: 'localhost_nps_accepted_pkts' }],
        target,
      });
      this.#nodePorts.push({ protocol, matches: [comment(title), { type: 'port', port: nodePort }], target });
    }
    const here = isLocal ? choice.local : choice.cluster;
    if (here.length > 0) return;
    const noLocal = isLocal && choice.cluster.length > 0;
    this.#externalRejects.push({
      protocol,
      matches: [
        comment(`${title} has no ${noLocal ? 'local ' : ''}endpoints`),
        { type: 'addrtype', side: 'dst' },
        { type: 'port', port: nodePort },
      ],
      target: noLocal ? { type: 'drop' } : reject,
    });
  }

  #addExternalChain({ title, protocol }: ServicePort, choice: Choice, isLocal: boolean): void {
    const name = chainNames.external(title, protocol);
    const service = jump(chainNames.service(title, protocol));
    if (!isLocal) {
      this.#nat.set(name, [
        { matches: [comment(`masquerade traffic for ${title} external destinations`)], target: jump('KUBE-MARK-MASQ') },
        { matches: [], target: service },
      ]);
      return;
    }
    const source: Rule['matches'][number] = { type: 'addrtype', side: 'src' };
    this.#nat.set(name, [
      { source: { is: this.#node.clusterCidr }, matches: [comment(`pod traffic for ${title} external destinations`)], target: service },
      { matches: [comment(`masquerade LOCAL traffic for ${title} external destinations`), source], target: jump('KUBE-MARK-MASQ') },
      { matches: [comment(`route LOCAL traffic for ${title} external destinations`), source], target: service },
      ...(choice.local.length > 0 ? [{ matches: [], target: jump(chainNames.local(title, protocol)) }] : []),
    ]);
  }

  #addEndpoints(servicePort: ServicePort, chain: string, endpoints: readonly Endpoint[], isClusterIpChain: boolean): void {
    const { service, title, protocol } = servicePort;
    const rules: Rule[] = [];
    if (isClusterIpChain) {
      const masquerade = this.#portRule(service.spec.clusterIP as string, servicePort, `${title} cluster IP`, 'KUBE-MARK-MASQ');
      rules.push({ source: { is: this.#node.clusterCidr, not: true }, ...masquerade });
    }
    const seconds =
      service.spec.sessionAffinity === 'ClientIP' ? (service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800) : undefined;
    const targetOf = (endpoint: Endpoint) => chainNames.endpoint(title, protocol, endpoint.text);
    const arrow = (endpoint: Endpoint) => comment(`${title} -> ${endpoint.text}`);
    if (seconds !== undefined)
      for (const endpoint of endpoints)
        rules.push({
          matches: [arrow(endpoint), { type: 'recent', name: targetOf(endpoint), rcheckSeconds: seconds }],
          target: jump(targetOf(endpoint)),
        });
    endpoints.forEach((endpoint, index) => {
      const left = endpoints.length - index;
      rules.push({
        matches: [arrow(endpoint), ...(left > 1 ? [{ type: 'statistic' as const, probability: 1 / left }] : [])],
        target: jump(targetOf(endpoint)),
      });
      this.#nat.set(targetOf(endpoint), endpointChain(servicePort, endpoint, targetOf(endpoint), seconds !== undefined));
    });
    this.#nat.set(chain, rules);
  }

  finish(): Ruleset {
    const own = [...this.#nat].map(([name, rules]) => ({ name, rules }));
    const services: Rule[] = [
      ...this.#services,
      {
        matches: [
          comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain'),
          { type: 'addrtype', side: 'dst' },
        ],
        target: jump('KUBE-NODEPORTS'),
      },
    ];
    const kube: Chain[] = [
      { name: 'KUBE-MARK-MASQ', rules: [{ matches: [], target: { type: 'mark', value: masqueradeMark, mask: masqueradeMark } }] },
      { name: 'KUBE-NODEPORTS', rules: this.#nodePorts },
      { name: 'KUBE-POSTROUTING', rules: postrouting },
      { name: 'KUBE-PROXY-CANARY', rules: [] },
      { name: 'KUBE-SERVICES', rules: services },
      ...own,
    ];
    return {
      nat: { chains: [...natBuiltIn, ...sortChains(kube)] },
      filter: filterTable(this.#rejects, this.#externalRejects),
      mangle: {
        chains: [...['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'].map(builtIn), { name: 'KUBE-PROXY-CANARY', rules: [] }],
      },
    };
  }
}

function externalAddresses(service: V1Service): (readonly [string, string])[] {
  const ingress = service.status.loadBalancer?.ingress ?? [];
  return [
    ...(service.spec.externalIPs ?? []).map((ip) => [ip, 'external IP'] as const),
    ...ingress.flatMap(({ ip, ipMode }) => (ip && ipMode !== 'Proxy' ? [[ip, 'loadbalancer IP'] as const] : [])),
  ];
}

function isExternal(service: V1Service): boolean {
  return externalAddresses(service).length > 0 || Boolean(service.spec.ports?.some((port) => port.nodePort));
}

function closed({ title, protocol, port }: ServicePort, ip: string, isOnlyNotLocal: boolean): Rule {
  return {
    destination: { is: `${ip}/32` },
    protocol,
    matches: [comment(`${title} has no ${isOnlyNotLocal ? 'local ' : ''}endpoints`), { type: 'port', port: port.port }],
    target: isOnlyNotLocal ? { type: 'drop' } : reject,
  };
}

function endpointChain({ title, protocol }: ServicePort, endpoint: Endpoint, name: string, hasAffinity: boolean): Rule[] {
  return [
    { source: { is: `${endpoint.address}/32` }, matches: [comment(title)], target: jump('KUBE-MARK-MASQ') },
    {
      protocol,
      matches: [comment(title), ...(hasAffinity ? [{ type: 'recent' as const, name }] : []), { type: 'port' }],
      target: { type: 'dnat', to: endpoint.text },
    },
  ];
}

const reject: Rule['target'] = { type: 'reject', with: 'icmp-port-unreachable' };

function comment(text: string): Rule['matches'][number] {
  return { type: 'comment', text };
}

function jump(chain: string): Rule['target'] {
  return { type: 'jump', chain };
}

function builtIn(name: string): Chain {
  return { name, policy: 'ACCEPT', rules: [] };
}

function sortChains(chains: readonly Chain[]): Chain[] {
  return [...chains].sort((a, b) => compareBytes(a.name, b.name));
}

function portal(text: string, chain: string, isNewOnly = false): Rule {
  return {
    matches: [...(isNewOnly ? [{ type: 'conntrack' as const, states: ['NEW' as const] }] : []), comment(text)],
    target: jump(chain),
  };
}

const natBuiltIn: readonly Chain[] = [
  { name: 'PREROUTING', policy: 'ACCEPT', rules: [portal('kubernetes service portals', 'KUBE-SERVICES')] },
  builtIn('INPUT'),
  { name: 'OUTPUT', policy: 'ACCEPT', rules: [portal('kubernetes service portals', 'KUBE-SERVICES')] },
  { name: 'POSTROUTING', policy: 'ACCEPT', rules: [portal('kubernetes postrouting rules', 'KUBE-POSTROUTING')] },
];

const marked = { value: masqueradeMark, mask: masqueradeMark };

const postrouting: readonly Rule[] = [
  { matches: [{ type: 'mark', ...marked, not: true }], target: { type: 'return' } },
  { matches: [], target: { type: 'mark', value: masqueradeMark, mask: 0 } },
  { matches: [comment('kubernetes service traffic requiring SNAT')], target: { type: 'masquerade' } },
];

function filterTable(rejects: readonly Rule[], externalRejects: readonly Rule[]): Table {
  const firewall = portal('kubernetes load balancer firewall', 'KUBE-PROXY-FIREWALL', true);
  const external = portal('kubernetes externally-visible service portals', 'KUBE-EXTERNAL-SERVICES', true);
  const services = portal('kubernetes service portals', 'KUBE-SERVICES', true);
  const toFirewall: Rule = { matches: [], target: jump('KUBE-FIREWALL') };
  return {
    chains: [
      {
        name: 'INPUT',
        policy: 'ACCEPT',
        rules: [toFirewall, firewall, portal('kubernetes health check service ports', 'KUBE-NODEPORTS'), external],
      },
      { name: 'FORWARD', policy: 'ACCEPT', rules: [firewall, portal('kubernetes forwarding rules', 'KUBE-FORWARD'), services, external] },
      { name: 'OUTPUT', policy: 'ACCEPT', rules: [toFirewall, firewall, services] },
      { name: 'KUBE-EXTERNAL-SERVICES', rules: externalRejects },
      {
        name: 'KUBE-FIREWALL',
        rules: [
          {
            source: { is: '127.0.0.0/8', not: true },
            destination: { is: '127.0.0.0/8' },
            matches: [
              comment('block incoming localnet connections'),
              { type: 'conntrack', states: ['RELATED', 'ESTABLISHED', 'DNAT'], not: true },
            ],
            target: { type: 'drop' },
          },
        ],
      },
      { name: 'KUBE-FORWARD', rules: forward },
      { name: 'KUBE-NODEPORTS', rules: [] },
      { name: 'KUBE-PROXY-CANARY', rules: [] },
      { name: 'KUBE-PROXY-FIREWALL', rules: [] },
      { name: 'KUBE-SERVICES', rules: rejects },
    ],
  };
}

const forward: readonly Rule[] = [
  {
    matches: [
      { type: 'conntrack', states: ['INVALID'] },
      { type: 'nfacct', name: 'ct_state_invalid_dropped_pkts' },
    ],
    target: { type: 'drop' },
  },
  { matches: [comment('kubernetes forwarding rules'), { type: 'mark', ...marked }], target: { type: 'accept' } },
  {
    matches: [comment('kubernetes forwarding conntrack rule'), { type: 'conntrack', states: ['RELATED', 'ESTABLISHED'] }],
    target: { type: 'accept' },
  },
];
