import { compareBytes, deepFreeze, memo } from '@/lib/base';
import { type FieldError, FieldPath, fieldError } from './field';

/** `metadata.labels`, or what one stands for. */
export type LabelSet = Readonly<Record<string, string>>;

/** `metav1.LabelSelector`: what ReplicaSets, Deployments and affinity terms carry. */
export interface LabelSelector {
  readonly matchLabels?: LabelSet | undefined;
  readonly matchExpressions?:
    | readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] | undefined }[]
    | undefined;
}

export type RequirementOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';

export interface Requirement {
  readonly key: string;
  readonly operator: RequirementOperator;
  readonly values: readonly string[];
}

/** Says which label sets are meant. */
export interface Selector {
  matches(labels: LabelSet | undefined): boolean;
  /** Matches whatever it is asked. */
  readonly isEmpty: boolean;
  readonly requirements: readonly Requirement[];
  /** The canonical form: requirements sorted by key, `a=1,b in (x,y),!c`. */
  toString(): string;
}

const selectsNothing: Selector = { matches: () => false, isEmpty: false, requirements: [], toString: () => '' };

/** A selector of all `requirements`; none selects everything. */
export function selectorOf(requirements: readonly Requirement[]): Selector {
  const sorted = [...requirements].sort((a, b) => compareBytes(a.key, b.key));
  return {
    matches: (labels) => sorted.every((requirement) => holds(requirement, labels)),
    isEmpty: sorted.length === 0,
    requirements: sorted,
    toString: () => sorted.map(renderRequirement).join(','),
  };
}

/** The selector of a `matchLabels`-only map, such as a Service's `spec.selector`. */
export function selectorOfLabels(labels: LabelSet): Selector {
  return selectorOf(Object.entries(labels).map(([key, value]) => ({ key, operator: '=' as const, values: [value] })));
}

/** `metav1.LabelSelectorAsSelector`: absent selects nothing, empty selects everything. Throws a sentence for an operator it does not know. */
export function labelSelectorAsSelector(selector: LabelSelector | undefined | null): Selector {
  if (!selector) return selectsNothing;
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, operator: '=' as const, values: [value] }));
  return selectorOf([...equal, ...(selector.matchExpressions ?? []).map(requirementOf)]);
}

const operators: Readonly<Record<string, RequirementOperator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };

function requirementOf({ key, operator, values }: NonNullable<LabelSelector['matchExpressions']>[number]): Requirement {
  const known = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
  if (!known) throw new SelectorSyntaxError(`${JSON.stringify(operator)} is not a valid label selector operator`);
  return { key, operator: known, values: values ?? [] };
}

/** What the parser says of a selector it cannot read. */
export class SelectorSyntaxError extends Error {
  override readonly name = 'SelectorSyntaxError';
}

function holds({ key, operator, values }: Requirement, labels: LabelSet | undefined): boolean {
  const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'in':
    case '=':
    case '==':
      return value !== undefined && values.includes(value);
    case 'notin':
    case '!=':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
      return value !== undefined && isInteger(value) && BigInt(value) > BigInt(values[0] ?? 0);
    case 'lt':
      return value !== undefined && isInteger(value) && BigInt(value) < BigInt(values[0] ?? 0);
  }
}

function isInteger(text: string): boolean {
  return /^[+-]?\d{1,19}$/.test(text);
}

function renderRequirement({ key, operator, values }: Requirement): string {
  const list = values.length === 1 ? values[0] : [...values].sort(compareBytes).join(',');
  switch (operator) {
    case 'in':
      return `${key} in (${list})`;
    case 'notin':
      return `${key} notin (${list})`;
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'gt':
      return `${key}>${list}`;
    case 'lt':
      return `${key}<${list}`;
    default:
      return `${key}${operator}${list}`;
  }
}

/**
 * Parses `app=web,tier in (a,b),!canary` (`apimachinery/pkg/labels/selector.go`).
 * Throws `SelectorSyntaxError` with upstream's sentence.
 */
export function parseSelector(text: string): Selector {
  return selectorOf(new Parser(lex(text)).parse());
}

