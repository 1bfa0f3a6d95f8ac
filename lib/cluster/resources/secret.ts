import type { V1Secret } from '@/generated/kubernetes/types';
import { decodeBase64, defineResource, encodeBase64 } from '../api';
import { ageColumn, nameColumn } from './columns/shared';
import { validateSecret, validateSecretUpdate } from './validation/config';

export const Secret = defineResource<V1Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  names: { plural: 'secrets', singular: 'secret' },
  scope: 'Namespaced',
  defaults(secret) {
    secret.type ??= 'Opaque';
    mergeStringData(secret);
  },
  warnings: tlsWarnings,
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  updateChecksAll: true,
  allowUnconditionalUpdate: true,
  selectableFields: ({ type }) => ({ type: type ?? '' }),
  columns: [
    nameColumn,
    { name: 'Type', describedBy: 'io.k8s.api.core.v1.Secret.type', value: ({ type }) => type ?? '' },
    { name: 'Data', describedBy: 'io.k8s.api.core.v1.Secret.data', value: ({ data }) => Object.keys(data ?? {}).length },
    ageColumn,
  ],
});

/** `stringData` is for writers only: it lands in `data`, where it wins. */
function mergeStringData(secret: V1Secret): void {
  if (!secret.stringData) return;
  secret.data ??= {};
  for (const [key, text] of Object.entries(secret.stringData)) secret.data[key] = encodeBase64(text);
  delete secret.stringData;
}

/** A certificate's own contents are not looked at, only whether there is one. */
function tlsWarnings({ type, data }: V1Secret): string[] {
  if (type !== 'kubernetes.io/tls' || !data?.['tls.crt']) return [];
  return decodeBase64(data['tls.crt'])?.includes('-----BEGIN ') ? [] : ['tls: failed to find any PEM data in certificate input'];
}
