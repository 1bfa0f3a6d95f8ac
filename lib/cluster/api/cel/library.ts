import type { Environment } from '@marcbachmann/cel-js';
import { Quantity } from '../quantity';
import { registerAuthorizer } from './authorizer';
import { registerLists } from './lists';
import { registerLiterals } from './literals';
import { registerNetwork } from './network';
import { registerSemver } from './semver';
import { registerStrings } from './strings';

/** What Kubernetes adds to CEL (`apiserver/pkg/cel/library`), as far as it is there: quantities, lists, regular expressions, sets, strings, URLs, addresses, versions. */
export function withLibraries(environment: Environment): Environment {
  registerQuantities(environment);
  registerLists(environment);
  registerStrings(environment);
  registerNetwork(environment);
  registerSemver(environment);
  registerAuthorizer(environment);
  registerLiterals(environment);
  return environment;
}

function registerQuantities(environment: Environment): void {
  const isQuantity = (text: string) => {
    try {
      Quantity.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  const billion = 1_000_000_000n;
  environment
    .registerType('Quantity', { ctor: Quantity, fields: {} } as never)
    .registerFunction('quantity(string): Quantity', (text: string) => Quantity.parse(text))
    .registerFunction('isQuantity(string): bool', isQuantity)
    .registerFunction('Quantity.isGreaterThan(Quantity): bool', (a: Quantity, b: Quantity) => a.compare(b) > 0)
    .registerFunction('Quantity.isLessThan(Quantity): bool', (a: Quantity, b: Quantity) => a.compare(b) < 0)
    .registerFunction('Quantity.compareTo(Quantity): int', (a: Quantity, b: Quantity) => BigInt(a.compare(b)))
    .registerFunction('Quantity.sign(): int', ({ nanos }: Quantity) => (nanos > 0n ? 1n : nanos < 0n ? -1n : 0n))
    .registerFunction('Quantity.isInteger(): bool', ({ nanos }: Quantity) => nanos % billion === 0n)
    .registerFunction('Quantity.asInteger(): int', ({ nanos }: Quantity) => nanos / billion)
    .registerFunction('Quantity.asApproximateFloat(): double', ({ nanos }: Quantity) => Number(nanos) / 1e9);
}
