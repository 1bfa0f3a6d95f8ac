import type { V1Service } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { serviceColumns } from './columns/service';
import { dropFieldsOfOtherType, keepAllocated, pairClusterIPs } from './service-strategy';
import { keepSpec, keepStatus } from './strategy';
import { dns1035Label } from './validation/names';
import { isExternallyAccessible, validateService, validateServiceUpdate } from './validation/service';
import { serviceWarnings } from './warnings';

/** Cluster IPs, IP families and node ports are handed out by the API server's allocators. */
export const Service = defineResource<V1Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  names: { plural: 'services', singular: 'service', short: ['svc'], categories: ['all'] },
  scope: 'Namespaced',
  returnsDeletedObject: true,
  storagePrefix: 'services/specs',
  defaults({ spec }) {
    if (!spec) return;
    spec.sessionAffinity ??= 'None';
    if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
    if (spec.sessionAffinity === 'ClientIP' && !spec.sessionAffinityConfig?.clientIP?.timeoutSeconds)
      spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10800 } };
    spec.type ??= 'ClusterIP';
    for (const port of spec.ports ?? []) {
      port.protocol ??= 'TCP';
      if (!port.targetPort) port.targetPort = port.port;
    }
    if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ??= 'Cluster';
    if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
    if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  },
  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
    pairClusterIPs(service, undefined);
    dropFieldsOfOtherType(service, undefined);
  },
  prepareForUpdate(service, old) {
    keepStatus(service, old);
    pairClusterIPs(service, old);
    keepAllocated(service, old);
    dropFieldsOfOtherType(service, old);
  },
  prepareForStatusUpdate: keepSpec,
  validateName: dns1035Label,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  warnings: serviceWarnings,
  subresources: { status: true },
  allowCreateOnUpdate: true,
  updateChecksAll: true,
  allowUnconditionalUpdate: true,
  selectableFields: ({ spec }) => ({ 'spec.clusterIP': spec.clusterIP ?? '', 'spec.type': spec.type ?? '' }),
  columns: serviceColumns,
});
