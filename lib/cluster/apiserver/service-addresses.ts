import { FieldPath, fieldError, statusErrors, type FieldError, type KubeObject } from '../api';
import type { Lookup } from './admission/plugin';
import type { StoreHooks } from './store';

export interface ServiceRanges {
  /** `--service-cluster-ip-range`. */
  readonly clusterIps: string;
  /** `--service-node-port-range`. */
  readonly nodePorts: { readonly from: number; readonly to: number };
}

interface ServicePort {
  name?: string;
  port: number;
  protocol?: string;
  nodePort?: number;
}

export const defaultServiceRange = '10.96.0.0/16';
const clusterIpsPath = FieldPath.of('spec').child('clusterIPs');

/** The IPAddress objects that say which addresses are whose. */
export interface AddressObjects {
  has(address: string): boolean;
  write(address: string, service: KubeObject): void;
  remove(address: string): void;
}

/**
 * Hands out cluster IPs and node ports (`registry/core/service/storage/alloc.go`). What is taken is read off the Services
 * themselves, so nothing can leak and nothing needs repair.
 */
export class ServiceAddresses implements StoreHooks {
  readonly #lookup: Lookup;
  readonly #addresses: AddressObjects;
  readonly #base: number;
  readonly #size: number;
  readonly #nodePorts: ServiceRanges['nodePorts'];
  readonly #random;

  constructor(
    lookup: Lookup,
    addresses: AddressObjects,
    { clusterIps = defaultServiceRange, nodePorts = { from: 30000, to: 32767 } }: Partial<ServiceRanges>,
  ) {
    const [address = '', bits = '16'] = clusterIps.split('/');
    this.#lookup = lookup;
    this.#addresses = addresses;
    this.#base = toNumber(address);
    this.#size = 2 ** (32 - Number(bits));
    this.#nodePorts = nodePorts;
    this.#random = lookup.kernel.random.fork('kube-apiserver/service-addresses');
  }

  allocate(service: KubeObject, old: KubeObject | undefined): void {
    this.#allocateClusterIp(service, old);
    this.#allocateNodePorts(service, old);
    this.#allocateHealthCheckPort(service);
  }

  afterWrite(service: KubeObject, old: KubeObject | undefined): void {
    const [now, before] = [addressesOf(service), addressesOf(old)];
    for (const address of now) if (!before.includes(address)) this.#addresses.write(address, service);
    for (const address of before) if (!now.includes(address)) this.#addresses.remove(address);
  }

  afterDeletion(service: KubeObject): void {
    for (const address of addressesOf(service)) this.#addresses.remove(address);
  }

