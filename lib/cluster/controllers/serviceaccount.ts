import type { V1Namespace } from '@/generated/kubernetes/types';
import { done } from '../client';
import { Namespace, ServiceAccount } from '../resources';
import { defineController } from './controller';
import { createUnlessThere } from './write';

/** Gives every namespace its service account `default`, again when it was deleted (`pkg/controller/serviceaccount`). */
export const serviceAccountController = defineController<V1Namespace>({
  name: 'serviceaccount-controller',
  for: Namespace,
  watches: [
    {
      resource: ServiceAccount,
      keys: ({ metadata }) => (metadata.name === 'default' ? [metadata.namespace as string] : []),
      matters: () => false,
    },
  ],
  reconcile({ key, object: namespace, cache, client }) {
    if (!namespace || namespace.status?.phase !== 'Active' || cache(ServiceAccount).get(`${key}/default`)) return done;
    createUnlessThere(client, ServiceAccount, { metadata: { name: 'default', namespace: key } });
    return done;
  },
});
