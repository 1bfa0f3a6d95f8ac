import type {
  V1Container,
  V1EphemeralContainer,
  V1HTTPGetAction,
  V1PodSpec,
  V1Probe,
  V1ResourceRequirements,
  V1Volume,
  V1VolumeProjection,
} from '@/generated/kubernetes/types';
import { Quantity } from '../../api';

type AnyContainer = V1Container | V1EphemeralContainer;

/** What the API server fills into the spec of a Pod and of every Pod template (`pkg/apis/core/v1/defaults.go`). */
export function defaultPodSpec(spec: V1PodSpec): void {
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.restartPolicy ??= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ??= 'default-scheduler';
  mirrorServiceAccount(spec);
  spec.volumes?.forEach(defaultVolume);
  for (const container of containersOf(spec)) defaultContainer(container);
  if (spec.overhead) roundUpToMilli(spec.overhead);
}

/** What is filled into a Pod but not into a template, so that a workload's template stays as its author wrote it (`SetDefaults_Pod`). */
export function defaultPodOnly(spec: V1PodSpec): void {
  spec.enableServiceLinks ??= true;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    defaultRequestsFromLimits(container);
    if (spec.hostNetwork) exposeOnHost(container);
  }
  if (spec.resources) defaultPodLevelRequests(spec, spec.resources);
}

/** `serviceAccount` is the deprecated name of the same field; both are always written. */
export function mirrorServiceAccount(spec: V1PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (name) spec.serviceAccountName = spec.serviceAccount = name;
}

function containersOf(spec: V1PodSpec): AnyContainer[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
}

function defaultContainer(container: AnyContainer): void {
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  container.imagePullPolicy ??= isLatest(container.image ?? '') ? 'Always' : 'IfNotPresent';
  for (const port of container.ports ?? []) port.protocol ??= 'TCP';
  for (const variable of container.env ?? []) if (variable.valueFrom?.fieldRef) variable.valueFrom.fieldRef.apiVersion ??= 'v1';
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) if (probe) defaultProbe(probe);
  defaultLifecycle(container);
  if (container.resources?.limits) roundUpToMilli(container.resources.limits);
  if (container.resources?.requests) roundUpToMilli(container.resources.requests);
}

function defaultLifecycle({ lifecycle }: AnyContainer): void {
  for (const handler of [lifecycle?.postStart, lifecycle?.preStop]) if (handler?.httpGet) defaultHttpGet(handler.httpGet);
}

function defaultProbe(probe: V1Probe): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.httpGet) defaultHttpGet(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= '';
}

function defaultHttpGet(action: V1HTTPGetAction): void {
  action.path ||= '/';
  action.scheme ||= 'HTTP';
}

/** Whether an image reference means the tag `latest`, by name or by naming neither tag nor digest. */
function isLatest(image: string): boolean {
  const parts = /^(?:[^/@]+(?::\d+)?\/)?[a-z0-9._/-]+?(?::([\w][\w.-]{0,127}))?(@\S+)?$/.exec(image);
  if (!parts) return false;
  const [, tag, digest] = parts;
  return tag === undefined ? digest === undefined : tag === 'latest';
}

function defaultVolume(volume: V1Volume): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  if (volume.secret) volume.secret.defaultMode ??= 0o644;
  if (volume.configMap) volume.configMap.defaultMode ??= 0o644;
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= 0o644;
    defaultFieldRefs(volume.downwardAPI.items);
  }
  if (volume.projected) {
    volume.projected.defaultMode ??= 0o644;
    volume.projected.sources?.forEach(defaultProjection);
  }
  if (volume.ephemeral?.volumeClaimTemplate) volume.ephemeral.volumeClaimTemplate.spec.volumeMode ??= 'Filesystem';
  if (volume.image) volume.image.pullPolicy ??= isLatest(volume.image.reference ?? '') ? 'Always' : 'IfNotPresent';
  defaultVolumeSource(volume);
}

function defaultProjection(source: V1VolumeProjection): void {
  if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= 3600;
  defaultFieldRefs(source.downwardAPI?.items);
}

