import type { V1Container, V1ContainerPort, V1EphemeralContainer, V1PodSpec, V1Volume } from '@/generated/kubernetes/types';
import { type FieldError, type FieldPath, fieldError } from '../../api';
import { validateContainerResources } from './compute-resources';
import { validateEnv, validateEnvFrom } from './env';
import { dnsLabel, invalidEach, portName, portNumber, validateEnum } from './names';
import { validateLifecycle, validateProbe } from './probe';
import { validateContainerSecurityContext } from './security-context';
import { validateVolumeDevices, validateVolumeMounts } from './volumes';

/** What the containers of one Pod have in common. */
interface Surroundings {
  readonly volumes: readonly V1Volume[];
  readonly claims: readonly string[];
  readonly grace: number | undefined;
  readonly podRestartPolicy: string | undefined;
  readonly hostUsers: boolean;
}

/** All containers of a Pod or template: regular, init and ephemeral (`validateContainers` and its siblings). */
export function validateAllContainers(spec: V1PodSpec, path: FieldPath): FieldError[] {
  const around: Surroundings = {
    volumes: spec.volumes ?? [],
    claims: (spec.resourceClaims ?? []).map(({ name }) => name),
    grace: spec.terminationGracePeriodSeconds,
    podRestartPolicy: spec.restartPolicy,
    hostUsers: spec.hostUsers ?? true,
  };
  const regular = spec.containers ?? [];
  const init = spec.initContainers ?? [];
  const regularNames = regular.map(({ name }) => name);
  return [
    ...validateRegular(regular, around, path.child('containers')),
    ...validateInit(init, regularNames, around, path.child('initContainers')),
    ...validateEphemeral(
      spec.ephemeralContainers ?? [],
      [...regularNames, ...init.map(({ name }) => name)],
      around,
      path.child('ephemeralContainers'),
    ),
  ];
}

function validateRegular(containers: readonly V1Container[], around: Surroundings, path: FieldPath): FieldError[] {
  if (containers.length === 0) return [fieldError.required(path)];
  const names = new Set<string>();
  const errors = containers.flatMap((container, index) => {
    const at = path.index(index);
    return [
      ...validateContainer(container, around, at),
      ...validateUnique(container.name, names, at),
      ...validateHooksAndProbes(container, around, at),
      ...validateRestartRules(container, at),
    ];
  });
  return [...errors, ...validateHostPorts(containers, path)];
}

function validateUnique(name: string, names: Set<string>, path: FieldPath): FieldError[] {
  if (names.has(name)) return [fieldError.duplicate(path.child('name'), name)];
  if (name) names.add(name);
  return [];
}

function validateHooksAndProbes(
  { lifecycle, livenessProbe, readinessProbe, startupProbe }: V1Container,
  { grace }: Surroundings,
  path: FieldPath,
): FieldError[] {
  return [
    ...(lifecycle ? validateLifecycle(lifecycle, grace, path.child('lifecycle')) : []),
    ...validateProbe(livenessProbe, 'liveness', grace, path.child('livenessProbe')),
    ...validateProbe(readinessProbe, 'readiness', grace, path.child('readinessProbe')),
    ...validateProbe(startupProbe, 'startup', grace, path.child('startupProbe')),
  ];
}

const restartPolicies = ['Always', 'OnFailure', 'Never'];

function validateRestartRules({ restartPolicy, restartPolicyRules }: V1Container, path: FieldPath): FieldError[] {
  const errors =
    restartPolicy === undefined || restartPolicies.includes(restartPolicy)
      ? []
      : [fieldError.notSupported(path.child('restartPolicy'), restartPolicy, ['Always', 'Never', 'OnFailure'])];
  return restartPolicyRules?.length && restartPolicy === undefined
    ? [...errors, fieldError.required(path.child('restartPolicy'), 'must specify restartPolicy when restart rules are used')]
    : errors;
}

const onlyForSidecars = 'may not be set for init containers without restartPolicy=Always';

function validateInit(
  containers: readonly V1Container[],
  regularNames: readonly string[],
  around: Surroundings,
  path: FieldPath,
): FieldError[] {
  const names = new Set(regularNames);
  return containers.flatMap((container, index) => {
    const at = path.index(index);
    const isSidecar = container.restartPolicy === 'Always';
    return [
      ...validateContainer(container, around, at),
      ...validateRestartRules(container, at),
      ...validateUnique(container.name, names, at),
      ...validateHostPorts([container], path),
      ...(isSidecar ? validateHooksAndProbes(container, around, at) : forbidSidecarFields(container, at)),
    ];
  });
}

