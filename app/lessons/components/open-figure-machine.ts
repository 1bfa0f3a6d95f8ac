import { adminKubeconfig, Cluster, readKubeconfig, viewOf, type ClusterView, type TraceEntry } from '@/lib/cluster';
import { createKubectl, createWorkstationShell, home, type Dial, type Shell, type ToolNetwork } from '@/lib/shell';
import type { Blow, FigureMachine, Happening } from './figure-machine';

const manifests = '/etc/kubernetes/manifests';
/** Where a stopped part's manifest is put, as one would do by hand. */
const aside = '/etc/kubernetes/stopped';
const entriesPerTurn = 20_000;
const stepEntriesMax = 20_000;

/** Booted once per page; every figure is a fork of it. */
let template: Cluster | undefined;

/** A cluster for one figure, with its commands run and everything settled. */
export async function openFigureMachine({ name, setup }: { name: string; setup: readonly string[] }): Promise<FigureMachine> {
  template ??= Cluster.boot({ topology: { controlPlanes: 1, workers: 2 }, seed: 'lessons' });
  const cluster = template.fork({ seed: name });
  // Components that start anew wait for the leases of those they follow.
  cluster.kernel.runFor(30_000);
  cluster.kernel.runUntilIdle({ limitMs: 60_000 });
  const machine = new ForkedMachine(cluster);
  for (const command of setup) await machine.runAtOnce(command);
  cluster.kernel.runUntilIdle({ limitMs: 60_000 });
  return machine;
}

class ForkedMachine implements FigureMachine {
  readonly #cluster: Cluster;
  readonly #shell: Shell;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#shell = shellOf(cluster);
  }

  get now(): number {
    return this.#cluster.now;
  }

  view(): ClusterView {
    return viewOf(this.#cluster);
  }

  advance(realMs: number): void {
    this.#cluster.kernel.runFor(Math.round(realMs), { entriesMax: entriesPerTurn });
  }

  step(): void {
    const { kernel } = this.#cluster;
    const before = kernel.trace.lastId;
    for (let ran = 0; ran < stepEntriesMax && kernel.step(); ran++) if (this.happeningsSince(before).length) return;
  }

  runUntilIdle(): void {
    this.#cluster.kernel.runUntilIdle({ limitMs: 600_000 });
  }

  async run(command: string): Promise<string> {
    const { stdout, stderr } = await this.#shell.capture(command);
    return stdout + stderr;
  }

  /** Lets simulated time fly while the command waits for it. */
  async runAtOnce(command: string): Promise<void> {
    let isDone = false;
    const running = this.run(command).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await nextTurn();
      if (!isDone) this.#cluster.kernel.runFor(50);
    }
    await running;
  }

  strike(blow: Blow): void {
    switch (blow.type) {
      case 'crash':
        return void this.#cluster.crash(blow.machine);
      case 'boot':
        return void this.#cluster.bootMachine(blow.machine);
      case 'stop':
        return this.#move(`${blow.component}.yaml`, manifests, aside);
      case 'start':
        return this.#move(`${blow.component}.yaml`, aside, manifests);
    }
  }

  #move(file: string, from: string, to: string): void {
    for (const { disk } of this.#cluster.machines) {
      const text = disk.get(`${from}/${file}`);
      if (text === undefined) continue;
      disk.set(`${to}/${file}`, text);
      disk.delete(`${from}/${file}`);
    }
  }

  happeningsSince(id: number): readonly Happening[] {
    return this.#cluster.kernel.trace.since(id).flatMap((entry) => happeningOf(entry) ?? []);
  }
}

function shellOf(cluster: Cluster): Shell {
  const { kernel, network } = cluster;
  const host = network.host('workstation');
  const reach: ToolNetwork = {
    ip: host.ip,
    nameserver: host.resolver.nameservers[0] ?? host.ip,
    http: (request, options) => network.http(host, request, options),
    connect: (name, port, options) => network.connect(host, name, port, options),
    resolve: (name, type) => network.resolve(host, name, type),
  };
  const now = () => cluster.now;
  const shell = createWorkstationShell({
    disk: cluster.workstation.disk,
    network: reach,
    kubectl: createKubectl(dialOf(cluster), now),
    now,
    yield: nextTurn,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const entry = kernel.schedule({ delayMs: ms, actor: 'workstation', what: 'sleep', background: false, run: resolve });
        signal.addEventListener(
          'abort',
          () => {
            entry.cancel();
            resolve();
          },
          { once: true },
        );
      }),
    editor: () => Promise.reject(new Error('a figure has no editor')),
  });
  shell.host.files.writeText(`${home}/.kube/config`, adminKubeconfig(cluster.server));
  return shell;
}

/** kubectl's way to the API server, with the credentials of its kubeconfig. */
function dialOf(cluster: Cluster): Dial {
  return (server, request, kubeconfig) => {
    const endpoint = readKubeconfig(kubeconfig);
    return cluster.dial('workstation', { ...endpoint, server })({ ...request, actor: 'You' });
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

const kinds: Partial<Record<TraceEntry['kind'], Happening['kind']>> = {
  request: 'write',
  reconcile: 'reconcile',
  cri: 'runtime',
  packet: 'packet',
  fault: 'fault',
  outside: 'write',
};

/** A trace entry in a reader's words; undefined for what goes on for ever or only keeps order. */
function happeningOf({ id, at, kind, actor, what, object }: TraceEntry): Happening | undefined {
  const shown = kinds[kind];
  if (!shown || isHeartbeat({ what, object }) || isWork({ kind, what, object })) return undefined;
  return {
    id,
    at,
    kind: shown,
    actor: actor.replace(/^kube-controller-manager\//, '').replace('outside', 'You'),
    what: kind === 'request' ? writeOf(what, object) : what,
  };
}

function isHeartbeat({ what, object }: { what: string; object: string | undefined }): boolean {
  return (
    /^(Lease|Event)\//.test(object ?? '') || /\/(readyz|livez|healthz|ready|health)\b/.test(what) || /\/nodes\/[^/]+\/status$/.test(what)
  );
}

/** What goes on behind the steps that a figure shows: reads, and a kubelet looking after a Pod again. */
function isWork({ kind, what, object }: Pick<TraceEntry, 'kind' | 'what'> & { object: string | undefined }): boolean {
  return (kind === 'request' && object === undefined) || (kind === 'reconcile' && what.startsWith('sync '));
}

/** `POST /api/v1/namespaces/default/pods` to `created Pod web-x`. */
function writeOf(what: string, object = ''): string {
  const [method = '', path = ''] = what.split(' ');
  const [kind = '', ...names] = object.split('/');
  const name = `${kind} ${names.at(-1) ?? ''}`;
  if (path.endsWith('/binding')) return `bound ${name} to a node`;
  if (path.endsWith('/status')) return `wrote the status of ${name}`;
  return `${{ POST: 'created', PUT: 'changed', PATCH: 'changed', DELETE: 'deleted' }[method] ?? method} ${name}`;
}
