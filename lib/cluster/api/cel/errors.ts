import type { ASTNode, ParseError, TypeError as CelTypeError } from '@marcbachmann/cel-js';

// What is wrong with an expression, in the words of cel-go: its parser is ANTLR's, its checker names operators by `_+_`.

interface Issue {
  readonly offset: number;
  readonly message: string;
}

/** `ERROR: <input>:1:3: …` with the line and a caret under it (`common/error.go`). */
export function renderIssues(input: string, issues: readonly Issue[]): string {
  return issues.map((issue) => renderIssue(input, issue)).join('\n');
}

function renderIssue(input: string, { offset, message }: Issue): string {
  const before = input.slice(0, offset).split('\n');
  const line = before.length;
  const column = before.at(-1)?.length ?? 0;
  const text = input.split('\n')[line - 1] ?? '';
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${text}\n | ${'.'.repeat(column)}^`;
}

const starts = "'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER";
const startsOrClose = starts.replace("'(', ", "'(', ')', ");
const tokens: Readonly<Record<string, string>> = { RPAREN: ')', RBRACKET: ']', RBRACE: '}', COLON: ':', COMMA: ',' };

/** What ANTLR's parser of CEL says where ours stopped. */
export function syntaxIssues(input: string, error: ParseError): Issue[] {
  const offset = error.range?.start ?? 0;
  const syntax = (at: number, message: string): Issue => ({ offset: at, message: `Syntax error: ${message}` });
  const rest = input.slice(offset);
  const endsThere = rest.trim() === '';
  const shown = endsThere ? '<EOF>' : tokenAt(rest);
  const atEnd = syntax(input.length, `mismatched input '<EOF>' expecting {${starts}}`);
  switch (error.code) {
    case 'reserved_identifier':
      return [{ offset, message: `reserved identifier: ${tokenAt(rest)}` }];
    case 'unterminated_string':
    case 'unterminated_triple_quoted_string':
    case 'newline_in_string':
      return [syntax(offset, `token recognition error at: '${rest}'`), atEnd];
    case 'unexpected_character':
      if (error.summary.startsWith("Unexpected character: '"))
        return [syntax(offset, `${rest.trim() === shown ? 'extraneous' : 'mismatched'} input '${shown}' expecting <EOF>`)];
      return [syntax(offset, `token recognition error at: '${rest.charAt(0)}'`), ...(rest.length === 1 ? [atEnd] : [])];
    case 'expected_token':
      return [syntax(endsThere ? input.length : offset, expectedToken(error.summary, shown))];
    case 'unexpected_token': {
      const isCall = /[\w]\s*\($/.test(input.slice(0, offset).trimEnd());
      const expected = isCall ? startsOrClose : starts;
      return [
        syntax(endsThere ? input.length : offset, `${endsThere ? 'mismatched' : 'extraneous'} input '${shown}' expecting {${expected}}`),
      ];
    }
    default:
      return [syntax(offset, error.summary)];
  }
}

function expectedToken(summary: string, shown: string): string {
  const expected = /^Expected (\w+)/.exec(summary)?.[1] ?? '';
  if (expected === 'IDENTIFIER') return `no viable alternative at input '.${shown === '<EOF>' ? '' : shown}'`;
  const token = tokens[expected] ?? expected;
  return shown === '<EOF>' ? `missing '${token}' at '<EOF>'` : `mismatched input '${shown}' expecting '${token}'`;
}

function tokenAt(text: string): string {
  return /^(\w+|"[^"]*"|'[^']*'|[=!<>]=|&&|\|\||.)/.exec(text)?.[0] ?? text;
}

type Checked = ASTNode & { readonly checkedType?: { readonly name?: string; readonly type?: string } };

/** What cel-go's checker says about a type that does not fit. */
export function checkIssues(input: string, error: CelTypeError, isKnownFunction: (name: string) => boolean): Issue[] {
  const node = error.node as Checked | undefined;
  if (!node) return [{ offset: 0, message: error.summary }];
  return [issueOf(input, error, node, isKnownFunction)];
}

function issueOf(input: string, error: CelTypeError, node: Checked, isKnownFunction: (name: string) => boolean): Issue {
  const { start } = node;
  switch (error.code) {
    case 'unknown_variable':
      return { offset: start, message: undeclared(String(node.args)) };
    case 'no_matching_overload':
      return callIssue(input, node, isKnownFunction);
    case 'no_such_overload':
    case 'invalid_logical_operand':
    case 'incompatible_ternary_branches':
    case 'invalid_condition_type':
      return operatorIssue(input, node);
    case 'no_such_key':
      return { offset: dotBefore(input, node), message: `undefined field '${/: (.*)$/.exec(error.summary)?.[1] ?? ''}'` };
    case 'cannot_index_type':
    case 'invalid_index_type':
      return accessIssue(input, node);
    case 'invalid_comprehension_range':
      return {
        offset: start,
        message: `expression of type '${typeOf(node)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
      };
    case 'invalid_macro_argument':
      return { offset: start, message: error.summary.replace(/^has\(\) invalid argument$/, 'invalid argument to has() macro') };
    default:
      return { offset: start, message: error.summary };
  }
}

