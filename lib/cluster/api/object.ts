import type { V1ObjectMeta, V1OwnerReference } from '@/generated/kubernetes/types';

/** Any API object as the API server answers it. What comes from a store or a cache is frozen: `deepCopy` before changing it. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: V1ObjectMeta;
  [field: string]: any;
}

export type ObjectMeta = V1ObjectMeta;
export type OwnerReference = V1OwnerReference;

/** An object on its way to the API server: whatever the server fills in may be missing. */
export type Draft<T> = T extends (infer Item)[] ? Draft<Item>[] : T extends object ? { [Key in keyof T]?: Draft<T[Key]> } : T;

export interface ObjectList<T = KubeObject> {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

/** `namespace/name`, or `name` for what is cluster-scoped: a work queue's key and a cache's. */
export function keyOf(object: { metadata: { name: string; namespace?: string | undefined } }): string {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}

export function splitKey(key: string): { namespace: string | undefined; name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: undefined, name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
