import type { V1CustomResourceDefinition } from '@/generated/kubernetes/types';
import type { ResourceDefinition } from '../api';

/** What a client must know of the kind that a CustomResourceDefinition describes; undefined until it is established, and when no version is served. */
export function customKindOf({ spec, status }: V1CustomResourceDefinition): ResourceDefinition | undefined {
  const isEstablished = status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True');
  const served = spec.versions.filter((version) => version.served);
  const version = served.find(({ storage }) => storage) ?? served[0];
  if (!isEstablished || !version) return undefined;
  const { plural, singular = '', kind } = spec.names;
  return {
    group: spec.group,
    version: version.name,
    kind,
    names: { plural, singular },
    scope: spec.scope === 'Namespaced' ? 'Namespaced' : 'Cluster',
  };
}
