/** One step of a path to what a printer column shows. */
type Step =
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'index'; readonly index: number }
  | { readonly type: 'all' }
  | { readonly type: 'filter'; readonly path: readonly Step[]; readonly operator: string; readonly operand: string | number | boolean };

/** Finds what a simple JSONPath names: fields, indexes, wildcards and filters, as `additionalPrinterColumns` have them. */
export function columnPath(text: string): (object: unknown) => unknown[] {
  const steps = parse(text);
  return (object) => steps.reduce<unknown[]>(take, [object]);
}

const stepPattern =
  /^(?:\.?\*|\[\*\]|\.((?:\\.|[^.[\]\\])+)|\[['"]([^'"]*)['"]\]|\[(-?\d+)\]|\[\?\(@((?:\.[\w-]+|\[\d+\])+)\s*(==|!=|<=|>=|<|>)?\s*("[^"]*"|'[^']*'|[\w.-]+)?\s*\)\])/;

function parse(text: string): Step[] {
  const steps: Step[] = [];
  let rest = text.startsWith('.') || text.startsWith('[') ? text : `.${text}`;
  while (rest !== '' && rest !== '.') {
    const match = stepPattern.exec(rest);
    if (!match) return [{ type: 'field', name: '' }];
    rest = rest.slice(match[0].length);
    steps.push(stepOf(match));
  }
  return steps;
}

function stepOf([, field, key, index, path, operator = 'exists', operand = '']: RegExpExecArray): Step {
  if (field !== undefined) return field === '*' ? { type: 'all' } : { type: 'field', name: field.replace(/\\(.)/g, '$1') };
  if (key !== undefined) return { type: 'field', name: key };
  if (index !== undefined) return { type: 'index', index: Number(index) };
  if (path === undefined) return { type: 'all' };
  return { type: 'filter', path: parse(path), operator, operand: literal(operand) };
}

function literal(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^["']/.test(text) ? text.slice(1, -1) : Number(text);
}

function take(values: unknown[], step: Step): unknown[] {
  return values.flatMap((value) => {
    if (typeof value !== 'object' || value === null) return [];
    const children = Object.values(value);
    switch (step.type) {
      case 'field':
        return Array.isArray(value) || !Object.hasOwn(value, step.name) ? [] : [(value as Record<string, unknown>)[step.name]];
      case 'index':
        return Array.isArray(value) ? value.slice(step.index).slice(0, 1) : [];
      case 'all':
        return children;
      case 'filter':
        return children.filter((child) => step.path.reduce<unknown[]>(take, [child]).some((found) => holds(found, step)));
    }
  });
}

function holds(found: unknown, { operator, operand }: Extract<Step, { type: 'filter' }>): boolean {
  switch (operator) {
    case '==':
      return found === operand;
    case '!=':
      return found !== operand;
    case 'exists':
      return true;
    default: {
      const [a, b] = [found as number, operand as number];
      return operator === '<' ? a < b : operator === '<=' ? a <= b : operator === '>' ? a > b : a >= b;
    }
  }
}
