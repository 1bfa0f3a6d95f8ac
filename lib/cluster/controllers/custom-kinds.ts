import type { V1CustomResourceDefinition } from '@/generated/kubernetes/types';
import type { ResourceDefinition } from '../api';
import type { InformerFactory } from '../client';
import { CustomResourceDefinition, customKindOf } from '../resources';

/** The custom kinds that are served, by the name of their definition. */
export type CustomKinds = ReadonlyMap<string, ResourceDefinition>;

/**
 * Keeps up with the custom kinds as they come, move to another version and go; `added` is told of each version. Real controllers ask
 * discovery every thirty seconds instead.
 */
export function followCustomKinds(informers: InformerFactory, added: (resource: ResourceDefinition) => void): CustomKinds {
  const kinds = new Map<string, ResourceDefinition>();
  const learn = (crd: V1CustomResourceDefinition) => {
    const { name } = crd.metadata;
    const kind = customKindOf(crd);
    const known = kinds.get(name);
    if (!kind || kind.version === known?.version) return;
    if (known) informers.forget(known);
    kinds.set(name, kind);
    added(kind);
  };
  informers.for(CustomResourceDefinition).addHandler({
    added: learn,
    updated: (_old, crd) => learn(crd),
    deleted({ metadata }) {
      const kind = kinds.get(metadata.name);
      if (kind) informers.forget(kind);
      kinds.delete(metadata.name);
    },
  });
  return kinds;
}
