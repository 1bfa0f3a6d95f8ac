import type { V1ParamKind, V1ParamRef } from '@/generated/kubernetes/types';
import type { KubeObject, TableColumn } from '../../api';
import { ageColumn, nameColumn } from './shared';

/** `printValidatingAdmissionPolicy`, `printMutatingAdmissionPolicy`. */
export function policyColumns<T extends KubeObject>(name: string, description: string, count: (policy: T) => number): TableColumn<T>[] {
  return [
    nameColumn,
    { name, type: 'integer', description, value: count },
    {
      name: 'ParamKind',
      description: 'ParamKind specifies the kind of resources used to parameterize this policy',
      value: ({ spec }) => paramKind(spec?.paramKind),
    },
    ageColumn,
  ];
}

function paramKind(kind: V1ParamKind | undefined): string {
  return kind ? `${kind.apiVersion}/${kind.kind}` : '<unset>';
}

export const policyBindingColumns: readonly TableColumn<KubeObject>[] = [
  nameColumn,
  {
    name: 'PolicyName',
    description: 'PolicyName indicates the policy definition which the policy binding binded to',
    value: ({ spec }) => spec?.policyName ?? '',
  },
  {
    name: 'ParamRef',
    description: 'ParamRef indicates the param resource which sets the configration param',
    value: ({ spec }) => paramRef(spec?.paramRef),
  },
  ageColumn,
];

function paramRef(reference: V1ParamRef | undefined): string {
  if (!reference) return '<unset>';
  const { name, namespace, selector } = reference;
  if (name) return `${namespace || '*'}/${name}`;
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}: ${value},`);
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{},}`;
}
