import { assert, memo, type Random } from '@/lib/base';
import { ConnectionError, type ApiRequest, type ApiResponse, type Transport } from '../api';
import { EtcdError, type Caller, type EtcdServer, type PeerMessage } from '../etcd';
import type { Disk, Kernel } from '../kernel';
import type { Machine } from '../machine';
import { inCidr, isIpv4 } from './address';
import { HostNamespace } from './host-namespace';
import { rulesetPath, traverse, type Packet, type PacketVerdict, type Ruleset, type TraversalContext } from './netfilter';
import { resolveName, type Resolution } from './resolver';
import type { DnsQuery, HttpRequest, HttpResponse, HttpResult, Listener, Network, NetworkNamespace } from './types';

/** What became of a connection attempt: who answers, or how it failed. */
type Route =
  | {
      readonly type: 'open';
      readonly listener: Listener;
      readonly namespace: NetworkNamespace;
      readonly port: number;
      readonly roundTripMs: number;
      readonly peerIp: string;
    }
  | { readonly type: 'refused' | 'timeout' | 'unreachable'; readonly tookMs: number };

/** Linux gives up on an unanswered SYN after six retries. */
const synTimeoutMs = 130_000;
/** ARP fails after three seconds: EHOSTUNREACH. */
const noRouteMs = 3_000;
/** One way between two machines. */
const linkMs = 0.25;

/**
 * The simulated network: every namespace, the links between machines, and each machine's netfilter.
 * A request is computed at once with its latency accounted; nothing waits inside.
 */
