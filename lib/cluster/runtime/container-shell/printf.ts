/** `echo`: `-n` keeps the line open, `-e` reads backslashes. */
export function echoText(words: readonly string[]): string {
  let index = 0;
  let hasNewline = true;
  let readsEscapes = false;
  for (; /^-[neE]+$/.test(words[index] ?? ''); index++) {
    for (const letter of (words[index] as string).slice(1)) {
      if (letter === 'n') hasNewline = false;
      else readsEscapes = letter === 'e';
    }
  }
  const text = words.slice(index).join(' ');
  return (readsEscapes ? unescape(text) : text) + (hasNewline ? '\n' : '');
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
  e: '\u001b',
  '\\': '\\',
};

export function unescape(text: string): string {
  return text.replace(/\\(?:0?([0-7]{1,3})|x([0-9a-fA-F]{1,2})|([ntrabfve\\]))/g, (_whole, octal?: string, hex?: string, letter?: string) =>
    octal ? String.fromCharCode(parseInt(octal, 8)) : hex ? String.fromCharCode(parseInt(hex, 16)) : (escapes[letter as string] as string),
  );
}

/** Wider than anything that is kept. */
const widthMax = 1_000_000;

/** `printf format [argument…]`: the format is used again while arguments are left. */
export function formatPrintf(words: readonly string[]): { text: string; code: number; error?: string } {
  const [format, ...rest] = words[0] === '--' ? words.slice(1) : words;
  if (format === undefined) return { text: '', code: 2, error: 'usage: printf FORMAT [ARG]...' };
  let text = '';
  let error: string | undefined;
  const template = unescape(format);
  do {
    const before = rest.length;
    text += template.replace(
      /%%|%([-+ 0#]*)(\*|\d+)?(?:\.(\d+))?([a-zA-Z])/g,
      (whole, flags: string, width: string | undefined, precision: string | undefined, kind: string) => {
        if (whole === '%%') return '%';
        const wanted = width === '*' ? Number(rest.shift() ?? 0) : Number(width ?? 0);
        const argument = rest.shift() ?? '';
        if ('diouxXeEfgGc'.includes(kind) && argument !== '' && kind !== 'c' && Number.isNaN(toNumber(argument)))
          error = `${argument}: invalid number`;
        return pad(convert(kind, argument, precision), Math.min(wanted, widthMax), flags, kind);
      },
    );
    if (rest.length === before) break;
  } while (rest.length > 0);
  return { text, code: error ? 1 : 0, ...(error ? { error } : {}) };
}

function toNumber(text: string): number {
  return /^['"]/.test(text) ? text.charCodeAt(1) : Number(text.trim());
}

function convert(kind: string, argument: string, precision: string | undefined): string {
  const number = toNumber(argument) || 0;
  switch (kind) {
    case 'd':
    case 'i':
    case 'u':
      return String(Math.trunc(number));
    case 'x':
      return Math.trunc(number).toString(16);
    case 'X':
      return Math.trunc(number).toString(16).toUpperCase();
    case 'o':
      return Math.trunc(number).toString(8);
    case 'f':
      return number.toFixed(Math.min(100, Number(precision ?? 6)));
    case 'e':
      return number.toExponential(Math.min(100, Number(precision ?? 6)));
    case 'g':
      return String(number);
    case 'c':
      return argument.slice(0, 1);
    case 'b':
      return unescape(argument);
    default:
      return precision === undefined ? argument : argument.slice(0, Number(precision));
  }
}

function pad(text: string, width: number, flags: string, kind: string): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (flags.includes('0') && kind !== 's')
    return text.startsWith('-') ? `-${text.slice(1).padStart(width - 1, '0')}` : text.padStart(width, '0');
  return text.padStart(width);
}
