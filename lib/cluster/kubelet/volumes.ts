import type { V1Container, V1DownwardAPIVolumeFile, V1KeyToPath, V1Pod, V1Volume } from '@/generated/kubernetes/types';
import { memo, own } from '@/lib/base';
import { ConnectionError, decodeBase64, StatusError } from '../api';
import type { Client } from '../client';
import type { Disk, Instant } from '../kernel';
import type { Mount } from '../runtime/container-files';
import { normalizePath } from '../runtime/container-files';
import { podDirectory } from './containers';
import { expand } from './environment';
import { fieldValue, ConfigError, resourceValue, type References } from './references';

export interface VolumeInput {
  readonly pod: V1Pod;
  readonly disk: Disk;
  readonly client: Client;
  readonly references: References;
  readonly podIp: string;
  readonly hostIp: string;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly now: Instant;
}

/** Where a volume is on the machine, and whether containers may write to it. */
export interface MountedVolume {
  readonly hostPath: string;
  readonly readonly: boolean;
  /** Its files may be run: `defaultMode` has execute bits. */
  readonly isExecutable?: boolean;
  /** What was last written there. */
  readonly filling?: Filling;
}

/** What a directory held when its disk had been written to so often. */
interface Filling {
  readonly content: Content;
  readonly writes: number;
}

type Content = Readonly<Record<string, string>>;

/**
 * Sets up a volume of a Pod and writes what its sources hold now; called again with what it answered `before`, it refreshes that.
 * Throws `ConfigError` with the whole sentence of a FailedMount event.
 */
export function mountVolume(input: VolumeInput, volume: V1Volume, before?: MountedVolume): MountedVolume {
  try {
    return setUp(input, volume, before?.filling);
  } catch (error) {
    if (error instanceof MountError) throw new ConfigError(error.message);
    if (error instanceof ConfigError || error instanceof StatusError)
      throw new ConfigError(`MountVolume.SetUp failed for volume ${JSON.stringify(volume.name)} : ${error.message}`);
    throw error;
  }
}

/** What a kubelet before this one filled, whatever has become of its source since; undefined when there is nothing of it. */
export function findFilled({ pod, disk }: Pick<VolumeInput, 'pod' | 'disk'>, volume: V1Volume): MountedVolume | undefined {
  const plugin = filledPlugins.find(({ field }) => volume[field]);
  const hostPath = plugin && directoryOf(pod, volume, plugin.name);
  if (!hostPath || disk.list(`${hostPath}/`).length === 0) return undefined;
  return { hostPath, readonly: true, isExecutable: canBeRun(volume.configMap?.defaultMode ?? volume.secret?.defaultMode) };
}

const filledPlugins = [
  { field: 'configMap', name: 'configmap' },
  { field: 'secret', name: 'secret' },
  { field: 'downwardAPI', name: 'downward-api' },
  { field: 'projected', name: 'projected' },
] as const;

function directoryOf(pod: V1Pod, volume: V1Volume, plugin: string): string {
  return `${podDirectory(pod.metadata.uid as string)}/volumes/kubernetes.io~${plugin}/${volume.name}`;
}

function canBeRun(mode = 0o644): boolean {
  return (mode & 0o111) !== 0;
}

/** A failure that is not of one volume's SetUp. */
class MountError extends Error {}

function setUp(input: VolumeInput, volume: V1Volume, before: Filling | undefined): MountedVolume {
  const plugin = (name: string) => directoryOf(input.pod, volume, name);
  const filled = (name: string, content: Content, mode?: number): MountedVolume => {
    const hostPath = plugin(name);
    return { hostPath, readonly: true, isExecutable: canBeRun(mode), filling: fill(input.disk, hostPath, content, before) };
  };
  const namespace = input.pod.metadata.namespace as string;
  if (volume.emptyDir) return { hostPath: plugin('empty-dir'), readonly: false };
  if (volume.hostPath) return { hostPath: checkHostPath(input.disk, volume.hostPath.path, volume.hostPath.type ?? ''), readonly: false };
  if (volume.configMap) {
    const { name = '', items, optional, defaultMode } = volume.configMap;
    return filled('configmap', configMapContent(input.references.configMapData(namespace, name, optional), items, optional), defaultMode);
  }
  if (volume.secret) {
    const { secretName = '', items, optional, defaultMode } = volume.secret;
    return filled('secret', secretContent(input.references.secretData(namespace, secretName, optional), items, optional), defaultMode);
  }
  if (volume.downwardAPI) return filled('downward-api', downwardContent(input, volume.downwardAPI.items));
  if (volume.projected) return filled('projected', projectedContent(input, volume, plugin('projected')));
  if (volume.persistentVolumeClaim) {
    const { claimName } = volume.persistentVolumeClaim;
    throw new MountError(
      `Unable to attach or mount volumes: unmounted volumes=[${volume.name}], unattached volumes=[], failed to process volumes=[${volume.name}]: error processing PVC ${namespace}/${claimName}: failed to fetch PVC from API server: persistentvolumeclaims ${JSON.stringify(claimName)} not found`,
    );
  }
  const [type = 'unknown'] = Object.keys(volume).filter((key) => key !== 'name');
  throw new ConfigError(`no volume plugin matched: volumes of type ${type} are not simulated`);
}

