import { unreachable } from '@/lib/base';
import { inCidr } from './address';

/** What iptables matches and does, as plain data: the kernel's tables on one machine. Kept on its disk at `rulesetPath`. */
export interface Ruleset {
  readonly nat: Table;
  readonly filter: Table;
  readonly mangle: Table;
}

export interface Table {
  /** Built-in chains with their policy first, then the user's, in the order iptables-save prints them. */
  readonly chains: readonly Chain[];
}

export interface Chain {
  readonly name: string;
  /** Only built-in chains have one. */
  readonly policy?: 'ACCEPT' | 'DROP';
  readonly rules: readonly Rule[];
}

export interface Rule {
  readonly source?: Match<string>;
  readonly destination?: Match<string>;
  readonly protocol?: 'tcp' | 'udp' | 'sctp';
  /** Extensions (`-m`) in the order they were given, which is the order they are tried and printed in. */
  readonly matches: readonly Extension[];
  readonly target: Target;
}

export type Extension =
  | { readonly type: 'comment'; readonly text: string }
  /** `-m tcp --dport`; without a port it only loads the protocol's extension. */
  | { readonly type: 'port'; readonly port?: number }
  | { readonly type: 'addrtype'; readonly side: 'src' | 'dst' }
  | { readonly type: 'mark'; readonly value: number; readonly mask: number; readonly not?: boolean }
  | {
      readonly type: 'conntrack';
      readonly states: readonly ('NEW' | 'RELATED' | 'ESTABLISHED' | 'INVALID' | 'DNAT')[];
      readonly not?: boolean;
    }
  | { readonly type: 'nfacct'; readonly name: string }
  | { readonly type: 'statistic'; readonly probability: number }
  | { readonly type: 'recent'; readonly name: string; readonly rcheckSeconds?: number };

export interface Match<T> {
  readonly is: T;
  readonly not?: boolean;
}

export type Target =
  | { readonly type: 'jump'; readonly chain: string }
  | { readonly type: 'accept' | 'drop' | 'return' | 'masquerade' }
  | { readonly type: 'reject'; readonly with: 'icmp-port-unreachable' }
  | { readonly type: 'mark'; readonly value: number; readonly mask: number }
  | { readonly type: 'dnat'; readonly to: string }
  /** A rule without `-j`: it only updates a `recent` list. */
  | { readonly type: 'none' };

/** A new connection's first packet. */
export interface Packet {
  readonly source: string;
  destination: string;
  port: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  mark: number;
  isTranslated: boolean;
}

export interface TraversalContext {
  /** Addresses of the machine itself. */
  readonly localAddresses: readonly string[];
  /** In [0, 1): the die of `statistic --mode random`. */
  draw(): number;
  /** When `source` was last put on the `recent` list `name`, in ms ago. */
  lastSeenMs(name: string, source: string): number | undefined;
  remember(name: string, source: string): void;
  /** Told of every rule that matched, for the packet's trace. */
  visit?(chain: string, rule: Rule): void;
}

export type PacketVerdict = 'accept' | 'drop' | 'reject';

export const rulesetPath = '/run/netfilter/ruleset';

/** Sends a packet through one built-in chain of one table; nat targets change it in place. */
export function traverse(table: Table, chain: string, packet: Packet, context: TraversalContext): PacketVerdict {
  const verdict = traverseChain(indexed(table), chain, packet, context, 0);
  if (verdict && verdict !== 'return') return verdict;
  return indexed(table).get(chain)?.policy === 'DROP' ? 'drop' : 'accept';
}

function traverseChain(
  chains: ReadonlyMap<string, Chain>,
  name: string,
  packet: Packet,
  context: TraversalContext,
  depth: number,
): PacketVerdict | 'return' | undefined {
  // The kernel refuses loops when rules are loaded; this only bounds what a hostile ruleset could do.
  if (depth > 32) return 'drop';
  for (const rule of chains.get(name)?.rules ?? []) {
    if (!matches(rule, packet, context)) continue;
    context.visit?.(name, rule);
    const { target } = rule;
    switch (target.type) {
      case 'jump': {
        const verdict = traverseChain(chains, target.chain, packet, context, depth + 1);
        if (verdict && verdict !== 'return') return verdict;
        break;
      }
      case 'accept':
        return 'accept';
      case 'drop':
        return 'drop';
      case 'reject':
        return 'reject';
      case 'return':
        return 'return';
      case 'mark':
        packet.mark = ((packet.mark & ~target.mask) ^ target.value) >>> 0;
        break;
      case 'masquerade':
        return 'accept';
      case 'dnat':
        translate(packet, target.to);
        return 'accept';
      case 'none':
        break;
      default:
        return unreachable(target);
    }
  }
  return undefined;
}

function translate(packet: Packet, to: string): void {
  const colon = to.lastIndexOf(':');
  packet.destination = to.slice(0, colon);
  packet.port = Number(to.slice(colon + 1));
  packet.isTranslated = true;
}

function matches(rule: Rule, packet: Packet, context: TraversalContext): boolean {
  if (rule.protocol && rule.protocol !== packet.protocol) return false;
  if (rule.source && inCidr(packet.source, rule.source.is) === Boolean(rule.source.not)) return false;
  if (rule.destination && inCidr(packet.destination, rule.destination.is) === Boolean(rule.destination.not)) return false;
  for (const extension of rule.matches) if (!matchesExtension(extension, packet, context)) return false;
  return true;
}