function defaultFieldRefs(items: readonly { fieldRef?: { apiVersion?: string | undefined } | undefined }[] | undefined): void {
  for (const { fieldRef } of items ?? []) if (fieldRef) fieldRef.apiVersion ??= 'v1';
}

/** Sources that a volume of a Pod and a PersistentVolume have in common. */
export function defaultVolumeSource({ hostPath, iscsi, azureDisk, rbd, scaleIO }: Omit<V1Volume, 'name'>): void {
  if (hostPath) hostPath.type ??= '';
  if (iscsi) iscsi.iscsiInterface ??= 'default';
  if (azureDisk) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.kind ??= 'Shared';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
  }
  if (rbd) {
    rbd.pool ??= 'rbd';
    rbd.user ??= 'admin';
    rbd.keyring ??= '/etc/ceph/keyring';
  }
  if (scaleIO) {
    scaleIO.storageMode ??= 'ThinProvisioned';
    scaleIO.fsType ??= 'xfs';
  }
}

/** A limit without a request is a request of the same size. */
function defaultRequestsFromLimits({ resources }: V1Container): void {
  if (!resources?.limits) return;
  resources.requests ??= {};
  for (const [name, limit] of Object.entries(resources.limits)) resources.requests[name] ??= limit;
}

function exposeOnHost({ ports }: V1Container): void {
  for (const port of ports ?? []) port.hostPort ||= port.containerPort;
}

/** Where the Pod has limits of its own: what its containers request together, or else the limit (`setDefaultPodLevelResources`). */
function defaultPodLevelRequests(spec: V1PodSpec, resources: V1ResourceRequirements): void {
  if (!resources.limits && !resources.requests) return;
  const requests: Record<string, string> = { ...resources.requests };
  const together = aggregateRequests(spec);
  for (const name of Object.keys(resources.limits ?? {})) {
    requests[name] ??= together.get(name)?.toString() ?? (resources.limits?.[name] as string);
  }
  if (Object.keys(requests).length > 0) resources.requests = requests;
}

/** Requests of the containers together, or of the largest init container where that is more. */
export function aggregateRequests(spec: V1PodSpec, of: 'requests' | 'limits' = 'requests'): Map<string, Quantity> {
  const total = new Map<string, Quantity>();
  for (const { resources } of spec.containers ?? []) addAll(total, resources?.[of]);
  const sidecars = new Map<string, Quantity>();
  const starting = new Map<string, Quantity>();
  for (const container of spec.initContainers ?? []) {
    const needs = new Map<string, Quantity>();
    addAll(needs, container.resources?.[of]);
    if (container.restartPolicy === 'Always') addAll(sidecars, container.resources?.[of]);
    for (const [name, quantity] of needs) {
      const beside = container.restartPolicy === 'Always' ? Quantity.zero : (sidecars.get(name) ?? Quantity.zero);
      raise(starting, name, container.restartPolicy === 'Always' ? (sidecars.get(name) as Quantity) : quantity.add(beside));
    }
  }
  for (const [name, quantity] of sidecars) total.set(name, (total.get(name) ?? Quantity.zero).add(quantity));
  for (const [name, quantity] of starting) raise(total, name, quantity);
  return total;
}

function addAll(total: Map<string, Quantity>, list: Readonly<Record<string, string>> | undefined): void {
  for (const [name, text] of Object.entries(list ?? {})) total.set(name, (total.get(name) ?? Quantity.zero).add(Quantity.parse(text)));
}

function raise(total: Map<string, Quantity>, name: string, quantity: Quantity): void {
  if (quantity.compare(total.get(name) ?? Quantity.zero) > 0) total.set(name, quantity);
}

/** Quantities are kept to a thousandth (`SetDefaults_ResourceList`). */
export function roundUpToMilli(list: Record<string, string>): void {
  for (const [name, text] of Object.entries(list)) {
    const quantity = Quantity.parse(text);
    if (quantity.nanos % 1_000_000n !== 0n) list[name] = Quantity.ofMillis(quantity.milliValue(), quantity.format).toString();
  }
}
