import { parseInstant } from '../../kernel';
import type { KubeObject } from '../../api';
import { isMirrorPod } from '../pod-references';
import { forbid } from './forbidden';
import { defineAdmissionPlugin, type AdmissionRequest, type Lookup } from './plugin';

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Upstream looks ten times, up to a fifth of a second apart, for the `default` account of a young namespace. */
const defaultAccountWaitMs = 2000;

/** Gives every Pod a service account and its token (`plugin/pkg/admission/serviceaccount`). */
export const ServiceAccount = defineAdmissionPlugin({
  name: 'ServiceAccount',
  kinds: ['Pod'],
  mutate(request, lookup) {
    const { operation, subresource, object: pod } = request;
    if (subresource || operation !== 'CREATE' || !pod) return;
    if (isMirrorPod(pod)) return checkMirrorPod(request, pod);
    pod.spec.serviceAccountName ||= 'default';
    pod.spec.serviceAccount = pod.spec.serviceAccountName;
    const account = findAccount(request, lookup, pod.spec.serviceAccountName);
    if (!pod.spec.imagePullSecrets?.length && account?.imagePullSecrets?.length)
      pod.spec.imagePullSecrets = account.imagePullSecrets.map((secret: object) => ({ ...secret }));
    if (pod.spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true) mountToken(pod, lookup);
  },
  validate(request, lookup) {
    const { operation, subresource, object: pod } = request;
    if (subresource || operation !== 'CREATE' || !pod?.spec.serviceAccountName) return;
    const account = lookup.find('ServiceAccount', request.namespace, pod.spec.serviceAccountName);
    if (account?.metadata.annotations?.[enforceAnnotation] === 'true') checkSecretReferences(request, pod, account);
  },
});

const enforceAnnotation = 'kubernetes.io/enforce-mountable-secrets';

/** An account that says so lets its Pods read the Secrets it lists and no others (`limitSecretReferences`). */
function checkSecretReferences(request: AdmissionRequest, pod: KubeObject, account: KubeObject): void {
  const name = account.metadata.name;
  const mountable = new Set(((account['secrets'] ?? []) as { name?: string }[]).map((secret) => secret.name));
  const refuse = (what: string) => forbid(request, `${what} is not allowed because service account ${name} does not reference that secret`);
  for (const { secret } of pod.spec.volumes ?? [])
    if (secret && !mountable.has(secret.secretName)) throw refuse(`volume with secret.secretName=${JSON.stringify(secret.secretName)}`);
  for (const [what, containers] of [
    ['init container', pod.spec.initContainers],
    ['container', pod.spec.containers ?? []],
  ] as const) {
    for (const container of containers ?? []) {
      for (const { name: variable, valueFrom } of container.env ?? [])
        if (valueFrom?.secretKeyRef && !mountable.has(valueFrom.secretKeyRef.name))
          throw refuse(
            `${what} ${container.name} with envVar ${variable} referencing secret.secretName=${JSON.stringify(valueFrom.secretKeyRef.name)}`,
          );
      for (const { secretRef } of container.envFrom ?? [])
        if (secretRef && !mountable.has(secretRef.name))
          throw refuse(`${what} ${container.name} with envFrom referencing secret.secretName=${JSON.stringify(secretRef.name)}`);
    }
  }
  const pulling = new Set(((account['imagePullSecrets'] ?? []) as { name?: string }[]).map((secret) => secret.name));
  for (const [index, secret] of (pod.spec.imagePullSecrets ?? []).entries())
    if (!pulling.has(secret.name))
      throw forbid(
        request,
        `imagePullSecrets[${index}].name=${JSON.stringify(secret.name)} is not allowed because service account ${name} does not reference that imagePullSecret`,
      );
}

function checkMirrorPod(request: AdmissionRequest, pod: KubeObject): void {
  if (pod.spec.serviceAccountName) throw forbid(request, 'a mirror pod may not reference service accounts');
  if (pod.spec.volumes?.some((volume: any) => volume.secret)) throw forbid(request, 'a mirror pod may not reference secrets');
}

function findAccount(request: AdmissionRequest, lookup: Lookup, name: string): KubeObject | undefined {
  const { namespace } = request;
  const account = lookup.find('ServiceAccount', namespace, name);
  if (account || (name === 'default' && isYoung(lookup, namespace))) return account;
  throw forbid(request, `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`);
}

function isYoung(lookup: Lookup, namespace: string): boolean {
  const created = lookup.find('Namespace', '', namespace)?.metadata.creationTimestamp;
  return created !== undefined && lookup.kernel.now - parseInstant(created) < defaultAccountWaitMs;
}

function mountToken(pod: KubeObject, lookup: Lookup): void {
  const existing = pod.spec.volumes?.find((volume: any) => volume.name.startsWith('kube-api-access-') && volume.projected);
  const name =
    existing?.name ??
    `kube-api-access-${lookup.kernel.random.fork(`token/${pod.metadata.namespace}/${pod.metadata.name ?? pod.metadata.generateName}/${lookup.kernel.takeSerial()}`).suffix(5)}`;
  let isNeeded = false;
  for (const container of [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])]) {
    if (container.volumeMounts?.some((mount: any) => mount.mountPath === tokenPath)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: tokenPath }];
    isNeeded = true;
  }
  if (isNeeded && !existing) pod.spec.volumes = [...(pod.spec.volumes ?? []), tokenVolume(name)];
}

function tokenVolume(name: string): object {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
      defaultMode: 420,
    },
  };
}
