import type { ResourceDefinition } from '../api';
import { evictPod } from './eviction';
import { finalizeNamespace } from './namespaces';
import { attachToPod, bindPod, execInPod, portForwardToPod, podLog } from './pods';
import type { ResourceHandler } from './handler';
import { proxyToNode, proxyToPod, proxyToService } from './proxy';
import { answerScale } from './scale';
import { createToken } from './token-requests';

export interface Subresource {
  readonly name: string;
  /** The kind of its bodies; `group` and `version` where they are not the parent's. */
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
  readonly handler: ResourceHandler;
}

const proxyVerbs = ['create', 'delete', 'get', 'patch', 'update'];

const byKind: Readonly<Record<string, readonly Subresource[]>> = {
  Namespace: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'], handler: finalizeNamespace }],
  Node: [{ name: 'proxy', kind: 'NodeProxyOptions', verbs: proxyVerbs, handler: proxyToNode }],
  Pod: [
    { name: 'attach', kind: 'PodAttachOptions', verbs: ['create', 'get'], handler: attachToPod },
    { name: 'binding', kind: 'Binding', verbs: ['create'], handler: bindPod },
    { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'], handler: evictPod },
    { name: 'exec', kind: 'PodExecOptions', verbs: ['create', 'get'], handler: execInPod },
    { name: 'log', kind: 'Pod', verbs: ['get'], handler: podLog },
    { name: 'portforward', kind: 'PodPortForwardOptions', verbs: ['create', 'get'], handler: portForwardToPod },
    { name: 'proxy', kind: 'PodProxyOptions', verbs: proxyVerbs, handler: proxyToPod },
  ],
  Service: [{ name: 'proxy', kind: 'ServiceProxyOptions', verbs: proxyVerbs, handler: proxyToService }],
  ServiceAccount: [
    { name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'], handler: createToken },
  ],
};

const scale: Subresource = {
  name: 'scale',
  kind: 'Scale',
  group: 'autoscaling',
  version: 'v1',
  verbs: ['get', 'patch', 'update'],
  handler: answerScale,
};

/** Everything below a kind's objects but `status`, in order of name. */
export function subresourcesOf({ kind, type, subresources }: ResourceDefinition): readonly Subresource[] {
  return [...(type ? [] : (byKind[kind] ?? [])), ...(subresources?.scale ? [scale] : [])];
}

export function findSubresource(definition: ResourceDefinition, name: string): ResourceHandler | undefined {
  return subresourcesOf(definition).find((one) => one.name === name)?.handler;
}