const undeclared = (name: string) => `undeclared reference to '${name}' (in container '')`;
const noOverload = (name: string, types: string) => `found no matching overload for '${name}' applied to '${types}'`;

function callIssue(input: string, node: Checked, isKnownFunction: (name: string) => boolean): Issue {
  if (node.op === 'call') {
    const [name, args] = node.args;
    const offset = input.indexOf('(', node.start + name.length);
    return { offset, message: isKnownFunction(name) ? noOverload(name, `(${args.map(typeOf).join(', ')})`) : undeclared(name) };
  }
  if (node.op === 'rcall') {
    const [name, receiver, args] = node.args;
    const offset = input.indexOf('(', receiver.end + 1);
    const types = `${typeOf(receiver)}.(${args.map(typeOf).join(', ')})`;
    return { offset, message: isKnownFunction(name) ? noOverload(name, types) : undeclared(name) };
  }
  return { offset: node.start, message: noOverload(node.op, '') };
}

function operatorIssue(input: string, node: Checked): Issue {
  if (node.op === '!_' || node.op === '-_')
    return { offset: node.start, message: noOverload(node.op, `(${typeOf(node.args as Checked)})`) };
  const args = (node.args as ASTNode[]) ?? [];
  const [left] = args;
  const name = node.op === '?:' ? '_?_:_' : node.op === 'in' ? '@in' : `_${node.op}_`;
  const sign = node.op === '?:' ? '?' : node.op;
  const offset = left ? input.indexOf(sign, left.end) : node.start;
  return { offset: offset < 0 ? node.start : offset, message: noOverload(name, `(${args.map(typeOf).join(', ')})`) };
}

function accessIssue(input: string, node: Checked): Issue {
  const args = node.args as [ASTNode, ASTNode | string];
  if (node.op === '.' || node.op === '.?')
    return { offset: dotBefore(input, node), message: `type '${typeOf(args[0])}' does not support field selection` };
  const offset = input.indexOf('[', args[0].end);
  return { offset, message: noOverload('_[_]', `(${args.map((arg) => typeOf(arg as ASTNode)).join(', ')})`) };
}

function dotBefore(input: string, node: Checked): number {
  const left = (node.args as [ASTNode])[0];
  const at = input.indexOf('.', left.end);
  return at < 0 ? node.start : at;
}

/** A checked type as cel-go prints it: `list(int)`, `map(string, dyn)`. */
function typeOf(node: ASTNode): string {
  const { checkedType } = node as Checked;
  return goTypeName(checkedType?.name ?? checkedType?.type ?? literalType(node));
}

function literalType({ op, args }: ASTNode): string {
  if (op !== 'value') return 'dyn';
  if (args === null) return 'null_type';
  return { string: 'string', bigint: 'int', number: 'double', boolean: 'bool' }[typeof args as 'string'] ?? 'dyn';
}

export function goTypeName(name: string): string {
  return name
    .replace(/google\.protobuf\.Duration/g, 'duration')
    .replace(/google\.protobuf\.Timestamp/g, 'timestamp')
    .replace(/^null$/, 'null_type')
    .replace(/^list$/, 'list(dyn)')
    .replace(/^map$/, 'map(dyn, dyn)')
    .replaceAll('<', '(')
    .replaceAll('>', ')');
}
