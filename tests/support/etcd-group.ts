import { Random } from '@/lib/base';
import { emptyMember, EtcdMember, idOf, MvccStore, RaftDisk, type MemberInfo, type PeerMessage } from '@/lib/cluster/etcd';
import { Kernel, parseInstant } from '@/lib/cluster/kernel';

export interface EtcdGroupOptions {
  readonly size: number;
  readonly seed?: string;
  readonly quotaBytes?: number;
  readonly snapshotCount?: number;
  /** Share of messages that are lost, and of those that arrive twice. */
  readonly loss?: number;
  readonly duplication?: number;
  /** Share of messages that arrive up to 50 ms later, behind others sent after them. */
  readonly delay?: number;
}

interface Machine {
  readonly name: string;
  store: MvccStore;
  disk: RaftDisk;
  member: EtcdMember | undefined;
  starts: number;
}

/** Members of one etcd group on one kernel, with disks that survive and a network that a test may break. */
export class EtcdGroup {
  readonly kernel: Kernel;
  readonly machines: Machine[];
  /** `cp-1>cp-2`: what goes from the one to the other is lost. */
  readonly cut = new Set<string>();
  /** Messages that a test wants lost. */
  drop: ((from: string, to: string, message: PeerMessage) => boolean) | undefined;
  loss: number;
  delay: number;
  readonly log: string[] = [];
  readonly #options: EtcdGroupOptions;
  readonly #random: Random;

  constructor(options: EtcdGroupOptions) {
    this.#options = options;
    this.loss = options.loss ?? 0;
    this.delay = options.delay ?? 0;
    this.#random = Random.of(options.seed ?? '1').fork('faults');
    this.kernel = new Kernel({ seed: options.seed ?? '1', now: parseInstant('2026-01-05T08:00:00Z') });
    const infos = Array.from({ length: options.size }, (_, index) => infoOf(`cp-${index + 1}`));
    this.machines = infos.map(({ name }) => ({
      name,
      store: MvccStore.create(),
      disk: RaftDisk.create(name, infos),
      member: undefined,
      starts: 0,
    }));
    for (const { name } of this.machines) this.start(name);
  }

  machine(name: string): Machine {
    const machine = this.machines.find((one) => one.name === name);
    if (!machine) throw new Error(`no machine ${name}`);
    return machine;
  }

  member(name: string): EtcdMember {
    const { member } = this.machine(name);
    if (!member) throw new Error(`${name} is down`);
    return member;
  }

  start(name: string, instance?: string): void {
    const machine = this.machine(name);
    if (machine.member) return;
    const { kernel } = this;
    const { store, disk } = machine;
    machine.member = new EtcdMember({
      kernel,
      name,
      store,
      disk,
      instance: instance ?? `${name}/${machine.starts++}`,
      random: kernel.random.fork(`${name}/${machine.starts}`),
      send: (to, message) => this.#send(name, to.name, message),
      isConnected: ({ name: to }) =>
        !this.cut.has(`${name}>${to}`) && !this.cut.has(`${to}>${name}`) && this.machines.some((one) => one.name === to && one.member),
      log: (message) => void this.log.push(`${name}: ${message}`),
      ...(this.#options.quotaBytes ? { quotaBytes: this.#options.quotaBytes } : {}),
      ...(this.#options.snapshotCount ? { snapshotCount: this.#options.snapshotCount } : {}),
    });
    machine.member.start();
  }

  /** Starts a machine as the member that was added under its name. */
  join(name: string, by: string): EtcdMember {
    const { members, clusterId } = this.machine(by).disk;
    const info = members.find((member) => member.name === name);
    if (!info) throw new Error(`no member ${name}`);
    const disk = RaftDisk.restore(emptyMember(info.id, clusterId, members));
    this.machines.push({ name, disk, store: MvccStore.create(), member: undefined, starts: 0 });
    this.start(name);
    return this.member(name);
  }

  crash(name: string): void {
    const machine = this.machine(name);
    machine.member?.stop();
    machine.member = undefined;
  }

  /** Runs until somebody leads a majority, and answers who. */
  elect(): string {
    if (!this.kernel.runUntilCondition(() => this.leader !== undefined, { limitMs: 60_000 })) throw new Error('nobody is elected');
    return this.leader as string;
  }

  get leader(): string | undefined {
    const leaders = this.machines.filter(({ member }) => member?.isLeader);
    return leaders.sort((a, b) => (b.member as EtcdMember).status().term - (a.member as EtcdMember).status().term)[0]?.name;
  }

  isolate(name: string): void {
    for (const { name: other } of this.machines) if (other !== name) this.cut.add(`${name}>${other}`).add(`${other}>${name}`);
  }

  heal(): void {
    this.cut.clear();
    this.loss = 0;
    this.delay = 0;
  }

  #send(from: string, to: string, message: PeerMessage): boolean {
    if (this.drop?.(from, to, message) || this.cut.has(`${from}>${to}`) || (this.loss > 0 && this.#random.float() < this.loss))
      return false;
    // A proposal that is passed on twice is done twice, by etcd as well: its streams never deliver twice, so neither does this network.
    const copies = message.type !== 'propose' && this.#options.duplication && this.#random.float() < this.#options.duplication ? 2 : 1;
    const arrive = () => this.machines.find(({ name }) => name === to)?.member?.receive(message);
    for (let copy = 0; copy < copies; copy++) {
      if (this.delay === 0 || this.#random.float() >= this.delay) arrive();
      else this.kernel.schedule({ delayMs: this.#random.between(1, 50), actor: 'network', what: `${from} to ${to}`, run: arrive });
    }
    return true;
  }
}

function infoOf(name: string): MemberInfo {
  return { id: idOf(name), name, peerUrls: [`https://${name}:2380`], clientUrls: [`https://${name}:2379`], isLearner: false };
}
