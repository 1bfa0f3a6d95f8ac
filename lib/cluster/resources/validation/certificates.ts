import type { V1CertificateSigningRequest, V1CertificateSigningRequestCondition } from '@/generated/kubernetes/types';
import { deepEqual } from '@/lib/base';
import { decodeBytes, type FieldError, FieldPath, fieldError } from '../../api';
import { dnsSubdomain } from './names';

// `pkg/apis/certificates/validation`.

const specPath = FieldPath.of('spec');
const statusPath = FieldPath.of('status');

const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

export function validateSigningRequest(csr: V1CertificateSigningRequest): FieldError[] {
  const { request = '', usages: asked = [], signerName = '', expirationSeconds } = csr.spec ?? {};
  const problem = requestProblem(request);
  const path = specPath.child('usages');
  return [
    ...(problem ? [fieldError.invalid(specPath.child('request'), request, problem)] : []),
    ...(asked.length === 0 ? [fieldError.required(path)] : []),
    ...asked.flatMap((usage, index) => (usages.includes(usage) ? [] : [fieldError.notSupported(path.index(index), usage, usages)])),
    ...asked.flatMap((usage, index) => (asked.indexOf(usage) < index ? [fieldError.duplicate(path.index(index), usage)] : [])),
    ...validateSignerName(signerName, specPath.child('signerName')),
    ...(expirationSeconds !== undefined && expirationSeconds < 600
      ? [
          fieldError.invalid(
            specPath.child('expirationSeconds'),
            expirationSeconds,
            'may not specify a duration less than 600 seconds (10 minutes)',
          ),
        ]
      : []),
    ...validateConditions(csr.status?.conditions ?? [], statusPath.child('conditions')),
  ];
}

/** The envelope is looked at, what is in it is not: nothing here has keys. */
function requestProblem(request: string): string | undefined {
  const [, type, base64 = ''] = /-----BEGIN ([^-]+)-----([^-]*)-----END \1-----/.exec(bytesOf(request)) ?? [];
  if (type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  const der = bytesOf(base64.replace(/\s/g, ''));
  if (der.length === 0) return 'asn1: syntax error: sequence truncated';
  return der.charCodeAt(0) === 0x30 ? undefined : "asn1: structure error: tags don't match";
}

function bytesOf(base64: string): string {
  return [...(decodeBytes(base64) ?? [])].map((byte) => String.fromCharCode(byte)).join('');
}

const signerLengthMax = 571;

/** `kubernetes.io/kube-apiserver-client`: a domain and a path (`ValidateSignerName`). */
function validateSignerName(name: string, path: FieldPath): FieldError[] {
  if (!name) return [fieldError.required(path)];
  if (name === 'kubernetes.io/legacy-unknown')
    return [fieldError.invalid(path, name, 'the legacy signerName is not allowed via this API version')];
  const parts = name.split('/');
  if (parts.length !== 2)
    return [fieldError.invalid(path, name, 'must be a fully qualified domain and path of the form "example.com/signer-name"')];
  const [domain = '', signer = ''] = parts;
  const errors = [
    ...dnsSubdomain(domain).map((why) => fieldError.invalid(path, name, `validating label ${JSON.stringify(domain)}: ${why}`)),
    ...dnsSubdomain(signer).map((why) => fieldError.invalid(path, signer, `validating label ${JSON.stringify(signer)}: ${why}`)),
    ...(domain.split('.').length < 2
      ? [fieldError.invalid(path, name, 'should be a domain with at least two segments separated by dots')]
      : []),
  ];
  return name.length > signerLengthMax ? [...errors, fieldError.tooLong(path, signerLengthMax)] : errors;
}

const onlyTrue = new Set(['Approved', 'Denied', 'Failed']);

function validateConditions(conditions: readonly V1CertificateSigningRequestCondition[], path: FieldPath): FieldError[] {
  return conditions.flatMap(({ type, status }, index) => {
    const at = path.index(index);
    const earlier = conditions.slice(0, index).map((condition) => condition.type);
    const opposite = { Approved: 'Denied', Denied: 'Approved' }[type];
    const allowed = onlyTrue.has(type) ? ['True'] : ['False', 'True', 'Unknown'];
    return [
      ...(type ? [] : [fieldError.required(at.child('type'))]),
      ...(status
        ? allowed.includes(status)
          ? []
          : [fieldError.notSupported(at.child('status'), status, allowed)]
        : [fieldError.required(at.child('status'))]),
      ...(opposite && earlier.includes(opposite)
        ? [fieldError.invalid(at.child('type'), type, 'Approved and Denied conditions are mutually exclusive')]
        : []),
      ...(earlier.includes(type) ? [fieldError.duplicate(at.child('type'), type)] : []),
    ];
  });
}

/** What each way to update may do: the object itself nothing, `status` issue the certificate, `approval` approve or deny. */
interface UpdateRights {
  readonly mayApprove?: boolean;
  readonly mayIssue?: boolean;
}

export function validateSigningRequestUpdate(
  csr: V1CertificateSigningRequest,
  old: V1CertificateSigningRequest,
  { mayApprove, mayIssue }: UpdateRights = {},
): FieldError[] {
  const of = (object: V1CertificateSigningRequest, type: string) => (object.status?.conditions ?? []).filter((one) => one.type === type);
  const forbid = (why: string) => fieldError.forbidden(statusPath.child('conditions'), why);
  const removed = ['Approved', 'Denied', 'Failed'].filter((type) => of(csr, type).length < of(old, type).length);
  const kept = mayApprove ? [] : ['Approved', 'Denied'].filter((type) => !removed.includes(type));
  const [certificate, before] = [csr.status?.certificate ?? '', old.status?.certificate ?? ''];
  const at = statusPath.child('certificate');
  return [
    ...validateSigningRequest(csr),
    ...removed.map((type) => forbid(`updates may not remove a condition of type ${JSON.stringify(type)}`)),
    ...kept.flatMap((type) => {
      if (of(csr, type).length > of(old, type).length) return [forbid(`updates may not add a condition of type ${JSON.stringify(type)}`)];
      return deepEqual(of(csr, type), of(old, type)) ? [] : [forbid(`updates may not modify a condition of type ${JSON.stringify(type)}`)];
    }),
    ...(certificate === before ? [] : certificateErrors(certificate, before, mayIssue === true, at)),
  ];
}

function certificateErrors(certificate: string, before: string, mayIssue: boolean, path: FieldPath): FieldError[] {
  const isPem = /-----BEGIN CERTIFICATE-----/.test(bytesOf(certificate));
  return [
    ...(certificate && !isPem ? [fieldError.invalid(path, '<certificate data>', 'must contain at least one CERTIFICATE PEM block')] : []),
    ...(mayIssue ? [] : [fieldError.forbidden(path, 'updates may not set certificate content')]),
    ...(mayIssue && before ? [fieldError.forbidden(path, 'updates may not modify existing certificate content')] : []),
  ];
}
