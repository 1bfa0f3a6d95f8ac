import { compareBytes } from '@/lib/base';
import { goValue } from '../go-syntax';
import { defineDescriber } from './describer';
import { eventLines } from './events';
import { annotationLines, labelLines, type Text } from './text';

/** Any kind without words of its own: its fields, with their names spelled out (`describe.genericDescriber`). */
export const genericDescriber = defineDescriber({
  hasEvents: true,
  describe(text, object, { context, events }) {
    const { metadata } = object;
    text.line(0, 'Name:', metadata.name).line(0, 'Namespace:', metadata.namespace ?? '');
    labelLines(text, 'Labels', metadata.labels);
    annotationLines(text, 'Annotations', metadata.annotations);
    fields(
      text,
      0,
      object,
      '',
      new Set(['.metadata.managedFields', '.metadata.name', '.metadata.namespace', '.metadata.labels', '.metadata.annotations']),
    );
    eventLines(text, events, context.io.now());
  },
});

function fields(text: Text, level: number, value: any, path: string, hidden: ReadonlySet<string>): void {
  for (const key of Object.keys(value).sort(compareBytes)) {
    const item = value[key];
    const at = `${path}.${key}`;
    if (hidden.has(at) || item === undefined) continue;
    const label = `${smartLabel(key)}:`;
    if (Array.isArray(item)) {
      text.line(level, label);
      list(text, level + 1, item, at, hidden);
    } else if (typeof item === 'object' && item !== null) {
      text.line(level, label);
      fields(text, level + 1, item, at, hidden);
    } else text.line(level, label, goValue(item));
  }
}

function list(text: Text, level: number, items: readonly any[], path: string, hidden: ReadonlySet<string>): void {
  for (const item of items) {
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) fields(text, level, item, path, hidden);
    else text.line(level, goValue(item));
  }
}

const acronyms = new Set(['API', 'UID', 'OSB', 'GUID']);

/** `creationTimestamp` as `Creation Timestamp`; a name with other characters stays as it is. */
function smartLabel(field: string): string {
  if (!/^[A-Za-z0-9_]+$/.test(field)) return field;
  const words = field.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z0-9_]+|[A-Z]/g) ?? [field];
  return words
    .map((word) => (acronyms.has(word.toUpperCase()) ? word.toUpperCase() : `${word.charAt(0).toUpperCase()}${word.slice(1)}`))
    .join(' ');
}
