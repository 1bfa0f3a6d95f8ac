import type { Environment } from '@marcbachmann/cel-js';
import { compareBytes } from '@/lib/base';

const pattern = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?$/;

class Semver {
  readonly numbers: readonly bigint[];
  readonly prerelease: readonly string[];

  private constructor(numbers: readonly bigint[], prerelease: readonly string[]) {
    this.numbers = numbers;
    this.prerelease = prerelease;
  }

  static find(text: string): Semver | undefined {
    const [, major, minor, patch, pre] = pattern.exec(text) ?? [];
    if (major === undefined) return undefined;
    return new Semver([BigInt(major), BigInt(minor as string), BigInt(patch as string)], pre ? pre.split('.') : []);
  }

  static parse(text: string): Semver {
    const found = Semver.find(text);
    if (!found) throw new Error(`semver parse error on ${JSON.stringify(text)}`);
    return found;
  }

  compare(other: Semver): number {
    for (let index = 0; index < 3; index++) {
      const [a, b] = [this.numbers[index] as bigint, other.numbers[index] as bigint];
      if (a !== b) return a < b ? -1 : 1;
    }
    return comparePrereleases(this.prerelease, other.prerelease);
  }
}

/** What is not released yet comes before what is. */
function comparePrereleases(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return Math.sign(right.length - left.length);
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [a, b] = [left[index], right[index]];
    if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
    if (a === b) continue;
    const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
    if (isNumber && isOtherNumber) return Number(a) < Number(b) ? -1 : 1;
    return isNumber !== isOtherNumber ? (isNumber ? -1 : 1) : compareBytes(a, b);
  }
  return 0;
}

/** Versions as semver.org has them (`apiserver/pkg/cel/library/semverlib.go`). */
export function registerSemver(environment: Environment): void {
  environment
    .registerType('Semver', { ctor: Semver, fields: {} } as never)
    .registerFunction('semver(string): Semver', (text: string) => Semver.parse(text))
    .registerFunction('isSemver(string): bool', (text: string) => Semver.find(text) !== undefined)
    .registerFunction('Semver.isGreaterThan(Semver): bool', (a: Semver, b: Semver) => a.compare(b) > 0)
    .registerFunction('Semver.isLessThan(Semver): bool', (a: Semver, b: Semver) => a.compare(b) < 0)
    .registerFunction('Semver.compareTo(Semver): int', (a: Semver, b: Semver) => BigInt(a.compare(b)))
    .registerFunction('Semver.major(): int', ({ numbers }: Semver) => numbers[0])
    .registerFunction('Semver.minor(): int', ({ numbers }: Semver) => numbers[1])
    .registerFunction('Semver.patch(): int', ({ numbers }: Semver) => numbers[2]);
}
