import type { V1NetworkPolicy } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, formatLabelSelector, nameColumn } from './columns/shared';
import { validateNetworkPolicy } from './validation/networking';

export const NetworkPolicy = defineResource<V1NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  names: { plural: 'networkpolicies', singular: 'networkpolicy', short: ['netpol'] },
  scope: 'Namespaced',
  storagePrefix: 'networkpolicies',
  defaults({ spec }) {
    if (!spec) return;
    for (const { ports } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) for (const port of ports ?? []) port.protocol ??= 'TCP';
    if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
  },
  validate: validateNetworkPolicy,
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  notSimulated: 'no network plugin holds connections to it',
  columns: [
    nameColumn,
    {
      name: 'Pod-Selector',
      describedBy: 'io.k8s.api.networking.v1.NetworkPolicySpec.podSelector',
      value: ({ spec }) => formatLabelSelector(spec?.podSelector ?? {}),
    },
    ageColumn,
  ],
});
