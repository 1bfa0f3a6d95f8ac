import type { V1ValidatingWebhookConfiguration } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { webhookColumns } from './columns/webhooks';
import { defaultWebhooks, validateWebhooks } from './validation/webhooks';

export const ValidatingWebhookConfiguration = defineResource<V1ValidatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  names: { plural: 'validatingwebhookconfigurations', singular: 'validatingwebhookconfiguration', categories: ['api-extensions'] },
  scope: 'Cluster',
  storagePrefix: 'validatingwebhookconfigurations',
  defaults: defaultWebhooks,
  validate: validateWebhooks,
  updateChecksAll: true,
  hasGeneration: true,
  columns: webhookColumns,
});
