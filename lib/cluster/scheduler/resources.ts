import type { V1Container, V1Pod } from '@/generated/kubernetes/types';
import { Quantity } from '../api';

/** Amounts by resource name: cpu in thousandths, all others in whole units. */
export type Resources = Readonly<Record<string, number>>;

type Quantities = Readonly<Record<string, string>> | undefined;

/** What the scorers take a container to want that asks for nothing (`util/pod_resources.go`). */
const nonZeroCpuMillis = 100;
const nonZeroMemoryBytes = 200 * 1024 * 1024;

export function amountsOf(quantities: Quantities): Resources {
  const amounts: Record<string, number> = {};
  for (const name in quantities) {
    const quantity = Quantity.parse(quantities[name] as string);
    amounts[name] = name === 'cpu' ? quantity.milliValue() : quantity.value();
  }
  return amounts;
}

export function add(a: Resources, b: Resources): Resources {
  const sum: Record<string, number> = { ...a };
  for (const name in b) sum[name] = (sum[name] ?? 0) + (b[name] as number);
  return sum;
}

export function subtract(a: Resources, b: Resources): Resources {
  const difference: Record<string, number> = { ...a };
  for (const name in b) {
    const left = (difference[name] ?? 0) - (b[name] as number);
    if (left === 0) delete difference[name];
    else difference[name] = left;
  }
  return difference;
}

function max(a: Resources, b: Resources): Resources {
  const most: Record<string, number> = { ...a };
  for (const name in b) most[name] = Math.max(most[name] ?? 0, b[name] as number);
  return most;
}

/** What a Pod asks of a node (`component-helpers/resource.PodRequests`): its containers together, or the hungriest moment of its start. */
export function podRequests(pod: V1Pod): Resources {
  return requestsOf(pod, (container) => amountsOf(container.resources?.requests));
}

/** The same with the scorers' minimum for containers that ask for nothing. */
export function nonZeroRequests(pod: V1Pod): Resources {
  return requestsOf(pod, (container) => ({
    cpu: nonZeroCpuMillis,
    memory: nonZeroMemoryBytes,
    ...amountsOf(container.resources?.requests),
  }));
}

function requestsOf({ spec }: V1Pod, of: (container: V1Container) => Resources): Resources {
  let running: Resources = {};
  for (const container of spec.containers) running = add(running, of(container));
  let sidecars: Resources = {};
  let starting: Resources = {};
  for (const container of spec.initContainers ?? []) {
    const own = of(container);
    if (container.restartPolicy === 'Always') {
      running = add(running, own);
      sidecars = add(sidecars, own);
      starting = max(starting, sidecars);
    } else {
      starting = max(starting, add(own, sidecars));
    }
  }
  const containers = max(running, starting);
  return add({ ...containers, ...amountsOf(spec.resources?.requests) }, amountsOf(spec.overhead));
}
