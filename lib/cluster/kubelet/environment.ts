import type { V1Container, V1EnvVar, V1Pod, V1Service } from '@/generated/kubernetes/types';
import { own } from '@/lib/base';
import { fieldValue, ConfigError, resourceValue, type References } from './references';

export interface EnvironmentInput {
  readonly pod: V1Pod;
  readonly container: V1Container;
  readonly references: References;
  /** Services of the Pod's namespace, and `default/kubernetes`. */
  readonly services: readonly V1Service[];
  readonly podIp: string;
  readonly hostIp: string;
  readonly allocatable: Readonly<Record<string, string>>;
}

/** `kubelet_pods.go makeEnvironmentVariables`: services, then envFrom, then env in order, each of which may use those before it. */
export function makeEnvironment(input: EnvironmentInput): Record<string, string> {
  const { pod, container, references } = input;
  const namespace = pod.metadata.namespace as string;
  const result: Record<string, string> = {};
  for (const source of container.envFrom ?? []) {
    const { prefix = '', configMapRef, secretRef } = source;
    const data = configMapRef
      ? references.configMapData(namespace, configMapRef.name ?? '', configMapRef.optional)
      : secretRef
        ? references.secretData(namespace, secretRef.name ?? '', secretRef.optional)
        : undefined;
    for (const key of Object.keys(data ?? {}).sort()) result[prefix + key] = (data as Record<string, string>)[key] as string;
  }
  const services = serviceVariables(input);
  const lookup = { ...services, ...result };
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom ? referredValue(input, variable) : expand(variable.value ?? '', lookup);
    if (value === undefined) continue;
    result[variable.name] = value;
    lookup[variable.name] = value;
  }
  return { ...services, ...result };
}

function referredValue(
  { pod, container, references, podIp, hostIp, allocatable }: EnvironmentInput,
  { valueFrom }: V1EnvVar,
): string | undefined {
  const namespace = pod.metadata.namespace as string;
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom ?? {};
  if (fieldRef) return fieldValue(pod, fieldRef, { podIp, hostIp });
  if (resourceFieldRef) {
    const of = resourceFieldRef.containerName ? pod.spec.containers.find(({ name }) => name === resourceFieldRef.containerName) : container;
    return of && resourceValue(of, resourceFieldRef, allocatable);
  }
  const reference = configMapKeyRef ?? secretKeyRef;
  if (!reference) return undefined;
  const { name = '', key, optional = false } = reference;
  const data = configMapKeyRef ? references.configMapData(namespace, name, optional) : references.secretData(namespace, name, optional);
  const value = data && own(data, key);
  if (value === undefined && !optional)
    throw new ConfigError(`couldn't find key ${key} in ${configMapKeyRef ? 'ConfigMap' : 'Secret'} ${namespace}/${name}`);
  return value;
}

/** Docker links' variables for every Service with a cluster IP (`envvars.FromServices`). */
export function serviceVariables({ pod, services }: Pick<EnvironmentInput, 'pod' | 'services'>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const { metadata, spec } of services) {
    const isMaster = metadata.namespace === 'default' && metadata.name === 'kubernetes';
    if (!isMaster && (pod.spec.enableServiceLinks === false || metadata.namespace !== pod.metadata.namespace)) continue;
    const [first] = spec.ports ?? [];
    if (!spec.clusterIP || spec.clusterIP === 'None' || !first) continue;
    const name = variableName(metadata.name as string);
    const url = (port: { port: number; protocol?: string | undefined }) =>
      `${(port.protocol ?? 'TCP').toLowerCase()}://${spec.clusterIP}:${port.port}`;
    Object.assign(result, { [`${name}_SERVICE_HOST`]: spec.clusterIP, [`${name}_SERVICE_PORT`]: String(first.port) });
    for (const port of spec.ports ?? []) if (port.name) result[`${name}_SERVICE_PORT_${variableName(port.name)}`] = String(port.port);
    result[`${name}_PORT`] = url(first);
    for (const port of spec.ports ?? []) {
      const protocol = port.protocol ?? 'TCP';
      const prefix = `${name}_PORT_${port.port}_${protocol}`;
      Object.assign(result, {
        [prefix]: url(port),
        [`${prefix}_PROTO`]: protocol.toLowerCase(),
        [`${prefix}_PORT`]: String(port.port),
        [`${prefix}_ADDR`]: spec.clusterIP,
      });
    }
  }
  return result;
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

/** `$(NAME)` is the variable's value, or itself when there is none; `$$` is `$` (`third_party/forked/golang/expansion`). */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, escaped: string, name: string) =>
    escaped === '$' ? '$' : (own(variables, name) ?? whole),
  );
}
