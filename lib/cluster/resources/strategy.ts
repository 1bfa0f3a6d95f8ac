import { deepCopy } from '@/lib/base';
import type { KubeObject } from '../api';

/** A writer of the object itself does not decide its status (`rest.RESTUpdateStrategy.PrepareForUpdate` of most kinds). */
export function keepStatus(object: KubeObject, old: KubeObject): void {
  if (old.status === undefined) delete object.status;
  else object.status = deepCopy(old.status);
}

/** A writer of the status decides nothing else. */
export function keepSpec(object: KubeObject, old: KubeObject): void {
  if (old.spec === undefined) delete object.spec;
  else object.spec = deepCopy(old.spec);
}
