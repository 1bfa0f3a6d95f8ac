/** `container "a"`, `containers "a", "b"` (`pod-security-admission/policy/helpers.go`). */
export function named(singular: string, names: readonly string[]): string {
  return `${plural(singular, names.length)} ${quoted(names)}`;
}

export function plural(singular: string, count: number, many = `${singular}s`): string {
  return count === 1 ? singular : many;
}

export function quoted(values: readonly string[]): string {
  return values.map((value) => JSON.stringify(value)).join(', ');
}
