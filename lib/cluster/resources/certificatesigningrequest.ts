import type { V1CertificateSigningRequest } from '@/generated/kubernetes/types';
import { deepCopy } from '@/lib/base';
import { defineResource, type StrategyContext } from '../api';
import { humanDuration } from './columns/duration';
import { ageColumn, nameColumn } from './columns/shared';
import { keepSpec, keepStatus } from './strategy';
import { validateSigningRequest, validateSigningRequestUpdate } from './validation/certificates';

const prefix = 'io.k8s.api.certificates.v1.CertificateSigningRequestSpec';

/** Who asks for a certificate is who creates the request. */
export const CertificateSigningRequest = defineResource<V1CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  names: { plural: 'certificatesigningrequests', singular: 'certificatesigningrequest', short: ['csr'] },
  scope: 'Cluster',
  storagePrefix: 'certificatesigningrequests',
  prepareForCreate(csr, { requester }) {
    const { name, uid, groups, extra } = requester;
    const { username: _1, uid: _2, groups: _3, extra: _4, ...asked } = csr.spec ?? {};
    csr.spec = {
      ...asked,
      username: name,
      ...(uid ? { uid } : {}),
      ...(groups.length ? { groups: [...groups] } : {}),
      ...(extra && Object.keys(extra).length ? { extra: deepCopy(extra) as never } : {}),
    } as V1CertificateSigningRequest['spec'];
    csr.status = {};
  },
  prepareForUpdate(csr, old) {
    keepSpec(csr, old);
    keepStatus(csr, old);
  },
  prepareForStatusUpdate(csr, old, context) {
    keepSpec(csr, old);
    timeConditions(csr, old, context);
  },
  validateName: () => [],
  validate: validateSigningRequest,
  validateUpdate: (csr, old) => validateSigningRequestUpdate(csr, old),
  validateStatusUpdate: (csr, old) => validateSigningRequestUpdate(csr, old, { mayIssue: true }),
  updateChecksAll: true,
  subresources: {
    status: true,
    parts: {
      approval: {
        prepare: prepareApproval,
        validate: (csr, old) => validateSigningRequestUpdate(csr, old, { mayApprove: true }),
      },
    },
  },
  allowUnconditionalUpdate: true,
  selectableFields: ({ spec }) => ({ 'spec.signerName': spec?.signerName ?? '' }),
  notSimulated: 'no certificate is signed, approved or not',
  columns: [
    nameColumn,
    ageColumn,
    { name: 'SignerName', describedBy: `${prefix}.signerName`, value: ({ spec }) => spec?.signerName ?? '' },
    { name: 'Requestor', describedBy: `${prefix}.request`, value: ({ spec }) => spec?.username ?? '' },
    {
      name: 'RequestedDuration',
      describedBy: `${prefix}.expirationSeconds`,
      value: ({ spec }) => (spec?.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000)),
    },
    { name: 'Condition', description: 'Current certificate signing request status (Approved, Denied, Failed, Issued)', value: condition },
  ],
});

/** Who approves decides about conditions alone. */
function prepareApproval(csr: V1CertificateSigningRequest, old: V1CertificateSigningRequest, context: StrategyContext): void {
  const conditions = csr.status?.conditions;
  keepSpec(csr, old);
  keepStatus(csr, old);
  csr.status = { ...csr.status, ...(conditions ? { conditions } : {}) };
  if (!conditions) delete csr.status.conditions;
  timeConditions(csr, old, context);
}

/** `status` and `approval` differ in what may be set; the times of conditions are seen to in both (`populateConditionTimestamps`). */
function timeConditions(csr: V1CertificateSigningRequest, old: V1CertificateSigningRequest, { now }: Pick<StrategyContext, 'now'>): void {
  for (const one of csr.status?.conditions ?? []) {
    one.lastUpdateTime ??= now as never;
    if (one.lastTransitionTime) continue;
    const before = old.status?.conditions?.find(({ type, status }) => type === one.type && status === one.status);
    one.lastTransitionTime = before?.lastTransitionTime ?? (now as never);
  }
}

function condition({ status }: V1CertificateSigningRequest): string {
  const has = (type: string) => status?.conditions?.some((one) => one.type === type) ?? false;
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return `${decision}${has('Failed') ? ',Failed' : ''}${status?.certificate ? ',Issued' : ''}`;
}
