/** IPv4 arithmetic on the texts the API uses. IPv6 is not simulated (docs/fidelity.md). */

export function isIpv4(text: string): boolean {
  return numberOf(text) >= 0;
}

const addressLengthMax = '255.255.255.255'.length;

/** -1 for what is no address. */
function numberOf(text: string): number {
  if (text.length > addressLengthMax) return -1;
  return remembered(numbers, text, (address) => (ipv4.test(address) ? toNumber(address) : -1));
}

const byte = '(0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])';
const ipv4 = new RegExp(`^${byte}(\\.${byte}){3}$`);

export function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function toAddress(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
}

interface Block {
  readonly first: number;
  readonly size: number;
}

const blocks = new Map<string, Block>();
const numbers = new Map<string, number>();

/** Addresses and blocks come round again with every packet; learners choose some of them, so what is remembered is bounded. */
const rememberedMax = 4_096;

function remembered<T>(known: Map<string, T>, text: string, read: (text: string) => T): T {
  let value = known.get(text);
  if (value !== undefined) return value;
  if (known.size >= rememberedMax) known.clear();
  known.set(text, (value = read(text)));
  return value;
}

function readBlock(cidr: string): Block {
  const slash = cidr.indexOf('/');
  const size = 2 ** (32 - Number(cidr.slice(slash + 1)));
  return { first: Math.floor(toNumber(cidr.slice(0, slash)) / size) * size, size };
}

/** Whether `ip` is in `10.244.0.0/16`; a bare address is a /32. What is no IPv4 address is in nothing. */
export function inCidr(ip: string, cidr: string): boolean {
  if (!cidr.includes('/')) return ip === cidr;
  const value = numberOf(ip);
  const { first, size } = remembered(blocks, cidr, readBlock);
  return value >= first && value < first + size;
}
