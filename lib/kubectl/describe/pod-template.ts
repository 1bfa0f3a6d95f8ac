import { compareBytes } from '@/lib/base';
import { canonicalQuantity, Quantity } from '@/lib/cluster';
import { rfc1123 } from '../duration';
import { labelSelectorText } from '../selectors';
import { annotationLines, labelLines, resourceNames, Text } from './text';

/** What values environment variables of the downward API have; undefined in a template, which has no Pod. */
export type FieldValues = ((env: any) => string) | undefined;

/** `Pod Template:` as workloads show it. */
export function podTemplate(text: Text, template: any): void {
  text.line(0, 'Pod Template:');
  if (!template) {
    text.line(1, '<unset>');
    return;
  }
  labelLines(text, 'Labels', template.metadata?.labels, '  ');
  if (Object.keys(template.metadata?.annotations ?? {}).length > 0) indentedAnnotations(text, template.metadata.annotations);
  if (template.spec.serviceAccountName) text.line(1, 'Service Account:', template.spec.serviceAccountName);
  if (template.spec.initContainers?.length) containers(text, 'Init Containers', template.spec.initContainers, undefined, undefined, '  ');
  containers(text, 'Containers', template.spec.containers ?? [], undefined, undefined, '  ');
  volumes(text, template.spec.volumes, '  ');
  topologySpread(text, template.spec.topologySpreadConstraints, '  ');
  if (template.spec.priorityClassName) text.line(1, 'Priority Class Name:', template.spec.priorityClassName);
  labelLines(text, 'Node-Selectors', template.spec.nodeSelector, '  ');
  tolerations(text, template.spec.tolerations, '  ');
}

function indentedAnnotations(text: Text, annotations: Record<string, string>): void {
  const inner = new Text();
  annotationLines(inner, 'Annotations', annotations);
  for (const line of inner.raw().replace(/\n$/, '').split('\n')) text.line(1, line);
}

/** A template as `rollout history --revision` shows it, its tabs unaligned. */
export function describePodTemplateRaw(template: any): string {
  const text = new Text();
  podTemplate(text, template);
  return text.raw();
}

export function containers(
  text: Text,
  label: string,
  list: readonly any[],
  statuses: readonly any[] | undefined,
  values: FieldValues,
  space: string,
): void {
  text.line(0, list.length ? `${space}${label}:` : `${space}${label}: <none>`);
  for (const container of list) {
    const status = statuses?.find(({ name }) => name === container.name);
    text.line(1, `${space ? ' ' : ''}${container.name}:`);
    basics(text, container, status);
    words(text, 'Command', container.command);
    words(text, 'Args', container.args);
    if (status) states(text, status);
    resources(text, container.resources, 2);
    for (const [title, field] of [
      ['Liveness', 'livenessProbe'],
      ['Readiness', 'readinessProbe'],
      ['Startup', 'startupProbe'],
    ] as const) {
      if (container[field]) text.line(2, `${title}:`, probe(container[field]));
    }
    environmentSources(text, container.envFrom);
    environment(text, container.env, values);
    mounts(text, container);
  }
}

function states(text: Text, status: any): void {
  containerState(text, 'State', status.state);
  if (Object.keys(status.lastState ?? {}).length > 0) containerState(text, 'Last State', status.lastState);
  text.line(2, 'Ready:', status.ready ? 'True' : 'False').line(2, 'Restart Count:', String(status.restartCount ?? 0));
}

function basics(text: Text, container: any, status: any): void {
  if (status) text.line(2, 'Container ID:', status.containerID ?? '');
  text.line(2, 'Image:', container.image ?? '');
  if (status) text.line(2, 'Image ID:', status.imageID ?? '');
  const plural = (container.ports ?? []).length > 1 ? 's' : '';
  text.line(2, `Port${plural}:`, portList(container.ports, 'containerPort'));
  text.line(2, `Host Port${plural}:`, portList(container.ports, 'hostPort'));
  if (container.securityContext?.seccompProfile) text.line(2, 'SeccompProfile:', container.securityContext.seccompProfile.type);
}

function portList(ports: readonly any[] | undefined, field: string): string {
  const parts = (ports ?? []).map((port) => `${port[field] ?? 0}/${port.protocol ?? 'TCP'}${port.name ? ` (${port.name})` : ''}`);
  return parts.length ? parts.join(', ') : '<none>';
}

function words(text: Text, title: string, list: readonly string[] | undefined): void {
  if (!list?.length) return;
  text.line(2, `${title}:`);
  for (const word of list) for (const line of word.split('\n')) text.line(3, line);
}

export function resources(text: Text, requirements: any, level: number): void {
  for (const [title, field] of [
    ['Limits', 'limits'],
    ['Requests', 'requests'],
  ] as const) {
    const names = resourceNames(requirements?.[field]);
    if (names.length) text.line(level, `${title}:`);
    for (const name of names) text.line(level + 1, `${name}:`, canonicalQuantity(requirements[field][name]));
  }
}

