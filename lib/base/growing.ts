/**
 * A list that only grows at its end, and whose copies share what they have in common: the first copy to append does so in place,
 * any other takes a copy of its own, as slices of Go do.
 */
export interface Growing<T> {
  readonly items: T[];
  readonly length: number;
  /** Never to be appended to in place. */
  readonly isBorrowed?: boolean;
}

export function appended<T>({ items, length, isBorrowed = false }: Growing<T>, item: T): Growing<T> {
  const own = items.length === length && !isBorrowed ? items : items.slice(0, length);
  own.push(item);
  return { items: own, length: length + 1 };
}

/** The list for somebody who may be gone long before whom it is borrowed from: what is appended to it is kept by nobody else. */
export function borrowed<T>({ items, length }: Growing<T>): Growing<T> {
  return { items, length, isBorrowed: true };
}
