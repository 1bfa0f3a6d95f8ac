/** A text and its hash. */
export interface Word {
  readonly text: string;
  readonly hash: number;
}

const wordsMax = 1_024;
const lengthMax = 512;

/** Texts that recur, as most of what a cluster does is what it did before: each is hashed and kept once, however often it is made anew. */
export class Words {
  readonly #known = new Map<string, Word>();

  of(text: string): Word {
    const known = this.#known.get(text);
    if (known) return known;
    const word = { text, hash: hashOf(text) };
    if (text.length > lengthMax) return word;
    if (this.#known.size >= wordsMax) this.#known.clear();
    this.#known.set(text, word);
    return word;
  }
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
