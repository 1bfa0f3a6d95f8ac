import { parseSelector, SelectorSyntaxError, type LabelSet } from '@/lib/cluster';
import { CommandError } from './errors';

/** Whether labels match `-l`; everything matches an empty selector. Throws the parser's sentence for a bad one. */
export function labelMatcher(text: string): (labels: LabelSet) => boolean {
  if (!text) return () => true;
  try {
    const selector = parseSelector(text);
    return (labels) => selector.matches(labels);
  } catch (error) {
    if (error instanceof SelectorSyntaxError) throw new CommandError(error.message);
    throw error;
  }
}

/** `a=b,c in (d,e)`: a LabelSelector as text (`metav1.FormatLabelSelector`). */
export function labelSelectorText(
  selector: { matchLabels?: Record<string, string>; matchExpressions?: { key: string; operator: string; values?: string[] }[] } | undefined,
): string {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` }));
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values = [] }) => ({
    key,
    text: expressionText(key, operator, values),
  }));
  const parts = [...labels, ...expressions].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ text }) => text);
  return parts.length ? parts.join(',') : '<none>';
}

function expressionText(key: string, operator: string, values: readonly string[]): string {
  const list = [...values].sort().join(',');
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${list})`;
}
