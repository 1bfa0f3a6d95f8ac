import { deepEqual, deepFreeze, memo, type Json } from '@/lib/base';
import { DecodeError, readTypedYaml } from '../api';
import { Client, Informer } from '../client';
import { rulesetPath } from '../network/netfilter';
import { EndpointSlice, Service } from '../resources';
import type { Daemon, DaemonContext } from '../runtime/program';
import { buildRuleset } from './ruleset';

/** `minSyncPeriod` of iptables mode: changes that come sooner are gathered. */
const minSyncMs = 1_000;

interface ProxyConfiguration {
  readonly kubeconfig: string;
  readonly clusterCidr: string;
  readonly mode: string;
}

/**
 * kube-proxy in iptables mode (`cmd/kube-proxy`): watches Services and EndpointSlices and writes the machine's tables.
 * The tables outlive it, so traffic flows on while it is down, as on a real node.
 */
export const kubeProxy: Daemon = {
  start(context) {
    const configuration = readConfiguration(context);
    if (!configuration) return { stop() {} };
    if (configuration.mode !== '' && configuration.mode !== 'iptables') {
      context.exit(1, `"command failed" err="proxy mode ${JSON.stringify(configuration.mode)} is not simulated: use iptables"`);
      return { stop() {} };
    }
    const proxier = new Proxier(context, configuration);
    return { stop: () => proxier.stop() };
  },
};

class Proxier {
  readonly #context: DaemonContext;
  readonly #configuration: ProxyConfiguration;
  readonly #services;
  readonly #slices;
  #isSyncScheduled = false;
  #lastSync = -Infinity;
  #isStopped = false;

  constructor(context: DaemonContext, configuration: ProxyConfiguration) {
    this.#context = context;
    this.#configuration = configuration;
    const { kernel } = context;
    const client = new Client({ transport: context.transport(configuration.kubeconfig), actor: `kube-proxy/${context.machine.name}` });
    this.#services = new Informer({ kernel, client, resource: Service });
    this.#slices = new Informer({ kernel, client, resource: EndpointSlice });
    const changed = () => this.#scheduleSync();
    const handler = { added: changed, updated: changed, deleted: changed };
    this.#services.addHandler(handler);
    this.#slices.addHandler(handler);
    for (const informer of [this.#services, this.#slices] as const) {
      informer.whenSynced(changed);
      informer.start();
    }
    context.listen(10256, 'TCP', { http: (request) => this.#health(request.url) });
    context.log('"Using iptables Proxier"');
  }

  #health(url: string) {
    const isKnown = /\/(healthz|livez)$/.test(url);
    return isKnown
      ? { status: 200, headers: { 'content-type': 'application/json' }, body: `{"nodeEligible":true}` }
      : { status: 404, headers: {}, body: '404 page not found\n' };
  }

  #scheduleSync(): void {
    if (this.#isSyncScheduled) return;
    this.#isSyncScheduled = true;
    const { kernel, machine } = this.#context;
    const delayMs = Math.max(0, this.#lastSync + minSyncMs - kernel.now);
    kernel.schedule({ delayMs, actor: `kube-proxy/${machine.name}`, what: 'sync rules', background: false, run: () => this.#sync() });
  }

  #sync(): void {
    this.#isSyncScheduled = false;
    if (this.#isStopped || !this.#services.hasSynced || !this.#slices.hasSynced) return;
    const { kernel, machine } = this.#context;
    this.#lastSync = kernel.now;
    const ruleset = buildRuleset(this.#services.list(), this.#slices.list(), {
      name: machine.name,
      clusterCidr: this.#configuration.clusterCidr,
    }) as unknown as Json;
    if (!deepEqual(machine.disk.get(rulesetPath), ruleset)) machine.disk.set(rulesetPath, ruleset);
  }

  stop(): void {
    this.#isStopped = true;
    this.#services.stop();
    this.#slices.stop();
  }
}

interface ConfigurationFile {
  readonly mode?: string;
  readonly clusterCIDR?: string;
  readonly clientConnection?: { readonly kubeconfig?: string };
}

const parsed = memo((text) =>
  deepFreeze(
    readTypedYaml<ConfigurationFile>(text, 'KubeProxyConfiguration', {
      mode: 'string',
      clusterCIDR: 'string',
      clientConnection: { kubeconfig: 'string' },
    }),
  ),
);

function parsedOrExit(context: DaemonContext, text: string): ConfigurationFile | undefined {
  try {
    return parsed(text);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return void context.exit(1, `"command failed" err=${JSON.stringify(`failed complete: ${error.message}`)}`);
  }
}

function readConfiguration(context: DaemonContext): ProxyConfiguration | undefined {
  const path = context.argv.find((arg) => arg.startsWith('--config='))?.slice('--config='.length);
  const text = path ? context.files.read(path) : undefined;
  if (!text) return void context.exit(1, `"command failed" err="failed complete: open ${path}: no such file or directory"`);
  const configuration = parsedOrExit(context, text);
  return (
    configuration && {
      mode: configuration.mode ?? '',
      clusterCidr: configuration.clusterCIDR ?? '',
      kubeconfig: configuration.clientConnection?.kubeconfig ?? '',
    }
  );
}