function probe(spec: any): string {
  const timing = `delay=${spec.initialDelaySeconds ?? 0}s timeout=${spec.timeoutSeconds ?? 0}s period=${spec.periodSeconds ?? 0}s #success=${spec.successThreshold ?? 0} #failure=${spec.failureThreshold ?? 0}`;
  if (spec.exec) return `exec [${(spec.exec.command ?? []).join(' ')}] ${timing}`;
  if (spec.httpGet)
    return `http-get ${(spec.httpGet.scheme ?? 'HTTP').toLowerCase()}://${spec.httpGet.host ?? ''}:${spec.httpGet.port}${leadingSlash(spec.httpGet.path ?? '')} ${timing}`;
  if (spec.tcpSocket) return `tcp-socket ${spec.tcpSocket.host ?? ''}:${spec.tcpSocket.port} ${timing}`;
  if (spec.grpc) return `grpc <pod>:${spec.grpc.port} ${spec.grpc.service ?? ''} ${timing}`;
  return `unknown ${timing}`;
}

function leadingSlash(path: string): string {
  return path === '' || path.startsWith('/') ? path : `/${path}`;
}

function environmentSources(text: Text, sources: readonly any[] | undefined): void {
  if (!sources?.length) return;
  text.line(2, 'Environment Variables from:');
  for (const source of sources) {
    const ref = source.configMapRef ?? source.secretRef;
    const prefix = source.prefix ? ` with prefix '${source.prefix}'` : '';
    text.line(3, ref?.name ?? '', `${source.configMapRef ? 'ConfigMap' : 'Secret'}${prefix}`, `Optional: ${ref?.optional ?? false}`);
  }
}

function environment(text: Text, env: readonly any[] | undefined, values: FieldValues): void {
  if (!env?.length) {
    text.line(2, 'Environment:', '<none>');
    return;
  }
  text.line(2, 'Environment:');
  for (const variable of env) {
    text.line(3, `${variable.name}:`, ...environmentCells(variable, values));
    if (!variable.valueFrom) for (const line of (variable.value ?? '').split('\n').slice(1)) text.line(3, '', line);
  }
}

function environmentCells(variable: any, values: FieldValues): string[] {
  const from = variable.valueFrom;
  if (!from) return [(variable.value ?? '').split('\n')[0] as string];
  if (from.fieldRef) return [`${values ? values(variable) : ''} (${from.fieldRef.apiVersion ?? 'v1'}:${from.fieldRef.fieldPath})`];
  if (from.resourceFieldRef) return [`${values ? values(variable) : ''} (${from.resourceFieldRef.resource})`];
  const [ref, sentence] = from.secretKeyRef
    ? [from.secretKeyRef, `in secret '${from.secretKeyRef.name}'`]
    : [from.configMapKeyRef, `of config map '${from.configMapKeyRef?.name}'`];
  return [`<set to the key '${ref?.key}' ${sentence}>`, `Optional: ${ref?.optional ?? false}`];
}

function mounts(text: Text, container: any): void {
  const list = [...(container.volumeMounts ?? [])].sort((a, b) => compareBytes(a.mountPath, b.mountPath));
  text.line(2, 'Mounts:', ...(list.length ? [] : ['<none>']));
  for (const mount of list)
    text.line(
      3,
      `${mount.mountPath} from ${mount.name} (${mount.readOnly ? 'ro' : 'rw'}${mount.subPath ? `,path=${JSON.stringify(mount.subPath)}` : ''})`,
    );
  if (!container.volumeDevices?.length) return;
  text.line(2, 'Devices:');
  for (const device of container.volumeDevices) text.line(3, `${device.devicePath} from ${device.name}`);
}

function containerState(text: Text, title: string, state: any): void {
  if (state?.running) {
    text.line(2, `${title}:`, 'Running').line(3, 'Started:', rfc1123(state.running.startedAt));
  } else if (state?.waiting) {
    text.line(2, `${title}:`, 'Waiting');
    if (state.waiting.reason) text.line(3, 'Reason:', state.waiting.reason);
  } else if (state?.terminated) {
    const { reason, message, exitCode, signal, startedAt, finishedAt } = state.terminated;
    text.line(2, `${title}:`, 'Terminated');
    if (reason) text.line(3, 'Reason:', reason);
    if (message) text.line(3, 'Message:', message);
    text.line(3, 'Exit Code:', String(exitCode));
    if (signal > 0) text.line(3, 'Signal:', String(signal));
    text
      .line(3, 'Started:', rfc1123(startedAt ?? '0001-01-01T00:00:00Z'))
      .line(3, 'Finished:', rfc1123(finishedAt ?? '0001-01-01T00:00:00Z'));
  } else text.line(2, `${title}:`, 'Waiting');
}

export function volumes(text: Text, list: readonly any[] | undefined, space: string): void {
  if (!list?.length) {
    text.line(0, `${space}Volumes:`, '<none>');
    return;
  }
  text.line(0, `${space}Volumes:`);
  for (const volume of list) {
    text.line(1, `${space ? ' ' : ''}${volume.name}:`);
    volumeSource(text, volume);
  }
}

