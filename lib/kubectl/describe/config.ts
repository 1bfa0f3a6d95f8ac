import { decodeBytes } from '@/lib/cluster';
import { compareBytes } from '@/lib/base';
import { defineDescriber } from './describer';
import { eventLines } from './events';
import { annotationLines, labelLines, resourceNames, type Text } from './text';
import type { Context } from '../context';
import { pathOf } from '../discovery';

function heading(text: Text, { metadata }: any): void {
  text.line(0, 'Name:', metadata.name).line(0, 'Namespace:', metadata.namespace);
  labelLines(text, 'Labels', metadata.labels);
  annotationLines(text, 'Annotations', metadata.annotations);
}

export const configMapDescriber = defineDescriber({
  hasEvents: true,
  describe(text, configMap, { context, events }) {
    heading(text, configMap);
    text.line(0, '').line(0, 'Data').line(0, '====');
    for (const key of Object.keys(configMap.data ?? {}).sort(compareBytes)) {
      text.line(0, `${key}:`).line(0, '----');
      for (const line of configMap.data[key].split('\n')) text.line(0, line);
      text.line(0, '');
    }
    text.line(0, '').line(0, 'BinaryData').line(0, '====');
    for (const key of Object.keys(configMap.binaryData ?? {}).sort(compareBytes))
      text.line(0, `${key}: ${decodeBytes(configMap.binaryData[key])?.length ?? 0} bytes`);
    text.line(0, '');
    eventLines(text, events, context.io.now());
  },
});

export const secretDescriber = defineDescriber({
  hasEvents: false,
  describe(text, secret) {
    heading(text, secret);
    text
      .line(0, '')
      .line(0, 'Type:', secret.type ?? '')
      .line(0, '')
      .line(0, 'Data')
      .line(0, '====');
    for (const key of Object.keys(secret.data ?? {}).sort(compareBytes)) {
      const bytes = decodeBytes(secret.data[key]) ?? new Uint8Array();
      const isToken = key === 'token' && secret.type === 'kubernetes.io/service-account-token';
      text.line(0, `${key}:`, isToken ? new TextDecoder().decode(bytes) : `${bytes.length} bytes`);
    }
  },
});

export const namespaceDescriber = defineDescriber({
  hasEvents: false,
  async describe(text, { metadata, status }, { context }) {
    text.line(0, 'Name:', metadata.name);
    labelLines(text, 'Labels', metadata.labels);
    annotationLines(text, 'Annotations', metadata.annotations);
    text.line(0, 'Status:', status?.phase ?? '');
    if (status?.conditions?.length) {
      text
        .line(0, 'Conditions:')
        .line(1, 'Type', 'Status', 'LastTransitionTime', 'Reason', 'Message')
        .line(1, '----', '------', '------------------', '------', '-------');
      for (const one of status.conditions)
        text.line(1, one.type, one.status, one.lastTransitionTime ?? '', one.reason ?? '', one.message ?? '');
    }
    await limitLines(text, context, metadata.name);
  },
});

/** Quotas and limit ranges of a namespace, where the server has such kinds. */
async function limitLines(text: Text, context: Context, namespace: string): Promise<void> {
  const quotas = await context.discovery.find('resourcequotas');
  const limits = await context.discovery.find('limitranges');
  if (quotas) quotaLines(text.line(0, ''), (await context.client.get(pathOf(quotas, namespace))).items);
  if (limits) limitRangeLines(text.line(0, ''), (await context.client.get(pathOf(limits, namespace))).items);
}

function quotaLines(text: Text, quotas: readonly any[]): void {
  if (quotas.length === 0) {
    text.line(0, 'No resource quota.');
    return;
  }
  text.line(0, 'Resource Quotas');
  for (const { metadata, status } of quotas) {
    text.line(1, 'Name:', metadata.name).line(1, 'Resource', 'Used', 'Hard').line(1, '--------', '---', '---');
    for (const name of resourceNames(status?.hard)) text.line(1, name, status.used?.[name] ?? '0', status.hard[name]);
  }
}

function limitRangeLines(text: Text, ranges: readonly any[]): void {
  if (ranges.length === 0) {
    text.line(0, 'No LimitRange resource.');
    return;
  }
  text
    .line(0, 'Resource Limits')
    .line(0, ' Type', 'Resource', 'Min', 'Max', 'Default Request', 'Default Limit', 'Max Limit/Request Ratio')
    .line(0, ' ----', '--------', '---', '---', '---------------', '-------------', '-----------------------');
  for (const limit of ranges.flatMap(({ spec }) => spec.limits)) {
    const columns = ['min', 'max', 'defaultRequest', 'default', 'maxLimitRequestRatio'];
    const names = new Set(columns.flatMap((column) => Object.keys(limit[column] ?? {})));
    for (const name of [...names].sort(compareBytes))
      text.line(0, ` ${limit.type}`, name, ...columns.map((column) => limit[column]?.[name] ?? '-'));
  }
}

export const serviceAccountDescriber = defineDescriber({
  hasEvents: true,
  describe(text, account, { context, events }) {
    heading(text, account);
    nameLines(text, 'Image pull secrets:', account.imagePullSecrets);
    if (account.secrets?.length) nameLines(text, 'Mountable secrets: ', account.secrets);
    eventLines(text, events, context.io.now());
  },
});

function nameLines(text: Text, title: string, references: readonly { name: string }[] | undefined): void {
  if (!references?.length) text.line(0, title, '<none>');
  references?.forEach(({ name }, index) => text.line(0, index === 0 ? title : ' '.repeat(title.length), name));
}
