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
export function memoOfTwo<T extends object | string>(
  compute: (first: string, second: string) => T,
  { max = 64, lengthMax = 16_384 }: Bounds = {},
): (first: string, second: string) => T {
  type Results = Map<string, Map<string, T>>;
  let [recent, earlier]: [Results, Results] = [new Map(), new Map()];
  let size = 0;
  return (first, second) => {
    const found = recent.get(first)?.get(second);
    if (found !== undefined) return found;
    const result = earlier.get(first)?.get(second) ?? compute(first, second);
    if (first.length > lengthMax || second.length > lengthMax) return result;
    if (size++ >= max) [recent, earlier, size] = [new Map(), recent, 1];
    const ofFirst = recent.get(first);
    if (ofFirst) ofFirst.set(second, result);
    else recent.set(first, new Map([[second, result]]));
    return result;
  };
}
