import { SelectorSyntaxError } from './labels';

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** `metadata.name=web,status.phase!=Running` (`apimachinery/pkg/fields`). Throws `SelectorSyntaxError`. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  return splitTerms(text)
    .filter((term) => term !== '')
    .map((term) => parseTerm(text, term));
}

/** A field that an object does not have counts as empty, as upstream's `fields.Set` does. */
export function matchesFields(requirements: readonly FieldRequirement[], fields: Readonly<Record<string, string>>): boolean {
  return requirements.every(
    ({ field, operator, value }) => ((Object.hasOwn(fields, field) ? (fields[field] ?? '') : '') === value) === (operator === '='),
  );
}

export function renderFieldSelector(requirements: readonly FieldRequirement[]): string {
  return requirements.map(({ field, operator, value }) => `${field}${operator}${value.replace(/[\\,=]/g, '\\$&')}`).join(',');
}

/** Splits at commas that no backslash escapes. */
function splitTerms(text: string): string[] {
  return text.match(/(?:[^,\\]|\\[^]?)+/g) ?? [];
}

function parseTerm(whole: string, term: string): FieldRequirement {
  const match = /^((?:[^=!\\]|\\[^]|!(?!=))*)(!=|==|=)([^]*)$/.exec(term);
  if (!match) throw new SelectorSyntaxError(`invalid selector: '${whole}'; can't understand '${term}'`);
  const [, field = '', operator, value = ''] = match;
  return { field, operator: operator === '!=' ? '!=' : '=', value: unescape(value) };
}

function unescape(value: string): string {
  return value.replace(/\\([^]?)|[,=]/g, (found, escaped: string | undefined) => {
    if (escaped === undefined) throw new SelectorSyntaxError(`invalid field selector: unescaped character in value: ${found}`);
    if (escaped !== '' && '\\,='.includes(escaped)) return escaped;
    throw new SelectorSyntaxError(`invalid field selector: invalid escape sequence: ${found}`);
  });
}