/** Each source's sentence and fields, in upstream's order. */
function volumeSource(text: Text, volume: any): void {
  const fields = (type: string, pairs: readonly (readonly [string, unknown])[]) => {
    text.line(2, 'Type:', type);
    for (const [name, value] of pairs) text.line(2, `${name}:`, String(value ?? ''));
  };
  if (volume.hostPath)
    fields('HostPath (bare host directory volume)', [
      ['Path', volume.hostPath.path],
      ['HostPathType', volume.hostPath.type ?? '<none>'],
    ]);
  else if (volume.emptyDir)
    fields("EmptyDir (a temporary directory that shares a pod's lifetime)", [
      ['Medium', volume.emptyDir.medium],
      ['SizeLimit', Quantity.of(volume.emptyDir.sizeLimit).value() > 0 ? volume.emptyDir.sizeLimit : '<unset>'],
    ]);
  else if (volume.secret)
    fields('Secret (a volume populated by a Secret)', [
      ['SecretName', volume.secret.secretName],
      ['Optional', volume.secret.optional ?? false],
    ]);
  else if (volume.configMap)
    fields('ConfigMap (a volume populated by a ConfigMap)', [
      ['Name', volume.configMap.name],
      ['Optional', volume.configMap.optional ?? false],
    ]);
  else if (volume.nfs)
    fields('NFS (an NFS mount that lasts the lifetime of a pod)', [
      ['Server', volume.nfs.server],
      ['Path', volume.nfs.path],
      ['ReadOnly', volume.nfs.readOnly ?? false],
    ]);
  else if (volume.persistentVolumeClaim)
    fields('PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)', [
      ['ClaimName', volume.persistentVolumeClaim.claimName],
      ['ReadOnly', volume.persistentVolumeClaim.readOnly ?? false],
    ]);
  else if (volume.downwardAPI) downwardApi(text, volume.downwardAPI);
  else if (volume.projected) projected(text, volume.projected);
  else if (volume.csi)
    fields('CSI (a Container Storage Interface (CSI) volume source)', [
      ['Driver', volume.csi.driver],
      ['FSType', volume.csi.fsType],
      ['ReadOnly', volume.csi.readOnly ?? false],
    ]);
  else if (volume.image)
    fields('Image (a container image or OCI artifact)', [
      ['Reference', volume.image.reference],
      ['PullPolicy', volume.image.pullPolicy],
    ]);
  else text.line(1, '<unknown>');
}

function downwardApi(text: Text, source: any): void {
  text.line(2, 'Type:', 'DownwardAPI (a volume populated by information about the pod)').line(2, 'Items:');
  for (const item of source.items ?? []) text.line(3, `${item.fieldRef?.fieldPath ?? item.resourceFieldRef?.resource} -> ${item.path}`);
}

function projected(text: Text, source: any): void {
  text.line(2, 'Type:', 'Projected (a volume that contains injected data from multiple sources)');
  for (const one of source.sources ?? []) {
    if (one.secret) text.line(2, 'SecretName:', one.secret.name).line(2, 'Optional:', String(one.secret.optional ?? false));
    else if (one.downwardAPI) text.line(2, 'DownwardAPI:', 'true');
    else if (one.configMap)
      text.line(2, 'ConfigMapName:', one.configMap.name).line(2, 'Optional:', String(one.configMap.optional ?? false));
    else if (one.serviceAccountToken) text.line(2, 'TokenExpirationSeconds:', String(one.serviceAccountToken.expirationSeconds ?? 3600));
  }
}

export function topologySpread(text: Text, constraints: readonly any[] | undefined, space: string): void {
  const sorted = [...(constraints ?? [])].sort((a, b) => compareBytes(a.topologyKey, b.topologyKey));
  sorted.forEach((one, index) => {
    const selector = one.labelSelector ? ` for selector ${labelSelectorText(one.labelSelector)}` : '';
    text.line(
      0,
      index === 0 ? `${space}Topology Spread Constraints:` : space,
      `${one.topologyKey}:${one.whenUnsatisfiable} when max skew ${one.maxSkew} is exceeded${selector}`,
    );
  });
}

export function tolerations(text: Text, list: readonly any[] | undefined, space: string): void {
  const sorted = [...(list ?? [])].sort((a, b) => compareBytes(a.key ?? '', b.key ?? ''));
  if (sorted.length === 0) text.line(0, `${space}Tolerations:`, '<none>');
  sorted.forEach((one, index) => text.line(0, index === 0 ? `${space}Tolerations:` : '', toleration(one)));
}

function toleration({ key = '', value = '', effect = '', operator, tolerationSeconds }: any): string {
  const head = `${key}${value ? `=${value}` : ''}${effect ? `:${effect}` : ''}`;
  const exists = operator === 'Exists' && !value ? `${head ? ' ' : ''}op=Exists` : '';
  return `${head}${exists}${tolerationSeconds === undefined ? '' : ` for ${tolerationSeconds}s`}`;
}
