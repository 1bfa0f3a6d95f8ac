/** The addresses of every sandbox: what kubeadm's defaults and a small LAN give. */
export const addresses = {
  machineCidr: '172.18.0.0/16',
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
  dnsService: '10.96.0.10',
  clusterDomain: 'cluster.local',
  apiPort: 6443,
  workstation: '172.18.0.250',
  /** In front of the API servers where there are several. */
  loadBalancer: '172.18.0.200',
  machine: (index: number) => `172.18.0.${index + 2}`,
} as const;

/** Where clients reach the API (kubeadm's `controlPlaneEndpoint`): the first control plane alone, or a load balancer in front of several. */
export function controlPlaneEndpoint({ controlPlanes }: { readonly controlPlanes: number }): string {
  return `https://${controlPlanes > 1 ? addresses.loadBalancer : addresses.machine(0)}:${addresses.apiPort}`;
}

export const versions = { kubernetes: 'v1.36.0', etcd: '3.6.8-0', coredns: 'v1.14.2', pause: '3.10.1', containerd: '2.1.9' } as const;