function matchesExtension(extension: Extension, packet: Packet, context: TraversalContext): boolean {
  switch (extension.type) {
    case 'comment':
    case 'nfacct':
      return true;
    case 'port':
      return extension.port === undefined || extension.port === packet.port;
    case 'addrtype':
      return context.localAddresses.includes(extension.side === 'src' ? packet.source : packet.destination);
    case 'mark':
      return ((packet.mark & extension.mask) >>> 0 === extension.value) !== Boolean(extension.not);
    case 'conntrack':
      return hasState(extension.states, packet) !== Boolean(extension.not);
    case 'statistic':
      return context.draw() < extension.probability;
    case 'recent':
      return matchesRecent(extension, packet, context);
    default:
      return unreachable(extension);
  }
}

/** Every packet here opens a connection, and may have been translated on its way. */
function hasState(states: readonly string[], packet: Packet): boolean {
  return states.includes('NEW') || (packet.isTranslated && states.includes('DNAT'));
}

function matchesRecent(
  { name, rcheckSeconds }: Extract<Extension, { type: 'recent' }>,
  packet: Packet,
  context: TraversalContext,
): boolean {
  if (rcheckSeconds === undefined) {
    context.remember(name, packet.source);
    return true;
  }
  const age = context.lastSeenMs(name, packet.source);
  return age !== undefined && age <= rcheckSeconds * 1000;
}

const indexes = new WeakMap<Table, ReadonlyMap<string, Chain>>();

function indexed(table: Table): ReadonlyMap<string, Chain> {
  let index = indexes.get(table);
  if (!index) indexes.set(table, (index = new Map(table.chains.map((chain) => [chain.name, chain]))));
  return index;
}

/** The text of `iptables-save` without its `# Generated` lines. */
export function renderRuleset(ruleset: Ruleset): string {
  return (['nat', 'filter', 'mangle'] as const).map((name) => renderTable(name, ruleset[name])).join('');
}

function renderTable(name: string, { chains }: Table): string {
  const heads = chains.map((chain) => `:${chain.name} ${chain.policy ?? '-'} [0:0]`);
  const rules = chains.flatMap((chain) => chain.rules.map((rule) => `-A ${chain.name} ${renderRule(rule)}`));
  return [`*${name}`, ...heads, ...rules, 'COMMIT', ''].join('\n');
}

function renderRule(rule: Rule): string {
  const words: string[] = [];
  if (rule.source) words.push(...not(rule.source), '-s', rule.source.is);
  if (rule.destination) words.push(...not(rule.destination), '-d', rule.destination.is);
  if (rule.protocol) words.push('-p', rule.protocol);
  return [
    ...words,
    ...rule.matches.flatMap((extension) => renderExtension(extension, rule.protocol ?? 'tcp')),
    ...renderTarget(rule.target),
  ].join(' ');
}

function renderExtension(extension: Extension, protocol: string): string[] {
  switch (extension.type) {
    case 'comment':
      return ['-m', 'comment', '--comment', quoted(extension.text)];
    case 'port':
      return ['-m', protocol, ...(extension.port === undefined ? [] : ['--dport', String(extension.port)])];
    case 'addrtype':
      return ['-m', 'addrtype', `--${extension.side}-type`, 'LOCAL'];
    case 'mark':
      return ['-m', 'mark', ...not(extension), '--mark', `${hex(extension.value)}/${hex(extension.mask)}`];
    case 'conntrack':
      return ['-m', 'conntrack', ...not(extension), '--ctstate', extension.states.join(',')];
    case 'nfacct':
      return ['-m', 'nfacct', '--nfacct-name', ` ${extension.name}`];
    case 'statistic':
      return ['-m', 'statistic', '--mode', 'random', '--probability', kernelProbability(extension.probability)];
    case 'recent':
      return [
        '-m',
        'recent',
        ...(extension.rcheckSeconds === undefined ? ['--set'] : ['--rcheck', '--seconds', String(extension.rcheckSeconds), '--reap']),
        '--name',
        extension.name,
        '--mask',
        '255.255.255.255',
        '--rsource',
      ];
    default:
      return unreachable(extension);
  }
}

function not(match: { readonly not?: boolean }): string[] {
  return match.not ? ['!'] : [];
}

function quoted(text: string): string {
  return /^[\w\-.]+$/.test(text) ? text : `"${text}"`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** The kernel keeps probabilities as 31 bits, and prints what it kept. */
export function kernelProbability(probability: number): string {
  return (Math.round(probability * 0x80000000) / 0x80000000).toFixed(11);
}

function renderTarget(target: Target): string[] {
  switch (target.type) {
    case 'jump':
      return ['-j', target.chain];
    case 'accept':
      return ['-j', 'ACCEPT'];
    case 'drop':
      return ['-j', 'DROP'];
    case 'return':
      return ['-j', 'RETURN'];
    case 'masquerade':
      return ['-j', 'MASQUERADE', '--random-fully'];
    case 'reject':
      return ['-j', 'REJECT', '--reject-with', target.with];
    case 'mark':
      return ['-j', 'MARK', '--set-xmark', `${hex(target.value)}/${hex(target.mask)}`];
    case 'dnat':
      return ['-j', 'DNAT', '--to-destination', target.to];
    case 'none':
      return [];
    default:
      return unreachable(target);
  }
}
