import { type FieldError, type FieldPath, fieldError } from '../../api';

type IPFamily = 'IPv4' | 'IPv6';

/** The family of a textual IP address, or undefined when it is none. Leading zeros are refused, as Go does. */
export function ipFamilyOf(text: string): IPFamily | undefined {
  if (text.includes(':')) return isIPv6(text) ? 'IPv6' : undefined;
  return isIPv4(text) ? 'IPv4' : undefined;
}

function isIPv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIPv6(text: string): boolean {
  const [head = '', tail, extra] = text.split('::');
  if (extra !== undefined) return false;
  const groups = [...groupsOf(head), ...groupsOf(tail ?? '')];
  const last = groups.at(-1);
  const width = last?.includes('.') ? groups.length + 1 : groups.length;
  const areValid = groups.every((group, index) => /^[0-9a-fA-F]{1,4}$/.test(group) || (index === groups.length - 1 && isIPv4(group)));
  return areValid && (tail === undefined ? width === 8 : width < 8);
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}

const exampleAddress = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const exampleCidr = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

export function validateIP(text: string, path: FieldPath): FieldError[] {
  if (ipFamilyOf(text)) return [];
  const isSloppy = /^\d+\.\d+\.\d+\.\d+$/.test(text) && text.split('.').every((part) => Number(part) <= 255);
  return [fieldError.invalid(path, text, isSloppy ? 'must not have leading 0s' : exampleAddress)];
}

export function validateCidr(text: string, path: FieldPath): FieldError[] {
  return cidrFamilyOf(text) ? [] : [fieldError.invalid(path, text, exampleCidr)];
}

export function cidrFamilyOf(text: string): IPFamily | undefined {
  const [address = '', bits = '', extra] = text.split('/');
  const family = ipFamilyOf(address);
  const isLength = extra === undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 'IPv4' ? 32 : 128);
  return isLength ? family : undefined;
}

/** A range in its canonical form: no leading zeros, no bits beyond its length (`IsValidCIDRForLegacyField`, `IsValidCIDR`). */
export function validateStrictCidr(text: string, path: FieldPath): FieldError[] {
  if (!cidrFamilyOf(withoutLeadingZeros(text))) return [fieldError.invalid(path, text, exampleCidr)];
  if (!cidrFamilyOf(text) || /\/0\d/.test(text)) return [fieldError.invalid(path, text, 'must not have leading 0s in IP or prefix length')];
  const { first, bits, width } = rangeOf(text);
  const beyond = (1n << BigInt(width - bits)) - 1n;
  return (first & beyond) === 0n ? [] : [fieldError.invalid(path, text, 'must not have bits set beyond the prefix length')];
}

function withoutLeadingZeros(text: string): string {
  return text.includes(':') ? text : text.replace(/(^|[./])0+(?=\d)/g, '$1');
}

interface AddressRange {
  readonly first: bigint;
  readonly bits: number;
  readonly width: 32 | 128;
}

/** Of a range that was found valid. */
export function rangeOf(cidr: string): AddressRange {
  const [address = '', bits = ''] = cidr.split('/');
  return { first: addressNumber(address), bits: Number(bits), width: address.includes(':') ? 128 : 32 };
}

/** Whether `inner` lies within `outer` and is smaller. */
export function isStrictSubset(inner: string, outer: string): boolean {
  const [small, large] = [rangeOf(inner), rangeOf(outer)];
  const shift = BigInt(large.width - large.bits);
  return small.width === large.width && small.bits > large.bits && small.first >> shift === large.first >> shift;
}

/** A valid address as one number. */
export function addressNumber(address: string): bigint {
  const join = (parts: readonly number[], size: bigint) => parts.reduce((sum, part) => (sum << size) | BigInt(part), 0n);
  if (!address.includes(':')) return join(address.split('.').map(Number), 8n);
  const dotted = /\d+\.\d+\.\d+\.\d+$/.exec(address)?.[0];
  const last = dotted ? addressNumber(dotted) : 0n;
  const text = dotted ? `${address.slice(0, -dotted.length)}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}` : address;
  const [head = [], tail = []] = text.split('::').map(groupsOf);
  const gap = text.includes('::') ? Array<string>(8 - head.length - tail.length).fill('0') : [];
  return join(
    [...head, ...gap, ...tail].map((group) => Number.parseInt(group, 16)),
    16n,
  );
}

/** An IPv6 address as RFC 5952 writes it; an IPv4 address is always so. */
export function canonicalAddress(address: string): string {
  if (!address.includes(':')) return address;
  const number = addressNumber(address);
  const groups = Array.from({ length: 8 }, (_, index) => ((number >> BigInt(16 * (7 - index))) & 0xffffn).toString(16));
  const runs = [...groups.join(':').matchAll(/\b0(:0)+\b/g)].map(([run]) => run);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (!longest) return groups.join(':');
  const [before = '', after = ''] = splitOnce(groups.join(':'), longest);
  return `${before.replace(/:$/, '')}::${after.replace(/^:/, '')}`;
}

function splitOnce(text: string, part: string): [string, string] {
  const at = text.search(new RegExp(`\\b${part}\\b`));
  return [text.slice(0, at), text.slice(at + part.length)];
}

/** Addresses that cannot be an endpoint (`ValidateNonSpecialIP`). */
export function validateNonSpecialIP(text: string, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const refuse = (why: string) => errors.push(fieldError.invalid(path, text, why));
  if (text === '0.0.0.0' || text === '::') refuse(`may not be unspecified (${text})`);
  if (text.startsWith('127.') || text === '::1') refuse('may not be in the loopback range (127.0.0.0/8, ::1/128)');
  if (text.startsWith('169.254.') || /^fe[89ab]/i.test(text)) refuse('may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  if (text.startsWith('224.0.0.') || /^ff02:/i.test(text)) refuse('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)');
  return errors;
}
