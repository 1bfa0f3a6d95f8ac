export { inCidr, isIpv4, toAddress, toNumber } from './address';
export { HostNamespace } from './host-namespace';
export { httpReasons } from './http-wire';
export { renderRuleset, rulesetPath, type Chain, type Rule, type Ruleset, type Table } from './netfilter';
export type { LinkFault } from './links';
export { SimulatedNetwork } from './network';
export type { DnsAnswer, DnsQuery, HttpRequest, HttpResponse, HttpResult, Listener, Network, NetworkNamespace } from './types';
