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

/** `memo` of two texts, neither longer than `lengthMax`; `max` counts pairs. */
export function memoOfTwo<T>(
  compute: (first: string, second: string) => T,
  { max = 64, lengthMax = 16_384 }: Bounds = {},
): (first: string, second: string) => T {
  type Results = Map<string, Map<string, T>>;
  let [recent, earlier]: [Results, Results] = [new Map(), new Map()];
  let size = 0;
  return (first, second) => {
    const ofFirst = recent.get(first);
    const found = ofFirst?.get(second);
    if (found !== undefined || ofFirst?.has(second)) return found as T;
    const before = earlier.get(first);
    const result = before?.has(second) ? (before.get(second) as T) : compute(first, second);
    if (first.length > lengthMax || second.length > lengthMax) return result;
    if (size++ >= max) [recent, earlier, size] = [new Map(), recent, 1];
    recent.set(first, (recent.get(first) ?? new Map<string, T>()).set(second, result));
    return result;
  };
}
