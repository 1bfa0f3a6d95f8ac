import type { V1Container, V1Pod, V1PodSpec } from '@/generated/kubernetes/types';
import { amountsOf, maximum, sum, type Amounts } from './amounts';

type List = Readonly<Record<string, string>>;

/** What a Pod asks for: its containers together, or the init containers one after the other, whichever is more (`resourcehelper.PodRequests`). */
export function podRequests(pod: V1Pod): Amounts {
  const { spec } = pod;
  const total = totalOf(spec as V1PodSpec, ({ resources }) => resources?.requests as List | undefined);
  return sum({ ...total, ...amountsOf(spec?.resources?.requests as List | undefined) }, amountsOf(spec?.overhead as List | undefined));
}

export function podLimits(pod: V1Pod): Amounts {
  const { spec } = pod;
  const total = {
    ...totalOf(spec as V1PodSpec, ({ resources }) => resources?.limits as List | undefined),
    ...amountsOf(spec?.resources?.limits as List | undefined),
  };
  const overhead = amountsOf(spec?.overhead as List | undefined);
  const limited = Object.keys(overhead).filter((name) => Object.hasOwn(total, name) && !total[name]?.isZero);
  return sum(total, Object.fromEntries(limited.map((name) => [name, overhead[name] as Amounts[string]])));
}

function totalOf(spec: V1PodSpec, listOf: (container: V1Container) => List | undefined): Amounts {
  let running: Amounts = {};
  for (const container of spec.containers ?? []) running = sum(running, amountsOf(listOf(container)));
  let sidecars: Amounts = {};
  let starting: Amounts = {};
  for (const container of spec.initContainers ?? []) {
    const own = amountsOf(listOf(container));
    if (container.restartPolicy === 'Always') {
      running = sum(running, own);
      sidecars = sum(sidecars, own);
      starting = maximum(starting, sidecars);
    } else starting = maximum(starting, sum(own, sidecars));
  }
  return maximum(running, starting);
}
