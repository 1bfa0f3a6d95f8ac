import type { ApiConnection, ApiForwarding, ApiResponse, ExecOptions, KubeObject, LogOptions } from '../api';

export type { ExecOptions, LogOptions };

/**
 * The way from the API server to the kubelets' own API (port 10250). A node that cannot be reached makes it throw a
 * `ConnectionError`; what the kubelet refuses is a `StatusError`.
 */
export interface KubeletDialer {
  logs(node: string, pod: KubeObject, options: LogOptions): Pick<ApiResponse, 'body' | 'stream'>;
  exec(node: string, pod: KubeObject, options: ExecOptions): ApiConnection;
  attach(node: string, pod: KubeObject, options: Omit<ExecOptions, 'command'>): ApiConnection;
  portForward(node: string, pod: KubeObject): ApiForwarding;
}
