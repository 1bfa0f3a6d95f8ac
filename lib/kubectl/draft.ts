import type { KubeObject } from '@/lib/cluster';

/** An object built here, on its way to the server: uid, creationTimestamp and resourceVersion are the server's to fill in. */
export function draftObject(object: { kind: string; apiVersion: string; metadata: object; [field: string]: unknown }): KubeObject {
  return object as unknown as KubeObject;
}
