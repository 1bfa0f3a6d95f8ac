import type { V1Namespace } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { keepSpec, keepStatus } from './strategy';
import { dnsLabel } from './validation/names';
import { validateNamespace, validateNamespaceStatus } from './validation/other-kinds';

const nameLabel = 'kubernetes.io/metadata.name';

export const Namespace = defineResource<V1Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  names: { plural: 'namespaces', singular: 'namespace', short: ['ns'] },
  scope: 'Cluster',
  defaults({ metadata }) {
    if (metadata.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name };
  },
  prepareForCreate(namespace) {
    namespace.spec ??= {};
    namespace.spec.finalizers = [...new Set([...(namespace.spec.finalizers ?? []), 'kubernetes'])];
    namespace.status = { phase: 'Active' };
    namespace.metadata.labels = { ...namespace.metadata.labels, [nameLabel]: namespace.metadata.name ?? '' };
  },
  prepareForUpdate(namespace, old) {
    keepSpec(namespace, old);
    keepStatus(namespace, old);
  },
  prepareForStatusUpdate: keepSpec,
  validateName: dnsLabel,
  validate: validateNamespace,
  validateStatusUpdate: validateNamespaceStatus,
  subresources: { status: true },
  allowUnconditionalUpdate: true,
  selectableFields: ({ status }) => ({ 'status.phase': status.phase ?? '' }),
  columns: [
    nameColumn,
    { name: 'Status', description: 'The status of the namespace', value: ({ status }) => status.phase ?? '' },
    ageColumn,
  ],
});
