import type { DnsAnswer, DnsQuery, HttpRequest, HttpResult } from '@/lib/cluster';

/** The network as a machine's or a container's programs reach it: names, routes and rules are those of its own namespace. */
export interface ToolNetwork {
  readonly ip: string;
  readonly nameserver: string;
  http(request: HttpRequest, options?: { timeoutMs?: number }): HttpResult;
  connect(
    host: string,
    port: number,
    options?: { timeoutMs?: number },
  ): { type: 'open' | 'refused' | 'timeout' | 'unreachable' | 'could-not-resolve'; tookMs: number };
  resolve(name: string, type?: DnsQuery['type']): { answer: DnsAnswer; server: string; tookMs: number };
}
