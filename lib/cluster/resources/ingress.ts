import type { V1Ingress } from '@/generated/kubernetes/types';
import { compareBytes } from '@/lib/base';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { keepSpec, keepStatus } from './strategy';
import { ingressClassAnnotation, validateIngress, validateIngressCreate, validateIngressStatus } from './validation/networking';

export const Ingress = defineResource<V1Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  names: { plural: 'ingresses', singular: 'ingress', short: ['ing'] },
  scope: 'Namespaced',
  storagePrefix: 'ingress',
  prepareForCreate(ingress) {
    ingress.status = { loadBalancer: {} };
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: keepSpec,
  validate: validateIngressCreate,
  validateUpdate: validateIngress,
  validateStatusUpdate: validateIngressStatus,
  warnings: ({ metadata }, old) =>
    !old && metadata.annotations?.[ingressClassAnnotation] !== undefined
      ? [`annotation ${JSON.stringify(ingressClassAnnotation)} is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
  subresources: { status: true },
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  notSimulated: 'no ingress controller serves it',
  columns: [
    nameColumn,
    {
      name: 'Class',
      description: 'The name of the IngressClass resource that should be used for additional configuration',
      value: ({ spec }) => spec?.ingressClassName ?? '<none>',
    },
    { name: 'Hosts', description: 'Hosts that incoming requests are matched against before the ingress rule', value: hosts },
    { name: 'Address', description: 'Address is a list containing ingress points for the load-balancer', value: addresses },
    { name: 'Ports', description: 'Ports of TLS configurations that open', value: ({ spec }) => (spec?.tls?.length ? '80, 443' : '80') },
    ageColumn,
  ],
});

const hostsShown = 3;

/** `formatHosts`: what is left over counts rules, with a host or without. */
function hosts({ spec }: V1Ingress): string {
  const rules = spec?.rules ?? [];
  const named = rules.flatMap(({ host }) => host || []);
  if (named.length === 0) return '*';
  const shown = named.slice(0, hostsShown).join(',');
  const isCut = rules.findIndex((_, index) => rules.slice(0, index).filter(({ host }) => host).length === hostsShown) >= 0;
  return isCut ? `${shown} + ${rules.length - hostsShown} more...` : shown;
}

function addresses({ status }: V1Ingress): string {
  const points = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip || hostname || []);
  return [...new Set(points)].sort(compareBytes).join(',');
}