export class SimulatedNetwork implements Network {
  readonly #kernel: Kernel;
  readonly #random: Random;
  readonly #world: Disk;
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
    this.#world = options.world;
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
    const path = `/network/cut/${from}/${to}`;
    if (isUp) this.#world.delete(path);
    else this.#world.set(path, true);
    this.#kernel.record('fault', 'network', `${isUp ? 'mend' : 'cut'} ${from} → ${to}`);
  }

  http(from: NetworkNamespace, request: HttpRequest, { timeoutMs = synTimeoutMs }: { timeoutMs?: number } = {}): HttpResult {
    const url = urls(request.url);
    if (!url) return { type: 'error', error: 'could-not-resolve', message: `URL rejected: ${request.url}`, tookMs: 0 };
    const target = this.#locate(from, url.hostname, timeoutMs);
    if (target.type !== 'found') return { ...target, type: 'error' };
    const route = this.#route(from, target.ip, url.port, 'tcp');
    const name = `${request.method} ${request.url}`;
    if (route.type !== 'open') return this.#failed(from, name, route, target.tookMs, url, timeoutMs);
    const serve = route.listener.http ?? (route.listener.api && httpOf(route.listener.api));
    if (!serve) return this.#failed(from, name, { type: 'refused', tookMs: Math.ceil(route.roundTripMs) }, target.tookMs, url, timeoutMs);
    const cause = this.#kernel.record('packet', from.name, `${name} → ${route.namespace.name}`);
    const response = this.#kernel.causedBy(cause, () => serve(request, { ip: route.peerIp }));
    const tookMs = Math.ceil(target.tookMs + 2 * route.roundTripMs + (response.tookMs ?? 0));
    if (tookMs > timeoutMs)
      return { type: 'error', error: 'timeout', message: `context deadline exceeded after ${timeoutMs} ms`, tookMs: timeoutMs };
    return { type: 'response', response, tookMs, remoteIp: target.ip };
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
    const tookMs = Math.ceil(target.tookMs + (route.type === 'open' ? route.roundTripMs : route.tookMs));
    return tookMs > timeoutMs ? { type: 'timeout', tookMs: timeoutMs } : { type: route.type, tookMs };
  }

  resolve(from: NetworkNamespace, name: string, type: DnsQuery['type'] = 'A'): Resolution {
    return resolveName(from.resolver, name, type, (server, query) => this.#query(from, server, query));
  }

  dialApi(from: NetworkNamespace, server: string): Transport {
    const url = parseUrl(server);
    assert(url, `not an API server's address: ${server}`);
    return (request) => {
      const target = this.#locate(from, url.hostname, synTimeoutMs);
      if (target.type !== 'found') throw new ConnectionError(`dial tcp: lookup ${url.hostname}: no such host`);
      const route = this.#route(from, target.ip, url.port, 'tcp');
      if (route.type !== 'open' || !route.listener.api)
        throw new ConnectionError(`dial tcp ${target.ip}:${url.port}: ${dialFailure(route.type)}`);
      return this.#relay(from, route.namespace, route.listener.api(request));
    };
  }

  dialEtcd(from: NetworkNamespace, server: string, caller: Caller = {}): EtcdServer {
    const url = parseUrl(server);
    assert(url, `not an etcd member's address: ${server}`);
    return remoteEtcd(() => {
      const route = this.#route(from, url.hostname, url.port, 'tcp');
      if (route.type === 'open' && route.listener.etcd) return route.listener.etcd(caller);
      throw new EtcdError(
        'Unavailable',
        `connection error: desc = "transport: Error while dialing: dial tcp ${url.hostname}:${url.port}: ${dialFailure(route.type)}"`,
      );
    });
  }

  sendPeer(from: NetworkNamespace, server: string, message: PeerMessage): boolean {
    const url = parseUrl(server);
    assert(url, `not an etcd member's address: ${server}`);
    const listener = this.#established(from, url);
    if (!listener?.peer) return false;
    listener.peer(message);
    return true;
  }

  /**
   * Who is at the other end of a connection that stays open: rules that let it through once are not walked again until somebody changes them,
   * as conntrack has it; links, power and who listens count each time.
   */
  #established(from: NetworkNamespace, { hostname, port }: Authority): Listener | undefined {
    const [here, to] = [this.#machines.get(from.machine), this.#namespaces.get(hostname)];
    const there = to && this.#machines.get(to.machine);
    if (!here?.isUp || !to || !there?.isUp || !this.#isLinked(here.name, there.name) || !this.#isLinked(there.name, here.name))
      return undefined;
    const key = `${from.ip}>${hostname}:${port}`;
    const [left, arrived] = [here, there].map((machine) => machine.disk.get<Ruleset>(rulesetPath));
    const known = this.#connections.get(key);
    if (known?.to === to && known.left === left && known.arrived === arrived) return to.findListener(port, 'TCP');
    const route = this.#route(from, hostname, port, 'tcp');
    if (route.type !== 'open') return undefined;
    if (route.namespace === to) this.#connections.set(key, { to, left, arrived });
    return route.listener;
  }

  /** A stream over a link that is cut later falls silent, as TCP does until somebody's keep-alive notices. */
  #relay(from: NetworkNamespace, to: NetworkNamespace, response: ApiResponse): ApiResponse {
    const { stream } = response;
    if (!stream || from.machine === to.machine) return response;
    return {
      ...response,
      stream: {
        start: (sink) =>
          stream.start({
            write: (chunk) => {
              if (this.#isLinked(to.machine, from.machine)) sink.write(chunk);
            },
            end: () => sink.end(),
          }),
      },
    };
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
    return { type: 'answered', answer: this.#kernel.causedBy(cause, () => ask(query)), tookMs: route.roundTripMs };
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
  #route(from: NetworkNamespace, destination: string, port: number, protocol: 'tcp' | 'udp'): Route {
    if (destination.startsWith('127.') || destination === from.ip) return this.#deliver(from, from, port, protocol, 0.05, from.ip);
    const here = this.#machines.get(from.machine);
    if (!here?.isUp) return { type: 'unreachable', tookMs: 0 };
    const packet: Packet = { source: from.ip, destination, port, protocol, mark: 0, isTranslated: false };
    const isHost = this.#hosts.get(from.machine) === from;
    const left = this.#filter(here, packet, isHost ? ['OUTPUT', 'OUTPUT'] : ['PREROUTING', 'FORWARD']);
    if (left !== 'accept') return refusal(left);
    const first = this.#forward(here, from, packet);
    if (first.type !== 'reached') return first;
    if (!first.isHost || first.machine === here)
      return this.#deliver(from, first.namespace, packet.port, protocol, first.roundTripMs, from.ip);
    const arrived = this.#filter(first.machine, packet, ['PREROUTING', 'INPUT']);
    if (arrived !== 'accept') return refusal(arrived);
    if (!packet.isTranslated) return this.#deliver(from, first.namespace, packet.port, protocol, first.roundTripMs, from.ip);
    const second = this.#forward(first.machine, first.namespace, packet);
    if (second.type !== 'reached') return second;
    return this.#deliver(
      from,
      second.namespace,
      packet.port,
      protocol,
      first.roundTripMs + second.roundTripMs,
      packet.mark ? first.machine.ip : from.ip,
    );
  }

  #forward(
    here: Machine,
    from: NetworkNamespace,
    packet: Packet,
  ):
    | Extract<Route, { type: 'timeout' | 'unreachable' | 'refused' }>
    | { type: 'reached'; namespace: NetworkNamespace; machine: Machine; isHost: boolean; roundTripMs: number } {
    const namespace = this.#namespaces.get(packet.destination);
    const isPodAddress = inCidr(packet.destination, this.podCidr);
    if (here.spec.role === 'workstation' && isPodAddress) return { type: 'timeout', tookMs: synTimeoutMs };
    if (!namespace)
      return isPodAddress || inCidr(packet.destination, `${here.ip}/16`)
        ? { type: 'unreachable', tookMs: noRouteMs }
        : { type: 'timeout', tookMs: synTimeoutMs };
    const machine = this.#machines.get(namespace.machine);
    if (!machine?.isUp || !this.#isLinked(here.name, machine.name) || !this.#isLinked(machine.name, here.name))
      return { type: 'timeout', tookMs: synTimeoutMs };
    return {
      type: 'reached',
      namespace,
      machine,
      isHost: this.#hosts.get(machine.name) === namespace,
      roundTripMs: from.machine === namespace.machine ? 0.1 : 2 * linkMs,
    };
  }

  #deliver(
    from: NetworkNamespace,
    namespace: NetworkNamespace,
    port: number,
    protocol: 'tcp' | 'udp',
    roundTripMs: number,
    peerIp: string,
  ): Route {
    if (!this.#machines.get(namespace.machine)?.isUp) return { type: 'timeout', tookMs: synTimeoutMs };
    const listener = namespace.findListener(port, protocol === 'tcp' ? 'TCP' : 'UDP');
    if (!listener) return { type: 'refused', tookMs: Math.ceil(roundTripMs) };
    return { type: 'open', listener, namespace, port, roundTripMs, peerIp: namespace === from ? '127.0.0.1' : peerIp };
  }

  #filter(machine: Machine, packet: Packet, [natChain, filterChain]: readonly [string, string]): PacketVerdict {
    const ruleset = machine.disk.get<Ruleset>(rulesetPath);
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

  #isLinked(from: string, to: string): boolean {
    return from === to || !this.#world.has(`/network/cut/${from}/${to}`);
  }
}

