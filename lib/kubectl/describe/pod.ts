import { defineDescriber } from './describer';
import { eventLines } from './events';
import { age, rfc1123 } from '../duration';
import { containers, resources, tolerations, topologySpread, volumes, type FieldValues } from './pod-template';
import { annotationLines, labelLines, type Text } from './text';
import { Quantity } from '@/lib/cluster';

export const podDescriber = defineDescriber({
  hasEvents: true,
  describe(text, pod, { context, events }) {
    const { spec, status } = pod;
    header(text, pod, context.io.now());
    addresses(text, pod);
    if (spec.resources) resources(text.line(0, 'Resources:'), spec.resources, 1);
    const values = fieldValues(pod);
    if (spec.initContainers?.length)
      containers(text, 'Init Containers', spec.initContainers, status.initContainerStatuses ?? [], values, '');
    containers(text, 'Containers', spec.containers, status.containerStatuses ?? [], values, '');
    if (spec.ephemeralContainers?.length)
      containers(text, 'Ephemeral Containers', spec.ephemeralContainers, status.ephemeralContainerStatuses ?? [], values, '');
    conditions(text, pod);
    volumes(text, spec.volumes, '');
    text.line(0, 'QoS Class:', status.qosClass ?? qosClass(spec));
    labelLines(text, 'Node-Selectors', spec.nodeSelector);
    tolerations(text, spec.tolerations, '');
    topologySpread(text, spec.topologySpreadConstraints, '');
    eventLines(text, events, context.io.now());
  },
});

function header(text: Text, { metadata, spec, status }: any, now: number): void {
  text.line(0, 'Name:', metadata.name).line(0, 'Namespace:', metadata.namespace);
  if (spec.priority !== undefined) text.line(0, 'Priority:', String(spec.priority));
  if (spec.priorityClassName) text.line(0, 'Priority Class Name:', spec.priorityClassName);
  if (spec.runtimeClassName) text.line(0, 'Runtime Class Name:', spec.runtimeClassName);
  if (spec.serviceAccountName) text.line(0, 'Service Account:', spec.serviceAccountName);
  text.line(0, 'Node:', spec.nodeName ? `${spec.nodeName}/${status.hostIP ?? ''}` : '<none>');
  if (status.startTime) text.line(0, 'Start Time:', rfc1123(status.startTime));
  labelLines(text, 'Labels', metadata.labels);
  annotationLines(text, 'Annotations', metadata.annotations);
  const isTerminating = metadata.deletionTimestamp && status.phase !== 'Failed' && status.phase !== 'Succeeded';
  if (isTerminating)
    text
      .line(0, 'Status:', `Terminating (lasts ${age(metadata.deletionTimestamp, now)})`)
      .line(0, 'Termination Grace Period:', `${metadata.deletionGracePeriodSeconds}s`);
  else text.line(0, 'Status:', status.phase ?? '');
  if (status.reason) text.line(0, 'Reason:', status.reason);
  if (status.message) text.line(0, 'Message:', status.message);
  const profile = spec.securityContext?.seccompProfile;
  if (profile) text.line(0, 'SeccompProfile:', profile.type);
  if (profile?.type === 'Localhost') text.line(0, 'LocalhostProfile:', profile.localhostProfile ?? '');
}

function addresses(text: Text, { metadata, status }: any): void {
  text.line(0, 'IP:', status.podIP ?? '');
  if (!status.podIPs?.length) text.line(0, 'IPs:', '<none>');
  else text.line(0, 'IPs:');
  for (const { ip } of status.podIPs ?? []) text.line(1, 'IP:', ip);
  const owner = (metadata.ownerReferences ?? []).find(({ controller }: { controller?: boolean }) => controller);
  if (owner) text.line(0, 'Controlled By:', `${owner.kind}/${owner.name}`);
  if (status.nominatedNodeName) text.line(0, 'NominatedNodeName:', status.nominatedNodeName);
}

function conditions(text: Text, { spec, status }: any): void {
  if (spec.readinessGates?.length) {
    text.line(0, 'Readiness Gates:').line(1, 'Type', 'Status');
    for (const { conditionType } of spec.readinessGates) {
      const found = (status.conditions ?? []).find(({ type }: { type: string }) => type === conditionType);
      text.line(1, `${conditionType} `, `${found?.status ?? '<none>'} `);
    }
  }
  if (!status.conditions?.length) return;
  text.line(0, 'Conditions:').line(1, 'Type', 'Status');
  for (const { type, status: value } of status.conditions) text.line(1, `${type} `, `${value} `);
}

/** What `fieldRef` and `resourceFieldRef` variables stand for in this Pod. */
function fieldValues(pod: any): FieldValues {
  return ({ valueFrom }) => {
    if (valueFrom.fieldRef) {
      const [, map, key] = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/.exec(valueFrom.fieldRef.fieldPath) ?? [];
      if (map) return pod.metadata[map.slice(9)]?.[key as string] ?? '';
      // Upstream resolves the fields of metadata only; what is in spec and status is left empty.
      return /^metadata\.(name|namespace|uid)$/.test(valueFrom.fieldRef.fieldPath)
        ? pod.metadata[valueFrom.fieldRef.fieldPath.slice(9)]
        : '';
    }
    const { containerName, resource, divisor } = valueFrom.resourceFieldRef;
    const container = pod.spec.containers.find(({ name }: { name: string }) => name === containerName) ?? pod.spec.containers[0];
    const [kind, name] = resource.split('.');
    const amount = container.resources?.[kind]?.[name];
    if (amount === undefined) return '0';
    const unit = Quantity.of(divisor && divisor !== '0' ? divisor : '1');
    return String(
      name === 'cpu'
        ? Math.ceil(Quantity.of(amount).milliValue() / unit.milliValue())
        : Math.ceil(Quantity.of(amount).value() / unit.value()),
    );
  };
}

function qosClass(spec: any): string {
  const all = [...(spec.initContainers ?? []), ...spec.containers];
  const isEmpty = all.every(
    ({ resources: one }: any) => !Object.keys(one?.requests ?? {}).length && !Object.keys(one?.limits ?? {}).length,
  );
  if (isEmpty) return 'BestEffort';
  const isGuaranteed = all.every(({ resources: one }: any) =>
    ['cpu', 'memory'].every((name) => one?.limits?.[name] !== undefined && (one.requests?.[name] ?? one.limits[name]) === one.limits[name]),
  );
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}
