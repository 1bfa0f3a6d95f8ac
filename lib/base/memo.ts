/** Remembers the last `max` results of a pure function of a text. Results are shared: freeze them. */
export function memo<T>(compute: (text: string) => T, { max = 64 } = {}): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    if (known.has(text)) return known.get(text) as T;
    const result = compute(text);
    if (known.size >= max) known.delete(known.keys().next().value as string);
    known.set(text, result);
    return result;
  };
}
