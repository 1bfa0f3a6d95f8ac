import type { V1EndpointSlice } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, listWithMore, nameColumn } from './columns/shared';
import { validateEndpointSlice, validateEndpointSliceUpdate } from './validation/discovery';

export const EndpointSlice = defineResource<V1EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  names: { plural: 'endpointslices', singular: 'endpointslice' },
  scope: 'Namespaced',
  storagePrefix: 'endpointslices',
  defaults({ endpoints, ports }) {
    for (const endpoint of endpoints ?? []) delete endpoint.deprecatedTopology;
    for (const port of ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  warnings: ({ addressType }) => (addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    { name: 'AddressType', describedBy: 'io.k8s.api.discovery.v1.EndpointSlice.addressType', value: ({ addressType }) => addressType },
    {
      name: 'Ports',
      describedBy: 'io.k8s.api.discovery.v1.EndpointSlice.ports',
      value: ({ ports }) =>
        listWithMore(
          (ports ?? []).map(({ port, name }) => String(port ?? (name || '*'))),
          3,
        ) || '<unset>',
    },
    {
      name: 'Endpoints',
      describedBy: 'io.k8s.api.discovery.v1.EndpointSlice.endpoints',
      value: ({ endpoints }) =>
        listWithMore(
          (endpoints ?? []).flatMap(({ addresses }) => addresses ?? []),
          3,
        ) || '<unset>',
    },
    ageColumn,
  ],
});
