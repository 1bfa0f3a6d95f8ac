import type { Environment } from '@marcbachmann/cel-js';
import { deepEqual } from '@/lib/base';

type List = readonly unknown[];

/** What `sets.` stands for: the engine knows functions of values only. */
class Sets {}

/** `library/lists.go` and cel-go's `sets`. */
export function registerLists(environment: Environment): void {
  const compare = (a: unknown, b: unknown): number => ((a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0);
  const has = (list: List, item: unknown) => list.some((one) => same(one, item));
  const best = (list: List, sign: number) => {
    if (list.length === 0) throw new Error(`${sign < 0 ? 'min' : 'max'} called on empty list`);
    return list.reduce((found, item) => (compare(item, found) * sign > 0 ? item : found));
  };
  environment
    .registerType('Sets', { ctor: Sets, fields: {} } as never)
    .registerConstant('sets', 'Sets', new Sets())
    .registerFunction('list.isSorted(): bool', (list: List) =>
      list.every((item, index) => index === 0 || compare(list[index - 1], item) <= 0),
    )
    .registerFunction('list<A>.sum(): A', (list: List) =>
      list.length === 0 ? 0n : list.reduce((sum, item) => (sum as bigint) + (item as bigint)),
    )
    .registerFunction('list<A>.min(): A', (list: List) => best(list, -1))
    .registerFunction('list<A>.max(): A', (list: List) => best(list, 1))
    .registerFunction('list.indexOf(dyn): int', (list: List, item: unknown) => BigInt(list.findIndex((one) => same(one, item))))
    .registerFunction('list.lastIndexOf(dyn): int', (list: List, item: unknown) => BigInt(list.findLastIndex((one) => same(one, item))))
    .registerFunction('Sets.contains(list, list): bool', (_: Sets, list: List, items: List) => items.every((item) => has(list, item)))
    .registerFunction('Sets.intersects(list, list): bool', (_: Sets, list: List, items: List) => items.some((item) => has(list, item)))
    .registerFunction(
      'Sets.equivalent(list, list): bool',
      (_: Sets, list: List, items: List) => items.every((item) => has(list, item)) && list.every((item) => has(items, item)),
    );
}

function same(a: unknown, b: unknown): boolean {
  return a === b || deepEqual(a, b);
}
