/** What a record itself holds under a name that people choose: `constructor` is a field of every object. */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
