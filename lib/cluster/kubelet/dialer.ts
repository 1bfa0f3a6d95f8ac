import {
  ConnectionError,
  failure,
  StatusError,
  type ApiConnection,
  type ApiForwarding,
  type ApiResponse,
  type ExecOptions,
  type KubeObject,
  type LogOptions,
  type Status,
  type Transport,
} from '../api';
import type { KubeletDialer } from '../apiserver';

/** The API server's way to every kubelet's port 10250. `dial` opens a connection to a node by name; undefined means it has no address. */
export function createKubeletDialer({ dial }: { dial: (node: string) => Transport | undefined }): KubeletDialer {
  const ask = (node: string, method: 'GET' | 'POST', url: string): ApiResponse => {
    const transport = dial(node);
    if (!transport) throw new ConnectionError(`dial tcp: lookup ${node}: no such host`);
    const response = transport({ method, url, headers: {}, actor: 'kube-apiserver' });
    if (response.status < 400) return response;
    throw typeof response.body === 'object'
      ? new StatusError(response.body as Status)
      : failure(response.status, undefined, String(response.body));
  };
  const connection = (response: ApiResponse): ApiConnection => {
    if (!response.connect) throw failure(500, 'InternalError', 'the kubelet did not upgrade the connection');
    return response.connect;
  };
  const forwarding = (response: ApiResponse): ApiForwarding => {
    if (!response.forward) throw failure(500, 'InternalError', 'the kubelet did not upgrade the connection');
    return response.forward;
  };
  return {
    logs: (node, pod, options) => ask(node, 'GET', `/containerLogs/${pathOf(pod, options.container)}?${logQuery(options)}`),
    exec: (node, pod, options) => connection(ask(node, 'POST', `/exec/${pathOf(pod, options.container)}?${execQuery(options)}`)),
    attach: (node, pod, options) =>
      connection(ask(node, 'POST', `/attach/${pathOf(pod, options.container)}?${execQuery({ ...options, command: [] })}`)),
    portForward: (node, pod) => forwarding(ask(node, 'POST', `/portForward/${pathOf(pod, '')}`)),
  };
}

function pathOf({ metadata }: KubeObject, container: string): string {
  return [metadata.namespace, metadata.name, container].map((part) => encodeURIComponent(part as string)).join('/');
}

function logQuery({ container: _container, ...options }: LogOptions): string {
  return Object.entries(options)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join('&');
}

function execQuery({ command, stdin, stdout, stderr, tty }: ExecOptions): string {
  return [
    ...command.map((part) => `command=${encodeURIComponent(part)}`),
    ...Object.entries({ stdin, stdout, stderr, tty }).map(([name, value]) => `${name}=${value}`),
  ].join('&');
}
