import { defineAdmissionPlugin } from './plugin';

/** A Pod that asks for a device tolerates the taint of that device's name (`plugin/pkg/admission/extendedresourcetoleration`). Off by default. */
export const ExtendedResourceToleration = defineAdmissionPlugin({
  name: 'ExtendedResourceToleration',
  kinds: ['Pod'],
  mutate({ operation, subresource, object: pod }) {
    if (subresource || !pod || (operation !== 'CREATE' && operation !== 'UPDATE')) return;
    const names = new Set<string>();
    for (const { resources } of [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])])
      for (const name of Object.keys(resources?.requests ?? {})) if (isExtended(name)) names.add(name);
    const before: any[] = pod.spec.tolerations ?? [];
    const added = [...names].sort().filter((key) => !before.some((one) => one.key === key && one.operator === 'Exists' && !one.effect));
    if (added.length > 0) pod.spec.tolerations = [...before, ...added.map((key) => ({ key, operator: 'Exists' }))];
  },
});

function isExtended(name: string): boolean {
  return name.includes('/') && !/(^|\.)kubernetes\.io\//.test(name) && !name.startsWith('requests.');
}
