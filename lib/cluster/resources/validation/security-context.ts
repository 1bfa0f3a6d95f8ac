import type { V1AppArmorProfile, V1PodSecurityContext, V1PodSpec, V1SeccompProfile, V1SecurityContext } from '@/generated/kubernetes/types';
import { type FieldError, type FieldPath, fieldError } from '../../api';
import { goValue } from './go-value';
import { invalidEach, userId } from './names';
import { validateLocalDescendingPath } from './paths';

/** The security context of a Pod, in its spec or a template's (`validatePodSpecSecurityContext`). */
export function validatePodSecurityContext(spec: V1PodSpec, path: FieldPath): FieldError[] {
  const context = spec.securityContext;
  const errors: FieldError[] = [];
  if (context) {
    errors.push(
      ...validateId(context.fsGroup, path.child('fsGroup')),
      ...validateId(context.runAsUser, path.child('runAsUser')),
      ...validateId(context.runAsGroup, path.child('runAsGroup')),
    );
    for (const [index, group] of (context.supplementalGroups ?? []).entries())
      errors.push(...validateId(group, path.child('supplementalGroups').index(index)));
  }
  if (spec.shareProcessNamespace && spec.hostPID)
    errors.push(fieldError.invalid(path.child('shareProcessNamespace'), true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  if (!context) return errors;
  return [
    ...errors,
    ...validateSysctls(context.sysctls, spec, path.child('sysctls')),
    ...validateOption(context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], path.child('fsGroupChangePolicy')),
    ...validateSeccomp(context.seccompProfile, path.child('seccompProfile')),
    ...validateAppArmor(context.appArmorProfile, path.child('appArmorProfile')),
    ...validateOption(context.supplementalGroupsPolicy, ['Merge', 'Strict'], path.child('supplementalGroupsPolicy')),
    ...validateOption(context.seLinuxChangePolicy, ['MountOption', 'Recursive'], path.child('seLinuxChangePolicy')),
  ];
}

function validateId(id: number | undefined, path: FieldPath): FieldError[] {
  return id === undefined ? [] : invalidEach(path, id, userId(id));
}

function validateOption(value: string | undefined, supported: readonly string[], path: FieldPath): FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [fieldError.notSupported(path, value, supported)];
}

const sysctlName = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;

function validateSysctls(sysctls: V1PodSecurityContext['sysctls'], { hostNetwork, hostIPC }: V1PodSpec, path: FieldPath): FieldError[] {
  return (sysctls ?? []).flatMap(({ name = '' }, index, all) => {
    const at = path.index(index).child('name');
    const errors: FieldError[] = [];
    if (!name) errors.push(fieldError.required(at));
    else if (name.length > 253 || !sysctlName.test(name))
      errors.push(
        fieldError.invalid(
          at,
          name,
          `must have at most 253 characters and match regex ${String.raw`^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`}`,
        ),
      );
    else if (all.slice(0, index).some((earlier) => earlier.name === name)) errors.push(fieldError.duplicate(at, name));
    const namespace = sysctlNamespace(name.replaceAll('/', '.'));
    if (hostNetwork && namespace === 'net') errors.push(fieldError.invalid(at, name, "may not be specified when 'hostNetwork' is true"));
    if (hostIPC && namespace === 'ipc') errors.push(fieldError.invalid(at, name, "may not be specified when 'hostIPC' is true"));
    return errors;
  });
}

function sysctlNamespace(name: string): 'net' | 'ipc' | undefined {
  if (name.startsWith('net.')) return 'net';
  return /^(kernel\.(sem|shm|msg)|fs\.mqueue\.)/.test(name) ? 'ipc' : undefined;
}

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function validateSeccomp(profile: V1SeccompProfile | undefined, path: FieldPath): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile } = profile;
  const at = path.child('localhostProfile');
  const errors = type
    ? validateOption(type, profileTypes, path.child('type'))
    : [fieldError.required(path.child('type'), 'type is required when seccompProfile is set')];
  if (type !== 'Localhost')
    return localhostProfile === undefined
      ? errors
      : [...errors, fieldError.invalid(at, goValue('SeccompProfile', profile), 'can only be set when seccomp type is Localhost')];
  return [
    ...errors,
    ...(localhostProfile === undefined
      ? [fieldError.required(at, 'must be set when seccomp type is Localhost')]
      : validateLocalDescendingPath(localhostProfile, at)),
  ];
}

function validateAppArmor(profile: V1AppArmorProfile | undefined, path: FieldPath): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile } = profile;
  const at = path.child('localhostProfile');
  if (!type) return [fieldError.required(path.child('type'), 'type is required when appArmorProfile is set')];
  if (!profileTypes.includes(type)) return [fieldError.notSupported(path.child('type'), type, profileTypes)];
  if (type !== 'Localhost')
    return localhostProfile === undefined
      ? []
      : [fieldError.invalid(at, localhostProfile, 'can only be set when AppArmor type is Localhost')];
  if (localhostProfile !== undefined && localhostProfile.trim() !== localhostProfile)
    return [fieldError.invalid(at, localhostProfile, 'must not be padded with whitespace')];
  return localhostProfile ? [] : [fieldError.required(at, 'must be set when AppArmor type is Localhost')];
}

