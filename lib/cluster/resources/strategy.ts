import type { KubeObject } from '../api';

/** A writer of the object itself does not decide its status, which is passed on as it is (`rest.RESTUpdateStrategy.PrepareForUpdate` of most kinds). */
export function keepStatus(object: KubeObject, old: KubeObject): void {
  if (old.status === undefined) delete object.status;
  else object.status = old.status;
}

/** A writer of the status decides nothing else: the spec is passed on as it is. */
export function keepSpec(object: KubeObject, old: KubeObject): void {
  if (old.spec === undefined) delete object.spec;
  else object.spec = old.spec;
}
