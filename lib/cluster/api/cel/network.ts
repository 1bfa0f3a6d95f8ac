import type { Environment } from '@marcbachmann/cel-js';

/** `library/urls.go`: an absolute URL or path, taken apart. */
class Url {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: ReadonlyMap<string, readonly string[]>;

  private constructor(scheme: string, host: string, path: string, query: ReadonlyMap<string, readonly string[]>) {
    this.scheme = scheme;
    this.host = host;
    this.path = path;
    this.query = query;
  }

  static find(text: string): Url | undefined {
    const [, scheme = '', host = '', path = '', query = ''] =
      /^(?:([a-z][a-z0-9+.-]*):\/\/([^/?#\s]*))?(\/[^?#\s]*)?(?:\?([^#\s]*))?$/i.exec(text) ?? [];
    return (scheme && host) || (!scheme && path) ? new Url(scheme, host, path, queryOf(query)) : undefined;
  }

  get hostname(): string {
    return this.host.replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
  }

  get port(): string {
    return /:(\d+)$/.exec(this.host)?.[1] ?? '';
  }
}

function queryOf(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(text)) found.set(name, [...(found.get(name) ?? []), value]);
  return found;
}

/** `library/ip.go`, `library/cidr.go`. */
class Address {
  readonly text: string;
  readonly number: bigint;
  readonly family: 4 | 6;

  private constructor(text: string, number: bigint, family: 4 | 6) {
    this.text = text;
    this.number = number;
    this.family = family;
  }

  static find(text: string): Address | undefined {
    const number = text.includes(':') ? ipv6(text) : ipv4(text);
    return number === undefined ? undefined : new Address(text, number, text.includes(':') ? 6 : 4);
  }

  isIn(first: string, bits: number): boolean {
    const other = Address.find(first);
    const shift = BigInt((this.family === 4 ? 32 : 128) - bits);
    return other?.family === this.family && this.number >> shift === other.number >> shift;
  }
}

function ipv4(text: string): bigint | undefined {
  const parts = text.split('.');
  const isValid = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return isValid ? parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n) : undefined;
}

function ipv6(text: string): bigint | undefined {
  const [head = '', tail, more] = text.split('::');
  if (more !== undefined) return undefined;
  const left = head ? head.split(':') : [];
  const right = tail ? tail.split(':') : [];
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array<string>(missing).fill('0'), ...right];
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n)
    : undefined;
}

class Cidr {
  readonly text: string;
  readonly address: Address;
  readonly bits: number;

  private constructor(text: string, address: Address, bits: number) {
    this.text = text;
    this.address = address;
    this.bits = bits;
  }

  static find(text: string): Cidr | undefined {
    const [first = '', bits = '', more] = text.split('/');
    const address = Address.find(first);
    const isValid = address && more === undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= (address.family === 4 ? 32 : 128);
    return isValid ? new Cidr(text, address, Number(bits)) : undefined;
  }

  contains(address: Address): boolean {
    return address.isIn(this.address.text, this.bits);
  }
}

function parsed<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new Error(what);
  return found;
}

export function registerNetwork(environment: Environment): void {
  const ip = (text: string) => parsed(Address.find(text), `IP Address "${text}" parse error during conversion from string`);
  const cidr = (text: string) =>
    parsed(Cidr.find(text), `network address parse error during conversion from string: invalid CIDR "${text}"`);
  environment
    .registerType('URL', { ctor: Url, fields: {} } as never)
    .registerType('net.IP', { ctor: Address, fields: {} } as never)
    .registerType('net.CIDR', { ctor: Cidr, fields: {} } as never)
    .registerFunction('url(string): URL', (text: string) =>
      parsed(Url.find(text), `URL parse error during conversion from string: ${text}`),
    )
    .registerFunction('isURL(string): bool', (text: string) => Url.find(text) !== undefined)
    .registerFunction('URL.getScheme(): string', ({ scheme }: Url) => scheme)
    .registerFunction('URL.getHost(): string', ({ host }: Url) => host)
    .registerFunction('URL.getHostname(): string', ({ hostname }: Url) => hostname)
    .registerFunction('URL.getPort(): string', ({ port }: Url) => port)
    .registerFunction('URL.getEscapedPath(): string', ({ path }: Url) => encodeURI(path))
    .registerFunction('URL.getQuery(): map<string, list<string>>', ({ query }: Url) => query)
    .registerFunction('ip(string): net.IP', ip)
    .registerFunction('isIP(string): bool', (text: string) => Address.find(text) !== undefined)
    .registerFunction('net.IP.family(): int', ({ family }: Address) => BigInt(family))
    .registerFunction('net.IP.isLoopback(): bool', (one: Address) => one.isIn('127.0.0.0', 8) || one.isIn('::1', 128))
    .registerFunction('net.IP.isUnspecified(): bool', ({ number }: Address) => number === 0n)
    .registerFunction('net.IP.isLinkLocalUnicast(): bool', (one: Address) => one.isIn('169.254.0.0', 16) || one.isIn('fe80::', 10))
    .registerFunction('cidr(string): net.CIDR', cidr)
    .registerFunction('isCIDR(string): bool', (text: string) => Cidr.find(text) !== undefined)
    .registerFunction('net.CIDR.ip(): net.IP', ({ address }: Cidr) => address)
    .registerFunction('net.CIDR.prefixLength(): int', ({ bits }: Cidr) => BigInt(bits))
    .registerFunction('net.CIDR.containsIP(string): bool', (range: Cidr, text: string) => range.contains(ip(text)))
    .registerFunction('net.CIDR.containsIP(net.IP): bool', (range: Cidr, address: Address) => range.contains(address))
    .registerFunction('net.CIDR.containsCIDR(string): bool', (range: Cidr, text: string) => {
      const inner = cidr(text);
      return inner.bits >= range.bits && range.contains(inner.address);
    });
}
