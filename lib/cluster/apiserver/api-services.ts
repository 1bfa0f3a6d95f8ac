import type { KubeObject } from '../api';

/** A group and version the API server serves itself, with what kube-aggregator orders discovery by (`pkg/controlplane/apiserver/aggregator.go`). */
interface ServedVersion {
  readonly group: string;
  readonly version: string;
  readonly groupPriority: number;
  readonly versionPriority: number;
}

const served = (group: string, groupPriority: number, versionPriority = 15, version = 'v1'): ServedVersion => ({
  group,
  version,
  groupPriority,
  versionPriority,
});

/** In the order of discovery. */
export const servedVersions: readonly ServedVersion[] = [
  served('', 18000, 1),
  served('apiregistration.k8s.io', 18000, 18),
  served('apps', 17800),
  served('events.k8s.io', 17750),
  served('authentication.k8s.io', 17700),
  served('authorization.k8s.io', 17600),
  served('autoscaling', 17500, 30, 'v2'),
  served('autoscaling', 17500),
  served('batch', 17400),
  served('certificates.k8s.io', 17300),
  served('networking.k8s.io', 17200),
  served('policy', 17100),
  served('rbac.authorization.k8s.io', 17000),
  served('storage.k8s.io', 16800),
  served('admissionregistration.k8s.io', 16700),
  served('apiextensions.k8s.io', 16700),
  served('scheduling.k8s.io', 16600),
  served('coordination.k8s.io', 16500),
  served('node.k8s.io', 16300),
  served('discovery.k8s.io', 16200),
  served('resource.k8s.io', 16200),
  served('flowcontrol.apiserver.k8s.io', 16100, 21),
];

/** The objects of the post-start hook `kube-apiserver-autoregistration`. kube-aggregator does not register itself. */
export function localApiServices(): KubeObject[] {
  return servedVersions.filter(({ group }) => group !== 'apiregistration.k8s.io').map((one) => localApiService(one, 'onstart'));
}

/** The object that registers a version which the API server serves itself; `automanaged` says whether for good or for as long as there is a definition of it. */
export function localApiService(
  { group, version, groupPriority, versionPriority }: ServedVersion,
  automanaged: 'onstart' | 'true',
): KubeObject {
  return {
    kind: 'APIService',
    apiVersion: 'apiregistration.k8s.io/v1',
    metadata: { name: `${version}.${group}`, labels: { 'kube-aggregator.kubernetes.io/automanaged': automanaged } },
    spec: { ...(group ? { group } : {}), version, groupPriorityMinimum: groupPriority, versionPriority },
  } as unknown as KubeObject;
}
