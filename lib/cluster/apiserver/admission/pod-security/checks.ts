import { compareBytes } from '@/lib/base';
import type { KubeObject } from '../../../api';
import { containersOf } from '../../pod-references';
import { named, plural, quoted } from './text';

/** Why a Pod breaks a standard; undefined when it does not. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** One control of the Pod Security Standards (`pod-security-admission/policy`). */
export interface Check {
  readonly id: string;
  readonly level: 'baseline' | 'restricted';
  /** The minor version it appeared in. */
  readonly since: number;
  /** The baseline check that this restricted one stands in for. */
  readonly overrides?: string;
  check(pod: PodToCheck, minor: number): Violation | undefined;
}

export interface PodToCheck {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: KubeObject['spec'];
}

function namesWhere(pod: PodToCheck, isBad: (container: any) => boolean): string[] {
  return containersOf(pod.spec)
    .filter(isBad)
    .map(({ name }) => name as string);
}

function sorted(values: Iterable<string>): string[] {
  return [...new Set(values)].sort(compareBytes);
}

/** `pod`, `container "a"` or both: whoever set something. */
function setters(isPod: boolean, containers: readonly string[]): string[] {
  return [...(isPod ? ['pod'] : []), ...(containers.length ? [named('container', containers)] : [])];
}

function isWindows({ spec }: PodToCheck): boolean {
  return spec.os?.name === 'windows';
}