type TokenType = 'error' | 'end' | ')' | ',' | '!' | '==' | '>' | 'identifier' | 'in' | '=' | '<' | '!=' | 'notin' | '(';
interface Token {
  readonly type: TokenType;
  readonly literal: string;
}

const special = '=!(),><';
const specialTokens: readonly TokenType[] = [')', ',', '!', '==', '=', '>', '<', '!=', '('];

function lex(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const char = text[at] as string;
    if (' \t\r\n'.includes(char)) {
      at++;
      continue;
    }
    const token = special.includes(char) ? lexSpecial(text, at) : lexWord(text, at);
    tokens.push(token);
    at += token.literal.length;
  }
  tokens.push({ type: 'end', literal: '' });
  return tokens;
}

/** The longest symbol that starts here: `==` before `=`. */
function lexSpecial(text: string, at: number): Token {
  const two = text.slice(at, at + 2) as TokenType;
  const one = text[at] as TokenType;
  const type = specialTokens.includes(two) ? two : one;
  return { type, literal: type };
}

function lexWord(text: string, at: number): Token {
  const literal = /^[^=!(),><\s]+/.exec(text.slice(at))?.[0] ?? '';
  return { type: literal === 'in' || literal === 'notin' ? literal : 'identifier', literal };
}

const binaryOperators = 'in, notin, =, ==, !=, gt, lt';
const operatorTokens: Partial<Record<TokenType, RequirementOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const { type, literal } = this.#look();
      if (type === 'end') return requirements;
      if (type !== 'identifier' && type !== '!')
        throw new SelectorSyntaxError(`found '${literal}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.#requirementOrRefusal());
      const after = this.#take();
      if (after.type === 'end') return requirements;
      if (after.type !== ',') throw new SelectorSyntaxError(`found '${after.literal}', expected: ',' or 'end of string'`);
      const next = this.#look();
      if (next.type !== 'identifier' && next.type !== '!')
        throw new SelectorSyntaxError(`found '${next.literal}', expected: identifier after ','`);
    }
  }

  /** Where a value may stand, `in` and `notin` are words like any other. */
  #look(isOperator = false): Token {
    const token = this.#tokens[this.#at] ?? { type: 'end', literal: '' };
    return !isOperator && (token.type === 'in' || token.type === 'notin') ? { ...token, type: 'identifier' } : token;
  }

  #take(isOperator = false): Token {
    const token = this.#look(isOperator);
    this.#at++;
    return token;
  }

  #requirementOrRefusal(): Requirement {
    try {
      return this.#requirement();
    } catch (error) {
      throw error instanceof SelectorSyntaxError ? new SelectorSyntaxError(`unable to parse requirement: ${error.message}`) : error;
    }
  }

  #requirement(): Requirement {
    const isNegated = this.#look().type === '!';
    if (isNegated) this.#take();
    const { type, literal: key } = this.#take();
    if (type !== 'identifier') throw new SelectorSyntaxError(`found '${key}', expected: identifier`);
    refuse(labelKeyErrors(key).map((sentence) => fieldError.invalid(nilPath, key, sentence)));
    const next = this.#look().type;
    if (isNegated) return { key, operator: '!', values: [] };
    if (next === 'end' || next === ',') return { key, operator: 'exists', values: [] };
    const operator = this.#operator();
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()];
    return checkRequirement({ key, operator, values });
  }

  #operator(): RequirementOperator {
    const { type, literal } = this.#take(true);
    const operator = operatorTokens[type];
    if (!operator) throw new SelectorSyntaxError(`found '${literal}', expected: ${binaryOperators}`);
    return operator;
  }

  #exactValue(): string {
    const next = this.#look();
    if (next.type === 'end' || next.type === ',') return '';
    const { type, literal } = this.#take();
    if (type !== 'identifier') throw new SelectorSyntaxError(`found '${literal}', expected: identifier`);
    return literal;
  }

  #values(): string[] {
    const open = this.#take();
    if (open.type !== '(') throw new SelectorSyntaxError(`found '${open.literal}' expected: '('`);
    const { type, literal } = this.#look();
    if (type === ')') {
      this.#take();
      return [''];
    }
    if (type !== 'identifier' && type !== ',') throw new SelectorSyntaxError(`found '${literal}', expected: ',', ')' or identifier`);
    const values = this.#identifiers();
    if (this.#take().type !== ')') throw new SelectorSyntaxError(`found '${literal}', expected: ')'`);
    return [...values].sort(compareBytes);
  }

  #identifiers(): Set<string> {
    const values = new Set<string>();
    for (;;) {
      const { type, literal } = this.#take();
      const next = this.#look();
      if (type === 'identifier') {
        values.add(literal);
        if (next.type === ')') return values;
        if (next.type !== ',') throw new SelectorSyntaxError(`found '${next.literal}', expected: ',' or ')'`);
      } else if (type === ',') {
        if (values.size === 0) values.add('');
        if (next.type === ')') return values.add('');
        if (next.type === ',') {
          this.#take();
          values.add('');
        }
      } else throw new SelectorSyntaxError(`found '${literal}', expected: ',', or identifier`);
    }
  }
}

/** Go prints a path nobody gave as `<nil>`. */
const nilPath = FieldPath.of('<nil>');
const valuesPath = FieldPath.of('values');

function checkRequirement(requirement: Requirement): Requirement {
  const { key, operator, values } = requirement;
  const errors: FieldError[] = [];
  if ((operator === 'in' || operator === 'notin') && values.length === 0)
    errors.push(fieldError.invalid(valuesPath, values, "for 'in', 'notin' operators, values set can't be empty"));
  if (operator === 'gt' || operator === 'lt') {
    values.forEach((value, index) => {
      if (!isInteger(value))
        errors.push(fieldError.invalid(valuesPath.index(index), value, "for 'Gt', 'Lt' operators, the value must be an integer"));
    });
  }
  values.forEach((value, index) => {
    for (const sentence of labelValueErrors(value)) errors.push(fieldError.invalid(valuesPath.index(index).key(key), value, sentence));
  });
  refuse(errors);
  return requirement;
}

function refuse(errors: readonly FieldError[]): void {
  const sentences = errors.map(({ field, message }) => `${field}: ${message}`);
  if (sentences.length > 0) throw new SelectorSyntaxError(sentences.length === 1 ? (sentences[0] as string) : `[${sentences.join(', ')}]`);
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const qualifiedNameSentence =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const subdomainSentence =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** What `IsQualifiedName` says of a label or annotation key; empty when it is good. The same few keys are on everything. */
export const qualifiedNameErrors: (key: string) => readonly string[] = memo((key) => deepFreeze(findNameErrors(key)), {
  max: 1024,
  lengthMax: 317,
});

function findNameErrors(key: string): string[] {
  const parts = key.split('/');
  if (parts.length > 2)
    return [
      `a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const name = parts.at(-1) as string;
  return [...(parts.length === 2 ? prefixErrors(parts[0] as string) : []), ...namePartErrors(name)];
}

function prefixErrors(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty'];
  const errors = prefix.length > 253 ? ['prefix part must be no more than 253 bytes'] : [];
  return subdomain.test(prefix) ? errors : [...errors, `prefix part ${subdomainSentence}`];
}

function namePartErrors(name: string): string[] {
  const errors = name === '' ? ['name part must be non-empty'] : name.length > 63 ? ['name part must be no more than 63 bytes'] : [];
  return qualifiedName.test(name) ? errors : [...errors, qualifiedNameSentence];
}

function labelKeyErrors(key: string): string[] {
  const sentences = qualifiedNameErrors(key).map((sentence) => sentence.replace(/^a qualified name/, 'a valid label key'));
  return sentences.length > 0 ? [sentences.join('; ')] : [];
}

/** What `IsValidLabelValue` says of a label's value; empty when it is good. */
export const labelValueErrors: (value: string) => readonly string[] = memo((value) => deepFreeze(findValueErrors(value)), {
  max: 1024,
  lengthMax: 63,
});

function findValueErrors(value: string): string[] {
  const errors = value.length > 63 ? ['must be no more than 63 bytes'] : [];
  const form = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
  return form.test(value)
    ? errors
    : [
        ...errors,
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      ];
}
