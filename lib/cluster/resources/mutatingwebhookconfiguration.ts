import type { V1MutatingWebhookConfiguration } from '@/generated/kubernetes/types';
import { defineResource } from '../api';
import { webhookColumns } from './columns/webhooks';
import { defaultWebhooks, validateWebhooks } from './validation/webhooks';

export const MutatingWebhookConfiguration = defineResource<V1MutatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  names: { plural: 'mutatingwebhookconfigurations', singular: 'mutatingwebhookconfiguration', categories: ['api-extensions'] },
  scope: 'Cluster',
  storagePrefix: 'mutatingwebhookconfigurations',
  defaults(configuration) {
    defaultWebhooks(configuration);
    for (const webhook of configuration.webhooks ?? []) webhook.reinvocationPolicy ??= 'Never';
  },
  validate: validateWebhooks,
  updateChecksAll: true,
  hasGeneration: true,
  columns: webhookColumns,
});
