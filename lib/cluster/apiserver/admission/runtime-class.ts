import { forbid } from './forbidden';
import { defineAdmissionPlugin } from './plugin';

/** No RuntimeClass is served yet, so a Pod that asks for one asks in vain (`plugin/pkg/admission/runtimeclass`). */
export const RuntimeClass = defineAdmissionPlugin({
  name: 'RuntimeClass',
  mutate(request) {
    const { operation, definition, subresource, object: pod } = request;
    if (definition.kind !== 'Pod' || subresource || operation !== 'CREATE') return;
    const name: string | undefined = pod?.spec.runtimeClassName;
    if (name) throw forbid(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  },
});
