import type { MachineFileSystem } from './file-system';

const linesMax = 500;

/** The command lines typed so far, kept in a file as bash keeps them. A line of several is one entry. */
export class History {
  readonly #files: MachineFileSystem | undefined;
  readonly #path: string;
  #lines: string[];

  constructor(files?: MachineFileSystem, path = '') {
    this.#files = files;
    this.#path = path;
    this.#lines = (files?.findText(path) ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map(unescape);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  add(line: string): void {
    const entry = line.replace(/\n+$/, '');
    if (entry.trim() === '' || entry.startsWith(' ') || entry === this.#lines.at(-1)) return;
    this.#lines = [...this.#lines, entry].slice(-linesMax);
    try {
      this.#files?.writeText(this.#path, this.#lines.map((one) => `${escape(one)}\n`).join(''));
    } catch {
      // A full disk costs the learner the history file, not the command.
    }
  }

  /** `!!`, `!n`, `!-n` and `!prefix` replaced, undefined where there is no such event. A `!` before space or in single quotes stays. */
  expand(line: string): { readonly line: string; readonly missing?: string } {
    let missing: string | undefined;
    const expanded = line.replace(/'[^']*'|!(!|-?\d+|[A-Za-z][\w-]*)/g, (whole, event: string | undefined) => {
      if (event === undefined) return whole;
      const found = this.#find(event);
      if (found === undefined) missing ??= whole;
      return found ?? whole;
    });
    return missing === undefined ? { line: expanded } : { line, missing };
  }

  #find(event: string): string | undefined {
    if (event === '!') return this.#lines.at(-1);
    if (/^-?\d+$/.test(event)) return this.#lines.at(Number(event) > 0 ? Number(event) - 1 : Number(event));
    return this.#lines.findLast((line) => line.startsWith(event));
  }
}

function escape(line: string): string {
  return line.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
}

function unescape(line: string): string {
  return line.replace(/\\(\\|n)/g, (_, one: string) => (one === 'n' ? '\n' : '\\'));
}
