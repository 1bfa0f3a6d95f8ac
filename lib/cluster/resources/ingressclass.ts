import type { V1IngressClass } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { validateIngressClass, validateIngressClassUpdate } from './validation/networking';

export const IngressClass = defineResource<V1IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  names: { plural: 'ingressclasses', singular: 'ingressclass' },
  scope: 'Cluster',
  storagePrefix: 'ingressclasses',
  defaults({ spec }) {
    if (spec?.parameters) spec.parameters.scope ||= 'Cluster';
  },
  validate: validateIngressClass,
  validateUpdate: validateIngressClassUpdate,
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  notSimulated: 'no ingress controller serves it',
  columns: [
    nameColumn,
    {
      name: 'Controller',
      description: 'Controller that is responsible for handling this class',
      value: ({ spec }) => spec?.controller ?? '',
    },
    { name: 'Parameters', description: 'A reference to a resource with additional parameters', value: parameters },
    ageColumn,
  ],
});

function parameters({ spec }: V1IngressClass): string {
  if (!spec?.parameters) return '<none>';
  const { apiGroup, kind, name } = spec.parameters;
  return `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`;
}
