import { StatusError, type KubeObject, type Selector } from '../api';
import type { Client, ResourceRef } from '../client';
import { controllerOf } from './controller';
import { controllerReference } from './pod-state';

export interface Claim<T extends KubeObject> {
  readonly client: Client;
  readonly resource: ResourceRef<T>;
  readonly owner: { readonly resource: ResourceRef<any>; readonly object: KubeObject };
  readonly selector: Selector;
  /** What may be adopted at all; absent means anything. */
  readonly isAdoptable?: (object: T) => boolean;
}

/**
 * The objects that are the owner's: those it controls and still selects, and orphans it adopts here. What it controls and no longer
 * selects is released (`controller.BaseControllerRefManager`). Asks the server once whether the owner itself still lives.
 */
export function claimObjects<T extends KubeObject>(claim: Claim<T>, candidates: readonly T[]): T[] {
  const isAlive = onceIsAlive(claim);
  return candidates.map((candidate) => claimOne(claim, candidate, isAlive)).filter((claimed) => claimed !== undefined);
}

function claimOne<T extends KubeObject>(claim: Claim<T>, object: T, isAlive: () => boolean): T | undefined {
  const { owner, selector } = claim;
  const controller = controllerOf(object);
  const isSelected = selector.matches(object.metadata.labels);
  if (controller) {
    if (controller.uid !== owner.object.metadata.uid) return undefined;
    if (isSelected) return object;
    if (!owner.object.metadata.deletionTimestamp) release(claim, object);
    return undefined;
  }
  if (owner.object.metadata.deletionTimestamp || !isSelected || object.metadata.deletionTimestamp) return undefined;
  if (claim.isAdoptable && !claim.isAdoptable(object)) return undefined;
  return isAlive() ? adopt(claim, object) : undefined;
}

function adopt<T extends KubeObject>({ client, resource, owner }: Claim<T>, object: T): T | undefined {
  const reference = controllerReference(owner.resource, owner.object);
  const body = { metadata: { uid: object.metadata.uid, ownerReferences: [reference] } };
  return unlessGone(() => client.patch(resource, object.metadata, body));
}

/** Removes the reference with a uid precondition; an object that is gone or another by now is not ours to release. */
function release<T extends KubeObject>({ client, resource, owner }: Claim<T>, object: T): void {
  const { uid } = owner.object.metadata;
  const body = { metadata: { uid: object.metadata.uid, ownerReferences: [{ $patch: 'delete', uid }] } };
  unlessGone(() => client.patch(resource, object.metadata, body));
}

function unlessGone<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (StatusError.is(error, 'NotFound') || StatusError.is(error, 'Invalid')) return undefined;
    throw error;
  }
}

/** `RecheckDeletionTimestamp`: a live read, so that a cache's lag never adopts for an owner that is going. */
function onceIsAlive({ client, owner }: Claim<any>): () => boolean {
  let answer: boolean | undefined;
  return () => {
    if (answer === undefined) {
      const fresh = client.find(owner.resource, owner.object.metadata) as KubeObject | undefined;
      answer = fresh?.metadata.uid === owner.object.metadata.uid && !fresh.metadata.deletionTimestamp;
    }
    return answer;
  };
}
