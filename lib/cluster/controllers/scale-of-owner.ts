import type { V1APIResourceList, V1OwnerReference } from '@/generated/kubernetes/types';
import type { KubeObject } from '../api';
import { ignoreNotFound, objectPath, type Client, type ResourceRef } from '../client';
import { Deployment, ReplicaSet, ReplicationController, StatefulSet } from '../resources';
import { controllerOf } from './controller';

/** Whose scale cannot be known: said in upstream's words. */
export class UnscaledError extends Error {}

export interface OwnerScale {
  readonly uid: string;
  readonly replicas: number;
}

/** The workload that decides how many Pods like this one there are, and how many: a Deployment's ReplicaSet leads to the Deployment (`getPodReplicaSet` …). */
export function findScale(client: Client, { metadata }: KubeObject, owner: V1OwnerReference): OwnerScale | undefined {
  const namespace = metadata.namespace as string;
  switch (`${owner.apiVersion.split('/')[0]}/${owner.kind}`) {
    case 'apps/ReplicaSet': {
      const replicaSet = find(client, ReplicaSet, namespace, owner);
      const above = replicaSet && controllerOf(replicaSet);
      if (above?.kind === 'Deployment') return scaleOf(find(client, Deployment, namespace, above));
      return scaleOf(replicaSet);
    }
    case 'apps/StatefulSet':
      return scaleOf(find(client, StatefulSet, namespace, owner));
    case 'v1/ReplicationController':
      return scaleOf(find(client, ReplicationController, namespace, owner));
    default:
      return scaleByDiscovery(client, namespace, owner);
  }
}

function find<T extends KubeObject>(
  client: Client,
  resource: ResourceRef<T>,
  namespace: string,
  { name, uid }: V1OwnerReference,
): T | undefined {
  const found = client.find(resource, { namespace, name });
  return found?.metadata.uid === uid ? found : undefined;
}

function scaleOf(workload: KubeObject | undefined): OwnerScale | undefined {
  return workload && { uid: workload.metadata.uid as string, replicas: (workload['spec'] as { replicas?: number }).replicas ?? 1 };
}

/** Of any other kind the server itself says whether it has a scale, and which (`getScaleController`). */
function scaleByDiscovery(client: Client, namespace: string, { apiVersion, kind, name, uid }: V1OwnerReference): OwnerScale | undefined {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const resources = ignoreNotFound(() => resourcesOf(client, apiVersion)) ?? [];
  const plural = resources.find((resource) => resource.kind === kind && !resource.name.includes('/'))?.name;
  if (plural === undefined) throw new UnscaledError(`no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`);
  if (!resources.some((resource) => resource.name === `${plural}/scale`))
    throw new UnscaledError(`${group ? `${plural}.${group}` : plural} does not implement the scale subresource`);
  const owner = { group, version, kind, names: { plural }, scope: 'Namespaced' } as const;
  const scale = ignoreNotFound(() => client.request({ method: 'GET', url: objectPath(owner, { namespace, name }, 'scale') }).body);
  const found = scale as KubeObject | undefined;
  return found?.metadata.uid === uid ? { uid, replicas: found.spec?.replicas ?? 0 } : undefined;
}

function resourcesOf(client: Client, apiVersion: string): V1APIResourceList['resources'] {
  const root = apiVersion.includes('/') ? '/apis' : '/api';
  return (client.request({ method: 'GET', url: `${root}/${apiVersion}` }).body as V1APIResourceList).resources;
}
