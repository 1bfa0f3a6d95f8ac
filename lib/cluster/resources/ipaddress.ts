import type { V1IPAddress } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { nameColumn } from './columns/shared';
import { ipAddressName, validateIPAddress, validateIPAddressUpdate } from './validation/networking';

/** One is written for every cluster IP a Service is given; its name is the address. */
export const IPAddress = defineResource<V1IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  names: { plural: 'ipaddresses', singular: 'ipaddress', short: ['ip'] },
  scope: 'Cluster',
  storagePrefix: 'ipaddresses',
  validateName: ipAddressName,
  validate: validateIPAddress,
  validateUpdate: validateIPAddressUpdate,
  allowUnconditionalUpdate: true,
  selectableFields: ({ spec }) => ({
    'spec.parentRef.group': spec?.parentRef?.group ?? '',
    'spec.parentRef.resource': spec?.parentRef?.resource ?? '',
    'spec.parentRef.namespace': spec?.parentRef?.namespace ?? '',
    'spec.parentRef.name': spec?.parentRef?.name ?? '',
  }),
  columns: [nameColumn, { name: 'ParentRef', describedBy: 'io.k8s.api.networking.v1.IPAddressSpec.parentRef', value: parent }],
});

function parent({ spec }: V1IPAddress): string {
  if (!spec?.parentRef) return '<none>';
  const { group, resource, namespace, name } = spec.parentRef;
  return `${(group ? `${resource}.${group}` : (resource ?? '')).toLowerCase()}${namespace ? `/${namespace}` : ''}/${name}`;
}
