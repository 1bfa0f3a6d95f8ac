import { StatusError, type Draft, type KubeObject } from '../api';
import type { Client, ResourceRef } from '../client';

/** Creates what a lagging cache has not seen; a namespace that is going takes nothing new, and needs nothing. */
export function createUnlessThere<T extends KubeObject>(client: Client, resource: ResourceRef<T>, draft: Draft<T>): void {
  try {
    client.create(resource, draft);
  } catch (error) {
    const isTerminating =
      error instanceof StatusError && (error.status.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating');
    if (!StatusError.is(error, 'AlreadyExists') && !isTerminating) throw error;
  }
}

/** Deletes what may be gone already. */
export function deleteIfThere<T extends KubeObject>(
  client: Client,
  resource: ResourceRef<T>,
  object: KubeObject,
  options?: Parameters<Client['delete']>[2],
): void {
  try {
    client.delete(resource, object.metadata, options);
  } catch (error) {
    if (!StatusError.is(error, 'NotFound')) throw error;
  }
}
