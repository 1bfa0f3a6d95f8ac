import { Environment, Optional, type ParseError, type RegisteredVariableType, type TypeError as CelTypeError } from '@marcbachmann/cel-js';
import { metered, withinBudget } from './budget';
import { checkIssues, goTypeName, renderIssues, syntaxIssues } from './errors';
import { withLibraries } from './library';
import { withoutLiterals } from './literals';
import { withGoMatches } from './matches';

/** The variables an expression may use, each with its type in CEL's words: `dyn`, `string`, `map<string, dyn>`. */
export type CelVariables = Readonly<Record<string, CelType>>;

/** A name of a type, or the fields of one. */
export type CelType = string | { readonly [field: string]: CelType };

export type CelCompilation =
  | { readonly type: 'program'; readonly program: CelProgram }
  | { readonly type: 'error'; readonly detail: string };

export interface CelProgram {
  /** The type of its value as cel-go prints it; `dyn` where nothing is known. */
  readonly output: string;
  /** The same in the words that `CelVariables` takes. */
  readonly celType: CelType;
  /** Throws `CelError` where evaluation fails. */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
  /** `evaluate` for values that are as CEL holds them already: whole numbers that are `double` stay so. */
  evaluateValues(values: Readonly<Record<string, unknown>>): unknown;
}

/** An evaluation that failed: `no such key: replicas`. */
export class CelError extends Error {
  override readonly name = 'CelError';
}

const environments = new Map<string, Environment>();

/**
 * Compiles an expression as the API server does when it checks a policy or a schema: the sentence of a refusal is
 * `compilation failed: ERROR: <input>:1:1: …` (`apiserver/pkg/admission/plugin/cel/compile.go`).
 */
export function compileCel(expression: string, variables: CelVariables): CelCompilation {
  const environment = environmentOf(variables);
  const { text, offset } = withoutLiterals(expression);
  try {
    const parsed = environment.parse(text);
    const checked = parsed.check();
    if (!checked.valid) throw checked.error;
    const celType = checked.type ?? 'dyn';
    metered(parsed.ast);
    withGoMatches(parsed.ast);
    return {
      type: 'program',
      program: {
        output: goTypeName(celType),
        celType,
        evaluate: (values) => evaluated(values, () => parsed(mapValues(values))),
        evaluateValues: (values) => evaluated(values, () => parsed(values as Record<string, unknown>)),
      },
    };
  } catch (error) {
    const issues = issuesOf(text, error, environment).map((issue) => ({ ...issue, offset: offset(issue.offset) }));
    return { type: 'error', detail: `compilation failed: ${renderIssues(expression, issues)}` };
  }
}

/** The type of an expression's value, or what is wrong with it, without the means to evaluate it. */
export function checkCel(expression: string, environment: Environment): { readonly celType: CelType } | { readonly issues: string } {
  const { text, offset } = withoutLiterals(expression);
  try {
    const checked = environment.parse(text).check();
    if (!checked.valid) throw checked.error;
    return { celType: checked.type ?? 'dyn' };
  } catch (error) {
    const issues = issuesOf(text, error, environment).map((issue) => ({ ...issue, offset: offset(issue.offset) }));
    return { issues: renderIssues(expression, issues) };
  }
}

function issuesOf(expression: string, error: unknown, environment: Environment) {
  switch ((error as Error).name) {
    case 'ParseError':
      return syntaxIssues(expression, error as ParseError);
    case 'TypeError':
      return checkIssues(expression, error as CelTypeError, (name) => functionNames(environment).has(name));
    default:
      throw error;
  }
}

let known: ReadonlySet<string> | undefined;

function functionNames(environment: Environment): ReadonlySet<string> {
  return (known ??= new Set(environment.getDefinitions().functions.map(({ name }) => name)));
}

/** One for each set of variables: making one takes longer than compiling. */
function environmentOf(variables: CelVariables): Environment {
  const key = JSON.stringify(variables);
  const made = environments.get(key);
  if (made) return made;
  const environment = declareVariables(bareEnvironment(), variables);
  if (environments.size >= environmentsMax) environments.clear();
  environments.set(key, environment);
  return environment;
}

const environmentsMax = 64;

const limits = { maxAstNodes: 10_000, maxDepth: 100 };

let bare: Environment | undefined;

export function declareVariables(environment: Environment, variables: CelVariables): Environment {
  for (const [name, type] of Object.entries(variables)) {
    if (typeof type === 'string') environment.registerVariable(name, type as RegisteredVariableType);
    else environment.registerVariable(name, { schema: type } as never);
  }
  return environment;
}

/** Every function of Kubernetes, and no variables yet. */
export function bareEnvironment(): Environment {
  return base().clone();
}

function base(): Environment {
  return (bare ??= withLibraries(new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false, limits })));
}

function evaluated(values: object, run: () => unknown): unknown {
  try {
    return withinBudget(values, run);
  } catch (error) {
    throw new CelError(evaluationSentence(error as Error & { summary?: string }));
  }
}

function evaluationSentence({ message, summary }: Error & { summary?: string }): string {
  return (summary ?? message).replace(/^No such key: /, 'no such key: ').replace(/^no such overload: .*/, 'no such overload');
}

const prepared = new WeakSet<object>();

/** Plain variables as CEL holds them, once for many programs. What is added to it afterwards is taken as it is. */
export function celActivation(variables: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const values = mapValues(variables);
  prepared.add(values);
  return values;
}

function mapValues(variables: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (prepared.has(variables)) return variables as Record<string, unknown>;
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, celValue(value)]));
}

/** CEL's optional: of nothing where the value is undefined. */
export function celOptional(value: unknown): unknown {
  return value === undefined ? Optional.none() : Optional.of(value);
}

/** Plain data as CEL holds it: whole numbers are `int`. */
export function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celValue);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .map(([name, one]) => [name, celValue(one)]),
  );
}
