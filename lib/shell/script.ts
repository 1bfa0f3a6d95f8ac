import type { CommandNode, PipelineNode, ScriptNode, SimpleCommandNode, StatementNode, WordNode } from 'just-bash';

export type FunctionNode = Extract<CommandNode, { type: 'FunctionDef' }>;
type Redirection = SimpleCommandNode['redirections'][number];
type Compound = Exclude<CommandNode, SimpleCommandNode | FunctionNode>;

/** Which of a command's standard streams are the terminal. */
export interface Streams {
  readonly in: boolean;
  readonly out: boolean;
  readonly err: boolean;
}

/** The descriptors by which a program of ours learns that its streams are the terminal; bash itself keeps 255 for it. */
export const terminalDescriptors = { out: 255, err: 254, in: 253 } as const;

/** The command each turn of a loop begins with, so that an endless one lets others run and can be stopped. */
export const turnCommand = '@turn';

/** A command that only rewritten scripts call, by its path, since a learner may change PATH; `ls` does not show it. */
export function internal(name: string): string {
  return `/usr/bin/${name}`;
}

export const onTerminal: Streams = { in: true, out: true, err: true };
export const captured: Streams = { in: false, out: false, err: false };

/**
 * Rewrites a script so that what its commands print on the terminal is there as each command ends, instead of when the
 * whole script does: every command whose output nothing captures appends to `/dev/tty`. A function called from there
 * becomes a second function, `name@tty`, whose body is rewritten the same way.
 */
export function compileScript(script: ScriptNode, streams: Streams, { functions = new Map(), filters }: CompileOptions = {}): ScriptNode {
  const compiler = new Compiler(new Map([...functions, ...functionsOf(script)]), filters);
  const statements = script.statements.map((one) => compiler.statement(one, streams));
  return { ...script, statements: [...compiler.variants(), ...statements] };
}

export interface CompileOptions {
  /** Functions the shell knows already. */
  readonly functions?: ReadonlyMap<string, FunctionNode>;
  /**
   * Takes the later parts of pipelines that have to filter while their first command goes on, as in `kubectl get pods -w | grep web`.
   * The pipeline becomes one command, `@stream INDEX command…`.
   */
  readonly filters?: ScriptNode[];
}

/** The functions a script defines, wherever in it. */
export function functionsOf(script: ScriptNode): Map<string, FunctionNode> {
  const found = new Map<string, FunctionNode>();
  visit(script.statements, (node) => {
    if (node.type === 'FunctionDef') found.set((node as unknown as FunctionNode).name, node as unknown as FunctionNode);
  });
  return found;
}

/** Whether a here-document in it still lacks its last line. */
export function hasOpenHereDocument(script: ScriptNode): boolean {
  let isOpen = false;
  visit(script.statements, (node) => {
    if (node.type === 'HereDoc' && node['terminated'] === false) isOpen = true;
  });
  return isOpen;
}

/** Whether it ends in `|`, `&&` or `||`, after which bash waits for another command. */
export function endsInOperator(script: ScriptNode): boolean {
  const last = script.statements.at(-1)?.pipelines.at(-1)?.commands.at(-1);
  return last?.type === 'SimpleCommand' && !last.name && last.assignments.length === 0 && last.redirections.length === 0;
}

export function literalOf(word: WordNode | null | undefined): string | undefined {
  const parts = word?.parts ?? [];
  let text = '';
  for (const part of parts) {
    if (part.type !== 'Literal' && part.type !== 'SingleQuoted' && part.type !== 'Escaped') return undefined;
    text += part.value;
  }
  return parts.length > 0 ? text : undefined;
}

class Compiler {
  readonly #functions: ReadonlyMap<string, FunctionNode>;
  readonly #variants = new Map<string, StatementNode>();

  readonly #filters: ScriptNode[] | undefined;

  constructor(functions: ReadonlyMap<string, FunctionNode>, filters: ScriptNode[] | undefined) {
    this.#functions = functions;
    this.#filters = filters;
  }