function forbiddenAppArmor(pod: PodToCheck): Violation | undefined {
  const isBad = (holder: any) => {
    const type = holder?.securityContext?.appArmorProfile?.type;
    return type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  };
  const containers = namesWhere(pod, isBad);
  const annotations = Object.entries(pod.annotations)
    .filter(([key, value]) => key.startsWith('container.apparmor.security.beta.kubernetes.io/') && !isAllowedAppArmor(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort(compareBytes);
  const who = [...setters(isBad(pod.spec), containers), ...(annotations.length ? [plural('annotation', annotations.length)] : [])];
  if (who.length === 0) return undefined;
  const types = sorted([pod.spec, ...containersOf(pod.spec)].filter(isBad).map((holder) => holder.securityContext.appArmorProfile.type));
  const values = [...types.map((type) => JSON.stringify(type)), ...annotations];
  return {
    reason: plural('forbidden AppArmor profile', values.length),
    detail: `${who.join(' and ')} must not set AppArmor profile type to ${values.join(', ')}`,
  };
}

function isAllowedAppArmor(value: string): boolean {
  return value === '' || value === 'runtime/default' || value.startsWith('localhost/');
}

const defaultCapabilities = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(' '),
);

function addedBeyond(pod: PodToCheck, isAllowed: (capability: string) => boolean): string | undefined {
  const added = ({ securityContext }: any): string[] => (securityContext?.capabilities?.add ?? []).filter((one: string) => !isAllowed(one));
  const containers = namesWhere(pod, (container) => added(container).length > 0);
  if (containers.length === 0) return undefined;
  return `${named('container', containers)} must not include ${quoted(sorted(containersOf(pod.spec).flatMap(added)))} in securityContext.capabilities.add`;
}

function nonDefaultCapabilities(pod: PodToCheck): Violation | undefined {
  const detail = addedBeyond(pod, (capability) => defaultCapabilities.has(capability));
  return detail === undefined ? undefined : { reason: 'non-default capabilities', detail };
}

function unrestrictedCapabilities(pod: PodToCheck, minor: number): Violation | undefined {
  if (minor >= 25 && isWindows(pod)) return undefined;
  const keeping = namesWhere(pod, ({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'));
  const added = addedBeyond(pod, (capability) => capability === 'NET_BIND_SERVICE');
  const details = [
    ...(keeping.length ? [`${named('container', keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(added ? [added] : []),
  ];
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
}

function hostNamespaces({ spec }: PodToCheck): Violation | undefined {
  const shared = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field]).map((field) => `${field}=true`);
  return shared.length === 0 ? undefined : { reason: 'host namespaces', detail: shared.join(', ') };
}

function hostPathVolumes({ spec }: PodToCheck): Violation | undefined {
  const names = (spec.volumes ?? []).filter((volume: any) => volume.hostPath).map(({ name }: any) => name);
  return names.length === 0 ? undefined : { reason: 'hostPath volumes', detail: named('volume', names) };
}

function hostPorts(pod: PodToCheck): Violation | undefined {
  const portsOf = ({ ports }: any): string[] =>
    (ports ?? []).filter((port: any) => port.hostPort).map((port: any) => String(port.hostPort));
  const containers = namesWhere(pod, (container) => portsOf(container).length > 0);
  if (containers.length === 0) return undefined;
  const ports = sorted(containersOf(pod.spec).flatMap(portsOf));
  const what = plural('hostPort', ports.length);
  return {
    reason: what,
    detail: `${named('container', containers)} ${plural('uses', containers.length, 'use')} ${what} ${ports.join(', ')}`,
  };
}

/** Addresses a kubelet is told to call in the Pod's name. */
function probeHosts(pod: PodToCheck): Violation | undefined {
  const hostsOf = (container: any): string[] =>
    [
      container.livenessProbe,
      container.readinessProbe,
      container.startupProbe,
      container.lifecycle?.postStart,
      container.lifecycle?.preStop,
    ]
      .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
      .filter((host) => host && host !== '127.0.0.1' && host !== '::1');
  const containers = namesWhere(pod, (container) => hostsOf(container).length > 0);
  if (containers.length === 0) return undefined;
  const hosts = sorted(containersOf(pod.spec).flatMap(hostsOf));
  const what = plural('probe or lifecycle host', hosts.length);
  return { reason: what, detail: `${named('container', containers)} ${plural('uses', containers.length, 'use')} ${what} ${quoted(hosts)}` };
}

function privileged(pod: PodToCheck): Violation | undefined {
  const containers = namesWhere(pod, ({ securityContext }) => securityContext?.privileged);
  return containers.length === 0
    ? undefined
    : { reason: 'privileged', detail: `${named('container', containers)} must not set securityContext.privileged=true` };
}

function procMount(pod: PodToCheck, minor: number): Violation | undefined {
  if (minor >= 35 && pod.spec.hostUsers === false) return undefined;
  const isBad = ({ securityContext }: any) => securityContext?.procMount && securityContext.procMount !== 'Default';
  const containers = namesWhere(pod, isBad);
  if (containers.length === 0) return undefined;
  const types = sorted(
    containersOf(pod.spec)
      .filter(isBad)
      .map(({ securityContext }) => securityContext.procMount),
  );
  return { reason: 'procMount', detail: `${named('container', containers)} must not set securityContext.procMount to ${quoted(types)}` };
}

const selinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

function seLinuxOptions(pod: PodToCheck, minor: number): Violation | undefined {
  const allowed = minor >= 31 ? [...selinuxTypes, 'container_engine_t'] : selinuxTypes;
  const optionsOf = (holder: any) => holder.securityContext?.seLinuxOptions;
  const isBad = (holder: any) => {
    const options = optionsOf(holder);
    return Boolean(options && (!allowed.includes(options.type ?? '') || options.user || options.role));
  };
  const who = setters(isBad(pod.spec), namesWhere(pod, isBad));
  if (who.length === 0) return undefined;
  const all = [pod.spec, ...containersOf(pod.spec)].map(optionsOf).filter(Boolean);
  const types = sorted(all.map(({ type = '' }) => type as string).filter((type) => !allowed.includes(type)));
  const data = [
    ...(types.length ? [`${plural('type', types.length)} ${quoted(types)}`] : []),
    ...(all.some(({ user }) => user) ? ['user may not be set'] : []),
    ...(all.some(({ role }) => role) ? ['role may not be set'] : []),
  ];
  return { reason: 'seLinuxOptions', detail: `${who.join(' and ')} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}` };
}

function seccompType(holder: any): string | undefined {
  return holder.securityContext?.seccompProfile?.type;
}

function isBadSeccomp(holder: any): boolean {
  const type = seccompType(holder);
  return type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
}

function unconfinedSeccomp(pod: PodToCheck): Violation | undefined {
  const who = setters(isBadSeccomp(pod.spec), namesWhere(pod, isBadSeccomp));
  if (who.length === 0) return undefined;
  const types = sorted([pod.spec, ...containersOf(pod.spec)].filter(isBadSeccomp).map((holder) => seccompType(holder) as string));
  return { reason: 'seccompProfile', detail: `${who.join(' and ')} must not set securityContext.seccompProfile.type to ${quoted(types)}` };
}

function noSeccomp(pod: PodToCheck, minor: number): Violation | undefined {
  if (minor >= 25 && isWindows(pod)) return undefined;
  const explicit = unconfinedSeccomp(pod);
  if (explicit) return explicit;
  const without = seccompType(pod.spec) ? [] : namesWhere(pod, (container) => seccompType(container) === undefined);
  return without.length === 0
    ? undefined
    : {
        reason: 'seccompProfile',
        detail: `pod or ${named('container', without)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
      };
}

const safeSysctls: readonly (readonly [minor: number, names: readonly string[]])[] = [
  [
    0,
    [
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.tcp_syncookies',
      'net.ipv4.ping_group_range',
      'net.ipv4.ip_unprivileged_port_start',
    ],
  ],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [29, ['net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes']],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
];

function forbiddenSysctls({ spec }: PodToCheck, minor: number): Violation | undefined {
  const safe = safeSysctls.filter(([since]) => since <= minor).flatMap(([, names]) => names);
  const forbidden = (spec.securityContext?.sysctls ?? []).map(({ name }: any) => name).filter((name: string) => !safe.includes(name));
  return forbidden.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: forbidden.join(', ') };
}

function windowsHostProcess(pod: PodToCheck): Violation | undefined {
  const isBad = (holder: any) => Boolean(holder.securityContext?.windowsOptions?.hostProcess);
  const who = setters(isBad(pod.spec), namesWhere(pod, isBad));
  return who.length === 0
    ? undefined
    : { reason: 'hostProcess', detail: `${who.join(' and ')} must not set securityContext.windowsOptions.hostProcess=true` };
}

function allowPrivilegeEscalation(pod: PodToCheck, minor: number): Violation | undefined {
  if (minor >= 25 && isWindows(pod)) return undefined;
  const containers = namesWhere(pod, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  return containers.length === 0
    ? undefined
    : {
        reason: 'allowPrivilegeEscalation != false',
        detail: `${named('container', containers)} must set securityContext.allowPrivilegeEscalation=false`,
      };
}

const freeVolumes = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];

function restrictedVolumes({ spec }: PodToCheck): Violation | undefined {
  const typeOf = (volume: any): string | undefined => Object.keys(volume).find((field) => field !== 'name' && volume[field] !== undefined);
  const bad = (spec.volumes ?? []).filter((volume: any) => !freeVolumes.includes(typeOf(volume) ?? 'emptyDir'));
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map((volume: any) => typeOf(volume) as string));
  const names = bad.map(({ name }: any) => name);
  return {
    reason: 'restricted volume types',
    detail: `${named('volume', names)} ${plural('uses', names.length, 'use')} ${plural('restricted volume type', types.length)} ${quoted(types)}`,
  };
}

function runAsNonRoot(pod: PodToCheck, minor: number): Violation | undefined {
  if (minor >= 35 && pod.spec.hostUsers === false) return undefined;
  const reason = 'runAsNonRoot != true';
  const valueOf = (holder: any): boolean | undefined => holder.securityContext?.runAsNonRoot;
  const who = setters(
    valueOf(pod.spec) === false,
    namesWhere(pod, (container) => valueOf(container) === false),
  );
  if (who.length > 0) return { reason, detail: `${who.join(' and ')} must not set securityContext.runAsNonRoot=false` };
  const silent = valueOf(pod.spec) ? [] : namesWhere(pod, (container) => valueOf(container) === undefined);
  return silent.length === 0
    ? undefined
    : { reason, detail: `pod or ${named('container', silent)} must set securityContext.runAsNonRoot=true` };
}

function runAsUser(pod: PodToCheck, minor: number): Violation | undefined {
  if (minor >= 35 && pod.spec.hostUsers === false) return undefined;
  const isRoot = (holder: any) => holder.securityContext?.runAsUser === 0;
  const who = setters(isRoot(pod.spec), namesWhere(pod, isRoot));
  return who.length === 0 ? undefined : { reason: 'runAsUser=0', detail: `${who.join(' and ')} must not set runAsUser=0` };
}

/** In the order their violations are told: baseline by id, then restricted by id. */
export const checks: readonly Check[] = [
  { id: 'appArmorProfile', level: 'baseline', since: 0, check: forbiddenAppArmor },
  { id: 'capabilities_baseline', level: 'baseline', since: 0, check: nonDefaultCapabilities },
  { id: 'hostNamespaces', level: 'baseline', since: 0, check: hostNamespaces },
  { id: 'hostPathVolumes', level: 'baseline', since: 0, check: hostPathVolumes },
  { id: 'hostPorts', level: 'baseline', since: 0, check: hostPorts },
  { id: 'hostProbesAndHostLifecycle', level: 'baseline', since: 34, check: probeHosts },
  { id: 'privileged', level: 'baseline', since: 0, check: privileged },
  { id: 'procMount', level: 'baseline', since: 0, check: procMount },
  { id: 'seLinuxOptions', level: 'baseline', since: 0, check: seLinuxOptions },
  { id: 'seccompProfile_baseline', level: 'baseline', since: 19, check: unconfinedSeccomp },
  { id: 'sysctls', level: 'baseline', since: 0, check: forbiddenSysctls },
  { id: 'windowsHostProcess', level: 'baseline', since: 0, check: windowsHostProcess },
  { id: 'allowPrivilegeEscalation', level: 'restricted', since: 8, check: allowPrivilegeEscalation },
  { id: 'capabilities_restricted', level: 'restricted', since: 22, overrides: 'capabilities_baseline', check: unrestrictedCapabilities },
  { id: 'restrictedVolumes', level: 'restricted', since: 0, overrides: 'hostPathVolumes', check: restrictedVolumes },
  { id: 'runAsNonRoot', level: 'restricted', since: 0, check: runAsNonRoot },
  { id: 'runAsUser', level: 'restricted', since: 23, check: runAsUser },
  { id: 'seccompProfile_restricted', level: 'restricted', since: 19, overrides: 'seccompProfile_baseline', check: noSeccomp },
];
