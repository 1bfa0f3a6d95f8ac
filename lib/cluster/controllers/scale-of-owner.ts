import type { V1OwnerReference } from '@/generated/kubernetes/types';
import type { KubeObject } from '../api';
import type { Client, ResourceRef } from '../client';
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
      throw new UnscaledError(`${pluralOf(owner)} does not implement the scale subresource`);
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

/** `daemonsets.apps`, as REST mappings name a kind. */
function pluralOf({ apiVersion, kind }: V1OwnerReference): string {
  const plural = `${kind.toLowerCase()}s`;
  return apiVersion.includes('/') ? `${plural}.${apiVersion.split('/')[0]}` : plural;
}