/** The security context of one container (`ValidateSecurityContext`). */
export function validateContainerSecurityContext(
  context: V1SecurityContext | undefined,
  hostUsers: boolean,
  path: FieldPath,
): FieldError[] {
  if (!context) return [];
  return [
    ...validateId(context.runAsUser, path.child('runAsUser')),
    ...validateId(context.runAsGroup, path.child('runAsGroup')),
    ...validateProcMount(context.procMount, hostUsers, path.child('procMount')),
    ...validateSeccomp(context.seccompProfile, path.child('seccompProfile')),
    ...(context.allowPrivilegeEscalation === false && context.privileged
      ? [
          fieldError.invalid(
            path,
            goValue('SecurityContext', context),
            'cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
          ),
        ]
      : []),
    ...(context.allowPrivilegeEscalation === false && context.capabilities?.add?.includes('CAP_SYS_ADMIN')
      ? [
          fieldError.invalid(
            path,
            goValue('SecurityContext', context),
            'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
          ),
        ]
      : []),
    ...validateAppArmor(context.appArmorProfile, path.child('appArmorProfile')),
  ];
}

function validateProcMount(procMount: string | undefined, hostUsers: boolean, path: FieldPath): FieldError[] {
  if (procMount === undefined) return [];
  const errors = validateOption(procMount, ['Default', 'Unmasked'], path);
  return hostUsers && procMount === 'Unmasked'
    ? [...errors, fieldError.invalid(path, procMount, '`hostUsers` must be false to use `Unmasked`')]
    : errors;
}

const forbiddenPodFieldsOnWindows = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const;
const forbiddenContainerFieldsOnWindows = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const;
const notOnWindows = 'cannot be set for a windows pod';
const notOnLinux = 'windows options cannot be set for a linux pod';

/** What a Pod that names its operating system may not ask for. */
export function validateOs(spec: V1PodSpec, path: FieldPath): FieldError[] {
  const name = spec.os?.name;
  if (!spec.os) return [];
  if (!name) return [fieldError.required(path.child('os').child('name'), 'cannot be empty')];
  if (name !== 'linux' && name !== 'windows') return [fieldError.notSupported(path.child('os'), name, ['linux', 'windows'])];
  return name === 'linux' ? validateLinux(spec, path) : validateWindows(spec, path);
}

function validateLinux(spec: V1PodSpec, path: FieldPath): FieldError[] {
  return [
    ...(spec.securityContext?.windowsOptions ? [fieldError.forbidden(path.child('securityContext', 'windowsOptions'), notOnLinux)] : []),
    ...visitContainers(spec, path).flatMap(({ context, at }) =>
      context?.windowsOptions ? [fieldError.forbidden(at.child('securityContext', 'windowsOptions'), notOnLinux)] : [],
    ),
  ];
}

function validateWindows(spec: V1PodSpec, path: FieldPath): FieldError[] {
  const context = spec.securityContext;
  const forbid = (isSet: unknown, ...names: string[]) =>
    isSet !== undefined && isSet !== false ? [fieldError.forbidden(path.child(...names), notOnWindows)] : [];
  const [first, second, ...others] = forbiddenPodFieldsOnWindows;
  const ofContext = (field: (typeof forbiddenPodFieldsOnWindows)[number]) => forbid(context?.[field], 'securityContext', field);
  const [seccomp, fsGroup, fsGroupChange, sysctls, ...rest] = others;
  return [
    ...ofContext(first),
    ...ofContext(second),
    ...forbid(spec.hostUsers, 'hostUsers'),
    ...forbid(spec.hostPID, 'hostPID'),
    ...forbid(spec.hostIPC, 'hostIPC'),
    ...[seccomp, fsGroup, fsGroupChange, sysctls].flatMap((field) => (field ? ofContext(field) : [])),
    ...forbid(spec.shareProcessNamespace, 'shareProcessNamespace'),
    ...rest.flatMap(ofContext),
    ...visitContainers(spec, path).flatMap(({ context: own, at }) =>
      forbiddenContainerFieldsOnWindows.flatMap((field) =>
        own?.[field] === undefined ? [] : [fieldError.forbidden(at.child('securityContext', field), notOnWindows)],
      ),
    ),
  ];
}

function visitContainers(spec: V1PodSpec, path: FieldPath): { context: V1SecurityContext | undefined; at: FieldPath }[] {
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).map(({ securityContext }, index) => ({ context: securityContext, at: path.child(list).index(index) })),
  );
}
