import { parseScript } from './parser';
import type { AndOr, Command, List, Pipeline, Redirection, Word, WordPart } from './syntax';

/** A word whose command substitutions ran before it: their output is on the frame below, by index. */
export type ReadyPart =
  | Exclude<WordPart, { type: 'command' } | { type: 'variable' } | { type: 'arithmetic' }>
  | {
      readonly type: 'variable';
      readonly name: string;
      readonly operator?: string;
      readonly argument?: ReadyWord;
      readonly isQuoted: boolean;
    }
  | { readonly type: 'arithmetic'; readonly expression: ReadyWord; readonly isQuoted: boolean }
  | { readonly type: 'captured'; readonly index: number; readonly isQuoted: boolean };
export type ReadyWord = readonly ReadyPart[];
export type ReadyRedirection = Omit<Redirection, 'target'> & { readonly target: ReadyWord };

/** What the interpreter executes: flat, so that a process can stop anywhere and go on from a number. */
export type Instruction =
  | {
      readonly op: 'simple';
      readonly assignments: readonly { readonly name: string; readonly value: ReadyWord }[];
      readonly words: readonly ReadyWord[];
      readonly redirections: readonly ReadyRedirection[];
      readonly hasCaptured: boolean;
      readonly isTested: boolean;
      readonly isLast: boolean;
    }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'jump-if'; readonly when: 'ok' | 'fail'; readonly to: number }
  | { readonly op: 'succeed' }
  | { readonly op: 'negate' }
  | { readonly op: 'open-words' }
  | { readonly op: 'open-capture'; readonly end: number }
  | { readonly op: 'close-capture' }
  | { readonly op: 'open-subshell'; readonly end: number }
  | { readonly op: 'close-subshell' }
  | { readonly op: 'open-pipe'; readonly end: number }
  | { readonly op: 'next-pipe'; readonly isLast: boolean; readonly end: number }
  | { readonly op: 'close-pipe' }
  | { readonly op: 'redirect'; readonly redirections: readonly ReadyRedirection[]; readonly hasCaptured: boolean; readonly end: number }
  | { readonly op: 'restore' }
  | { readonly op: 'open-loop'; readonly breakTo: number; readonly continueTo: number }
  | { readonly op: 'close-loop' }
  | {
      readonly op: 'open-for';
      readonly name: string;
      readonly words: readonly ReadyWord[] | undefined;
      readonly hasCaptured: boolean;
      readonly breakTo: number;
      readonly continueTo: number;
    }
  | { readonly op: 'next-for' }
  | {
      readonly op: 'case';
      readonly word: ReadyWord;
      readonly arms: readonly { readonly patterns: readonly ReadyWord[]; readonly to: number }[];
      readonly otherwise: number;
      readonly hasCaptured: boolean;
    }
  | { readonly op: 'function'; readonly name: string; readonly entry: number; readonly end: number }
  | { readonly op: 'background'; readonly end: number }
  | { readonly op: 'return' }
  | { readonly op: 'end' };

export type Code = readonly Instruction[];

const cache = new Map<string, Code>();
const cacheMax = 256;
/** Letters of all scripts together, since people write them as long as they like. The newest is kept however long it is: a shell asks for each step. */
const lettersMax = 2 ** 20;
let letters = 0;

/** The code of a script; the same for the same text, so it is kept. Throws `ShellSyntaxError`. */
export function compile(source: string): Code {
  const known = cache.get(source);
  if (known) return known;
  const compiler = new Compiler();
  compiler.script(parseScript(source));
  forgetFor(source.length);
  cache.set(source, compiler.code);
  letters += source.length;
  return compiler.code;
}

/** Makes room for so many letters more, the oldest first. */
function forgetFor(more: number): void {
  for (const [oldest] of cache) {
    if (cache.size < cacheMax && letters + more <= lettersMax) return;
    cache.delete(oldest);
    letters -= oldest.length;
  }
}

class Compiler {
  readonly code: Instruction[] = [];

  script(list: List): void {
    list.forEach((item, index) => this.#andOr(item, false, index === list.length - 1));
    this.#emit({ op: 'end' });
  }

  get #next(): number {
    return this.code.length;
  }

