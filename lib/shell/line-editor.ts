import type { Key } from './keys';

/** What a key asks of whoever owns the line. */
export type LineRequest = 'submit' | 'interrupt' | 'end-of-input' | 'complete' | 'clear-screen' | undefined;

export interface LineEditorOptions {
  write(text: string): void;
  columns(): number;
  /** Earlier lines, oldest first; absent where there is no history. */
  history?(): readonly string[];
}

interface Search {
  query: string;
  /** The entry shown, as an index into the history. */
  found: number;
  readonly before: string;
}

/**
 * One line being typed, and its picture on the screen. It knows where the cursor stands and repaints from the prompt on,
 * except at the end of the line, where a letter is just printed.
 */
export class LineEditor {
  readonly #options: LineEditorOptions;
  #prompt = '';
  #characters: string[] = [];
  #cursor = 0;
  #row = 0;
  #killed: string[] = [];
  #recalled: number | undefined;
  #draft = '';
  #search: Search | undefined;
  #isSilent = false;

  constructor(options: LineEditorOptions) {
    this.#options = options;
  }

  get text(): string {
    return this.#characters.join('');
  }

  get textBeforeCursor(): string {
    return this.#characters.slice(0, this.#cursor).join('');
  }

  get textAfterCursor(): string {
    return this.#characters.slice(this.#cursor).join('');
  }

  /** Prints the prompt and begins an empty line. */
  begin(prompt: string, { isSilent = false }: { isSilent?: boolean } = {}): void {
    this.resume(prompt, '', 0);
    this.#isSilent = isSilent;
    this.#options.write(prompt);
  }

  /** Takes up a line that the screen shows already. */
  resume(prompt: string, text: string, cursor = Array.from(text).length): void {
    this.#prompt = prompt;
    this.#characters = Array.from(text);
    this.#cursor = cursor;
    this.#recalled = undefined;
    this.#search = undefined;
    this.#isSilent = false;
    this.#row = this.#place(this.#cursor).row;
  }

  /** The same line once more, below what was printed meanwhile. */
  repaint(): void {
    this.#row = 0;
    this.#paint();
  }

