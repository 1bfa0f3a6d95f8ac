import { kubeControllerManager } from '../controllers';
import { coredns } from '../dns';
import { kubeProxy } from '../proxy';
import type { Daemon } from '../runtime/program';
import { kubeScheduler } from '../scheduler';
import { apiServerDaemon } from './apiserver-daemon';
import { etcdDaemon } from './etcd-daemon';

export interface ComponentOptions {
  /** Where a node answers: its InternalIP. */
  readonly addressOf: (node: string) => string | undefined;
  /** The prose of `kubectl explain`, by `definition.field`. */
  readonly descriptions?: () => Readonly<Record<string, string>>;
  /** What kube-apiserver's `--etcd-compaction-interval` is when its manifest says nothing. */
  readonly etcdCompactionIntervalMs?: number;
}

/** Which component each image of the control plane and the add-ons runs, by the name of its executable. */
export function createComponents(options: ComponentOptions): Readonly<Record<string, Daemon>> {
  return {
    etcd: etcdDaemon,
    'kube-apiserver': apiServerDaemon(options),
    'kube-controller-manager': kubeControllerManager,
    'kube-scheduler': kubeScheduler,
    'kube-proxy': kubeProxy,
    coredns,
  };
}
