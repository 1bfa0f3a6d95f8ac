import { compareBytes } from '@/lib/base';
import { Quantity } from '../../api';

/** Amounts by resource name (`pkg/quota/v1`). */
export type Amounts = Readonly<Record<string, Quantity>>;

export function amountsOf(list: Readonly<Record<string, string | number>> | undefined): Amounts {
  return mapped(list ?? {}, (text) => Quantity.of(text));
}

export function textsOf(amounts: Amounts): Record<string, string> {
  return Object.fromEntries(namesOf(amounts).map((name) => [name, String(amounts[name])]));
}

export function sum(a: Amounts, b: Amounts): Amounts {
  return combined(a, b, (left, right) => left.add(right));
}

/** What is left of `a` without `b`; never less than nothing. */
export function difference(a: Amounts, b: Amounts): Amounts {
  return combined(a, b, (left, right) => (left.compare(right) > 0 ? left.subtract(right) : Quantity.ofNanos(0n, left.format)));
}

export function maximum(a: Amounts, b: Amounts): Amounts {
  return combined(a, b, (left, right) => (left.compare(right) >= 0 ? left : right));
}

export function masked(amounts: Amounts, names: readonly string[]): Amounts {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(amounts, name)).map((name) => [name, amounts[name] as Quantity]));
}

export function withoutZeros(amounts: Amounts): Amounts {
  return masked(
    amounts,
    namesOf(amounts).filter((name) => !(amounts[name] as Quantity).isZero),
  );
}

export function namesOf(amounts: Amounts): string[] {
  return Object.keys(amounts).sort(compareBytes);
}

/** `pods=1,requests.cpu=500m`. */
export function amountsText(amounts: Amounts): string {
  return namesOf(amounts)
    .map((name) => `${name}=${amounts[name]}`)
    .join(',');
}

export const one = Quantity.ofValue(1);

function combined(a: Amounts, b: Amounts, combine: (left: Quantity, right: Quantity) => Quantity): Amounts {
  const result: Record<string, Quantity> = {};
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    result[name] = combine(a[name] ?? Quantity.ofNanos(0n, b[name]?.format ?? 'DecimalSI'), b[name] ?? Quantity.zero);
  }
  return result;
}

function mapped<T>(list: Readonly<Record<string, T>>, map: (value: T) => Quantity): Amounts {
  return Object.fromEntries(Object.entries(list).map(([name, value]) => [name, map(value)]));
}
