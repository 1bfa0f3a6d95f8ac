import { type FieldError, type FieldPath, fieldError, qualifiedNameErrors } from '../../api';

// The string rules of `apimachinery/pkg/util/validation`, in its sentences. Each returns what is wrong, or nothing.

function regexSentence(message: string, format: string, ...examples: string[]): string {
  const shown = examples.length > 0 ? `e.g. ${examples.map((example) => `'${example}', `).join(' or ')}` : '';
  return `${message} (${shown}regex used for validation is '${format}')`;
}

export const maxLength = (max: number) => `must be no more than ${max} characters`;
export const inclusiveRange = (low: number, high: number) => `must be between ${low} and ${high}, inclusive`;
export const isNegative = 'must be greater than or equal to 0';
export const isNotPositive = 'must be greater than zero';
export const isImmutable = 'field is immutable';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const labelPattern = new RegExp(`^${label}$`);
const subdomain = `${label}(\\.${label})*`;
const subdomainPattern = new RegExp(`^${subdomain}$`);
const underscored = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const underscoredSubdomain = `${underscored}(\\.${underscored})*`;
const underscoredPattern = new RegExp(`^${underscoredSubdomain}$`);
const rfc1035Label = '[a-z]([-a-z0-9]*[a-z0-9])?';
const rfc1035Pattern = new RegExp(`^${rfc1035Label}$`);

const subdomainMessage = (also: string) =>
  `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, ${also}'-' or '.', and must start and end with an alphanumeric character`;

export function dnsLabel(value: string): string[] {
  const errors = value.length > 63 ? [maxLength(63)] : [];
  if (labelPattern.test(value)) return errors;
  if (subdomainPattern.test(value)) return [...errors, 'must not contain dots'];
  return [
    ...errors,
    regexSentence(
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
      label,
      'my-name',
      '123-abc',
    ),
  ];
}

export function dnsSubdomain(value: string): string[] {
  const errors = value.length > 253 ? [maxLength(253)] : [];
  return subdomainPattern.test(value) ? errors : [...errors, regexSentence(subdomainMessage(''), subdomain, 'example.com')];
}

const wildcardSubdomain = `\\*\\.${subdomain}`;
const wildcardPattern = new RegExp(`^${wildcardSubdomain}$`);

export function wildcardDnsSubdomain(value: string): string[] {
  const errors = value.length > 253 ? [maxLength(253)] : [];
  if (wildcardPattern.test(value)) return errors;
  return [
    ...errors,
    regexSentence(
      "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
      wildcardSubdomain,
      '*.example.com',
    ),
  ];
}

const httpPath = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const httpPathPattern = new RegExp(`^${httpPath}$`);

/** `acme.io/foo` (`IsDomainPrefixedPath`). */
export function validateDomainPrefixedPath(value: string, path: FieldPath): FieldError[] {
  if (!value) return [fieldError.required(path)];
  const slash = value.indexOf('/');
  const host = value.slice(0, Math.max(slash, 0));
  const rest = value.slice(slash + 1);
  if (!host || !rest) return [fieldError.invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  const wrongHost = dnsSubdomain(host);
  if (wrongHost.length > 0) return invalidEach(path, host, wrongHost);
  return httpPathPattern.test(rest) ? [] : [fieldError.invalid(path, rest, regexSentence('Invalid path', httpPath))];
}

export function dnsSubdomainWithUnderscore(value: string): string[] {
  const errors = value.length > 253 ? [maxLength(253)] : [];
  return underscoredPattern.test(value)
    ? errors
    : [...errors, regexSentence(subdomainMessage("'_', "), underscoredSubdomain, 'example.com')];
}

export function dns1035Label(value: string): string[] {
  const errors = value.length > 63 ? [maxLength(63)] : [];
  if (rfc1035Pattern.test(value)) return errors;
  return [
    ...errors,
    regexSentence(
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
      rfc1035Label,
      'my-name',
      'abc-123',
    ),
  ];
}

/** The relaxed rule of v1.34+: anything printable but `=`. */
export function envVarName(value: string): string[] {
  return /^[ -<>-~]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** The older rule; a name that breaks it earns no error but is what shells expect. */
export function configMapKey(value: string): string[] {
  const errors = value.length > 253 ? [maxLength(253)] : [];
  if (!/^[-._a-zA-Z0-9]+$/.test(value))
    errors.push(
      regexSentence(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        '[-._a-zA-Z0-9]+',
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  if (value === '.') errors.push(`must not be '.'`);
  else if (value === '..') errors.push(`must not be '..'`);
  else if (value.startsWith('..')) errors.push(`must not start with '..'`);
  return errors;
}

/** What may stand between two slashes of a URL (`path.IsValidPathSegmentName`). */
export function pathSegmentName(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((character) => value.includes(character)).map((character) => `may not contain '${character}'`);
}

export function cIdentifier(value: string): string[] {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) return [];
  return [
    regexSentence(
      "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
      '[A-Za-z_][A-Za-z0-9_]*',
      'my_name',
      'MY_NAME',
      'MyName',
    ),
  ];
}

export function portNumber(port: number): string[] {
  return port >= 1 && port <= 65535 ? [] : [inclusiveRange(1, 65535)];
}

export function portName(name: string): string[] {
  const errors: string[] = [];
  if (name.length > 15) errors.push(maxLength(15));
  if (!/^[-a-z0-9]+$/.test(name)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) errors.push('must contain at least one letter (a-z)');
  if (name.includes('--')) errors.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

export function httpHeaderName(name: string): string[] {
  return /^[-A-Za-z0-9]+$/.test(name)
    ? []
    : [regexSentence("a valid HTTP header must consist of alphanumeric characters or '-'", '[-A-Za-z0-9]+', 'X-Header-Name')];
}

export function userId(id: number): string[] {
  return id >= 0 && id <= 2147483647 ? [] : [inclusiveRange(0, 2147483647)];
}

/** One `Invalid value` for each sentence. */
export function invalidEach(path: FieldPath, value: unknown, sentences: readonly string[]): FieldError[] {
  return sentences.map((sentence) => fieldError.invalid(path, value, sentence));
}

export function validateQualifiedName(value: string, path: FieldPath): FieldError[] {
  return invalidEach(path, value, qualifiedNameErrors(value));
}

export function validateNonNegative(value: number | undefined, path: FieldPath): FieldError[] {
  return value !== undefined && value < 0 ? [fieldError.invalid(path, value, isNegative)] : [];
}

/** Nothing when `value` is one of `allowed`; absent is `Required`. `shown` is the order upstream lists them in. */
export function validateEnum(value: string | undefined, allowed: readonly string[], path: FieldPath): FieldError[] {
  if (!value) return [fieldError.required(path)];
  return allowed.includes(value) ? [] : [fieldError.notSupported(path, value, allowed)];
}

/** A port as a number or as the name of a container's port. */
export function validatePortNumberOrName(port: number | string | undefined, path: FieldPath): FieldError[] {
  return typeof port === 'string' ? invalidEach(path, port, portName(port)) : invalidEach(path, port ?? 0, portNumber(port ?? 0));
}
