import { compareBytes } from '@/lib/base';
import { labelSelectorAsSelector, type KubeObject, type LabelSelector, type LabelSet, type TableColumn } from '../../api';
import { since } from './duration';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

export const nameColumn: TableColumn<KubeObject> = {
  name: 'Name',
  format: 'name',
  describedBy: `${meta}.name`,
  value: ({ metadata }) => metadata.name,
};

export const ageColumn: TableColumn<KubeObject> = {
  name: 'Age',
  describedBy: `${meta}.creationTimestamp`,
  value: ({ metadata }, now) => since(metadata.creationTimestamp, now),
};

interface TemplateOwner extends KubeObject {
  spec?: {
    template?: { spec?: { containers?: readonly { readonly name: string; readonly image?: string | undefined }[] } };
    selector?: LabelSelector;
  };
}

/** Containers, Images and Selector, which `-o wide` adds to every kind with a Pod template. */
export function workloadColumns(selectorField: string): TableColumn<TemplateOwner>[] {
  return [
    {
      name: 'Containers',
      priority: 1,
      description: 'Names of each container in the template.',
      value: (owner) =>
        containersOf(owner)
          .map(({ name }) => name)
          .join(','),
    },
    {
      name: 'Images',
      priority: 1,
      description: 'Images referenced by each container in the template.',
      value: (owner) =>
        containersOf(owner)
          .map(({ image }) => image ?? '')
          .join(','),
    },
    { name: 'Selector', priority: 1, describedBy: selectorField, value: ({ spec }) => formatLabelSelector(spec?.selector) },
  ];
}

function containersOf({ spec }: TemplateOwner) {
  return spec?.template?.spec?.containers ?? [];
}

/** `a=1,b=2`, sorted (`labels.FormatLabels`). */
export function formatLabels(labels: LabelSet | undefined): string {
  const keys = Object.keys(labels ?? {}).sort(compareBytes);
  return keys.map((key) => `${key}=${labels?.[key]}`).join(',') || '<none>';
}

/** `metav1.FormatLabelSelector`. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  return labelSelectorAsSelector(selector).toString() || '<none>';
}

/** The first `max` items and how many more there are: `a,b,c + 2 more...`. */
export function listWithMore(items: readonly string[], max: number): string {
  const shown = items.slice(0, max).join(',');
  return items.length > max ? `${shown} + ${items.length - max} more...` : shown;
}

const shortModes = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
] as const;

/** `RWO,ROX` (`GetAccessModesAsString`). */
export function accessModesText(modes: readonly string[] | undefined): string {
  return shortModes.flatMap(([mode, short]) => (modes?.includes(mode) ? [short] : [])).join(',');
}