function refusal(verdict: 'drop' | 'reject'): Route {
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
    members: () => find().members(),
    memberAdd: (...args) => find().memberAdd(...args),
    memberRemove: (...args) => find().memberRemove(...args),
    memberPromote: (...args) => find().memberPromote(...args),
    snapshot: () => find().snapshot(),
    auth: (...args) => find().auth(...args),
  };
}

/** An API server as a probe or a curl sees it: plain HTTP without a certificate. */
function httpOf(api: Transport): (request: HttpRequest) => HttpResponse {
  return ({ method, url, headers, body }) => {
    const path = url.replace(/^https?:\/\/[^/]+/, '') || '/';
    const response = api({ method: method as ApiRequest['method'], url: path, headers, ...(body === undefined ? {} : { body }) });
    const text = typeof response.body === 'string' ? response.body : JSON.stringify(response.body ?? null);
    return { status: response.status, headers: response.headers, body: text };
  };
}

interface Authority {
  readonly hostname: string;
  readonly port: number;
}

/** Probes and loops ask the same few URLs again and again. */
const urls = memo(parseUrl, { max: 512 });

/** Host and port of an absolute URL; the language's `URL` belongs to the host's platform, not to the simulation. */
function parseUrl(url: string): Authority | undefined {
  const match = /^(https?):\/\/([^/:?#\s]+)(?::(\d{1,5}))?(?=[/?#]|$)/.exec(url);
  if (!match) return undefined;
  return { hostname: match[2] as string, port: match[3] ? Number(match[3]) : match[1] === 'https' ? 443 : 80 };
}
