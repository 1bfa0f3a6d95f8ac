import { hash32 } from './hash';
import { assert } from './assert';

/** The alphabet of Kubernetes' generated names: no vowels, no 0 1 3 (`apimachinery/pkg/util/rand`). */
const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * A seeded stream of numbers (sfc32). The same seed gives the same stream on every host.
 * `fork(name)` gives an independent stream that depends only on this stream's seed and the name, never on how much was drawn.
 */
export class Random {
  readonly seed: string;
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  private constructor(seed: string) {
    this.seed = seed;
    this.#a = hash32(seed);
    this.#b = hash32(seed, 0x9e3779b9);
    this.#c = hash32(seed, 0x85ebca6b);
    for (let round = 0; round < 12; round++) this.next();
  }

  static of(seed: string | number): Random {
    return new Random(String(seed));
  }

  fork(name: string): Random {
    return new Random(`${this.seed}/${name}`);
  }

  /** The next 32 bits, unsigned. */
  next(): number {
    const t = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    return t >>> 0;
  }

  /** A number in [0, 1). */
  float(): number {
    return this.next() / 0x1_0000_0000;
  }

  /** A whole number in [0, below). */
  int(below: number): number {
    assert(below > 0, () => `int below ${below}`);
    return Math.floor(this.float() * below);
  }

  /** A whole number in [low, high]. */
  between(low: number, high: number): number {
    return low + this.int(high - low + 1);
  }

  pick<T>(items: readonly T[]): T {
    assert(items.length > 0, 'pick from nothing');
    return items[this.int(items.length)] as T;
  }

  /** `length` letters as Kubernetes appends to generated names. */
  suffix(length: number): string {
    let text = '';
    for (let index = 0; index < length; index++) text += suffixAlphabet[this.int(suffixAlphabet.length)];
    return text;
  }

  hex(length: number): string {
    let text = '';
    while (text.length < length) text += this.next().toString(16).padStart(8, '0');
    return text.slice(0, length);
  }

  /** A version 4 UUID. */
  uuid(): string {
    const [a, b, c, d] = [this.next(), this.next(), this.next(), this.next()];
    const variant = '89ab'[(c >>> 28) & 3] as string;
    return `${hex16(a >>> 16)}${hex16(a)}-${hex16(b >>> 16)}-4${hex12(b)}-${variant}${hex12(c >>> 16)}-${hex16(c)}${hex16(d >>> 16)}${hex16(d)}`;
  }
}

const bytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The lowest 16 bits. */
function hex16(value: number): string {
  return (bytes[(value >>> 8) & 255] as string) + (bytes[value & 255] as string);
}

/** The lowest 12 bits. */
function hex12(value: number): string {
  return hex16(value & 0xfff).slice(1);
}
