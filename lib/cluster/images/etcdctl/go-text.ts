/** How Go reads and writes numbers and quoted text: what etcdctl's messages, fields and transactions are made of. */

interface Integer {
  /** The function of `strconv` that reads it. */
  readonly name: 'ParseInt' | 'ParseUint';
  readonly base: 10 | 16;
}

/** What `strconv` says against a number of 64 bits; undefined where it takes it. */
export function problemOfInteger(text: string, { name, base }: Integer): string | undefined {
  const isSigned = name === 'ParseInt';
  const digits = /^([+-]?)([0-9a-f]+)$/i.exec(text);
  const isWell = digits && (isSigned || digits[1] === '') && (base === 16 || /^\d+$/.test(digits[2] as string));
  if (!isWell) return `strconv.${name}: parsing ${quoted(text)}: invalid syntax`;
  const size = BigInt(base === 16 ? `0x${digits[2]}` : (digits[2] as string));
  const limit = isSigned ? 2n ** 63n - (digits[1] === '-' ? 0n : 1n) : 2n ** 64n - 1n;
  return size > limit ? `strconv.${name}: parsing ${quoted(text)}: value out of range` : undefined;
}

const escapes: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
const letters: ReadonlyMap<string, string> = new Map(Object.entries(escapes).map(([letter, character]) => [character, letter]));

/** `%q`. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\\u0000-\u001f\u007f-\u00a0\u00ad\u2028\u2029]/g, escaped)}"`;
}

function escaped(character: string): string {
  const letter = letters.get(character);
  if (letter !== undefined) return `\\${letter}`;
  if (character === '"' || character === '\\') return `\\${character}`;
  const code = character.charCodeAt(0);
  return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** What stands between the quotes of `"…"` or `` `…` ``, as `strconv.Unquote` reads it. */
export function unquoted(text: string): string {
  const inner = text.slice(1, -1);
  if (text.startsWith('`')) return inner;
  return inner.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gs,
    (_, byte?: string, short?: string, long?: string, octal?: string, letter = '') => {
      const code = byte ?? short ?? long;
      if (code !== undefined) return String.fromCodePoint(Math.min(parseInt(code, 16), 0x10ffff));
      if (octal !== undefined) return String.fromCodePoint(parseInt(octal, 8));
      return (Object.hasOwn(escapes, letter as string) ? escapes[letter as string] : (letter as string)) as string;
    },
  );
}
