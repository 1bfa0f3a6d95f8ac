/** One thing done at a keyboard, as a terminal sends it. */
export type Key =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'paste'; readonly text: string }
  | { readonly type: 'control'; readonly letter: string }
  | { readonly type: 'meta'; readonly letter: string }
  | { readonly type: NamedKey };

export type NamedKey =
  | 'enter'
  | 'tab'
  | 'backspace'
  | 'delete'
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'home'
  | 'end'
  | 'word-left'
  | 'word-right'
  | 'escape'
  | 'unknown';

/** Turns what a terminal sends into keys; a sequence cut in two by the network is put together again. */
export class KeyReader {
  #rest = '';

  read(text: string): Key[] {
    const keys: Key[] = [];
    let input = this.#rest + text;
    this.#rest = '';
    while (input) {
      const taken = takeKey(input);
      if (!taken) {
        this.#rest = input;
        break;
      }
      keys.push(taken.key);
      input = input.slice(taken.length);
    }
    return keys;
  }
}

const pasteStart = '\x1b[200~';
const pasteEnd = '\x1b[201~';

function takeKey(input: string): { key: Key; length: number } | undefined {
  if (input.startsWith(pasteStart)) {
    const end = input.indexOf(pasteEnd);
    if (end < 0) return undefined;
    return { key: { type: 'paste', text: input.slice(pasteStart.length, end).replace(/\r\n?/g, '\n') }, length: end + pasteEnd.length };
  }
  const first = input.charCodeAt(0);
  if (first === 0x1b) return takeEscape(input);
  const named = byCode.get(first);
  if (named) return { key: { type: named }, length: input.startsWith('\r\n') ? 2 : 1 };
  if (first < 0x20) return { key: { type: 'control', letter: String.fromCharCode(first + 0x60) }, length: 1 };
  const text = /^[^\x00-\x1f\x7f]+/.exec(input)?.[0] ?? input.charAt(0);
  return { key: { type: 'text', text }, length: text.length };
}

const byCode = new Map<number, NamedKey>([
  [0x0d, 'enter'],
  [0x0a, 'enter'],
  [0x09, 'tab'],
  [0x7f, 'backspace'],
  [0x08, 'backspace'],
]);

const byEscape = new Map<string, NamedKey>([
  ['[A', 'up'],
  ['[B', 'down'],
  ['[C', 'right'],
  ['[D', 'left'],
  ['OA', 'up'],
  ['OB', 'down'],
  ['OC', 'right'],
  ['OD', 'left'],
  ['[H', 'home'],
  ['[F', 'end'],
  ['OH', 'home'],
  ['OF', 'end'],
  ['[1~', 'home'],
  ['[4~', 'end'],
  ['[7~', 'home'],
  ['[8~', 'end'],
  ['[3~', 'delete'],
  ['[1;5C', 'word-right'],
  ['[1;5D', 'word-left'],
  ['[1;3C', 'word-right'],
  ['[1;3D', 'word-left'],
]);

function takeEscape(input: string): { key: Key; length: number } | undefined {
  if (input.length === 1) return { key: { type: 'escape' }, length: 1 };
  const sequence = /^\x1b((?:\[[0-9;?]*[ -/]*[@-~])|(?:O[A-Za-z]))/.exec(input)?.[1];
  if (sequence) return { key: { type: byEscape.get(sequence) ?? 'unknown' }, length: sequence.length + 1 };
  if (/^\x1b(\[[0-9;?]*|O)$/.test(input)) return undefined;
  return { key: { type: 'meta', letter: input.charAt(1) }, length: 2 };
}
