import { statusErrors, type KubeObject } from '../api';
import { rfc3339, type Instant } from '../kernel';
import { decodeBody } from './body';
import { tracked } from './fields';
import { readWriteOptions } from './options';
import { checkName, notAllowed, rendered, writing, type ResourceHandler } from './handler';
import type { StoreHooks } from './store';

/**
 * A namespace does not go at once: it becomes Terminating, its controller empties it and then takes its finalizer off
 * (`registry/core/namespace/storage`).
 */
export const namespaceHooks: StoreHooks = {
  beginDeletion(namespace: KubeObject, now: Instant): KubeObject | 'pending' | undefined {
    const { metadata, spec, status } = namespace;
    if (!metadata.deletionTimestamp)
      return { ...namespace, metadata: { ...metadata, deletionTimestamp: rfc3339(now) }, status: { ...status, phase: 'Terminating' } };
    return spec?.finalizers?.length ? 'pending' : undefined;
  },
};

/** PUT `namespaces/x/finalize`: sets `spec.finalizers`, and deletes the namespace when it was the last thing it waited for. */
export const finalizeNamespace: ResourceHandler = (services, request, context) => {
  const { definition, info } = context;
  if (info.verb !== 'update') throw notAllowed();
  const options = readWriteOptions(info.query, 'UpdateOptions');
  const namespace = decodeBody(request, definition, options.fieldValidation, context.warnings);
  definition.defaults?.(namespace);
  checkName(namespace, info.name);
  const produce = (old: KubeObject | undefined) => {
    if (!old) throw statusErrors.notFound({ group: '', resource: 'namespaces' }, info.name);
    return namespace;
  };
  const finalizing = writing(context, request, options);
  const { object } = services.store.update(finalizing, tracked(finalizing, produce), {
    subresource: 'finalize',
    prepare(changed, old) {
      changed.status = old.status;
    },
  });
  return rendered(services, request, context, object);
};