function forbidSidecarFields(container: V1Container, path: FieldPath): FieldError[] {
  return (['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const).flatMap((field) =>
    container[field] ? [fieldError.forbidden(path.child(field), onlyForSidecars)] : [],
  );
}

const forbiddenForEphemeral = [
  'ports',
  'resources',
  'restartPolicy',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resizePolicy',
] as const;

function validateEphemeral(
  containers: readonly V1EphemeralContainer[],
  otherNames: readonly string[],
  around: Surroundings,
  path: FieldPath,
): FieldError[] {
  const names = new Set(otherNames);
  return containers.flatMap((container, index) => {
    const at = path.index(index);
    const { targetContainerName: target } = container;
    const isSet = (field: (typeof forbiddenForEphemeral)[number]) =>
      container[field] !== undefined && Object.keys(container[field] as object).length > 0;
    return [
      ...validateContainer(container, around, at),
      ...validateImageText(container, at),
      ...validateUnique(container.name, names, at),
      ...(target && !otherNames.includes(target) ? [fieldError.notFound(at.child('targetContainerName'), target)] : []),
      ...forbiddenForEphemeral.flatMap((field) =>
        isSet(field) ? [fieldError.forbidden(at.child(field), 'cannot be set for an Ephemeral Container')] : [],
      ),
      ...(container.volumeMounts ?? []).flatMap(({ subPath, subPathExpr }, mount) => {
        const mountPath = at.child('volumeMounts').index(mount);
        return [subPath && 'subPath', subPathExpr && 'subPathExpr'].flatMap((field) =>
          field ? [fieldError.forbidden(mountPath.child(field), 'cannot be set for an Ephemeral Container')] : [],
        );
      }),
    ];
  });
}

/** What holds for every container, whatever its role (`validateContainerCommon`). */
function validateContainer(container: V1Container | V1EphemeralContainer, around: Surroundings, path: FieldPath): FieldError[] {
  const { name, image } = container;
  return [
    ...(name ? invalidEach(path.child('name'), name, dnsLabel(name)) : [fieldError.required(path.child('name'))]),
    ...(image ? [] : [fieldError.required(path.child('image'))]),
    ...validateEnum(container.terminationMessagePolicy, ['File', 'FallbackToLogsOnError'], path.child('terminationMessagePolicy')),
    ...validatePorts(container.ports ?? [], path.child('ports')),
    ...validateEnv(container.env, path.child('env')),
    ...validateEnvFrom(container.envFrom, path.child('envFrom')),
    ...validateVolumeMounts(container, around.volumes, path.child('volumeMounts')),
    ...validateVolumeDevices(container, around.volumes, path.child('volumeDevices')),
    ...validateEnum(container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never'], path.child('imagePullPolicy')),
    ...validateContainerResources(container.resources, around.claims, path.child('resources')),
    ...validateResizePolicy(container.resizePolicy, around.podRestartPolicy, path.child('resizePolicy')),
    ...validateContainerSecurityContext(container.securityContext, around.hostUsers, path.child('securityContext')),
  ];
}

/** A Pod's image is checked for stray spaces; a template's is not, as some put placeholders there. */
export function validateImageText({ image = '' }: { image?: string | undefined }, path: FieldPath): FieldError[] {
  return image === image.trim() ? [] : [fieldError.invalid(path.child('image'), image, 'must not have leading or trailing whitespace')];
}

function validatePorts(ports: readonly V1ContainerPort[], path: FieldPath): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap(({ name, containerPort, hostPort, protocol }, index) => {
    const at = path.index(index);
    return [
      ...validatePortName(name, names, at.child('name')),
      ...(containerPort
        ? invalidEach(at.child('containerPort'), containerPort, portNumber(containerPort))
        : [fieldError.required(at.child('containerPort'))]),
      ...(hostPort ? invalidEach(at.child('hostPort'), hostPort, portNumber(hostPort)) : []),
      ...validateEnum(protocol, ['SCTP', 'TCP', 'UDP'], at.child('protocol')),
    ];
  });
}

function validatePortName(name: string | undefined, names: Set<string>, path: FieldPath): FieldError[] {
  if (!name) return [];
  const sentences = portName(name);
  if (sentences.length > 0) return invalidEach(path, name, sentences);
  if (names.has(name)) return [fieldError.duplicate(path, name)];
  names.add(name);
  return [];
}

/** Two containers cannot have the same port of the node. */
function validateHostPorts(containers: readonly V1Container[], path: FieldPath): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap(({ ports }, index) =>
    (ports ?? []).flatMap(({ protocol, hostIP = '', hostPort }, port) => {
      if (!hostPort) return [];
      const socket = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(socket)) return [fieldError.duplicate(path.index(index).child('ports').index(port).child('hostPort'), socket)];
      taken.add(socket);
      return [];
    }),
  );
}

const resizable = ['cpu', 'memory'];
const resizePolicies = ['NotRequired', 'RestartContainer'];

function validateResizePolicy(policies: V1Container['resizePolicy'], podRestartPolicy: string | undefined, path: FieldPath): FieldError[] {
  return (policies ?? []).flatMap(({ resourceName, restartPolicy }, index, all) => [
    ...(all.slice(0, index).some((earlier) => earlier.resourceName === resourceName)
      ? [fieldError.duplicate(path.index(index), resourceName)]
      : []),
    ...validateEnum(resourceName, resizable, path),
    ...validateEnum(restartPolicy, resizePolicies, path),
    ...(podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired'
      ? [fieldError.invalid(path, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'")]
      : []),
  ]);
}
