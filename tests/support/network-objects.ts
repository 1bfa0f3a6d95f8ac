import type { V1EndpointSlice, V1Service } from '@/generated/kubernetes/types';
import type { Draft } from '@/lib/cluster/api';

const metadataOf = (key: string) => {
  const [namespace, name] = key.split('/') as [string, string];
  return { namespace, name, uid: key, resourceVersion: '1', creationTimestamp: '2026-01-05T08:00:00Z' };
};

/** A Service as the API server would hold it. */
export function serviceOf(key: string, spec: Draft<V1Service['spec']>): V1Service {
  const ports = (spec as V1Service['spec']).ports?.map((port) => ({ protocol: 'TCP' as const, ...port }));
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(key),
    spec: { type: 'ClusterIP', ...(spec as V1Service['spec']), ports },
    status: { loadBalancer: {} },
  };
}

/** One slice of a Service's endpoints: `[ip, node]` each, or `[ip, node, 'terminating']`. */
export function sliceOf(
  service: string,
  port: number,
  endpoints: readonly (readonly [string, string] | readonly [string, string, 'terminating'])[],
  portName?: string,
): V1EndpointSlice {
  const metadata = metadataOf(service);
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    addressType: 'IPv4',
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': metadata.name } },
    ports: [{ port, protocol: 'TCP', ...(portName ? { name: portName } : {}) }],
    endpoints: endpoints.map(([ip, nodeName, state]) => ({
      addresses: [ip],
      nodeName,
      conditions: { ready: state === undefined, serving: true, terminating: state !== undefined },
    })),
  } as V1EndpointSlice;
}
