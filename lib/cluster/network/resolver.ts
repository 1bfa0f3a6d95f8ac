import type { DnsAnswer, DnsQuery, NetworkNamespace } from './types';

export interface Resolution {
  readonly answer: DnsAnswer;
  /** `10.96.0.10:53`, or empty when resolv.conf names no server. */
  readonly server: string;
  readonly tookMs: number;
}

type Ask = (server: string, query: DnsQuery) => { type: 'answered'; answer: DnsAnswer; tookMs: number } | { type: 'silent' };

/** resolv.conf's `timeout:5 attempts:2`. */
const queryTimeoutMs = 5_000;
const attempts = 2;

/**
 * What libc's stub resolver does with resolv.conf: a name with fewer dots than `ndots` goes through the search list first,
 * any other is asked as it is first. A trailing dot means just this name.
 */
export function resolveName(resolver: NetworkNamespace['resolver'], name: string, type: DnsQuery['type'], ask: Ask): Resolution {
  let last: DnsAnswer = { rcode: 'SERVFAIL', answers: [] };
  let tookMs = 0;
  let server = '';
  for (const candidate of candidates(resolver, name)) {
    const asked = askServers(resolver.nameservers, { name: candidate, type }, ask);
    tookMs += asked.tookMs;
    server = asked.server;
    if (!asked.answer) return { answer: { rcode: 'SERVFAIL', answers: [] }, server, tookMs };
    last = asked.answer;
    if (last.rcode === 'NOERROR' && last.answers.length > 0) break;
  }
  return { answer: last, server, tookMs };
}

function candidates({ search, ndots }: NetworkNamespace['resolver'], name: string): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = search.map((domain) => `${name}.${domain}`);
  return name.split('.').length - 1 >= ndots ? [name, ...searched] : [...searched, name];
}

function askServers(servers: readonly string[], query: DnsQuery, ask: Ask): { answer?: DnsAnswer; server: string; tookMs: number } {
  let tookMs = 0;
  for (let attempt = 0; attempt < attempts; attempt++) {
    for (const server of servers) {
      const reply = ask(server, query);
      if (reply.type === 'answered') return { answer: reply.answer, server: `${server}:53`, tookMs: tookMs + reply.tookMs };
      tookMs += queryTimeoutMs;
    }
  }
  return { server: servers[0] ? `${servers[0]}:53` : '', tookMs };
}
