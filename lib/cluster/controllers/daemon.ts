import type { Daemon, DaemonContext } from '../runtime/program';
import {
  failToStart,
  identityOf,
  ignoredComponentFlags,
  ignoredFlags,
  parseFlags,
  serveHealth,
  type Flag,
  type Flags,
  type WatchLatency,
} from '../client';
import { startControllerManager } from './manager';
import { defaultManagerOptions, type ManagerOptions } from './options';
import { controllers } from './registry';

interface CommandLine {
  readonly accountKeyFile: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly hasOwnAccounts: boolean;
  readonly leaderElect: boolean;
  readonly rootCaFile: string | undefined;
  readonly securePort: number;
  readonly options: ManagerOptions;
}

const option = (type: Flag<CommandLine>['type'], change: (value: any) => Partial<ManagerOptions>): Flag<CommandLine> => ({
  type,
  apply: (line, value) => ({ ...line, options: { ...line.options, ...change(value) } }),
});

const flags: Flags<CommandLine> = {
  kubeconfig: { type: 'string', apply: (line, kubeconfig) => ({ ...line, kubeconfig }) },
  'leader-elect': { type: 'boolean', apply: (line, leaderElect) => ({ ...line, leaderElect }) },
  'root-ca-file': { type: 'string', apply: (line, rootCaFile) => ({ ...line, rootCaFile }) },
  'service-account-private-key-file': { type: 'string', apply: (line, accountKeyFile) => ({ ...line, accountKeyFile }) },
  'secure-port': { type: 'number', apply: (line, securePort) => ({ ...line, securePort }) },
  controllers: option('list', (names) => ({ controllers: names })),
  'cluster-cidr': option('string', (clusterCidr) => ({ clusterCidr })),
  'allocate-node-cidrs': option('boolean', (allocateNodeCidrs) => ({ allocateNodeCidrs })),
  'node-cidr-mask-size': option('number', (nodeCidrMaskSize) => ({ nodeCidrMaskSize })),
  'node-cidr-mask-size-ipv4': option('number', (nodeCidrMaskSize) => ({ nodeCidrMaskSize })),
  'node-monitor-period': option('duration', (nodeMonitorPeriodMs) => ({ nodeMonitorPeriodMs })),
  'node-monitor-grace-period': option('duration', (nodeMonitorGracePeriodMs) => ({ nodeMonitorGracePeriodMs })),
  'node-startup-grace-period': option('duration', (nodeStartupGracePeriodMs) => ({ nodeStartupGracePeriodMs })),
  'node-eviction-rate': option('number', (nodeEvictionRate) => ({ nodeEvictionRate })),
  'secondary-node-eviction-rate': option('number', (secondaryNodeEvictionRate) => ({ secondaryNodeEvictionRate })),
  'large-cluster-size-threshold': option('number', (largeClusterSizeThreshold) => ({ largeClusterSizeThreshold })),
  'unhealthy-zone-threshold': option('number', (unhealthyZoneThreshold) => ({ unhealthyZoneThreshold })),
  'terminated-pod-gc-threshold': option('number', (terminatedPodGcThreshold) => ({ terminatedPodGcThreshold })),
  ...ignoredComponentFlags,
  ...ignoredFlags(
    'cluster-name',
    'cluster-signing-cert-file',
    'cluster-signing-key-file',
    'service-cluster-ip-range',
    'concurrent-deployment-syncs',
    'concurrent-replicaset-syncs',
    'horizontal-pod-autoscaler-sync-period',
    'cloud-provider',
  ),
  'use-service-account-credentials': { type: 'boolean', apply: (line, hasOwnAccounts) => ({ ...line, hasOwnAccounts }) },
  profiling: { type: 'boolean', apply: (line) => line },
};

const defaults: CommandLine = {
  accountKeyFile: undefined,
  hasOwnAccounts: false,
  kubeconfig: undefined,
  leaderElect: true,
  rootCaFile: undefined,
  securePort: 10257,
  options: defaultManagerOptions,
};

/** kube-controller-manager as its static Pod starts it. A flag it does not know ends it at once, as upstream's does. */
export function createKubeControllerManager({ latency }: { latency?: WatchLatency } = {}): Daemon {
  return { start: (context) => start(context, latency) };
}

export const kubeControllerManager: Daemon = createKubeControllerManager();

function start(context: DaemonContext, latency: WatchLatency | undefined): { stop(): void } {
  const parsed = parseFlags(flags, context.argv.slice(1), defaults);
  const problem = parsed.type === 'error' ? parsed.message : unknownController(parsed.options.options.controllers);
  if (parsed.type === 'error' || problem) return failToStart(context, problem as string);
  const line = parsed.options;
  const { kernel } = context;
  serveHealth(context, line.securePort);
  return startControllerManager({
    kernel,
    transport: context.transport(line.kubeconfig),
    log: context.log,
    isResumed: context.isResumed ?? false,
    hasOwnAccounts: line.hasOwnAccounts,
    options: {
      ...line.options,
      rootCa: (line.rootCaFile && context.files.read(line.rootCaFile)) || '',
      serviceAccountKey: line.accountKeyFile === undefined ? undefined : context.files.read(line.accountKeyFile),
    },
    ...(latency ? { latency } : {}),
    ...(line.leaderElect
      ? { leaderElection: { identity: identityOf(context), onLost: () => context.exit(1, 'leaderelection lost') } }
      : {}),
  });
}

function unknownController(names: readonly string[]): string | undefined {
  const unknown = names.map((name) => name.replace(/^-/, '')).filter((name) => name !== '*' && !knownControllers.has(name));
  return unknown.length > 0 ? `${unknown.map((name) => `"${name}" is not in the list of known controllers`).join(', ')}` : undefined;
}

/** Controllers that v1.36 has and nothing here needs yet: naming them is no mistake. */
const notSimulated = [
  'bootstrap-signer-controller',
  'bootstrapsigner',
  'token-cleaner-controller',
  'tokencleaner',
  'certificatesigningrequest-approving-controller',
  'certificatesigningrequest-cleaner-controller',
  'certificatesigningrequest-signing-controller',
  'cloud-node-lifecycle-controller',
  'cronjob-controller',
  'device-taint-eviction-controller',
  'endpointslice-mirroring-controller',
  'ephemeral-volume-controller',
  'horizontal-pod-autoscaler-controller',
  'job-controller',
  'kube-apiserver-serving-clustertrustbundle-publisher-controller',
  'legacy-serviceaccount-token-cleaner-controller',
  'node-route-controller',
  'persistentvolume-attach-detach-controller',
  'persistentvolume-binder-controller',
  'persistentvolume-expander-controller',
  'podcertificaterequest-cleaner-controller',
  'replicationcontroller-controller',
  'resourceclaim-controller',
  'selinux-warning-controller',
  'service-cidr-controller',
  'service-lb-controller',
  'statefulset-controller',
  'storage-version-migrator-controller',
  'storageversion-garbage-collector-controller',
  'ttl-after-finished-controller',
  'volumeattributesclass-protection-controller',
];

const knownControllers: ReadonlySet<string> = new Set([...controllers.map(({ name }) => name), ...notSimulated]);