  variants(): StatementNode[] {
    return [...this.#variants.values()];
  }

  statement(statement: StatementNode, streams: Streams): StatementNode {
    return { ...statement, pipelines: statement.pipelines.map((one) => this.#pipeline(one, streams)) };
  }

  #statements(statements: readonly StatementNode[], streams: Streams): StatementNode[] {
    return statements.map((one) => this.statement(one, streams));
  }

  #pipeline(pipeline: PipelineNode, streams: Streams): PipelineNode {
    const last = pipeline.commands.length - 1;
    const [first, ...rest] = pipeline.commands;
    if (
      this.#filters &&
      streams.out &&
      streams.err &&
      first?.type === 'SimpleCommand' &&
      rest.length > 0 &&
      goesOn(first) &&
      rest.every(isLineFilter)
    ) {
      const index =
        this.#filters.push({
          type: 'Script',
          statements: [{ type: 'Statement', pipelines: [{ ...pipeline, commands: rest }], operators: [], background: false }],
        }) - 1;
      const whole: SimpleCommandNode = {
        ...first,
        name: wordOf(internal('@stream')),
        args: [wordOf(String(index)), first.name as WordNode, ...first.args],
      };
      return { ...pipeline, commands: [this.#simple(whole, streams)] };
    }
    return {
      ...pipeline,
      commands: pipeline.commands.map((command, index) =>
        this.#command(command, {
          in: streams.in && index === 0,
          out: streams.out && index === last,
          err: streams.err && !(index < last && pipeline.pipeStderr?.[index]),
        }),
      ),
    };
  }

  #command(command: CommandNode, streams: Streams): CommandNode {
    if (command.type === 'SimpleCommand') return this.#simple(command, streams);
    if (command.type === 'FunctionDef') return { ...command, body: this.#compound(command.body, captured) };
    return { ...this.#compound(command, after(command.redirections, streams)), redirections: checked(command.redirections) };
  }

  #simple(original: SimpleCommandNode, streams: Streams): SimpleCommandNode {
    const command = this.#substitutions(original, { ...streams, out: false });
    if (!command.name) return { ...command, redirections: checked(command.redirections) };
    const reached = after(command.redirections, streams);
    const name = literalOf(command.name);
    if (name !== undefined && this.#functions.has(name)) return this.#call(command, name, streams, reached);
    const marks = name !== undefined && opensScript.has(name) ? captured : reached;
    if (name === 'read' && reached.in) return this.#marked({ ...command, name: wordOf(internal('@read')) }, streams, marks);
    if (name?.includes('/'))
      return this.#marked({ ...command, name: wordOf(internal('@file')), args: [command.name, ...command.args] }, streams, marks);
    return this.#marked(command, streams, marks);
  }

  #marked(command: SimpleCommandNode, streams: Streams, marks: Streams): SimpleCommandNode {
    return { ...command, redirections: [...redirectionsTo(streams), ...checked(command.redirections), ...marksOf(marks)] };
  }

  #call(command: SimpleCommandNode, name: string, before: Streams, reached: Streams): SimpleCommandNode {
    if (reached.in && reached.out && reached.err) return { ...command, name: wordOf(this.#variantOf(name)) };
    return { ...command, redirections: [...redirectionsTo(before), ...checked(command.redirections)] };
  }

  #variantOf(name: string): string {
    const variant = `${name}@tty`;
    if (!this.#variants.has(variant)) {
      const definition = this.#functions.get(name) as FunctionNode;
      this.#variants.set(variant, statementOf(definition));
      this.#variants.set(
        variant,
        statementOf({ ...definition, name: variant, body: this.#compound(definition.body, after(definition.redirections, onTerminal)) }),
      );
    }
    return variant;
  }

  #compound(command: Compound, streams: Streams): Compound {
    switch (command.type) {
      case 'If': {
        const clauses = command.clauses.map((one) => ({
          condition: this.#statements(one.condition, streams),
          body: this.#statements(one.body, streams),
        }));
        return { ...command, clauses, elseBody: command.elseBody && this.#statements(command.elseBody, streams) };
      }
      case 'For':
        return {
          ...command,
          words: command.words && this.#substitutions(command.words, { ...streams, out: false }),
          body: this.#turn(command.body, streams),
        };
      case 'CStyleFor':
        return { ...command, body: this.#turn(command.body, streams) };
      case 'While':
      case 'Until':
        return { ...command, condition: this.#turn(command.condition, streams), body: this.#statements(command.body, streams) };
      case 'Case':
        return { ...command, items: command.items.map((item) => ({ ...item, body: this.#statements(item.body, streams) })) };
      case 'Subshell':
      case 'Group':
        return { ...command, body: this.#statements(command.body, streams) };
      case 'ArithmeticCommand':
      case 'ConditionalCommand':
        return command;
    }
  }

  #turn(body: readonly StatementNode[], streams: Streams): StatementNode[] {
    return [turn, ...this.#statements(body, streams)];
  }

  /** Compiles the scripts inside `$(…)`, wherever they are in the node. */
  #substitutions<T>(node: T, streams: Streams): T {
    if (Array.isArray(node)) return node.map((one) => this.#substitutions(one, streams)) as T;
    if (typeof node !== 'object' || node === null) return node;
    const copy: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(node)) {
      const isScript = key === 'body' && (value as { type?: string } | null)?.type === 'Script';
      copy[key] = isScript
        ? { ...(value as ScriptNode), statements: this.#statements((value as ScriptNode).statements, streams) }
        : this.#substitutions(value, streams);
    }
    return copy as T;
  }
}

/** Commands that print for as long as one lets them. */
function goesOn({ name, args, redirections }: SimpleCommandNode): boolean {
  const words = args.map(literalOf);
  if (redirections.length > 0) return false;
  if (/^(kubectl|k)$/.test(literalOf(name) ?? ''))
    return (
      words.some((word) => word !== undefined && /^(-w|--watch|--watch-only|-f|--follow)$/.test(word)) &&
      words.some((word) => /^(get|logs|events)$/.test(word ?? ''))
    );
  return literalOf(name) === 'ping';
}

/** Commands that make of each line what they make of it, whatever came before. */
function isLineFilter(command: CommandNode): boolean {
  if (command.type !== 'SimpleCommand' || command.redirections.length > 0) return false;
  const name = literalOf(command.name) ?? '';
  const words = command.args.map((arg) => literalOf(arg) ?? '');
  if (/^e?grep$/.test(name)) return !words.some((word) => /^-[A-Za-z]*[cmnqABC]|^--(count|quiet|max-count|line-number)/.test(word));
  return /^(sed|cut|tr|awk)$/.test(name) && !words.some((word) => /END|BEGIN|NR/.test(word));
}

/** Builtins that run a script of their own in this shell: what they run inherits descriptors, also where it is captured. */
const opensScript = new Set(['eval', 'source', '.']);

/** What is the terminal once these redirections took effect. */
function after(redirections: readonly Redirection[], before: Streams): Streams {
  const now = { ...before };
  for (const { operator, fd, target } of redirections) {
    const text = target.type === 'Word' ? literalOf(target) : undefined;
    if (operator.startsWith('<')) {
      if ((fd ?? 0) === 0) now.in = text === '/dev/tty';
    } else if (operator.startsWith('&>')) {
      now.out = now.err = text === '/dev/tty';
    } else if (operator === '>&') {
      const source = text === '1' ? now.out : text === '2' ? now.err : false;
      if (text !== undefined && !/^(\d+|-)$/.test(text)) now.out = now.err = false;
      else set(now, fd ?? 1, source);
    } else {
      set(now, fd ?? 1, text === '/dev/tty');
    }
  }
  return now;
}

function set(streams: { out: boolean; err: boolean }, fd: number, isTerminal: boolean): void {
  if (fd === 1) streams.out = isTerminal;
  if (fd === 2) streams.err = isTerminal;
}

function redirectionsTo(streams: Streams): Redirection[] {
  return [...(streams.out ? [append(1)] : []), ...(streams.err ? [append(2)] : [])];
}

function marksOf(streams: Streams): Redirection[] {
  return (['out', 'err', 'in'] as const).filter((one) => streams[one]).map((one) => append(terminalDescriptors[one]));
}

function append(fd: number, target = wordOf('/dev/tty')): Redirection {
  return { type: 'Redirection', fd, operator: '>>', target };
}

/**
 * The library takes for granted that standard output can be opened where it is sent; for other descriptors it reports
 * what went wrong. So each such file is first opened on a descriptor nobody uses.
 */
function checked(redirections: readonly Redirection[]): Redirection[] {
  return redirections.flatMap((one) => {
    const opens = /^(&?>>?|>\|)$/.test(one.operator) && (one.fd ?? 1) < 3 && one.target.type === 'Word' && !one.fdVariable;
    const target = one.target as WordNode;
    if (
      !opens ||
      literalOf(target)?.startsWith('/dev/') ||
      target.parts.some(
        (part) =>
          part.type !== 'Literal' &&
          part.type !== 'SingleQuoted' &&
          part.type !== 'DoubleQuoted' &&
          part.type !== 'TildeExpansion' &&
          part.type !== 'ParameterExpansion',
      )
    )
      return [one];
    return [append(252, target), one];
  });
}

export function wordOf(text: string): WordNode {
  return { type: 'Word', parts: [{ type: 'Literal', value: text }] };
}

export function statementOf(command: CommandNode): StatementNode {
  return { type: 'Statement', pipelines: [{ type: 'Pipeline', commands: [command], negated: false }], operators: [], background: false };
}

export function commandOf(name: string, args: readonly WordNode[] = []): SimpleCommandNode {
  return { type: 'SimpleCommand', assignments: [], name: wordOf(name), args: [...args], redirections: [] };
}

const turn = statementOf(commandOf(internal(turnCommand)));

function visit(node: unknown, seen: (node: { readonly type?: string; readonly [key: string]: unknown }) => void): void {
  if (Array.isArray(node)) for (const one of node) visit(one, seen);
  else if (typeof node === 'object' && node !== null) {
    seen(node as { type?: string });
    for (const value of Object.values(node)) visit(value, seen);
  }
}
