import type { V1ServiceAccount } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';

const enforceMountableSecrets = 'kubernetes.io/enforce-mountable-secrets';

export const ServiceAccount = defineResource<V1ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  names: { plural: 'serviceaccounts', singular: 'serviceaccount', short: ['sa'] },
  scope: 'Namespaced',
  returnsDeletedObject: true,
  warnings: ({ metadata }) =>
    metadata.annotations?.[enforceMountableSecrets] === undefined
      ? []
      : [
          `metadata.annotations[${enforceMountableSecrets}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
        ],
  updateChecksAll: true,
  allowUnconditionalUpdate: true,
  columns: [nameColumn, ageColumn],
});
