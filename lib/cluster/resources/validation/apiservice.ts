import type { V1APIService } from '@/generated/kubernetes/types';
import { decodedLength, type FieldError, FieldPath, fieldError } from '../../api';
import { dns1035Label, dnsSubdomain, invalidEach, pathSegmentName } from './names';

const specPath = FieldPath.of('spec');

/** `ValidateAPIService` of kube-aggregator. */
export function validateAPIService({ metadata, spec }: V1APIService): FieldError[] {
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0 } = spec ?? {};
  const name = `${version}.${group}`;
  const isOdd = metadata.name && pathSegmentName(metadata.name).length === 0 && metadata.name !== name;
  const outOf = (field: string, value: number, max: number) =>
    value <= 0 || value > max ? [fieldError.invalid(specPath.child(field), value, `must be positive and less than ${max}`)] : [];
  return [
    ...(isOdd
      ? [
          fieldError.invalid(
            FieldPath.of('metadata').child('name'),
            metadata.name,
            `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(name)}`,
          ),
        ]
      : []),
    ...(group === '' && version !== 'v1'
      ? [fieldError.required(specPath.child('group'), 'only v1 may have an empty group and it better be legacy kube')]
      : []),
    ...(group ? invalidEach(specPath.child('group'), group, dnsSubdomain(group)) : []),
    ...invalidEach(specPath.child('version'), version, dns1035Label(version)),
    ...outOf('groupPriorityMinimum', groupPriorityMinimum, 20_000),
    ...outOf('versionPriority', versionPriority, 1000),
    ...validateBackend(spec),
  ];
}

function validateBackend(spec: V1APIService['spec']): FieldError[] {
  const { service, caBundle = '', insecureSkipTLSVerify } = spec ?? {};
  const insecure = specPath.child('insecureSkipTLSVerify');
  if (!service)
    return [
      ...(caBundle
        ? [fieldError.invalid(specPath.child('caBundle'), `${decodedLength(caBundle)} bytes`, 'local APIServices may not have a caBundle')]
        : []),
      ...(insecureSkipTLSVerify ? [fieldError.invalid(insecure, true, 'local APIServices may not have insecureSkipTLSVerify')] : []),
    ];
  return [
    ...(service.namespace ? [] : [fieldError.required(specPath.child('service', 'namespace'))]),
    ...(service.name ? [] : [fieldError.required(specPath.child('service', 'name'))]),
    ...(insecureSkipTLSVerify && caBundle ? [fieldError.invalid(insecure, true, 'may not be true if caBundle is present')] : []),
  ];
}

export function validateAPIServiceStatus({ status }: V1APIService): FieldError[] {
  return (status?.conditions ?? []).flatMap((condition, index) =>
    ['True', 'False', 'Unknown'].includes(condition.status)
      ? []
      : [
          fieldError.notSupported(FieldPath.of('status').child('conditions').index(index).child('status'), condition.status, [
            'True',
            'False',
            'Unknown',
          ]),
        ],
  );
}
