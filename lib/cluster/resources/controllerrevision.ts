import type { V1ControllerRevision } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { validateControllerRevision, validateControllerRevisionUpdate } from './validation/other-kinds';

export const ControllerRevision = defineResource<V1ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  names: { plural: 'controllerrevisions', singular: 'controllerrevision' },
  scope: 'Namespaced',
  storagePrefix: 'controllerrevisions',
  validate: validateControllerRevision,
  validateUpdate: validateControllerRevisionUpdate,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    { name: 'Controller', description: 'Controller of the object', value: controllerOf },
    { name: 'Revision', describedBy: 'io.k8s.api.apps.v1.ControllerRevision.revision', value: ({ revision }) => revision },
    ageColumn,
  ],
});

/** `daemonset.apps/kube-proxy`. */
function controllerOf({ metadata }: V1ControllerRevision): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (!owner) return '<none>';
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : '';
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}
