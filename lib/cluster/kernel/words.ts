/** A text and its hash. */
export interface Word {
  readonly text: string;
  readonly hash: number;
}

const wordsMax = 4_096;
const lengthMax = 512;

/**
 * Texts that recur, as most of what idle clusters do is what they did before: each is hashed and kept once for all of them, however often it is
 * made anew. A text is worth keeping when it comes for the second time.
 */
let [recent, earlier] = [new Map<string, Word>(), new Map<string, Word>()];
/** What is left of the hash of the text that came last to each place. */
const seen = new Uint16Array(wordsMax);

/** A text that is longer than anything a cluster does by itself is cut: thousands of words are kept, and people choose some of them. */
export function wordOf(text: string): Word {
  if (text.length > lengthMax) return { text: cut(text), hash: hashOf(text) };
  const known = recent.get(text);
  if (known) return known;
  const word = earlier.get(text) ?? { text, hash: hashOf(text) };
  if (isAgain(word.hash)) keep(word);
  return word;
}

/** The beginning as a text of its own: a slice would keep all of it in memory. */
function cut(text: string): string {
  return [...text.slice(0, lengthMax - 1), '…'].join('');
}

function isAgain(hash: number): boolean {
  const [place, mark] = [hash % wordsMax, hash >>> 16];
  if (seen[place] === mark) return true;
  seen[place] = mark;
  return false;
}

function keep(word: Word): void {
  if (recent.size >= wordsMax) [recent, earlier] = [new Map(), recent];
  recent.set(word.text, word);
}

/** Two UTF-16 code units at a time; as much as one differs, so does the result. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5 ^ text.length;
  let index = 0;
  for (; index + 1 < text.length; index += 2)
    hash = Math.imul(hash ^ text.charCodeAt(index) ^ (text.charCodeAt(index + 1) << 16), 0x01000193);
  if (index < text.length) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
