import type { Transport } from '../api';
import type { Caller, Delivery, EtcdServer, PeerMessage } from '../etcd';

/** An HTTP exchange inside the simulation. Bodies are text. */
export interface HttpRequest {
  readonly method: string;
  /** Absolute: `http://web.shop.svc:8080/healthz`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Simulated time the server took to answer, before the network's own. */
  readonly tookMs?: number;
}

/**
 * What came of a request and the simulated time it took; the caller waits that long before it may act on it.
 * Errors are told apart as libc and curl do.
 */
export type HttpResult =
  | { readonly type: 'response'; readonly response: HttpResponse; readonly tookMs: number; readonly remoteIp: string }
  | {
      readonly type: 'error';
      readonly error: 'could-not-resolve' | 'refused' | 'timeout' | 'unreachable';
      readonly message: string;
      readonly tookMs: number;
    };

/** A place traffic starts from or ends at: a Pod's network namespace, a machine's, or the workstation's. */
export interface NetworkNamespace {
  /** `pod shop/web-x7k2p`, `node worker-1`, `workstation`: for the trace. */
  readonly name: string;
  readonly ip: string;
  /** The machine whose rules, links and power this namespace depends on. */
  readonly machine: string;
  /** What resolv.conf says: name servers, search list, ndots. */
  readonly resolver: { readonly nameservers: readonly string[]; readonly search: readonly string[]; readonly ndots: number };
  /** `/etc/hosts` beyond localhost. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Who listens on a port now; undefined means connection refused. */
  findListener(port: number, protocol: 'TCP' | 'UDP'): Listener | undefined;
}

export interface Listener {
  /** An API behind this port: an API server's, or a kubelet's own. */
  readonly api?: Transport;
  /** An etcd member's client port. */
  readonly etcd?: (caller: Caller) => EtcdServer;
  /** An etcd member's peer port. */
  readonly peer?: (message: PeerMessage) => Delivery;
  readonly http?: (request: HttpRequest, peer: { ip: string }) => HttpResponse;
  readonly dns?: (query: DnsQuery) => DnsAnswer;
}

export interface DnsQuery {
  /** Fully qualified, without the last dot. */
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'SRV' | 'PTR' | 'CNAME';
}

export interface DnsAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED';
  readonly answers: readonly { readonly name: string; readonly type: string; readonly ttl: number; readonly value: string }[];
}

/** One cluster's network: every namespace, every link between machines, and each machine's packet rules. */
export interface Network {
  attach(namespace: NetworkNamespace): void;
  detach(ip: string, machine: string): void;
  find(ip: string): NetworkNamespace | undefined;
  /** The whole of a request: names, rules, routes, links, the listener. `timeoutMs` absent means 130 s, as Linux gives up on SYN. */
  http(from: NetworkNamespace, request: HttpRequest, options?: { timeoutMs?: number }): HttpResult;
  /** A bare TCP connect, as a tcpSocket probe does. */
  connect(
    from: NetworkNamespace,
    host: string,
    port: number,
    options?: { timeoutMs?: number },
  ): { type: 'open' | 'refused' | 'timeout' | 'unreachable' | 'could-not-resolve'; tookMs: number };
  /** A client's connection to the API server at `server` (`https://172.18.0.2:6443`); each request throws `ConnectionError` when nobody answers there now. */
  dialApi(from: NetworkNamespace, server: string): Transport;
  /** A client of the etcd member at `server`. Each call throws `EtcdError` Unavailable when nobody answers there now. */
  dialEtcd(from: NetworkNamespace, server: string, caller?: Caller): EtcdServer;
  /** Hands a message to the etcd member whose peer port is at `server`. False when nobody answers there now; over faulty links nobody can tell yet. */
  sendPeer(from: NetworkNamespace, server: string, message: PeerMessage): Delivery;
  /** Lets messages that slow links hold up arrive ahead of the clock, until it is done or so much time would have passed. */
  settlePeers(isDone: () => boolean, limitMs: number): void;
  resolve(from: NetworkNamespace, name: string, type?: DnsQuery['type']): { answer: DnsAnswer; server: string; tookMs: number };
}
