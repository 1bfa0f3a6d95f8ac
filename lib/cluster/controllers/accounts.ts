import { ConnectionError, StatusError, type ApiRequest, type ApiResponse, type Transport } from '../api';
import type { Client } from '../client';
import type { Kernel } from '../kernel';
import { ServiceAccount } from '../resources';

/** The service account in kube-system that each controller speaks as with `--use-service-account-credentials`. */
export const accounts: Readonly<Record<string, string>> = {
  'certificatesigningrequest-approving-controller': 'certificate-controller',
  'certificatesigningrequest-cleaner-controller': 'certificate-controller',
  'certificatesigningrequest-signing-controller': 'certificate-controller',
  'clusterrole-aggregation-controller': 'clusterrole-aggregation-controller',
  'cronjob-controller': 'cronjob-controller',
  'daemonset-controller': 'daemon-set-controller',
  'deployment-controller': 'deployment-controller',
  'disruption-controller': 'disruption-controller',
  'endpoints-controller': 'endpoint-controller',
  'endpointslice-controller': 'endpointslice-controller',
  'endpointslice-mirroring-controller': 'endpointslicemirroring-controller',
  'ephemeral-volume-controller': 'ephemeral-volume-controller',
  'garbage-collector-controller': 'generic-garbage-collector',
  'horizontal-pod-autoscaler-controller': 'horizontal-pod-autoscaler',
  'job-controller': 'job-controller',
  'legacy-serviceaccount-token-cleaner-controller': 'legacy-service-account-token-cleaner',
  'namespace-controller': 'namespace-controller',
  'node-ipam-controller': 'node-controller',
  'node-lifecycle-controller': 'node-controller',
  'persistentvolume-attach-detach-controller': 'attachdetach-controller',
  'persistentvolume-binder-controller': 'persistent-volume-binder',
  'persistentvolume-expander-controller': 'expand-controller',
  'persistentvolume-protection-controller': 'pv-protection-controller',
  'persistentvolumeclaim-protection-controller': 'pvc-protection-controller',
  'pod-garbage-collector-controller': 'pod-garbage-collector',
  'replicaset-controller': 'replicaset-controller',
  'replicationcontroller-controller': 'replication-controller',
  'resourceclaim-controller': 'resource-claim-controller',
  'resourcequota-controller': 'resourcequota-controller',
  'root-ca-certificate-publisher-controller': 'root-ca-cert-publisher',
  'service-cidr-controller': 'service-cidrs-controller',
  'serviceaccount-controller': 'service-account-controller',
  'statefulset-controller': 'statefulset-controller',
  'taint-eviction-controller': 'node-controller',
  'ttl-after-finished-controller': 'ttl-after-finished-controller',
  'ttl-controller': 'ttl-controller',
  'validatingadmissionpolicy-status-controller': 'validatingadmissionpolicy-status-controller',
  'volumeattributesclass-protection-controller': 'volumeattributesclass-protection-controller',
};

const namespace = 'kube-system';
/** A token is asked for again when this much of its time has passed. */
const renewedAt = 0.8;

/** Makes sure that the account a controller starts as is there (`clientbuilder.getOrCreateServiceAccount`). False when nobody lets it. */
export function maybeEnsureAccount(client: Client, name: string): boolean {
  try {
    if (!client.find(ServiceAccount, { namespace, name })) client.create(ServiceAccount, { metadata: { namespace, name } });
    return true;
  } catch (error) {
    if (error instanceof StatusError || error instanceof ConnectionError) return false;
    throw error;
  }
}

/**
 * Requests as a service account, whose token is asked for with the manager's own identity when the first of them is made, and again
 * before it expires (`clientbuilder/dynamic.go`).
 */
export function transportAs(
  account: string,
  { client, transport, kernel }: { readonly client: Client; readonly transport: Transport; readonly kernel: Kernel },
): Transport {
  let token: { readonly header: string; readonly renewAt: number } | undefined;
  let withToken: { readonly of: ApiRequest['headers']; readonly made: Readonly<Record<string, string>> } | undefined;
  const headersOf = (headers: ApiRequest['headers'], header: string) => {
    if (withToken?.of === headers && withToken.made['authorization'] === header) return withToken.made;
    withToken = { of: headers, made: { ...headers, authorization: header } };
    return withToken.made;
  };
  return (request) => {
    if (!token || token.renewAt <= kernel.now) {
      let answer = requestToken(account, transport, request.actor);
      if (answer.status === 404 && maybeEnsureAccount(client, account)) answer = requestToken(account, transport, request.actor);
      if (answer.status >= 400) return answer;
      token = tokenOf(answer, kernel.now);
    }
    const response = transport({ ...request, headers: headersOf(request.headers, token.header), withoutCertificate: true });
    if (response.status === 401) token = undefined;
    return response;
  };
}

function requestToken(account: string, transport: Transport, actor: string | undefined): ApiResponse {
  return transport({
    method: 'POST',
    url: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    headers: { accept: 'application/json', 'content-type': 'application/json', 'user-agent': 'kube-controller-manager/tokens-controller' },
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
    ...(actor === undefined ? {} : { actor }),
  });
}

function tokenOf({ body }: ApiResponse, now: number): { header: string; renewAt: number } {
  const { status, spec } = body as { status: { token: string }; spec: { expirationSeconds: number } };
  return { header: `Bearer ${status.token}`, renewAt: now + spec.expirationSeconds * 1000 * renewedAt };
}