  press(key: Key): LineRequest {
    if (this.#search) return this.#pressSearching(key);
    switch (key.type) {
      case 'text':
      case 'paste':
        return this.insert(key.type === 'paste' ? key.text.replace(/\n+$/, '') : key.text);
      case 'enter':
        return this.#finish('submit');
      case 'tab':
        return 'complete';
      case 'backspace':
        return this.#remove(this.#cursor - 1, this.#cursor);
      case 'delete':
        return this.#remove(this.#cursor, this.#cursor + 1);
      case 'left':
        return this.#moveTo(this.#cursor - 1);
      case 'right':
        return this.#moveTo(this.#cursor + 1);
      case 'home':
        return this.#moveTo(0);
      case 'end':
        return this.#moveTo(this.#characters.length);
      case 'word-left':
        return this.#moveTo(this.#wordStart());
      case 'word-right':
        return this.#moveTo(this.#wordEnd());
      case 'up':
        return this.#recall(-1);
      case 'down':
        return this.#recall(1);
      case 'control':
        return this.#pressControl(key.letter);
      case 'meta':
        return this.#pressMeta(key.letter);
      case 'escape':
      case 'unknown':
        return undefined;
    }
  }

  insert(text: string): undefined {
    const characters = Array.from(text);
    const isAtEnd = this.#cursor === this.#characters.length;
    this.#characters.splice(this.#cursor, 0, ...characters);
    this.#cursor += characters.length;
    if (this.#isSilent) return;
    if (!isAtEnd || text.includes('\n')) return void this.#paint();
    this.#options.write(text);
    this.#settle();
  }

  /** Replaces what is before the cursor, from the given character on. */
  replaceBeforeCursor(from: number, text: string): void {
    const length = this.#cursor;
    this.#characters.splice(from, length - from, ...Array.from(text));
    this.#cursor = from + Array.from(text).length;
    this.#paint();
  }

  #pressControl(letter: string): LineRequest {
    switch (letter) {
      case 'a':
        return this.#moveTo(0);
      case 'e':
        return this.#moveTo(this.#characters.length);
      case 'b':
        return this.#moveTo(this.#cursor - 1);
      case 'f':
        return this.#moveTo(this.#cursor + 1);
      case 'p':
        return this.#recall(-1);
      case 'n':
        return this.#recall(1);
      case 'u':
        return this.#kill(0, this.#cursor);
      case 'k':
        return this.#kill(this.#cursor, this.#characters.length);
      case 'w':
        return this.#kill(this.#blankWordStart(), this.#cursor);
      case 'y':
        return this.insert(this.#killed.join(''));
      case 't':
        return this.#transpose();
      case 'l':
        return 'clear-screen';
      case 'r':
        return this.#startSearch();
      case 'c':
        return this.#finish('interrupt');
      case 'd':
        return this.#characters.length === 0 ? 'end-of-input' : this.#remove(this.#cursor, this.#cursor + 1);
      default:
        return undefined;
    }
  }

  #pressMeta(letter: string): LineRequest {
    switch (letter) {
      case 'b':
        return this.#moveTo(this.#wordStart());
      case 'f':
        return this.#moveTo(this.#wordEnd());
      case 'd':
        return this.#kill(this.#cursor, this.#wordEnd());
      case '\x7f':
      case '\b':
        return this.#kill(this.#wordStart(), this.#cursor);
      default:
        return undefined;
    }
  }

  /** Leaves the cursor behind the last character, so that what is printed next begins below. */
  #finish(request: 'submit' | 'interrupt'): LineRequest {
    if (!this.#isSilent) this.#moveTo(this.#characters.length);
    return request;
  }

  #remove(from: number, to: number): undefined {
    if (from < 0 || to > this.#characters.length) return;
    this.#characters.splice(from, to - from);
    this.#cursor = from;
    if (!this.#isSilent) this.#paint();
  }

  #kill(from: number, to: number): undefined {
    if (from >= to) return;
    this.#killed = this.#characters.slice(from, to);
    this.#remove(from, to);
  }

  #transpose(): undefined {
    if (this.#cursor === 0 || this.#characters.length < 2) return;
    const at = Math.min(this.#cursor, this.#characters.length - 1);
    this.#characters.splice(at - 1, 2, this.#characters[at] as string, this.#characters[at - 1] as string);
    this.#cursor = at + 1;
    this.#paint();
  }

  #moveTo(cursor: number): undefined {
    const target = Math.max(0, Math.min(this.#characters.length, cursor));
    if (target === this.#cursor || this.#isSilent) return;
    const to = this.#place(target);
    this.#options.write(movement(to.row - this.#row, to.column));
    this.#cursor = target;
    this.#row = to.row;
  }

  #recall(step: -1 | 1): undefined {
    const lines = this.#options.history?.() ?? [];
    const from = this.#recalled ?? lines.length;
    const to = from + step;
    if (to < 0 || to > lines.length || (step > 0 && this.#recalled === undefined)) return;
    if (this.#recalled === undefined) this.#draft = this.text;
    this.#recalled = to === lines.length ? undefined : to;
    this.#show(to === lines.length ? this.#draft : (lines[to] as string));
  }

  #show(text: string): void {
    this.#characters = Array.from(text);
    this.#cursor = this.#characters.length;
    this.#paint();
  }

  #startSearch(): undefined {
    this.#search = { query: '', found: this.#options.history?.().length ?? 0, before: this.text };
    this.#paint();
  }

  #pressSearching(key: Key): LineRequest {
    const search = this.#search as Search;
    if (key.type === 'text') return this.#searchFor(search.query + key.text, search.found);
    if (key.type === 'backspace') return this.#searchFor(search.query.slice(0, -1), this.#options.history?.().length ?? 0);
    if (key.type === 'control' && key.letter === 'r') return this.#searchFor(search.query, search.found - 1);
    const isCancelled = key.type === 'control' && (key.letter === 'g' || key.letter === 'c');
    this.#search = undefined;
    this.#show(isCancelled ? search.before : this.text);
    return isCancelled || key.type === 'escape' ? undefined : this.press(key);
  }

  #searchFor(query: string, from: number): undefined {
    const search = this.#search as Search;
    const lines = this.#options.history?.() ?? [];
    search.query = query;
    const found = query === '' ? -1 : lines.findLastIndex((line, index) => index <= from && line.includes(query));
    if (found >= 0) {
      search.found = found;
      this.#characters = Array.from(lines[found] as string);
      this.#cursor = this.#characters.length;
    }
    this.#paint();
  }

  get #shownPrompt(): string {
    return this.#search ? `(reverse-i-search)\`${this.#search.query}': ` : this.#prompt;
  }

  #paint(): void {
    const end = this.#place(this.#characters.length);
    const at = this.#place(this.#cursor);
    const text = this.#characters.join('').replace(/\n/g, '\r\n');
    const wrap = end.isWrapped ? ' \r' : '';
    this.#options.write(
      `${movement(-this.#row, 0)}\x1b[J${this.#shownPrompt}${text}${wrap}${this.#cursor < this.#characters.length ? movement(at.row - end.row, at.column) : ''}`,
    );
    this.#row = at.row;
  }

  /** After letters were printed at the end: a full row makes the terminal wait at its edge, so move it on. */
  #settle(): void {
    const end = this.#place(this.#cursor);
    if (end.isWrapped) this.#options.write(' \r');
    this.#row = end.row;
  }

  /** Where on the screen the cursor stands before the given character, counted from the prompt's first row. */
  #place(cursor: number): { row: number; column: number; isWrapped: boolean } {
    const columns = Math.max(this.#options.columns(), 2);
    let row = 0;
    let column = 0;
    let isWrapped = false;
    const put = (character: string): void => {
      isWrapped = false;
      if (character === '\n') {
        row++;
        column = 0;
        return;
      }
      const width = widthOf(character);
      if (column + width > columns) {
        row++;
        column = 0;
      }
      column += width;
      if (column >= columns) {
        row++;
        column = 0;
        isWrapped = true;
      }
    };
    for (const character of Array.from(visible(this.#shownPrompt))) put(character);
    for (let index = 0; index < cursor; index++) put(this.#characters[index] as string);
    return { row, column, isWrapped };
  }

  #wordStart(): number {
    let at = this.#cursor;
    while (at > 0 && !isWordCharacter(this.#characters[at - 1])) at--;
    while (at > 0 && isWordCharacter(this.#characters[at - 1])) at--;
    return at;
  }

  #wordEnd(): number {
    let at = this.#cursor;
    while (at < this.#characters.length && !isWordCharacter(this.#characters[at])) at++;
    while (at < this.#characters.length && isWordCharacter(this.#characters[at])) at++;
    return at;
  }

  #blankWordStart(): number {
    let at = this.#cursor;
    while (at > 0 && this.#characters[at - 1] === ' ') at--;
    while (at > 0 && this.#characters[at - 1] !== ' ') at--;
    return at;
  }
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}

function movement(rows: number, column: number): string {
  const vertical = rows < 0 ? `\x1b[${-rows}A` : rows > 0 ? `\x1b[${rows}B` : '';
  return `${vertical}\r${column > 0 ? `\x1b[${column}C` : ''}`;
}

/** The text without its colours. */
function visible(text: string): string {
  return text.replace(/\x1b\[[0-9;]*m/g, '');
}

/** Columns a character takes: none for marks that combine, two for East Asian wide ones and most pictures. */
export function widthOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (/^\p{M}/u.test(character) || (code >= 0x200b && code <= 0x200f) || (code >= 0xfe00 && code <= 0xfe0f)) return 0;
  const isWide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return isWide ? 2 : 1;
}
