interface Bounds {
  readonly max?: number;
  readonly lengthMax?: number;
}

/**
 * Remembers results of a pure function of a text: the last `max` that were asked for and about as many before them, but none of a text longer
 * than `lengthMax`: what hostile hands send is long, and all different. Results are shared: freeze them.
 */
export function memo<T>(compute: (text: string) => T, { max = 64, lengthMax = 16_384 }: Bounds = {}): (text: string) => T {
  let [recent, earlier] = [new Map<string, T>(), new Map<string, T>()];
  return (text) => {
    const found = recent.get(text);
    if (found !== undefined || recent.has(text)) return found as T;
    const result = earlier.has(text) ? (earlier.get(text) as T) : compute(text);
    if (text.length > lengthMax) return result;
    if (recent.size >= max) [recent, earlier] = [new Map(), recent];
    recent.set(text, result);
    return result;
  };
}

/** `memo` of two texts: the last `max` of the second for each of the last `max` of the first. */
export function memoOfTwo<T>(compute: (first: string, second: string) => T, bounds: Bounds = {}): (first: string, second: string) => T {
  const byFirst = memo((first) => memo((second) => compute(first, second), bounds), bounds);
  return (first, second) => byFirst(first)(second);
}
