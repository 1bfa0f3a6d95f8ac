/** `PerCallLimit` and `RuntimeCELCostBudget` of `apiserver/pkg/cel/limits.go`, in steps of our engine. */
const callStepsMax = 1_000_000;
const activationStepsMax = 10_000_000;

/** How many characters, or items of a list, are made in one step. */
const charactersAStep = 10;

/** Evaluation went on for too long. */
class BudgetExceeded extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

/** A node of the engine's syntax tree, as far as it is looked at here. */
interface Node {
  readonly op: string;
  readonly args: unknown;
  readonly meta: { readonly alternate?: Node; readonly evaluate: Evaluate };
  setMeta(name: 'evaluate', value: Evaluate): void;
}

type Evaluate = (evaluator: unknown, node: Node, context: unknown) => unknown;

interface Comprehension {
  condition?: (accumulated: unknown) => boolean;
  readonly step: Node;
}

/** What is left of the call under way; expressions of variables draw on what uses them. */
let left = callStepsMax;
let depth = 0;

const spent = new WeakMap<object, number>();

/** Runs an evaluation within its limits. `activation` is what several evaluations of one policy share. */
export function withinBudget<T>(activation: object, evaluate: () => T): T {
  if (depth > 0) return evaluate();
  const before = spent.get(activation) ?? 0;
  const granted = Math.min(callStepsMax, activationStepsMax - before);
  left = granted;
  depth++;
  try {
    return evaluate();
  } finally {
    depth--;
    spent.set(activation, before + (granted - Math.max(left, 0)));
  }
}

function spend(steps: number): void {
  left -= steps;
  if (left < 0) throw new BudgetExceeded();
}

/** Makes the nodes that can take long tell what they take: loops, and whatever makes something larger. */
export function metered(tree: unknown): void {
  visit(tree);
}

/** How many nodes there are below, and in, this one. */
function visit(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + visit(one), 0);
  if (!isNode(value)) return 0;
  const node = value.meta.alternate ?? value;
  if (node.op === 'comprehension') return visitLoop(node.args as Comprehension & { readonly iterable: Node });
  if (node.op === '+' || node.op === 'call' || node.op === 'rcall') meterResult(node);
  return 1 + visit(node.args);
}

function visitLoop(loop: Comprehension & { readonly iterable: Node }): number {
  const steps = 1 + visit(loop.step);
  const { condition } = loop;
  loop.condition = (accumulated) => {
    spend(steps);
    return condition ? condition(accumulated) : true;
  };
  return steps + visit(loop.iterable);
}

function meterResult(node: Node): void {
  const { evaluate } = node.meta;
  node.setMeta('evaluate', (evaluator, self, context) => {
    const result = evaluate(evaluator, self, context);
    if (typeof result === 'string' || Array.isArray(result)) spend(1 + result.length / charactersAStep);
    return result;
  });
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value && 'meta' in value;
}