function configMapContent(data: Content | undefined, items: readonly V1KeyToPath[] | undefined, optional = false): Content {
  return pick(data, items, optional, (key) => `configmap references non-existent config key: ${key}`);
}

function secretContent(data: Content | undefined, items: readonly V1KeyToPath[] | undefined, optional = false): Content {
  return pick(data, items, optional, (key) => `references non-existent secret key: ${key}`);
}

function pick(
  data: Content | undefined,
  items: readonly V1KeyToPath[] | undefined,
  optional: boolean,
  missing: (key: string) => string,
): Content {
  if (!data) return {};
  if (!items?.length) return data;
  const picked: [path: string, value: string][] = [];
  for (const { key, path } of items) {
    const value = own(data, key);
    if (value !== undefined) picked.push([path, value]);
    else if (!optional) throw new ConfigError(missing(key));
  }
  return Object.fromEntries(picked);
}

function downwardContent({ pod, podIp, hostIp, allocatable }: VolumeInput, items: readonly V1DownwardAPIVolumeFile[] = []): Content {
  const content: Record<string, string> = {};
  for (const { path, fieldRef, resourceFieldRef } of items) {
    if (fieldRef) content[path] = fieldValue(pod, fieldRef, { podIp, hostIp });
    const container = resourceFieldRef && pod.spec.containers.find(({ name }) => name === resourceFieldRef.containerName);
    if (container) content[path] = resourceValue(container, resourceFieldRef, allocatable);
  }
  return content;
}

function projectedContent(input: VolumeInput, volume: V1Volume, directory: string): Content {
  const namespace = input.pod.metadata.namespace as string;
  let content: Content = {};
  for (const source of volume.projected?.sources ?? []) {
    const { configMap, secret, downwardAPI, serviceAccountToken } = source;
    if (configMap)
      content = {
        ...content,
        ...configMapContent(
          input.references.configMapData(namespace, configMap.name ?? '', configMap.optional),
          configMap.items,
          configMap.optional,
        ),
      };
    if (secret)
      content = {
        ...content,
        ...secretContent(input.references.secretData(namespace, secret.name ?? '', secret.optional), secret.items, secret.optional),
      };
    if (downwardAPI) content = { ...content, ...downwardContent(input, downwardAPI.items) };
    if (serviceAccountToken)
      content = {
        ...content,
        [serviceAccountToken.path]: serviceAccountTokenOf(input, serviceAccountToken, `${directory}/${serviceAccountToken.path}`),
      };
  }
  return content;
}

/** Of a token's time, when four fifths are over it is asked for anew (`kubelet/token/token_manager.go`). */
const freshShare = 0.8;

function serviceAccountTokenOf(
  { pod, client, disk, now }: VolumeInput,
  { audience, expirationSeconds = 3600 }: { audience?: string | undefined; expirationSeconds?: number | undefined },
  path: string,
): string {
  const known = disk.get<string>(path);
  if (known && now < (issuedAt(known) + freshShare * expirationSeconds) * 1000) return known;
  const { metadata, spec } = pod;
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      audiences: audience ? [audience] : [],
      expirationSeconds,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: metadata.name, uid: metadata.uid },
    },
  };
  try {
    const response = client.request({
      method: 'POST',
      url: `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/${spec.serviceAccountName ?? 'default'}/token`,
      body,
    });
    return (response.body as { status: { token: string } }).status.token;
  } catch (error) {
    if (known && (error instanceof StatusError || error instanceof ConnectionError)) return known;
    if (error instanceof StatusError) throw new ConfigError(`failed to fetch token: ${error.message}`);
    throw error;
  }
}

/** Seconds since the epoch, as the token itself says; 0 for what is no token. */
const issuedAt = memo(
  (token): number => {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    try {
      return (JSON.parse(decodeBase64(payload.padEnd(Math.ceil(payload.length / 4) * 4, '=')) ?? '') as { iat?: number }).iat ?? 0;
    } catch {
      return 0;
    }
  },
  { max: 512 },
);

