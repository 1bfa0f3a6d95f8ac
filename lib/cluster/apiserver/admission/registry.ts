import { isBuiltIn } from '../context';
import { AlwaysPullImages } from './always-pull-images';
import { CertificateApproval, CertificateSigning, CertificateSubjectRestriction, ClusterTrustBundleAttest } from './certificates';
import { DefaultIngressClass } from './default-ingress-class';
import { DefaultStorageClass } from './default-storage-class';
import { DefaultTolerationSeconds } from './default-toleration-seconds';
import { MutatingAdmissionPolicy } from './dynamic/mutating-policy';
import { ValidatingAdmissionPolicy } from './dynamic/validating-policy';
import { MutatingAdmissionWebhook, ValidatingAdmissionWebhook } from './dynamic/webhooks';
import { ExtendedResourceToleration } from './extended-resource-toleration';
import { LimitRanger } from './limit-ranger';
import { NamespaceLifecycle } from './namespace-lifecycle';
import { NodeRestriction } from './node-restriction';
import { PersistentVolumeClaimResize } from './persistent-volume-claim-resize';
import type { AdmissionPlugin, AdmissionRequest, Lookup } from './plugin';
import { PodSecurity } from './pod-security/pod-security';
import { PodTopologyLabels } from './pod-topology-labels';
import { Priority } from './priority';
import { ResourceQuota } from './resource-quota';
import { RuntimeClass } from './runtime-class';
import { ServiceAccount } from './service-account';
import { StorageObjectInUseProtection } from './storage-object-in-use-protection';
import { TaintNodesByCondition } from './taint-nodes-by-condition';

/** In the order of `AllOrderedPlugins` (`pkg/kubeapiserver/options/plugins.go`). */
const ordered: readonly AdmissionPlugin[] = [
  NamespaceLifecycle,
  LimitRanger,
  ServiceAccount,
  NodeRestriction,
  TaintNodesByCondition,
  AlwaysPullImages,
  PodSecurity,
  Priority,
  DefaultTolerationSeconds,
  ExtendedResourceToleration,
  DefaultStorageClass,
  StorageObjectInUseProtection,
  PersistentVolumeClaimResize,
  RuntimeClass,
  CertificateApproval,
  CertificateSigning,
  ClusterTrustBundleAttest,
  CertificateSubjectRestriction,
  DefaultIngressClass,
  PodTopologyLabels,
  MutatingAdmissionPolicy,
  MutatingAdmissionWebhook,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionWebhook,
  ResourceQuota,
];

const offByDefault: readonly string[] = [AlwaysPullImages.name, ExtendedResourceToleration.name, NodeRestriction.name];

/** Plugins of v1.36 that change nothing here: naming them is no mistake. */
const notSimulated = [
  'AlwaysAdmit',
  'AlwaysDeny',
  'DenyServiceExternalIPs',
  'EventRateLimit',
  'ImagePolicyWebhook',
  'LimitPodHardAntiAffinityTopology',
  'NamespaceAutoProvision',
  'NamespaceExists',
  'NodeDeclaredFeatureValidator',
  'OwnerReferencesPermissionEnforcement',
  'PodNodeSelector',
  'PodTolerationRestriction',
];

/** The plugins that run when nobody says anything. */
export const admissionPlugins: readonly AdmissionPlugin[] = ordered.filter(({ name }) => !offByDefault.includes(name));

/** `--enable-admission-plugins` and `--disable-admission-plugins`; a sentence when one names what there is not. */
export function selectPlugins(enabled: readonly string[], disabled: readonly string[]): readonly AdmissionPlugin[] | string {
  const known = new Set([...ordered.map(({ name }) => name), ...notSimulated]);
  const unknown = (names: readonly string[]) => names.filter((name) => !known.has(name));
  if (unknown(enabled).length > 0) return `enable-admission-plugins plugin ${JSON.stringify(unknown(enabled)[0])} is unknown`;
  if (unknown(disabled).length > 0) return `disable-admission-plugins plugin ${JSON.stringify(unknown(disabled)[0])} is unknown`;
  const both = enabled.filter((name) => disabled.includes(name));
  if (both.length > 0) return `[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`;
  return ordered.filter(({ name }) => !disabled.includes(name) && (enabled.includes(name) || !offByDefault.includes(name)));
}

export function mutate(request: AdmissionRequest, lookup: Lookup, plugins: readonly AdmissionPlugin[]): void {
  const asked = askedAbout(request, plugins);
  for (const plugin of asked) plugin.mutate?.(request, lookup);
  if (!request.rounds.wantsSecond) return;
  request.rounds.isSecond = true;
  for (const plugin of asked) plugin.mutate?.(request, lookup);
}

export function validate(request: AdmissionRequest, lookup: Lookup, plugins: readonly AdmissionPlugin[]): void {
  for (const plugin of askedAbout(request, plugins)) plugin.validate?.(request, lookup);
}

function askedAbout({ operation, definition }: AdmissionRequest, plugins: readonly AdmissionPlugin[]): readonly AdmissionPlugin[] {
  return plugins.filter(
    ({ kinds, seesConnections }) =>
      (!kinds || kinds.some((kind) => isBuiltIn(kind, definition))) && (operation !== 'CONNECT' || seesConnections),
  );
}
