import type { AppliedInput } from './protocol';

/** Pages remembered at a time; a page that comes back after so many others only risks typing something twice. */
const keptMax = 64;

/** How far each page's keystrokes were applied, newest page last. */
export class AppliedInputs {
  readonly #applied = new Map<string, AppliedInput>();

  constructor(applied: Iterable<AppliedInput> = []) {
    for (const one of applied) this.apply(one);
  }

  isNew({ page, terminal, sequence }: AppliedInput): boolean {
    return sequence > (this.#applied.get(keyOf(page, terminal))?.sequence ?? 0);
  }

  apply(input: AppliedInput): void {
    const key = keyOf(input.page, input.terminal);
    this.#applied.delete(key);
    this.#applied.set(key, input);
    const [oldest] = this.#applied.keys();
    if (this.#applied.size > keptMax && oldest !== undefined) this.#applied.delete(oldest);
  }

  list(): readonly AppliedInput[] {
    return [...this.#applied.values()];
  }
}

function keyOf(page: string, terminal: string): string {
  return `${page} ${terminal}`;
}
