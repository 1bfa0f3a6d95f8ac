import type { V1APIService } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { keepSpec, keepStatus } from './strategy';
import { validateAPIService, validateAPIServiceStatus } from './validation/apiservice';
import { pathSegmentName } from './validation/names';

/** A group and version, and who serves it: the API server itself (Local) or a Service. */
export const APIService = defineResource<V1APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  names: { plural: 'apiservices', singular: 'apiservice', categories: ['api-extensions'] },
  scope: 'Cluster',
  defaults({ spec }) {
    if (spec?.service) spec.service.port ??= 443;
  },
  /** What is local is there at once. */
  prepareForCreate(service, { now }) {
    service.status = service.spec?.service ? {} : { conditions: [localCondition(now)] };
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validateName: pathSegmentName,
  validate: validateAPIService,
  validateStatusUpdate: validateAPIServiceStatus,
  updateChecksAll: true,
  subresources: { status: true },
  columns: [
    nameColumn,
    { name: 'Service', description: 'The reference to the service that hosts this API endpoint.', value: host },
    { name: 'Available', description: 'Whether this service is available.', value: available },
    ageColumn,
  ],
});

function localCondition(now: string) {
  return { type: 'Available', status: 'True', lastTransitionTime: now, reason: 'Local', message: 'Local APIServices are always available' };
}

function host({ spec }: V1APIService): string {
  return spec?.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local';
}

function available({ status }: V1APIService): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Available');
  if (!condition) return 'Unknown';
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason ?? ''})`;
}
