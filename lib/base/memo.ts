/** Remembers the last `max` results of a pure function of a text, but those of texts longer than `lengthMax`. Results are shared: freeze them. */
export function memo<T>(compute: (text: string) => T, { max = 64, lengthMax = Infinity } = {}): (text: string) => T {
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
