/** kube-controller-manager's flags that change what it does, with v1.36's defaults. */
export interface ManagerOptions {
  /** `*`, names and `-names`, as `--controllers`. */
  readonly controllers: readonly string[];
  readonly clusterCidr: string;
  readonly nodeCidrMaskSize: number;
  readonly allocateNodeCidrs: boolean;
  readonly nodeMonitorPeriodMs: number;
  /** How long a node may be silent before it is Unknown: at least the kubelet's update period several times over. */
  readonly nodeMonitorGracePeriodMs: number;
  readonly nodeStartupGracePeriodMs: number;
  readonly nodeEvictionRate: number;
  readonly secondaryNodeEvictionRate: number;
  readonly largeClusterSizeThreshold: number;
  readonly unhealthyZoneThreshold: number;
  readonly terminatedPodGcThreshold: number;
  /** PEM text for kube-root-ca.crt. */
  readonly rootCa: string;
  /** What signs the tokens of Secrets; absent, the seed stands for it, as it does in the API server. */
  readonly serviceAccountKey?: string | undefined;
}

export const defaultManagerOptions: ManagerOptions = {
  controllers: ['*'],
  clusterCidr: '10.244.0.0/16',
  nodeCidrMaskSize: 24,
  allocateNodeCidrs: true,
  nodeMonitorPeriodMs: 5_000,
  nodeMonitorGracePeriodMs: 50_000,
  nodeStartupGracePeriodMs: 60_000,
  nodeEvictionRate: 0.1,
  secondaryNodeEvictionRate: 0.01,
  largeClusterSizeThreshold: 50,
  unhealthyZoneThreshold: 0.55,
  terminatedPodGcThreshold: 12_500,
  rootCa: '',
};