  /** Load balancers that keep traffic local ask each node whether it has a Pod. */
  #allocateHealthCheckPort(service: KubeObject): void {
    const { spec } = service;
    const needsPort = spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
    if (needsPort) spec.healthCheckNodePort ||= this.#drawNodePort(this.#takenNodePorts(service));
  }

  #allocateClusterIp(service: KubeObject, old: KubeObject | undefined): void {
    const { spec } = service;
    if (spec.type === 'ExternalName') return clearAddresses(spec);
    keepAddress(spec, old?.spec);
    if (!old && isHeadlessWithoutSelector(spec)) requireDualStack(spec);
    spec.ipFamilies ??= ['IPv4'];
    spec.ipFamilyPolicy ??= 'SingleStack';
    const wanted: string | undefined = spec.clusterIP || spec.clusterIPs?.[0];
    if (wanted === 'None') return setAddress(spec, 'None');
    if (wanted && wanted === old?.spec.clusterIP) return setAddress(spec, wanted);
    setAddress(spec, wanted ? this.#take(service, wanted) : this.#draw());
  }

  #take(service: KubeObject, wanted: string): string {
    const offset = toNumber(wanted) - this.#base;
    const refuse = (why: string) =>
      invalidService(service, [fieldError.invalid(clusterIpsPath, [wanted], `failed to allocate IP ${wanted}: ${why}`)]);
    if (!(offset > 0 && offset < this.#size - 1)) throw refuse('the provided network does not match the current range');
    if (this.#takenIps().has(wanted) || this.#addresses.has(wanted)) throw refuse('provided IP is already allocated');
    return wanted;
  }

  /** A free address from the upper part of the range; the lower part is for those who ask for one (`ServiceIPStaticSubrange`). */
  #draw(): string {
    const taken = this.#takenIps();
    const reserved = Math.min(Math.max(16, Math.floor(this.#size / 16)), 256);
    for (const [low, high] of [
      [reserved + 1, this.#size - 2],
      [1, reserved],
    ] as const) {
      const start = high > low ? this.#random.between(low, high) : low;
      for (let step = 0; step <= high - low; step++) {
        const address = toAddress(this.#base + low + ((start - low + step) % (high - low + 1)));
        if (!taken.has(address) && !this.#addresses.has(address)) return address;
      }
    }
    throw statusErrors.internal('failed to allocate a serviceIP: range is full');
  }

  #takenIps(): Set<string> {
    return new Set(this.#lookup.list('Service').flatMap(({ spec }) => (spec.clusterIPs ?? []) as string[]));
  }

  #allocateNodePorts(service: KubeObject, old: KubeObject | undefined): void {
    const { spec } = service;
    const ports: ServicePort[] = spec.ports ?? [];
    const needsPorts = spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
    if (!needsPorts) {
      if (spec.type !== 'LoadBalancer' && old && old.spec.type !== spec.type) for (const port of ports) delete port.nodePort;
      return;
    }
    if (ports.every(({ nodePort }) => nodePort) && !ports.some((port, index) => port.nodePort !== old?.spec.ports?.[index]?.nodePort))
      return;
    this.#fillNodePorts(service, ports, old?.spec.ports ?? []);
  }

  #fillNodePorts(service: KubeObject, ports: ServicePort[], before: readonly ServicePort[]): void {
    const taken = this.#takenNodePorts(service);
    ports.forEach((port, index) => {
      port.nodePort ||= before.find((one) => one.port === port.port && one.protocol === port.protocol)?.nodePort ?? 0;
      if (port.nodePort) this.#checkNodePort(service, port, index, taken);
    });
    for (const port of ports) {
      const twin = ports.find((other) => other !== port && other.port === port.port && other.protocol !== port.protocol && other.nodePort);
      port.nodePort ||= twin?.nodePort ?? this.#drawNodePort(taken);
      taken.add(`${port.protocol ?? 'TCP'}/${port.nodePort}`);
    }
  }

  #checkNodePort(service: KubeObject, { nodePort = 0, protocol = 'TCP' }: ServicePort, index: number, taken: ReadonlySet<string>): void {
    const path = FieldPath.of('spec').child('ports').index(index).child('nodePort');
    const { from, to } = this.#nodePorts;
    if (nodePort < from || nodePort > to)
      throw invalidService(service, [
        fieldError.invalid(path, nodePort, `provided port is not in the valid range. The range of valid ports is ${from}-${to}`),
      ]);
    if (taken.has(`${protocol}/${nodePort}`))
      throw invalidService(service, [fieldError.invalid(path, nodePort, 'provided port is already allocated')]);
  }

  #takenNodePorts({ metadata }: KubeObject): Set<string> {
    const others = this.#lookup.list('Service').filter((other) => other.metadata.uid !== metadata.uid);
    return new Set(
      others.flatMap(({ spec }) =>
        [...((spec.ports ?? []) as ServicePort[]), { nodePort: spec.healthCheckNodePort } as ServicePort].flatMap(
          ({ nodePort, protocol = 'TCP' }) => (nodePort ? [`${protocol}/${nodePort}`] : []),
        ),
      ),
    );
  }

  #drawNodePort(taken: ReadonlySet<string>): number {
    const { from, to } = this.#nodePorts;
    const reserved = Math.min(Math.max(16, Math.floor((to - from + 1) / 32)), 128);
    const start = this.#random.between(from + reserved, to);
    for (let step = 0; step <= to - from; step++) {
      const port = from + ((start - from + step) % (to - from + 1));
      if (!taken.has(`TCP/${port}`) && !taken.has(`UDP/${port}`) && !taken.has(`SCTP/${port}`)) return port;
    }
    throw statusErrors.internal('failed to allocate a nodePort: range is full');
  }
}

export function addressObject(address: string, { metadata }: KubeObject): KubeObject {
  const family = address.includes(':') ? 'IPv6' : 'IPv4';
  const labels = { 'ipaddress.kubernetes.io/ip-family': family, 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' };
  return {
    kind: 'IPAddress',
    apiVersion: 'networking.k8s.io/v1',
    metadata: { name: address, labels },
    spec: { parentRef: { resource: 'services', namespace: metadata.namespace ?? '', name: metadata.name } },
  } as unknown as KubeObject;
}

function addressesOf(service: KubeObject | undefined): readonly string[] {
  return ((service?.spec.clusterIPs ?? []) as string[]).filter((address) => address && address !== 'None');
}

/** The address of Service `default/kubernetes`: the first of the range. */
export function firstAddress(range = defaultServiceRange): string {
  return toAddress(toNumber(range.split('/')[0] ?? '') + 1);
}

function invalidService({ metadata }: KubeObject, errors: readonly FieldError[]) {
  return statusErrors.invalid({ group: '', resource: 'Service' }, metadata.name, errors);
}

function clearAddresses(spec: KubeObject['spec']): void {
  for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) delete spec[field];
}

/** An update that leaves the address out keeps it (`patchAllocatedValues`). */
function keepAddress(spec: KubeObject['spec'], old: KubeObject['spec'] | undefined): void {
  if (!old || old.type === 'ExternalName') return;
  spec.clusterIP ??= old.clusterIP;
  spec.clusterIPs ??= old.clusterIPs;
  spec.ipFamilies ??= old.ipFamilies;
  spec.ipFamilyPolicy ??= old.ipFamilyPolicy;
}

/** Its endpoints are somebody else's to write, and may be of either family (`defaultOnRequestHeadlessWithoutSelector`). */
function isHeadlessWithoutSelector({ clusterIP, clusterIPs, selector }: KubeObject['spec']): boolean {
  const isHeadless = clusterIP === 'None' || clusterIPs?.[0] === 'None';
  return isHeadless && Object.keys(selector ?? {}).length === 0;
}

function requireDualStack(spec: KubeObject['spec']): void {
  if (spec.ipFamilyPolicy !== undefined || spec.ipFamilies !== undefined) return;
  spec.ipFamilyPolicy = 'RequireDualStack';
  spec.ipFamilies = ['IPv4', 'IPv6'];
}

function setAddress(spec: KubeObject['spec'], address: string): void {
  spec.clusterIP = address;
  spec.clusterIPs = [address];
}

function toNumber(address: string): number {
  const parts = address.split('.').map(Number);
  return parts.length === 4 ? parts.reduce((sum, part) => sum * 256 + part, 0) : NaN;
}

function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
