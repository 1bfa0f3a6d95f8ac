import { deepEqual } from '@/lib/base';
import type { KubeObject } from '../../api';
import { amountsOf, textsOf } from '../../resources/quota/amounts';
import { forbid } from './forbidden';
import { defineAdmissionPlugin, type AdmissionRequest, type Lookup } from './plugin';

/** A Pod takes over its RuntimeClass's overhead and where such Pods may run (`plugin/pkg/admission/runtimeclass`). */
export const RuntimeClass = defineAdmissionPlugin({
  name: 'RuntimeClass',
  kinds: ['Pod'],
  mutate(request, lookup) {
    const pod = newPod(request);
    const runtimeClass = pod && findClass(request, pod, lookup);
    if (!pod || !runtimeClass) return;
    setOverhead(request, pod, runtimeClass['overhead']?.podFixed);
    if (runtimeClass['scheduling']) setScheduling(request, pod, runtimeClass['scheduling']);
  },
  validate(request, lookup) {
    const pod = newPod(request);
    if (!pod) return;
    const fixed = findClass(request, pod, lookup)?.['overhead']?.podFixed;
    if (fixed && !isSame(fixed, pod.spec.overhead)) throw forbid(request, mismatch);
    if (!fixed && Object.keys(pod.spec.overhead ?? {}).length > 0)
      throw forbid(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  },
});

const mismatch = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

function newPod({ operation, subresource, object }: AdmissionRequest): KubeObject | undefined {
  return !subresource && operation === 'CREATE' ? object : undefined;
}

function findClass(request: AdmissionRequest, pod: KubeObject, lookup: Lookup): KubeObject | undefined {
  const name: string | undefined = pod.spec.runtimeClassName;
  if (!name) return undefined;
  const found = lookup.find('RuntimeClass', '', name);
  if (!found) throw forbid(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  return found;
}

function isSame(a: Record<string, string>, b: Record<string, string> | undefined): boolean {
  return deepEqual(textsOf(amountsOf(a)), textsOf(amountsOf(b)));
}

function setOverhead(request: AdmissionRequest, pod: KubeObject, fixed: Record<string, string> | undefined): void {
  if (!fixed) return;
  if (pod.spec.overhead && !isSame(fixed, pod.spec.overhead)) throw forbid(request, mismatch);
  pod.spec.overhead = { ...fixed };
}

interface Scheduling {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly object[];
}

function setScheduling(request: AdmissionRequest, pod: KubeObject, { nodeSelector = {}, tolerations = [] }: Scheduling): void {
  const own: Record<string, string> = pod.spec.nodeSelector ?? {};
  for (const [key, value] of Object.entries(nodeSelector)) {
    if (own[key] !== undefined && own[key] !== value)
      throw forbid(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`,
      );
  }
  if (Object.keys(nodeSelector).length > 0) pod.spec.nodeSelector = { ...own, ...nodeSelector };
  const before: object[] = pod.spec.tolerations ?? [];
  const added = tolerations.filter((one) => !before.some((other) => deepEqual(one, other)));
  if (added.length > 0) pod.spec.tolerations = [...before, ...added.map((one) => ({ ...one }))];
}
