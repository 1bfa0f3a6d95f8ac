import type { AppliedInput } from './protocol';

/** Pages remembered at a time. */
const keptMax = 256;

/** How far each page's keystrokes were applied, newest page last. */
export class AppliedInputs {
  readonly #applied = new Map<string, AppliedInput>();

  constructor(applied: Iterable<AppliedInput> = []) {
    for (const one of applied) this.apply(one);
  }

  /** `early` when keystrokes before these are still missing: applied now, those would be lost. */
  judge({ page, terminal, sequence }: AppliedInput): 'next' | 'known' | 'early' {
    const last = this.#applied.get(keyOf(page, terminal))?.sequence;
    if (last === undefined) return 'next';
    if (sequence <= last) return 'known';
    return sequence === last + 1 ? 'next' : 'early';
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
