import { failure, statusErrors } from '../../api';
import { isBuiltIn } from '../context';
import { forbid } from './forbidden';
import { defineAdmissionPlugin } from './plugin';

const immortal = ['default', 'kube-system', 'kube-public'];

/** Nothing is made in a namespace that is missing or going away (`plugin/namespace/lifecycle`). */
export const NamespaceLifecycle = defineAdmissionPlugin({
  name: 'NamespaceLifecycle',
  mutate(request, lookup) {
    const { operation, definition, namespace, name } = request;
    if (isBuiltIn('Namespace', definition)) {
      if (operation === 'DELETE' && immortal.includes(name))
        throw statusErrors.forbidden({ group: '', resource: 'namespaces' }, name, 'this namespace may not be deleted');
      return;
    }
    if (namespace === '' || operation === 'DELETE') return;
    const found = lookup.find('Namespace', '', namespace);
    if (!found) throw statusErrors.notFound({ group: '', resource: 'namespaces' }, namespace);
    if (operation !== 'CREATE' || found.status?.phase !== 'Terminating') return;
    const { status } = forbid(request, `unable to create new content in namespace ${namespace} because it is being terminated`);
    const cause = { reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' };
    throw failure(403, 'Forbidden', status.message as string, { ...status.details, causes: [cause] });
  },
});
