import type { KubeObject } from '../../api';
import { forbid } from './forbidden';
import { defineAdmissionPlugin } from './plugin';

/** Resolves `priorityClassName` to a number (`plugin/pkg/admission/priority`). */
export const Priority = defineAdmissionPlugin({
  name: 'Priority',
  kinds: ['Pod'],
  mutate(request, lookup) {
    const { operation, subresource, object: pod, old } = request;
    if (subresource || !pod) return;
    if (operation === 'UPDATE') return keepPriority(pod, old);
    if (operation !== 'CREATE') return;
    const name = pod.spec.priorityClassName;
    const found = name ? lookup.find('PriorityClass', '', name) : lookup.list('PriorityClass').find((one) => one.globalDefault);
    if (name && !found) throw forbid(request, `no PriorityClass with name ${name} was found`);
    const priority: number = found?.value ?? 0;
    if (pod.spec.priority !== undefined && pod.spec.priority !== priority)
      throw forbid(
        request,
        `the integer value of priority (${pod.spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
      );
    const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority';
    if (pod.spec.preemptionPolicy !== undefined && pod.spec.preemptionPolicy !== policy)
      throw forbid(
        request,
        `the string value of PreemptionPolicy (${pod.spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
      );
    if (found && !name) pod.spec.priorityClassName = found.metadata.name;
    pod.spec.priority = priority;
    pod.spec.preemptionPolicy = policy;
  },
});

/** An update that leaves it out keeps it; validation refuses one that changes it. */
function keepPriority(pod: KubeObject, old: KubeObject | undefined): void {
  pod.spec.priority ??= old?.spec.priority;
  pod.spec.preemptionPolicy ??= old?.spec.preemptionPolicy;
}
