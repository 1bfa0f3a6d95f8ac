import {
  Client,
  electLeader,
  failToStart,
  identityOf,
  ignoredComponentFlags,
  ignoredFlags,
  parseFlags,
  serveHealth,
  type Flags,
  type WatchLatency,
} from '../client';
import type { Daemon, DaemonContext } from '../runtime/program';
import { startScheduler } from './scheduler';

interface CommandLine {
  readonly kubeconfig: string | undefined;
  readonly leaderElect: boolean;
  readonly securePort: number;
}

const flags: Flags<CommandLine> = {
  kubeconfig: { type: 'string', apply: (line, kubeconfig) => ({ ...line, kubeconfig }) },
  'leader-elect': { type: 'boolean', apply: (line, leaderElect) => ({ ...line, leaderElect }) },
  'secure-port': { type: 'number', apply: (line, securePort) => ({ ...line, securePort }) },
  profiling: { type: 'boolean', apply: (line) => line },
  ...ignoredComponentFlags,
  ...ignoredFlags('authentication-skip-lookup', 'master'),
};

const defaults: CommandLine = { kubeconfig: undefined, leaderElect: true, securePort: 10259 };

/** kube-scheduler as its static Pod starts it. A flag it does not know ends it at once, as upstream's does. */
export function createKubeScheduler({ latency }: { latency?: WatchLatency } = {}): Daemon {
  return { start: (context) => start(context, latency) };
}

export const kubeScheduler: Daemon = createKubeScheduler();

function start(context: DaemonContext, latency: WatchLatency | undefined): { stop(): void } {
  const parsed = parseFlags(flags, context.argv.slice(1), defaults);
  if (parsed.type === 'error') return failToStart(context, parsed.message);
  const { kubeconfig, leaderElect, securePort } = parsed.options;
  const { kernel, log } = context;
  const transport = context.transport(kubeconfig);
  serveHealth(context, securePort);
  let scheduler: { stop(): void } | undefined;
  const lead = () =>
    void (scheduler = startScheduler({ kernel, transport, log, host: context.machine.name, ...(latency ? { latency } : {}) }));
  const election = leaderElect
    ? electLeader(
        kernel,
        new Client({ transport, actor: 'kube-scheduler' }),
        { identity: identityOf(context), onLost: () => context.exit(1, 'Leaderelection lost') },
        lead,
        log,
      )
    : undefined;
  if (!election) lead();
  return {
    stop() {
      election?.stop();
      scheduler?.stop();
    },
  };
}
