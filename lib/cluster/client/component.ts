import { pathOfUrl } from '@/lib/base';
import type { Kernel } from '../kernel';
import type { DaemonContext } from '../runtime/program';
import type { Client } from './client';
import { EventRecorder } from './event-recorder';
import { LeaderElection, leaseRef } from './leader-election';

/** Campaigns for the component's Lease in kube-system and announces the win as upstream does. */
export function electLeader(
  kernel: Kernel,
  client: Client,
  { identity, onLost }: { identity: string; onLost: () => void },
  lead: () => void,
  log: (line: string) => void,
): LeaderElection {
  const name = client.actor;
  const lease = { namespace: 'kube-system', name };
  const record = new EventRecorder({ kernel, client, component: name });
  const election = new LeaderElection({
    kernel,
    client,
    lease,
    identity,
    onStartedLeading: lead,
    onStoppedLeading: onLost,
    onNewLeader(leader) {
      if (leader !== identity) return log(`"New leader elected" identity=${JSON.stringify(leader)}`);
      log(`"Successfully acquired lease" lock="kube-system/${name}"`);
      const found = client.find(leaseRef, lease);
      if (found) record.event({ resource: leaseRef, object: found }, 'Normal', 'LeaderElection', `${identity} became leader`);
    },
  });
  log(`"Attempting to acquire leader lease..." lock="kube-system/${name}"`);
  election.start();
  return election;
}

/** Upstream prints the error before its usage; the last line is what `kubectl logs` shows first. */
export function failToStart(context: Pick<DaemonContext, 'log' | 'exit'>, message: string): { stop(): void } {
  context.log(`Error: ${message}`);
  context.exit(1, message);
  return { stop() {} };
}

/** Unlike any other instance's, and the same again when a snapshot of this one is taken up. */
export function identityOf(context: DaemonContext): string {
  const suffix = context.instance ?? context.kernel.random.fork(`identity/${context.machine.name}/${context.argv[0]}`).uuid();
  return `${context.machine.name}_${suffix}`;
}

/** /healthz, /livez and /readyz, which the static Pod's probes ask. */
export function serveHealth(context: DaemonContext, port: number): void {
  if (port === 0) return;
  context.listen(port, 'TCP', {
    http: ({ url }) => {
      const isHealth = /^\/(healthz|livez|readyz)(\/|$)/.test(pathOfUrl(url));
      return {
        status: isHealth ? 200 : 404,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        body: isHealth ? 'ok' : '404 page not found\n',
      };
    },
  });
}