/** Makes a directory hold exactly these files. Nothing is looked at while nobody wrote to the disk since it held them. */
function fill(disk: Disk, directory: string, content: Content, before: Filling | undefined): Filling {
  if (before?.writes === disk.writes && isSame(before.content, content)) return before;
  const wanted = new Set<string>();
  for (const [path, value] of Object.entries(content)) {
    const full = `${directory}${normalizePath(path)}`;
    wanted.add(full);
    if (disk.get(full) !== value) disk.set(full, value);
  }
  for (const [path] of disk.list(`${directory}/`)) if (!wanted.has(path)) disk.delete(path);
  return { content, writes: disk.writes };
}

function isSame(one: Content, other: Content): boolean {
  if (one === other) return true;
  for (const path in one) if (one[path] !== other[path]) return false;
  // `constructor` is a name of a file like any other.
  for (const path in other) if (!Object.hasOwn(one, path)) return false;
  return true;
}

function checkHostPath(disk: Disk, path: string, type: string): string {
  const clean = normalizePath(path);
  const isFile = typeof disk.get(clean) === 'string';
  const isDirectory = !isFile && disk.list(`${clean === '/' ? '' : clean}/`).length > 0;
  const refuse = (what: string): never => {
    throw new ConfigError(`hostPath type check failed: ${path} is not ${what}`);
  };
  if (type === 'Directory' && !isDirectory) refuse('a directory');
  if (type === 'DirectoryOrCreate' && isFile) refuse('a directory');
  if (type === 'File' && !isFile) refuse('a file');
  if (type === 'FileOrCreate' && isDirectory) refuse('a file');
  if (type === 'Socket' || type === 'CharDevice' || type === 'BlockDevice')
    refuse(type === 'Socket' ? 'a socket file' : type === 'CharDevice' ? 'a character device' : 'a block device');
  if (type === 'FileOrCreate' && !isFile) disk.set(clean, '');
  return clean;
}

/** The mounts of one container: its volumes where it wants them, and the file it may leave its last words in. */
export function containerMounts(
  pod: V1Pod,
  container: V1Container,
  {
    volumes,
    env,
    disk,
    attempt,
  }: { volumes: ReadonlyMap<string, MountedVolume>; env: Readonly<Record<string, string>>; disk: Disk; attempt: number },
): Mount[] {
  const mounts = (container.volumeMounts ?? []).flatMap(({ name, mountPath, subPath, subPathExpr, readOnly }): Mount[] => {
    const volume = volumes.get(name);
    if (!volume) return [];
    const within = subPathExpr ? expandSubPath(subPathExpr, env) : subPath;
    const hostPath = volume.hostPath + (within ? normalizePath(within) : '');
    return [
      {
        containerPath: normalizePath(mountPath),
        hostPath,
        readonly: volume.readonly || readOnly === true,
        isExecutable: volume.isExecutable ?? true,
        isFile: typeof disk.get(hostPath) === 'string',
      },
    ];
  });
  const messagePath = container.terminationMessagePath ?? '/dev/termination-log';
  return [...mounts, { containerPath: messagePath, hostPath: terminationLog(pod, container, attempt), isFile: true }];
}

/** Every variable must be there (`ExpandContainerVolumeMounts`). */
function expandSubPath(expression: string, env: Readonly<Record<string, string>>): string {
  const missing = [...expression.matchAll(/(?<!\$)\$\(([^)]*)\)/g)]
    .map(([, name = '']) => name)
    .find((name) => own(env, name) === undefined);
  if (missing !== undefined) throw new ConfigError(`missing value for ${missing}`);
  return expand(expression, env);
}

export function terminationLog(pod: V1Pod, container: Pick<V1Container, 'name'>, attempt: number): string {
  return `${podDirectory(pod.metadata.uid as string)}/containers/${container.name}/${attempt}`;
}

/** How long what is in a Pod's volumes may be left alone: what follows objects is looked at often, a token twice in the last fifth of its time. */
export function refreshMs({ spec }: V1Pod): number | undefined {
  const volumes = spec.volumes ?? [];
  const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  const follows =
    volumes.some(({ configMap, secret, downwardAPI }) => configMap ?? secret ?? downwardAPI) ||
    sources.some(({ secret, configMap }) => secret ?? (configMap && configMap.name !== 'kube-root-ca.crt'));
  if (follows) return refreshPeriodMs;
  const lives = sources.flatMap(({ serviceAccountToken }) => (serviceAccountToken ? [serviceAccountToken.expirationSeconds ?? 3600] : []));
  return lives.length > 0 ? ((1 - freshShare) / 2) * Math.min(...lives) * 1000 : undefined;
}

const refreshPeriodMs = 60_000;
