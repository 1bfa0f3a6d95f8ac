import type { Transport } from '../api';
import { Client, electLeader, EventRecorder, InformerFactory, type WatchLatency } from '../client';
import type { Kernel } from '../kernel';
import { accounts, maybeEnsureAccount, transportAs } from './accounts';
import { defaultManagerOptions, type ManagerOptions } from './options';
import { controllers } from './registry';

export interface ControllerManagerOptions {
  readonly kernel: Kernel;
  readonly transport: Transport;
  readonly options?: Partial<ManagerOptions>;
  /** Absent means it leads at once and writes no Lease, as with `--leader-elect=false`. */
  readonly leaderElection?: { readonly identity: string; readonly onLost: () => void };
  readonly latency?: WatchLatency;
  readonly log?: (line: string) => void;
  /** Each controller is a service account of its own (`--use-service-account-credentials`). */
  readonly hasOwnAccounts?: boolean;
  /** It led when the snapshot was taken that it goes on from, if it leads at once. */
  readonly isResumed?: boolean;
}

const component = 'kube-controller-manager';

/** Starts the controllers that `options.controllers` asks for, once this instance leads (`cmd/kube-controller-manager`). */
export function startControllerManager({
  kernel,
  transport,
  options,
  leaderElection,
  latency,
  log = () => {},
  isResumed = false,
  hasOwnAccounts = false,
}: ControllerManagerOptions): { stop(): void } {
  const client = new Client({ transport, actor: component });
  const settings = { ...defaultManagerOptions, ...options };
  let running: { stop(): void } | undefined;
  const startedAt = kernel.now;
  const lead = () =>
    void (running = startControllers({
      kernel,
      client,
      settings,
      latency,
      log,
      isResumed: isResumed && kernel.now === startedAt,
      ...(hasOwnAccounts ? { accountTransport: (account: string) => transportAs(account, { client, transport, kernel }) } : {}),
    }));
  if (!leaderElection) lead();
  const election = leaderElection && electLeader(kernel, client, leaderElection, lead, log);
  return {
    stop() {
      election?.stop();
      running?.stop();
    },
  };
}

interface Start {
  readonly kernel: Kernel;
  readonly client: Client;
  readonly settings: ManagerOptions;
  readonly latency: WatchLatency | undefined;
  readonly log: (line: string) => void;
  readonly isResumed: boolean;
  readonly accountTransport?: (account: string) => Transport;
}

function startControllers({ kernel, client, settings, latency, log, isResumed, accountTransport }: Start): { stop(): void } {
  const informers = new InformerFactory({ kernel, client, ...(latency ? { latency } : {}) });
  const started = controllers
    .filter((one) => isEnabled(one.name, settings.controllers))
    .map((controller) => {
      const account = accountTransport && accounts[controller.name];
      if (account && !isResumed) maybeEnsureAccount(client, account);
      const own = client.as(controller.name, account ? accountTransport(account) : undefined);
      const record = new EventRecorder({ kernel, client: own, component: controller.component ?? controller.name });
      log(`"Starting" controller=${JSON.stringify(controller.name)}`);
      return controller.start({ kernel, client: own, informers, record, options: settings, isResumed, log });
    });
  informers.start();
  return {
    stop() {
      informers.stop();
      for (const controller of [...started].reverse()) controller.stop();
    },
  };
}

/** `genericcontrollermanager.IsControllerEnabled`. */
function isEnabled(name: string, asked: readonly string[]): boolean {
  if (asked.includes(name)) return true;
  return !asked.includes(`-${name}`) && asked.includes('*');
}
