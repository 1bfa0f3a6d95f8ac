import { decodeBytes } from '@/lib/cluster';
import { compareBytes } from '@/lib/base';
import { defineDescriber } from './describer';
import { eventLines } from './events';
import { annotationLines, labelLines, type Text } from './text';

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
    for (const key of Object.keys(configMap.binaryData ?? {}).sort(compareBytes)) text.line(0, `${key}: ${decodeBytes(configMap.binaryData[key])?.length ?? 0} bytes`);
    text.line(0, '');
    eventLines(text, events, context.io.now());
  },
});

export const secretDescriber = defineDescriber({
  hasEvents: false,
  describe(text, secret) {
    heading(text, secret);
    text.line(0, '').line(0, 'Type:', secret.type ?? '').line(0, '').line(0, 'Data').line(0, '====');
    for (const key of Object.keys(secret.data ?? {}).sort(compareBytes)) {
      const bytes = decodeBytes(secret.data[key]) ?? new Uint8Array();
      const isToken = key === 'token' && secret.type === 'kubernetes.io/service-account-token';
      text.line(0, `${key}:`, isToken ? new TextDecoder().decode(bytes) : `${bytes.length} bytes`);
    }
  },
});

export const namespaceDescriber = defineDescriber({
  hasEvents: false,
  describe(text, { metadata, status }) {
    text.line(0, 'Name:', metadata.name);
    labelLines(text, 'Labels', metadata.labels);
    annotationLines(text, 'Annotations', metadata.annotations);
    text.line(0, 'Status:', status?.phase ?? '');
    if (status?.conditions?.length) {
      text.line(0, 'Conditions:').line(1, 'Type', 'Status', 'LastTransitionTime', 'Reason', 'Message').line(1, '----', '------', '------------------', '------', '-------');
      for (const one of status.conditions) text.line(1, one.type, one.status, one.lastTransitionTime ?? '', one.reason ?? '', one.message ?? '');
    }
    text.line(0, '').line(0, 'No resource quota.').line(0, '').line(0, 'No LimitRange resource.');
  },
});

export const serviceAccountDescriber = defineDescriber({
  hasEvents: true,
  describe(text, account, { context, events }) {
    heading(text, account);
    nameLines(text, 'Image pull secrets:', account.imagePullSecrets);
    nameLines(text, 'Mountable secrets: ', account.secrets);
    nameLines(text, 'Tokens:            ', []);
    eventLines(text, events, context.io.now());
  },
});

function nameLines(text: Text, title: string, references: readonly { name: string }[] | undefined): void {
  if (!references?.length) text.line(0, title, '<none>');
  references?.forEach(({ name }, index) => text.line(0, index === 0 ? title : ' '.repeat(title.length), name));
}
