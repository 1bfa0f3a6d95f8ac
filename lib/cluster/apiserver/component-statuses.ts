import type { KubeObject } from '../api';
import type { ResourceServices } from './handler';
import { isReachable } from './health';

/** What each component answers about its health (`registry/core/componentstatus`): etcd is asked, the others are known by their leases. */
export function componentStatuses({ etcd, lookup, kernel }: ResourceServices): KubeObject[] {
  const isAlive = (component: string) => {
    const spec = lookup.find('Lease', 'kube-system', component)?.spec;
    const renewed = Date.parse(spec?.renewTime ?? '');
    return kernel.now - renewed <= (spec?.leaseDurationSeconds ?? 15) * 1000;
  };
  return [
    componentStatus('controller-manager', isAlive('kube-controller-manager'), 10257),
    componentStatus('scheduler', isAlive('kube-scheduler'), 10259),
    componentStatus('etcd-0', isReachable(etcd), 2379),
  ];
}

function componentStatus(name: string, isHealthy: boolean, port: number): KubeObject {
  const refused = `Get "https://127.0.0.1:${port}/healthz": dial tcp 127.0.0.1:${port}: connect: connection refused`;
  return {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name },
    conditions: [{ type: 'Healthy', ...(isHealthy ? { status: 'True', message: 'ok' } : { status: 'False', message: refused }) }],
  } as unknown as KubeObject;
}
