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
