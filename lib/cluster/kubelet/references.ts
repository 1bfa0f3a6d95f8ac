import type {
  V1ConfigMap,
  V1Container,
  V1ObjectFieldSelector,
  V1Pod,
  V1ResourceFieldSelector,
  V1Secret,
} from '@/generated/kubernetes/types';
import { ConnectionError, Quantity, StatusError } from '../api';
import { decodeBase64 } from '../api/base64';
import type { Client } from '../client';
import { ConfigMap, Secret } from '../resources';

/** Something a Pod refers to is missing or wrong; `message` is the sentence its events carry. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const authorityName = 'kube-root-ca.crt';
const authorityMs = 60_000;
const lastFoundMax = 256;

/** Reads the ConfigMaps and Secrets that Pods of this node refer to. */
export class References {
  readonly #client: Client;
  readonly #now: () => number;
  readonly #authorities = new Map<string, { readonly at: number; readonly found: V1ConfigMap }>();
  /** What Pods refer to is watched, and good while no API server answers (`kubelet/util/manager/watch_based_manager.go`). */
  readonly #lastFound = new Map<string, V1ConfigMap | V1Secret>();

  constructor(client: Client, now: () => number) {
    this.#client = client;
    this.#now = now;
  }

  /** The authority that every Pod of a namespace mounts is kept for a while. */
  findConfigMap(namespace: string, name: string): V1ConfigMap | undefined {
    if (name !== authorityName) return this.#getConfigMap(namespace, name);
    const known = this.#authorities.get(namespace);
    if (known && this.#now() - known.at < authorityMs) return known.found;
    const found = this.#getConfigMap(namespace, name);
    if (found) this.#authorities.set(namespace, { at: this.#now(), found });
    return found;
  }

  #getConfigMap(namespace: string, name: string): V1ConfigMap | undefined {
    return this.#find(`ConfigMap ${namespace}/${name}`, () => this.#client.find(ConfigMap, { namespace, name }));
  }

  findSecret(namespace: string, name: string): V1Secret | undefined {
    return this.#find(`Secret ${namespace}/${name}`, () => this.#client.find(Secret, { namespace, name }));
  }

  #find<T extends V1ConfigMap | V1Secret>(key: string, find: () => T | undefined): T | undefined {
    try {
      const found = orConfigError(find);
      this.#remember(key, found);
      return found;
    } catch (error) {
      if (!(error instanceof ConnectionError) || !this.#lastFound.has(key)) throw error;
      return this.#lastFound.get(key) as T;
    }
  }

  #remember(key: string, found: V1ConfigMap | V1Secret | undefined): void {
    this.#lastFound.delete(key);
    if (!found) return;
    this.#lastFound.set(key, found);
    const [oldest] = this.#lastFound.keys();
    if (oldest !== undefined && this.#lastFound.size > lastFoundMax) this.#lastFound.delete(oldest);
  }

  /** What a ConfigMap holds by key; undefined when it is missing and optional. */
  configMapData(namespace: string, name: string, optional = false): Readonly<Record<string, string>> | undefined {
    const found = this.findConfigMap(namespace, name);
    if (!found && !optional) throw new ConfigError(`configmap ${JSON.stringify(name)} not found`);
    return found && contentOf(found);
  }

  secretData(namespace: string, name: string, optional = false): Readonly<Record<string, string>> | undefined {
    const found = this.findSecret(namespace, name);
    if (!found && !optional) throw new ConfigError(`secret ${JSON.stringify(name)} not found`);
    return found && decoded(found.data);
  }
}

/** What objects hold by file: an object that did not change does not change it. */
const contents = new WeakMap<V1ConfigMap, Readonly<Record<string, string>>>();

function contentOf(configMap: V1ConfigMap): Readonly<Record<string, string>> {
  let content = contents.get(configMap);
  if (!content) contents.set(configMap, (content = Object.freeze({ ...configMap.data, ...decoded(configMap.binaryData) })));
  return content;
}

function decoded(data: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decodeBase64(value) ?? value]));
}

/** `fieldpath.ExtractFieldPathAsString` and the kubelet's own `status.*` and `spec.*` fields. */
export function fieldValue(
  pod: V1Pod,
  { fieldPath }: Pick<V1ObjectFieldSelector, 'fieldPath'>,
  addresses: { podIp: string; hostIp: string },
): string {
  const { metadata, spec } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (subscript) return (subscript[1] === 'labels' ? metadata.labels : metadata.annotations)?.[subscript[2] as string] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return metadata.name as string;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(metadata.labels);
    case 'metadata.annotations':
      return formatMap(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return addresses.hostIp;
    case 'status.podIP':
    case 'status.podIPs':
      return addresses.podIp;
    default:
      throw new ConfigError(`unsupported fieldPath: ${fieldPath}`);
  }
}

function formatMap(map: Readonly<Record<string, string>> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');
}

/** `resource.ExtractContainerResourceValue`; a limit that is not set is what the node can give. */
export function resourceValue(
  container: V1Container,
  { resource, divisor }: Pick<V1ResourceFieldSelector, 'resource' | 'divisor'>,
  allocatable: Readonly<Record<string, string>>,
): string {
  const [kind, name = ''] = resource.split(/\.(.*)/s);
  const { limits, requests } = container.resources ?? {};
  const quantity = Quantity.of((kind === 'limits' ? (limits?.[name] ?? allocatable[name]) : requests?.[name]) ?? '0');
  const unit = divisor && divisor !== '0' ? Quantity.of(divisor) : Quantity.of('1');
  return String((quantity.nanos + unit.nanos - 1n) / unit.nanos);
}

/** What the API server refuses (a static Pod's node has no relationship with a ConfigMap) is in the way of the one container. */
function orConfigError<T>(find: () => T): T {
  try {
    return find();
  } catch (error) {
    throw error instanceof StatusError ? new ConfigError(error.message) : error;
  }
}
