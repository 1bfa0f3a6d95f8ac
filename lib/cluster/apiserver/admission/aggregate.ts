/** `utilerrors.NewAggregate`: one sentence as it is, several in brackets, each once. */
export function aggregate(sentences: readonly string[]): string {
  const unique = [...new Set(sentences)];
  return unique.length === 1 ? (unique[0] as string) : `[${unique.join(', ')}]`;
}
