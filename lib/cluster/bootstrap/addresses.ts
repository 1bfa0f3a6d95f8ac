/** The addresses of every sandbox: what kubeadm's defaults and a small LAN give. */
export const addresses = {
  machineCidr: '172.18.0.0/16',
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
  dnsService: '10.96.0.10',
  clusterDomain: 'cluster.local',
  apiPort: 6443,
  workstation: '172.18.0.250',
  /** The front of all API servers: cp-1's own address with one, a load balancer's with several. */
  machine: (index: number) => `172.18.0.${index + 2}`,
} as const;

export const versions = { kubernetes: 'v1.36.0', etcd: '3.6.8-0', coredns: 'v1.14.2', pause: '3.10.1', containerd: '2.1.9' } as const;
