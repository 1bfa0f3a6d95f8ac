/**
 * A list that only grows at its end, and whose copies share what they have in common: the first copy to append does so in place,
 * any other takes a copy of its own, as slices of Go do.
 */
export interface Growing<T> {
  readonly items: T[];
  readonly length: number;
}

export function appended<T>({ items, length }: Growing<T>, item: T): Growing<T> {
  const own = items.length === length ? items : items.slice(0, length);
  own.push(item);
  return { items: own, length: length + 1 };
}
