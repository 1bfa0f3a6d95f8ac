import { assert, memo, memoOfTwo, type Random } from '@/lib/base';
import { ConnectionError, type ApiRequest, type ApiResponse, type Transport } from '../api';
import { EtcdError, type Caller, type EtcdServer, type Delivery, type PeerMessage } from '../etcd';
import type { Disk, Kernel } from '../kernel';
import type { Machine } from '../machine';
import { inCidr, isIpv4 } from './address';
import { Balancer, balancerName } from './balancer';
import { HostNamespace } from './host-namespace';
import { InFlight } from './in-flight';
import { Links, reversed, type Hop, type LinkFault } from './links';
import { rulesetPath, traverse, type Packet, type PacketVerdict, type Ruleset, type TraversalContext } from './netfilter';
import { Relay, silentMsMax } from './relay';
import { resolveName, type Resolution } from './resolver';
import type { DnsQuery, HttpRequest, HttpResponse, HttpResult, Listener, Network, NetworkNamespace } from './types';

/** What became of a connection attempt: who answers, or how it failed. */
type Route =
  | ({ readonly type: 'open'; readonly listener: Listener; readonly namespace: NetworkNamespace; readonly port: number } & Way)
  | Failed;

interface Failed {
  readonly type: 'refused' | 'timeout' | 'unreachable';
  readonly tookMs: number;
}

/** How a packet got where it is. */
interface Way {
  readonly roundTripMs: number;
  /** The links between machines that it crossed. */
  readonly hops: readonly Hop[];
  /** Whom the receiver takes for the sender. */
  readonly peerIp: string;
}

/** Where a packet has got to by the rules of the machine it left. */
interface Reached extends Way {
  readonly type: 'reached';
  readonly namespace: NetworkNamespace;
  readonly machine: Machine;
  readonly isHost: boolean;
}

/**
 * The rules of two machines that let a connection that stays open through as it was. They are not walked again until somebody changes them,
 * as conntrack has it; links, power and who listens count each time.
 */
interface Tracked {
  left?: Ruleset | undefined;
  arrived?: Ruleset | undefined;
}

/** The chains of nat and filter that a packet goes through. */
type Chains = readonly [nat: string, filter: string];
const leaving: Chains = ['OUTPUT', 'OUTPUT'];
const passing: Chains = ['PREROUTING', 'FORWARD'];
const arriving: Chains = ['PREROUTING', 'INPUT'];

/** Linux gives up on an unanswered SYN after six retries. */
const synTimeoutMs = 130_000;
/** ARP fails after three seconds: EHOSTUNREACH. */
const noRouteMs = 3_000;
/** One way between two machines. */
const linkMs = 0.25;
/** client-go's `net.Dialer`. */
const dialMsMax = 30_000;

/**
 * The simulated network: every namespace, the links between machines, and each machine's netfilter.
 * A request is computed at once with its latency accounted; nothing waits inside.
 */
export class SimulatedNetwork implements Network {
  readonly #kernel: Kernel;
  readonly #random: Random;
  readonly #links: Links;
  readonly #inFlight: InFlight;
  #balancer: Balancer | undefined;
  readonly #machines = new Map<string, Machine>();
  readonly #hosts = new Map<string, HostNamespace>();
  readonly #traversals = new Map<string, TraversalContext>();
  readonly #namespaces = new Map<string, NetworkNamespace>();
  /** Connections that stay open, with the rules that let them through. */
  readonly #connections = new Map<
    string,
    { readonly to: NetworkNamespace; readonly left: Ruleset | undefined; readonly arrived: Ruleset | undefined }
  >();
  readonly podCidr: string;

  constructor(options: { kernel: Kernel; world: Disk; podCidr: string }) {
    this.#kernel = options.kernel;
    this.#random = options.kernel.random.fork('network');
    this.#links = new Links(options.world, this.#random.fork('links'));
    this.#inFlight = new InFlight(options.kernel);
    this.podCidr = options.podCidr;
  }

