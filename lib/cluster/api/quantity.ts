import { memo } from '@/lib/base';

/** How a quantity was written, and so how it is printed: `1Gi`, `1G`, `1e9`. */
export type QuantityFormat = 'BinarySI' | 'DecimalSI' | 'DecimalExponent';

const nanosPerUnit = 1_000_000_000n;
const largest = (2n ** 63n - 1n) * nanosPerUnit;

const decimalSuffixes: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binarySuffixes: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

const wrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/**
 * A fixed-point number such as `500m` or `64Mi` (`apimachinery/pkg/api/resource`). Exact to a billionth;
 * what is finer is rounded up, what is larger than 2^63-1 is that.
 */
export class Quantity {
  readonly #nanos: bigint;
  readonly format: QuantityFormat;

  private constructor(nanos: bigint, format: QuantityFormat) {
    this.#nanos = nanos > largest ? largest : nanos < -largest ? -largest : nanos;
    this.format = format;
  }

  static readonly zero = new Quantity(0n, 'DecimalSI');

  /** Throws `QuantityError` with upstream's sentence. */
  static parse(text: string | number): Quantity {
    return parse(String(text));
  }

  /** Absent counts as zero. */
  static of(text: string | number | undefined): Quantity {
    return text === undefined ? Quantity.zero : Quantity.parse(text);
  }

  static ofNanos(nanos: bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(nanos, format);
  }

  static ofMillis(millis: number, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(BigInt(Math.round(millis)) * 1_000_000n, format);
  }

  static ofValue(value: number, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(BigInt(Math.round(value)) * nanosPerUnit, format);
  }

  /** Whole units, rounded up: bytes of memory, Pods. */
  value(): number {
    return Number(divideUp(this.#nanos, nanosPerUnit));
  }

  /** Thousandths, rounded up: CPU. */
  milliValue(): number {
    return Number(divideUp(this.#nanos, 1_000_000n));
  }

  get nanos(): bigint {
    return this.#nanos;
  }

  get isZero(): boolean {
    return this.#nanos === 0n;
  }

  get sign(): -1 | 0 | 1 {
    return this.#nanos === 0n ? 0 : this.#nanos < 0n ? -1 : 1;
  }

  compare(other: Quantity): number {
    return this.#nanos < other.#nanos ? -1 : this.#nanos > other.#nanos ? 1 : 0;
  }

  /** A sum is written as its first part was, or as its second when the first is zero. */
  add(other: Quantity): Quantity {
    return new Quantity(this.#nanos + other.#nanos, this.isZero ? other.format : this.format);
  }

  subtract(other: Quantity): Quantity {
    return new Quantity(this.#nanos - other.#nanos, this.isZero ? other.format : this.format);
  }

  /** The canonical form: no fraction, the largest suffix that keeps it exact. */
  toString(): string {
    if (this.#nanos === 0n) return '0';
    return this.#isBinary() ? this.#renderBinary() : this.#renderDecimal();
  }

  /** Numbers under 1024 and fractions are shown in decimal even when they were written in binary. */
  #isBinary(): boolean {
    const magnitude = this.#nanos < 0n ? -this.#nanos : this.#nanos;
    return this.format === 'BinarySI' && magnitude >= 1024n * nanosPerUnit && magnitude % nanosPerUnit === 0n;
  }

  #renderBinary(): string {
    let units = this.#nanos / nanosPerUnit;
    let exponent = 0;
    while (units % 1024n === 0n && exponent < 60) {
      units /= 1024n;
      exponent += 10;
    }
    return `${units}${suffixOf(binarySuffixes, exponent) ?? ''}`;
  }

  #renderDecimal(): string {
    let mantissa = this.#nanos;
    let exponent = -9;
    while (mantissa % 1000n === 0n && exponent < 18) {
      mantissa /= 1000n;
      exponent += 3;
    }
    if (this.format === 'DecimalExponent') return `${mantissa}${exponent === 0 ? '' : `e${exponent}`}`;
    return `${mantissa}${suffixOf(decimalSuffixes, exponent) ?? ''}`;
  }
}

function suffixOf(suffixes: Readonly<Record<string, number>>, exponent: number): string | undefined {
  return Object.keys(suffixes).find((suffix) => suffixes[suffix] === exponent);
}

/** Clusters repeat the same few quantities, so the last few hundred are kept. */
const parse = memo(parseAnew, { max: 500, lengthMax: 64 });

/** Digits after digits would be tried every way there is, and texts may be long. */
const form = /^([+-]?)(\d*)(?:\.(\d*))?((?:[A-Za-z]+[-+]?\d*|[-+]\d*)?)$/;

function parseAnew(text: string): Quantity {
  if (text === '') throw new QuantityError(wrongFormat);
  const match = form.exec(text);
  if (!match || (match[2] === '' && !match[3])) throw new QuantityError(wrongFormat);
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  const { base, exponent, format } = readSuffix(suffix);
  const digits = BigInt(`${whole}${fraction}` || '0');
  const nanos =
    base === 2
      ? divideUp(digits * 2n ** BigInt(exponent) * nanosPerUnit, 10n ** BigInt(fraction.length))
      : scale(digits, exponent - fraction.length + 9);
  return Quantity.ofNanos(sign === '-' ? -nanos : nanos, format);
}

function readSuffix(suffix: string): { base: 2 | 10; exponent: number; format: QuantityFormat } {
  if (Object.hasOwn(decimalSuffixes, suffix)) return { base: 10, exponent: decimalSuffixes[suffix] as number, format: 'DecimalSI' };
  if (Object.hasOwn(binarySuffixes, suffix)) return { base: 2, exponent: binarySuffixes[suffix] as number, format: 'BinarySI' };
  const power = /^[eE]([-+]?\d{1,4})$/.exec(suffix)?.[1];
  if (power === undefined)
    throw new QuantityError(/^[eEinumkKMGTP]*[-+]?[0-9]*$/.test(suffix) ? "unable to parse quantity's suffix" : wrongFormat);
  return { base: 10, exponent: Number(power), format: 'DecimalExponent' };
}

function scale(digits: bigint, power: number): bigint {
  return power >= 0 ? digits * 10n ** BigInt(Math.min(power, 100)) : divideUp(digits, 10n ** BigInt(Math.min(-power, 400)));
}

/** Rounds away from zero, as upstream does with what is finer than it keeps. */
function divideUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  if (value % by === 0n) return quotient;
  return value > 0n ? quotient + 1n : quotient - 1n;
}

/** The canonical form of a quantity as it stands in a manifest. Throws `QuantityError`. */
export function canonicalQuantity(text: string | number): string {
  return Quantity.parse(text).toString();
}

export function compareQuantities(a: string, b: string): number {
  return Quantity.parse(a).compare(Quantity.parse(b));
}
