import { deepEqual } from '@/lib/base';
import { decodeBase64, StatusError, type KubeObject } from '../../api';
import { forbid } from './forbidden';
import { defineAdmissionPlugin, type AdmissionRequest } from './plugin';

/** Whether the user may do `verb` for a signer, by its name or its domain's (`plugin/pkg/admission/certificates`). */
function mayForSigner({ context }: AdmissionRequest, verb: string, signer: string): boolean {
  return [signer, `${signer.split('/')[0]}/*`].some((name) => {
    try {
      const signers = { group: 'certificates.k8s.io', version: '*', resource: 'signers', subresource: '', namespace: '' };
      context.authorize({ isResource: true, verb, ...signers, name });
      return true;
    } catch (error) {
      if (StatusError.is(error, 'Forbidden')) return false;
      throw error;
    }
  });
}

const signingRequest = ['CertificateSigningRequest'];

/** Only who may `approve` for a signer approves its requests. */
export const CertificateApproval = defineAdmissionPlugin({
  name: 'CertificateApproval',
  kinds: signingRequest,
  validate(request) {
    const { subresource, old } = request;
    if (subresource !== 'approval' || !old) return;
    const signer: string = old.spec.signerName;
    if (!mayForSigner(request, 'approve', signer))
      throw forbid(request, `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`);
  },
});

/** Only who may `sign` for a signer issues its certificates or says that it fails to. */
export const CertificateSigning = defineAdmissionPlugin({
  name: 'CertificateSigning',
  kinds: signingRequest,
  validate(request) {
    const { subresource, object, old } = request;
    if (subresource !== 'status' || !object || !old) return;
    if (deepEqual(object.status?.certificate, old.status?.certificate) && deepEqual(object.status?.conditions, old.status?.conditions))
      return;
    const signer: string = old.spec.signerName;
    if (!mayForSigner(request, 'sign', signer))
      throw forbid(request, `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`);
  },
});

/** Nobody becomes a member of system:masters by a signed request. */
export const CertificateSubjectRestriction = defineAdmissionPlugin({
  name: 'CertificateSubjectRestriction',
  kinds: signingRequest,
  validate(request) {
    const { operation, object } = request;
    if (operation !== 'CREATE' || object?.spec?.signerName !== 'kubernetes.io/kube-apiserver-client') return;
    if (/O = system:masters(,|$)/.test(subjectOf(object)))
      throw forbid(request, 'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed');
  },
});

/** A simulated request states its subject in plain words (ADR 0004). */
function subjectOf({ spec }: KubeObject): string {
  const pem = decodeBase64(spec.request ?? '') ?? '';
  const body = /-----BEGIN CERTIFICATE REQUEST-----\s*([\s\S]*?)\s*-----END/.exec(pem)?.[1] ?? '';
  return /Subject: (.*)$/.exec(decodeBase64(body.replace(/\s/g, '')) ?? '')?.[1] ?? '';
}

/** Only who may `attest` for a signer publishes its trust bundle. */
export const ClusterTrustBundleAttest = defineAdmissionPlugin({
  name: 'ClusterTrustBundleAttest',
  kinds: ['ClusterTrustBundle'],
  validate(request) {
    const { operation, object, old } = request;
    if (operation !== 'CREATE' && operation !== 'UPDATE') return;
    const signers = [object?.spec?.signerName, old?.spec?.signerName].filter(Boolean) as string[];
    for (const signer of signers)
      if (!mayForSigner(request, 'attest', signer))
        throw forbid(request, `user not permitted to attest for signerName ${JSON.stringify(signer)}`);
  },
});
