import type { Environment } from '@marcbachmann/cel-js';
import { goRegexp } from '../regexp';

/** cel-go's `ext.Strings` beyond what the engine has, and `library/regex.go`. */
export function registerStrings(environment: Environment): void {
  const replace = (text: string, from: string, to: string, count: bigint) => {
    if (count < 0n) return text.replaceAll(from, to);
    let result = text;
    let searched = 0;
    for (let turn = 0n; turn < count; turn++) {
      const at = result.indexOf(from, searched);
      if (at < 0) break;
      result = result.slice(0, at) + to + result.slice(at + from.length);
      searched = at + to.length;
    }
    return result;
  };
  environment
    .registerFunction('string.find(string): string', (text: string, pattern: string) => goRegexp(pattern).findAll(text, 1)[0] ?? '')
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) => goRegexp(pattern).findAll(text))
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, limit: bigint) =>
      goRegexp(pattern).findAll(text, limit < 0n ? Infinity : Number(limit)),
    )
    .registerFunction('string.charAt(int): string', (text: string, index: bigint) => text.charAt(Number(index)))
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) => text.replaceAll(from, to))
    .registerFunction('string.replace(string, string, int): string', replace)
    .registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''))
    .registerFunction('string.format(list): string', formatted);
}

/** `%s`, `%d`, `%f`, `%e`, `%b`, `%o`, `%x` as `ext/formatting.go` writes them. */
function formatted(pattern: string, values: readonly unknown[]): string {
  let next = 0;
  return pattern.replace(/%%|%(\.\d+)?([sdfebxXo])/g, (whole, precision: string | undefined, verb: string) => {
    if (whole === '%%') return '%';
    if (next >= values.length) throw new Error(`index ${next} out of range`);
    return one(values[next++], verb, precision ? Number(precision.slice(1)) : 6);
  });
}

function one(value: unknown, verb: string, precision: number): string {
  const number = Number(value);
  switch (verb) {
    case 'f':
      return number.toFixed(precision);
    case 'e':
      return number.toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2');
    case 'b':
      return typeof value === 'boolean' ? String(+value) : BigInt(number).toString(2);
    case 'o':
      return BigInt(number).toString(8);
    case 'x':
      return typeof value === 'string' ? hex(value) : BigInt(number).toString(16);
    case 'X':
      return (typeof value === 'string' ? hex(value) : BigInt(number).toString(16)).toUpperCase();
    default:
      return shown(value);
  }
}

function hex(text: string): string {
  return [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${key}: ${shown(item)}`).join(', ')}}`;
}
