interface Bounds {
  readonly max?: number;
  readonly lengthMax?: number;
}

/** Remembers the last `max` results of a pure function of a text, but those of texts longer than `lengthMax`. Results are shared: freeze them. */
export function memo<T>(compute: (text: string) => T, { max = 64, lengthMax = Infinity }: Bounds = {}): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined || known.has(text)) return found as T;
    const result = compute(text);
    if (text.length > lengthMax) return result;
    if (known.size >= max) known.delete(known.keys().next().value as string);
    known.set(text, result);
    return result;
  };
}

/** `memo` of two texts: the last `max` of the second for each of the last `max` of the first. */
export function memoOfTwo<T>(compute: (first: string, second: string) => T, bounds: Bounds = {}): (first: string, second: string) => T {
  const byFirst = memo((first) => memo((second) => compute(first, second), bounds), bounds);
  return (first, second) => byFirst(first)(second);
}
