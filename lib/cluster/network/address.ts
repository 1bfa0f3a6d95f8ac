/** IPv4 arithmetic on the texts the API uses. IPv6 is not simulated (docs/fidelity.md). */

export function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

export function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function toAddress(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
}

/** Whether `ip` is in `10.244.0.0/16`; a bare address is a /32. */
export function inCidr(ip: string, cidr: string): boolean {
  const slash = cidr.indexOf('/');
  if (slash < 0) return ip === cidr;
  if (!isIpv4(ip)) return false;
  const size = 2 ** (32 - Number(cidr.slice(slash + 1)));
  return Math.floor(toNumber(ip) / size) === Math.floor(toNumber(cidr.slice(0, slash)) / size);
}
