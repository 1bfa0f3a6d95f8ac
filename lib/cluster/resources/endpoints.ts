import type { V1Endpoints } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, listWithMore, nameColumn } from './columns/shared';
import { validateEndpoints } from './validation/other-kinds';

export const Endpoints = defineResource<V1Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  names: { plural: 'endpoints', singular: 'endpoints', short: ['ep'] },
  scope: 'Namespaced',
  storagePrefix: 'services/endpoints',
  defaults({ subsets }) {
    for (const { ports } of subsets ?? []) for (const port of ports ?? []) port.protocol ??= 'TCP';
  },
  validate: validateEndpoints,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  columns: [
    nameColumn,
    {
      name: 'Endpoints',
      describedBy: 'io.k8s.api.core.v1.Endpoints.subsets',
      value: ({ subsets }) => listWithMore((subsets ?? []).flatMap(socketsOf), 3) || '<none>',
    },
    ageColumn,
  ],
});

type Subset = NonNullable<V1Endpoints['subsets']>[number];

/** A headless Service without ports has addresses only. */
function socketsOf({ addresses = [], ports = [] }: Subset): string[] {
  if (ports.length === 0) return addresses.map(({ ip }) => ip);
  return ports.flatMap(({ port }) => addresses.map(({ ip }) => `${ip.includes(':') ? `[${ip}]` : ip}:${port}`));
}
