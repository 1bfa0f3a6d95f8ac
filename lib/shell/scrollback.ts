/** How much of a terminal's output is kept: some three thousand lines. */
const keptMax = 256 * 1024;

/** Everything a terminal printed, counted from its first character; the oldest is forgotten a piece at a time. */
export class Scrollback {
  #text: string;
  #start: number;

  constructor({ offset, text }: { offset: number; text: string } = { offset: 0, text: '' }) {
    this.#start = offset;
    this.#text = text;
  }

  /** The offset after the last character. */
  get end(): number {
    return this.#start + this.#text.length;
  }

  get text(): string {
    return this.#text;
  }

  append(text: string): void {
    this.#text += text;
    if (this.#text.length <= keptMax * 1.25) return;
    const from = this.#text.length - keptMax;
    const line = this.#text.indexOf('\n', from);
    const cut = line < 0 || line > from + 4096 ? from : line + 1;
    this.#start += cut;
    this.#text = this.#text.slice(cut);
  }

  /** What was printed from `offset` on, as far as it is kept. */
  since(offset = 0): { offset: number; text: string } {
    if (offset > this.end) return { offset: this.#start, text: this.#text };
    const from = Math.max(offset, this.#start);
    return { offset: from, text: this.#text.slice(from - this.#start) };
  }
}
