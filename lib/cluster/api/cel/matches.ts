import { goRegexp } from '../regexp';

/** A node of the engine's checked syntax tree, as far as it is looked at here. */
interface Node {
  readonly op: string;
  readonly args: unknown;
  readonly meta: { readonly alternate?: Node };
  handle?: Handle;
}

type Handle = (args: readonly unknown[], evaluator: unknown, node: Node) => unknown;

/** Makes `matches` match as Go's regular expressions do: the engine's own backtrack, and what it has built in cannot be registered anew. */
export function withGoMatches(tree: unknown): void {
  if (Array.isArray(tree)) return tree.forEach(withGoMatches);
  if (!isNode(tree)) return;
  const node = tree.meta.alternate ?? tree;
  if (node.op === 'comprehension') {
    const { iterable, step } = node.args as { readonly iterable: unknown; readonly step: unknown };
    return [iterable, step].forEach(withGoMatches);
  }
  if (node.op === 'rcall' && Array.isArray(node.args) && node.args[0] === 'matches') replaceHandle(node);
  withGoMatches(node.args);
}

function replaceHandle(node: Node): void {
  const { handle } = node;
  node.handle = (args, evaluator, self) => {
    const [text, pattern] = args;
    return typeof text === 'string' && typeof pattern === 'string' ? goRegexp(pattern).isIn(text) : handle?.(args, evaluator, self);
  };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value && 'meta' in value;
}