  #emit(instruction: Instruction): number {
    return this.code.push(instruction) - 1;
  }

  /** Emits an instruction that needs to know where something later ends. */
  #later(make: (at: number) => Instruction): () => void {
    const index = this.#emit({ op: 'succeed' });
    return () => {
      this.code[index] = make(this.#next);
    };
  }

  #list(list: List, isTested: boolean): void {
    for (const item of list) this.#andOr(item, isTested, false);
  }

  #andOr({ first, rest, isBackground }: AndOr, isTested: boolean, isLast: boolean): void {
    const finish = isBackground ? this.#later((end) => ({ op: 'background', end })) : undefined;
    this.#pipeline(first, isTested || rest.length > 0, isLast && rest.length === 0 && !isBackground);
    rest.forEach(({ operator, pipeline }, index) => {
      const skip = this.#later((to) => ({ op: 'jump-if', when: operator === '&&' ? 'fail' : 'ok', to }));
      this.#pipeline(pipeline, isTested || index < rest.length - 1, isLast && index === rest.length - 1 && !isBackground);
      skip();
    });
    if (!finish) return;
    this.#emit({ op: 'end' });
    finish();
  }

  #pipeline({ isNegated, commands }: Pipeline, isTested: boolean, isLast: boolean): void {
    if (commands.length === 1) this.#command(commands[0] as Command, isTested || isNegated, isLast && !isNegated);
    else this.#pipe(commands);
    if (isNegated) this.#emit({ op: 'negate' });
  }

  #pipe(commands: readonly Command[]): void {
    const ends: (() => void)[] = [];
    ends.push(this.#later((end) => ({ op: 'open-pipe', end })));
    commands.forEach((command, index) => {
      if (index > 0) {
        (ends.pop() as () => void)();
        ends.push(this.#later((end) => ({ op: 'next-pipe', isLast: index === commands.length - 1, end })));
      }
      this.#command(command, true, false);
    });
    (ends.pop() as () => void)();
    this.#emit({ op: 'close-pipe' });
  }

  #command(command: Command, isTested: boolean, isLast: boolean): void {
    if (command.type === 'simple') return this.#simple(command, isTested, isLast);
    if (command.type === 'function') return this.#function(command);
    if (command.redirections.length === 0) return this.#compound(command, isTested);
    const ready = this.#ready();
    const redirections = command.redirections.map((one) => ready.redirection(one));
    const finish = this.#later((end) => ({ op: 'redirect', redirections, hasCaptured: ready.hasCaptured, end }));
    this.#compound(command, isTested);
    this.#emit({ op: 'restore' });
    finish();
  }

  #compound(command: Exclude<Command, { type: 'simple' | 'function' }>, isTested: boolean): void {
    switch (command.type) {
      case 'group':
        return this.#list(command.body, isTested);
      case 'subshell':
        return this.#subshell(command.body, isTested);
      case 'if':
        return this.#if(command, isTested);
      case 'while':
        return this.#while(command, isTested);
      case 'for':
        return this.#for(command, isTested);
      case 'case':
        return this.#case(command, isTested);
    }
  }

  #subshell(body: List, isTested: boolean): void {
    const finish = this.#later((end) => ({ op: 'open-subshell', end }));
    this.#list(body, isTested);
    finish();
    this.#emit({ op: 'close-subshell' });
  }

  #if({ branches, otherwise }: Extract<Command, { type: 'if' }>, isTested: boolean): void {
    const ends: (() => void)[] = [];
    for (const { condition, body } of branches) {
      this.#list(condition, true);
      const skip = this.#later((to) => ({ op: 'jump-if', when: 'fail', to }));
      this.#list(body, isTested);
      ends.push(this.#later((to) => ({ op: 'jump', to })));
      skip();
    }
    if (otherwise) this.#list(otherwise, isTested);
    else this.#emit({ op: 'succeed' });
    for (const end of ends) end();
  }

  #while({ isUntil, condition, body }: Extract<Command, { type: 'while' }>, isTested: boolean): void {
    const open = this.#emit({ op: 'succeed' });
    const start = this.#next;
    this.#list(condition, true);
    const leave = this.#later((to) => ({ op: 'jump-if', when: isUntil ? 'ok' : 'fail', to }));
    this.#list(body, isTested);
    this.#emit({ op: 'jump', to: start });
    leave();
    this.#emit({ op: 'succeed' });
    const end = this.#emit({ op: 'close-loop' });
    this.code[open] = { op: 'open-loop', breakTo: end, continueTo: start };
  }

  #for({ name, words, body }: Extract<Command, { type: 'for' }>, isTested: boolean): void {
    const ready = this.#ready();
    const prepared = words?.map((word) => ready.word(word));
    const open = this.#emit({ op: 'succeed' });
    const next = this.#emit({ op: 'next-for' });
    this.#list(body, isTested);
    this.#emit({ op: 'jump', to: next });
    const end = this.#emit({ op: 'close-loop' });
    this.code[open] = { op: 'open-for', name, words: prepared, hasCaptured: ready.hasCaptured, breakTo: end, continueTo: next };
  }

  #case({ word, arms }: Extract<Command, { type: 'case' }>, isTested: boolean): void {
    const ready = this.#ready();
    const prepared = ready.word(word);
    const patterns = arms.map((arm) => arm.patterns.map((pattern) => ready.word(pattern)));
    const index = this.#emit({ op: 'succeed' });
    const ends: (() => void)[] = [];
    const targets = arms.map(({ body }) => {
      const at = this.#next;
      this.#emit({ op: 'succeed' });
      this.#list(body, isTested);
      ends.push(this.#later((to) => ({ op: 'jump', to })));
      return at;
    });
    const otherwise = this.#emit({ op: 'succeed' });
    for (const end of ends) end();
    this.code[index] = {
      op: 'case',
      word: prepared,
      arms: targets.map((to, arm) => ({ patterns: patterns[arm] ?? [], to })),
      otherwise,
      hasCaptured: ready.hasCaptured,
    };
  }

  #function({ name, body }: Extract<Command, { type: 'function' }>): void {
    const index = this.#emit({ op: 'succeed' });
    const entry = this.#next;
    this.#command(body, false, false);
    this.#emit({ op: 'return' });
    this.code[index] = { op: 'function', name, entry, end: this.#next };
  }

  #simple({ assignments, words, redirections }: Extract<Command, { type: 'simple' }>, isTested: boolean, isLast: boolean): void {
    const ready = this.#ready();
    const preparedWords = words.map((word) => ready.word(word));
    const preparedAssignments = assignments.map(({ name, value }) => ({ name, value: ready.word(value) }));
    const preparedRedirections = redirections.map((one) => ready.redirection(one));
    this.#emit({
      op: 'simple',
      assignments: preparedAssignments,
      words: preparedWords,
      redirections: preparedRedirections,
      hasCaptured: ready.hasCaptured,
      isTested,
      isLast,
    });
  }

  /** Emits the command substitutions of words ahead of the instruction that uses them. */
  #ready() {
    let count = 0;
    const part = (one: WordPart): ReadyPart => {
      if (one.type === 'text') return one;
      if (one.type === 'arithmetic') return { ...one, expression: one.expression.map(part) };
      if (one.type === 'variable') {
        const { argument, ...rest } = one;
        return { ...rest, ...(argument ? { argument: argument.map(part) } : {}) };
      }
      if (count === 0) this.#emit({ op: 'open-words' });
      const finish = this.#later((end) => ({ op: 'open-capture', end }));
      this.#list(one.body, true);
      finish();
      this.#emit({ op: 'close-capture' });
      return { type: 'captured', index: count++, isQuoted: one.isQuoted };
    };
    return {
      word: (word: Word): ReadyWord => word.map(part),
      redirection: ({ target, ...rest }: Redirection): ReadyRedirection => ({
        fd: rest.fd,
        operator: rest.operator,
        target: target.map(part),
      }),
      get hasCaptured() {
        return count > 0;
      },
    };
  }
}