  addMachine(machine: Machine): void {
    this.#machines.set(machine.name, machine);
    this.#traversals.set(machine.name, this.#traversal(machine));
    const host = new HostNamespace(machine);
    this.#hosts.set(machine.name, host);
    this.attach(host);
  }

  /** A machine's own namespace, which hostNetwork Pods share. */
  host(machine: string): HostNamespace {
    const host = this.#hosts.get(machine);
    assert(host, `no machine ${machine}`);
    return host;
  }

  attach(namespace: NetworkNamespace): void {
    this.#namespaces.set(namespace.ip, namespace);
  }

  detach(ip: string, machine: string): void {
    if (this.#namespaces.get(ip)?.machine === machine) this.#namespaces.delete(ip);
  }

  find(ip: string): NetworkNamespace | undefined {
    return this.#namespaces.get(ip);
  }

  /** Cuts or mends the link from one machine to another, one way. */
  setLink(from: string, to: string, isUp: boolean): void {
    this.#links.setUp(from, to, isUp);
    this.#kernel.record('fault', 'network', `${isUp ? 'mend' : 'cut'} ${from} → ${to}`);
  }

  /** Makes the link from one machine to another slow, lossy or disorderly, one way; without a fault it is sound again. */
  setLinkFault(from: string, to: string, fault: LinkFault | undefined): void {
    this.#links.setFault(from, to, fault);
    this.#kernel.record('fault', 'network', `netem ${from} → ${to}: ${fault ? describeFault(fault) : 'none'}`);
  }

  /** Puts a load balancer in front of the API servers of the control-plane machines. */
  balance(ip: string, port: number): void {
    this.#balancer = new Balancer({ kernel: this.#kernel, ip, port });
  }

  /**
   * Lets messages that slow links hold up arrive ahead of the clock, for a call that is carried to its end inside the call.
   * Answers how many milliseconds that would have taken.
   */
  settlePeers(isDone: () => boolean, limitMs: number): number {
    return this.#inFlight.settle(isDone, limitMs);
  }

  http(from: NetworkNamespace, request: HttpRequest, { timeoutMs = synTimeoutMs }: { timeoutMs?: number } = {}): HttpResult {
    const url = urls(request.url);
    if (!url) return { type: 'error', error: 'could-not-resolve', message: `URL rejected: ${request.url}`, tookMs: 0 };
    const target = this.#locate(from, url.hostname, timeoutMs);
    if (target.type !== 'found') return { ...target, type: 'error' };
    const route = this.#route(from, target.ip, url.port, 'tcp');
    const name = summaryOf(request.method, request.url);
    if (route.type !== 'open') return this.#failed(from, name, route, target.tookMs, url, timeoutMs);
    const serve = route.listener.http ?? (route.listener.api && httpOf(route.listener.api));
    if (!serve) return this.#failed(from, name, { type: 'refused', tookMs: Math.ceil(route.roundTripMs) }, target.tookMs, url, timeoutMs);
    const soundMs = target.tookMs + 2 * route.roundTripMs;
    const thereMs = (this.#handshakeMs(route.hops) ?? Infinity) + (this.#links.segmentMs(route.hops, 'data') ?? Infinity);
    if (soundMs + thereMs > timeoutMs) return late(timeoutMs);
    const cause = this.#kernel.record('packet', from.name, arrow(route.namespace.name, name));
    const response = this.#kernel.causedBy(cause, () => serve(request, { ip: route.peerIp }));
    const backMs = this.#links.areSound ? 0 : (this.#links.segmentMs(reversed(route.hops), 'data') ?? Infinity);
    const tookMs = Math.ceil(soundMs + thereMs + (response.tookMs ?? 0) + backMs);
    return tookMs > timeoutMs ? late(timeoutMs) : { type: 'response', response, tookMs, remoteIp: target.ip };
  }

  /** What SYN and SYN-ACK take longer than over sound links; undefined when no connection comes of them. */
  #handshakeMs(hops: readonly Hop[]): number | undefined {
    if (this.#links.areSound) return 0;
    const thereMs = this.#links.segmentMs(hops, 'syn');
    const backMs = thereMs === undefined ? undefined : this.#links.segmentMs(reversed(hops), 'syn');
    return thereMs === undefined || backMs === undefined ? undefined : thereMs + backMs;
  }

  connect(
    from: NetworkNamespace,
    host: string,
    port: number,
    { timeoutMs = synTimeoutMs }: { timeoutMs?: number } = {},
  ): ReturnType<Network['connect']> {
    const target = this.#locate(from, host, timeoutMs);
    if (target.type !== 'found') return { type: 'could-not-resolve', tookMs: target.tookMs };
    const route = this.#route(from, target.ip, port, 'tcp');
    const handshakeMs = route.type === 'open' ? (this.#handshakeMs(route.hops) ?? Infinity) : 0;
    const tookMs = Math.ceil(target.tookMs + handshakeMs + (route.type === 'open' ? route.roundTripMs : route.tookMs));
    return tookMs > timeoutMs ? { type: 'timeout', tookMs: timeoutMs } : { type: route.type, tookMs };
  }

  resolve(from: NetworkNamespace, name: string, type: DnsQuery['type'] = 'A'): Resolution {
    return resolveName(from.resolver, name, type, (server, query) => this.#query(from, server, query));
  }

  dialApi(from: NetworkNamespace, server: string): Transport {
    const url = parseUrl(server);
    if (!url)
      return () => {
        throw new ConnectionError(noAddress(server));
      };
    const tracked: Tracked | undefined = isIpv4(url.hostname) ? {} : undefined;
    return (request) => {
      const target = this.#locate(from, url.hostname, synTimeoutMs);
      if (target.type !== 'found') throw new ConnectionError(`dial tcp: lookup ${url.hostname}: no such host`);
      const route = this.#route(from, target.ip, url.port, 'tcp', tracked);
      if (route.type !== 'open' || !route.listener.api)
        throw new ConnectionError(`dial tcp ${target.ip}:${url.port}: ${dialFailure(route.type)}`);
      if (this.#links.areSound) return this.#relay(route.hops, route.listener.api(request));
      if ((this.#handshakeMs(route.hops) ?? Infinity) > dialMsMax)
        throw new ConnectionError(`dial tcp ${target.ip}:${url.port}: i/o timeout`);
      this.#assertHeard(route.hops);
      const response = this.#relay(route.hops, route.listener.api(request));
      this.#assertHeard(reversed(route.hops));
      return response;
    };
  }

  /** A request or an answer that does not get through in time ends the connection; who sent it cannot tell which of the two it was. */
  #assertHeard(hops: readonly Hop[]): void {
    if ((this.#links.segmentMs(hops, 'data') ?? Infinity) > silentMsMax) throw new ConnectionError('http2: client connection lost');
  }

  dialEtcd(from: NetworkNamespace, server: string, caller: Caller = {}): EtcdServer {
    const url = parseUrl(server);
    return remoteEtcd(() => {
      if (!url) throw notDialled(noAddress(server));
      const route = this.#route(from, url.hostname, url.port, 'tcp');
      const isReached = route.type === 'open' && (this.#handshakeMs(route.hops) ?? Infinity) <= dialMsMax;
      if (isReached && route.listener.etcd) return route.listener.etcd(caller);
      const failure = dialFailure(route.type === 'open' && !isReached ? 'timeout' : route.type);
      throw notDialled(`dial tcp ${url.hostname}:${url.port}: ${failure}`);
    });
  }

  sendPeer(from: NetworkNamespace, server: string, message: PeerMessage): Delivery {
    const url = parseUrl(server);
    if (!url) return false;
    const listener = this.#established(from, url);
    if (!listener?.peer) return false;
    const to = this.#namespaces.get(url.hostname) as NetworkNamespace;
    if (this.#links.areSound) return listener.peer(message);
    this.#sendSlowly([from.machine, to.machine], url, message);
    return true;
  }

  /** Over a faulty link each message goes by itself: it may be lost, arrive twice, or after others that were sent later. */
  #sendSlowly(hop: Hop, { hostname, port }: Authority, message: PeerMessage): void {
    const arrive = () => {
      const to = this.#namespaces.get(hostname);
      if (to && this.#machines.get(to.machine)?.isUp) to.findListener(port, 'TCP')?.peer?.(message);
    };
    const arrivals = this.#links.arrivals(hop);
    // Were a proposal that is passed on done twice, etcd would do it twice as well: its streams see to it that it is not.
    for (const delayMs of message.type === 'propose' ? arrivals.slice(0, 1) : arrivals) {
      if (delayMs === 0) arrive();
      else this.#inFlight.send(delayMs, `${message.type} to ${hop[1]}`, arrive);
    }
  }

  /**
   * Who is at the other end of a connection that stays open: rules that let it through once are not walked again until somebody changes them,
   * as conntrack has it; links, power and who listens count each time.
   */
  #established(from: NetworkNamespace, { hostname, port }: Authority): Listener | undefined {
    const [here, to] = [this.#machines.get(from.machine), this.#namespaces.get(hostname)];
    const there = to && this.#machines.get(to.machine);
    if (!here?.isUp || !to || !there?.isUp || !this.#areLinked(here.name, there.name)) return undefined;
    const key = `${from.ip}>${hostname}:${port}`;
    const [left, arrived] = [here, there].map((machine) => machine.disk.get<Ruleset>(rulesetPath));
    const known = this.#connections.get(key);
    if (known?.to === to && known.left === left && known.arrived === arrived) return to.findListener(port, 'TCP');
    const route = this.#route(from, hostname, port, 'tcp');
    if (route.type !== 'open') return undefined;
    if (route.namespace === to) this.#connections.set(key, { to, left, arrived });
    return route.listener;
  }

  /** Links count for as long as a stream flows. */
  #relay(hops: readonly Hop[], response: ApiResponse): ApiResponse {
    const { stream } = response;
    if (!stream || hops.length === 0) return response;
    const [kernel, links] = [this.#kernel, this.#links];
    return { ...response, stream: { start: (sink) => new Relay({ kernel, links, hops: reversed(hops), sink }).start(stream) } };
  }

  #locate(
    from: NetworkNamespace,
    hostname: string,
    timeoutMs: number,
  ): { type: 'found'; ip: string; tookMs: number } | { type: 'missing'; error: 'could-not-resolve'; message: string; tookMs: number } {
    if (isIpv4(hostname)) return { type: 'found', ip: hostname, tookMs: 0 };
    if (hostname === 'localhost') return { type: 'found', ip: '127.0.0.1', tookMs: 0 };
    const known = from.hosts?.[hostname];
    if (known) return { type: 'found', ip: known, tookMs: 0 };
    const { answer, tookMs } = this.resolve(from, hostname, 'A');
    const address = answer.answers.findLast((record) => record.type === 'A');
    if (address) return { type: 'found', ip: address.value, tookMs };
    return {
      type: 'missing',
      error: 'could-not-resolve',
      message: `Could not resolve host: ${hostname}`,
      tookMs: Math.min(tookMs, timeoutMs),
    };
  }

  #query(from: NetworkNamespace, server: string, query: DnsQuery): ReturnType<Parameters<typeof resolveName>[3]> {
    const route = this.#route(from, server, 53, 'udp');
    if (route.type !== 'open' || !route.listener.dns) return { type: 'silent' };
    const cause = this.#kernel.record('packet', from.name, `DNS ${query.type} ${query.name} → ${route.namespace.name}`);
    const ask = route.listener.dns;
    const thereMs = this.#links.datagramMs(route.hops);
    if (thereMs === undefined) return { type: 'silent' };
    const answer = this.#kernel.causedBy(cause, () => ask(query));
    const backMs = this.#links.datagramMs(reversed(route.hops));
    if (backMs === undefined) return { type: 'silent' };
    return { type: 'answered', answer, tookMs: route.roundTripMs + thereMs + backMs };
  }

  #failed(
    from: NetworkNamespace,
    name: string,
    route: { type: 'refused' | 'timeout' | 'unreachable'; tookMs: number },
    resolvedMs: number,
    url: Authority,
    timeoutMs: number,
  ): HttpResult {
    this.#kernel.record('packet', from.name, `${name}: ${dialFailure(route.type)}`);
    const tookMs = Math.ceil(resolvedMs + route.tookMs);
    const error = tookMs > timeoutMs ? 'timeout' : route.type;
    return {
      type: 'error',
      error,
      message: `dial tcp ${url.hostname}:${url.port}: ${dialFailure(error)}`,
      tookMs: Math.min(tookMs, timeoutMs),
    };
  }

  /** Follows a connection's first packet to whoever listens (`ip route`, netfilter, links). */
  #route(from: NetworkNamespace, destination: string, port: number, protocol: 'tcp' | 'udp', tracked?: Tracked): Route {
    if (destination.startsWith('127.') || destination === from.ip) return this.#deliver(from, from, port, protocol, local(from.ip));
    const here = this.#machines.get(from.machine);
    if (!here?.isUp) return { type: 'unreachable', tookMs: 0 };
    const packet: Packet = { source: from.ip, destination, port, protocol, mark: 0, isTranslated: false };
    const isHost = this.#hosts.get(from.machine) === from;
    const rulesHere = rulesOf(here);
    const left = tracked && rulesHere === tracked.left ? 'accept' : this.#filter(here, rulesHere, packet, isHost ? leaving : passing);
    if (left !== 'accept') return refusal(left);
    const first = this.#forward(here, from, packet);
    if (first.type !== 'reached') return first;
    const { machine, namespace } = first;
    if (!first.isHost || machine === here) return this.#deliver(from, namespace, packet.port, protocol, first);
    const rulesThere = rulesOf(machine);
    const arrived = tracked && rulesThere === tracked.arrived ? 'accept' : this.#filter(machine, rulesThere, packet, arriving);
    if (arrived !== 'accept') return refusal(arrived);
    if (tracked && !packet.isTranslated && packet.mark === 0) {
      tracked.left = rulesHere;
      tracked.arrived = rulesThere;
    }
    if (!packet.isTranslated) return this.#deliver(from, namespace, packet.port, protocol, first);
    const second = this.#forward(machine, namespace, packet);
    if (second.type !== 'reached') return second;
    return this.#deliver(from, second.namespace, packet.port, protocol, {
      roundTripMs: first.roundTripMs + second.roundTripMs,
      hops: [...first.hops, ...second.hops],
      peerIp: packet.mark ? machine.ip : from.ip,
    });
  }

  #forward(here: Machine, from: NetworkNamespace, packet: Packet): Failed | Reached {
    const isPodAddress = inCidr(packet.destination, this.podCidr);
    if (here.spec.role === 'workstation' && isPodAddress) return { type: 'timeout', tookMs: synTimeoutMs };
    const balancer = this.#balancer?.ip === packet.destination ? this.#balancer : undefined;
    if (balancer) return this.#forwardBalanced(here, from, packet, balancer);
    const namespace = this.#namespaces.get(packet.destination);
    if (!namespace)
      return isPodAddress || inCidr(packet.destination, `${here.ip}/16`)
        ? { type: 'unreachable', tookMs: noRouteMs }
        : { type: 'timeout', tookMs: synTimeoutMs };
    const machine = this.#machines.get(namespace.machine);
    if (!machine?.isUp || !this.#areLinked(here.name, machine.name)) return { type: 'timeout', tookMs: synTimeoutMs };
    const isNear = from.machine === namespace.machine;
    return {
      type: 'reached',
      namespace,
      machine,
      isHost: this.#hosts.get(machine.name) === namespace,
      roundTripMs: isNear ? 0.1 : 2 * linkMs,
      hops: here === machine ? [] : [[here.name, machine.name]],
      peerIp: from.ip,
    };
  }

  /** A load balancer takes the connection and opens one of its own to a server. */
  #forwardBalanced(here: Machine, from: NetworkNamespace, packet: Packet, balancer: Balancer): Failed | Reached {
    if (!this.#areLinked(here.name, balancerName)) return { type: 'timeout', tookMs: synTimeoutMs };
    const hosts = [...this.#hosts.values()].filter(({ machine }) => this.#machines.get(machine)?.spec.role === 'control-plane');
    const isUp = ({ machine }: HostNamespace) => this.#machines.get(machine)?.isUp && this.#areLinked(balancerName, machine);
    const backends = hosts.map((host) => ({ ip: host.ip, api: isUp(host) ? host.findListener(balancer.port, 'TCP')?.api : undefined }));
    const ip = packet.port === balancer.port ? balancer.pick(from.ip, backends) : undefined;
    const namespace = hosts.find((host) => host.ip === ip);
    if (!namespace) return { type: 'refused', tookMs: 1 };
    packet.destination = namespace.ip;
    return {
      type: 'reached',
      namespace,
      machine: this.#machines.get(namespace.machine) as Machine,
      isHost: true,
      roundTripMs: 4 * linkMs,
      hops: [
        [here.name, balancerName],
        [balancerName, namespace.machine],
      ],
      peerIp: balancer.ip,
    };
  }

  #deliver(
    from: NetworkNamespace,
    namespace: NetworkNamespace,
    port: number,
    protocol: 'tcp' | 'udp',
    { roundTripMs, hops, peerIp }: Way,
  ): Route {
    if (!this.#machines.get(namespace.machine)?.isUp) return { type: 'timeout', tookMs: synTimeoutMs };
    const listener = namespace.findListener(port, protocol === 'tcp' ? 'TCP' : 'UDP');
    if (!listener) return { type: 'refused', tookMs: Math.ceil(roundTripMs) };
    return { type: 'open', listener, namespace, port, roundTripMs, hops, peerIp: namespace === from ? '127.0.0.1' : peerIp };
  }

  #filter(machine: Machine, ruleset: Ruleset | undefined, packet: Packet, [natChain, filterChain]: Chains): PacketVerdict {
    if (!ruleset) return 'accept';
    const context = this.#traversals.get(machine.name) as TraversalContext;
    const translated = traverse(ruleset.nat, natChain, packet, context);
    if (translated !== 'accept') return translated;
    const isLocal = packet.destination === machine.ip;
    return traverse(
      ruleset.filter,
      filterChain === 'FORWARD' && isLocal ? 'INPUT' : filterChain === 'INPUT' && !isLocal ? 'FORWARD' : filterChain,
      packet,
      context,
    );
  }

  #traversal(machine: Machine): TraversalContext {
    const path = (name: string, source: string) => `/run/netfilter/recent/${name}/${source}`;
    return {
      localAddresses: [machine.ip, '127.0.0.1'],
      draw: () => this.#random.float(),
      lastSeenMs: (name, source) => {
        const at = machine.disk.get<number>(path(name, source));
        return at === undefined ? undefined : this.#kernel.now - at;
      },
      remember: (name, source) => machine.disk.set(path(name, source), this.#kernel.now),
    };
  }

  /** A connection needs both ways. */
  #areLinked(one: string, other: string): boolean {
    return this.#links.isUp(one, other) && this.#links.isUp(other, one);
  }
}

/** Within a machine. */
function local(ip: string): Way {
  return { roundTripMs: 0.05, hops: [], peerIp: ip };
}

/** The words of `tc qdisc show`. */
function describeFault({ delayMs, jitterMs, loss, duplicate, reorder }: LinkFault): string {
  const share = (name: string, value: number | undefined) => (value ? [`${name} ${Math.round(value * 1000) / 10}%`] : []);
  return [
    ...((delayMs ?? jitterMs) ? [`delay ${delayMs ?? 0}ms${jitterMs ? ` ${jitterMs}ms` : ''}`] : []),
    ...share('loss', loss),
    ...share('duplicate', duplicate),
    ...share('reorder', reorder),
  ].join(' ');
}

function refusal(verdict: 'drop' | 'reject'): Failed {
  return verdict === 'reject' ? { type: 'refused', tookMs: 0 } : { type: 'timeout', tookMs: synTimeoutMs };
}

/** The words of Go's net package. */
function dialFailure(type: Route['type']): string {
  switch (type) {
    case 'timeout':
      return 'i/o timeout';
    case 'unreachable':
      return 'connect: no route to host';
    default:
      return 'connect: connection refused';
  }
}

/** An etcd client that finds its member anew for each call, so that it outlives the member's restarts. */
function remoteEtcd(find: () => EtcdServer): EtcdServer {
  return {
    get revision() {
      return find().revision;
    },
    get compactedRevision() {
      return find().compactedRevision;
    },
    header: () => find().header(),
    range: (...args) => find().range(...args),
    put: (...args) => find().put(...args),
    deleteRange: (...args) => find().deleteRange(...args),
    txn: (...args) => find().txn(...args),
    compact: (...args) => find().compact(...args),
    watch: (...args) => find().watch(...args),
    leaseGrant: (...args) => find().leaseGrant(...args),
    leaseRevoke: (...args) => find().leaseRevoke(...args),
    leaseKeepAlive: (...args) => find().leaseKeepAlive(...args),
    leaseTimeToLive: (...args) => find().leaseTimeToLive(...args),
    leases: () => find().leases(),
    status: () => find().status(),
    hashKv: (...args) => find().hashKv(...args),
    defragment: () => find().defragment(),
    alarms: () => find().alarms(),
    alarmDisarm: () => find().alarmDisarm(),
    moveLeader: (...args) => find().moveLeader(...args),
    members: (...args) => find().members(...args),
    memberAdd: (...args) => find().memberAdd(...args),
    memberRemove: (...args) => find().memberRemove(...args),
    memberPromote: (...args) => find().memberPromote(...args),
    memberUpdate: (...args) => find().memberUpdate(...args),
    snapshot: () => find().snapshot(),
    auth: (...args) => find().auth(...args),
  };
}

/** An API server as a probe or a curl sees it: plain HTTP without a certificate. */
function httpOf(api: Transport): (request: HttpRequest) => HttpResponse {
  return ({ method, url, headers, body }) => {
    const path = urls(url)?.path ?? '/';
    const response = api({ method: method as ApiRequest['method'], url: path, headers, ...(body === undefined ? {} : { body }) });
    const text = typeof response.body === 'string' ? response.body : JSON.stringify(response.body ?? null);
    return { status: response.status, headers: response.headers, body: text };
  };
}

interface Authority {
  readonly hostname: string;
  readonly port: number;
  readonly path: string;
}

function rulesOf({ disk }: Machine): Ruleset | undefined {
  return disk.get<Ruleset>(rulesetPath);
}

function late(timeoutMs: number): HttpResult {
  return { type: 'error', error: 'timeout', message: `context deadline exceeded after ${timeoutMs} ms`, tookMs: timeoutMs };
}

/** Probes and loops ask the same few URLs again and again. */
const urls = memo(parseUrl, { max: 512, lengthMax: 1_024 });

const lines = { max: 1_024, lengthMax: 512 };
/** `GET http://10.244.1.5:80/` */
const summaryOf = memoOfTwo((method, url) => `${method} ${url}`, lines);
/** `GET http://10.244.1.5:80/ → pod default/web` */
const arrow = memoOfTwo((to, what) => `${what} → ${to}`, lines);

/** What somebody wrote down for an address leads nowhere. */
function noAddress(server: string): string {
  return `dial tcp: address ${server}: missing port in address`;
}

function notDialled(why: string): EtcdError {
  return new EtcdError('Unavailable', `connection error: desc = "transport: Error while dialing: ${why}"`);
}

/** Host and port of an absolute URL; the language's `URL` belongs to the host's platform, not to the simulation. */
function parseUrl(url: string): Authority | undefined {
  const match = /^(https?):\/\/([^/:?#\s]+)(?::(\d{1,5}))?(?=[/?#]|$)/.exec(url);
  if (!match) return undefined;
  const [whole, protocol, hostname = '', port] = match;
  return { hostname, port: port ? Number(port) : protocol === 'https' ? 443 : 80, path: url.slice(whole.length) || '/' };
}
