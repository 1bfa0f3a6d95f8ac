import { assert } from '@/lib/base';
import type { MvccStore, RaftDisk } from '../etcd';
import { Disk, type Kernel } from '../kernel';

const bootIdPath = '/proc/sys/kernel/random/boot_id';

/** What stopped by hand stays stopped in a fork. */
const stoppedPath = (unit: string): string => `/run/systemd/stopped/${unit}`;

export type MachineRole = 'control-plane' | 'worker' | 'workstation';

export interface MachineSpec {
  readonly name: string;
  readonly role: MachineRole;
  /** The address on the machines' own network. */
  readonly ip: string;
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  readonly podsMax: number;
}

/** How a unit or a daemon comes to start. */
export interface StartCause {
  /** It goes on from a snapshot: for the rest of the cluster it never stopped, so it announces nothing. */
  readonly isResumed: boolean;
}

/** Something init starts when the machine boots (containerd, kubelet). All its memory is lost when it stops. */
export interface MachineUnit {
  readonly name: string;
  start(machine: Machine, cause: StartCause): { stop(): void };
}

/**
 * A simulated computer: a disk that survives, and units that run while the power is on.
 * Crash-only: `crash` drops every unit's memory between two kernel entries, `boot` starts them again from the disk.
 */
export class Machine {
  readonly spec: MachineSpec;
  readonly disk: Disk;
  readonly kernel: Kernel;
  /** The data directory of the etcd member that lives here, which a disk of paths would hold too slowly. */
  readonly etcd: MvccStore | undefined;
  /** That member's log and membership. */
  readonly raft: RaftDisk | undefined;
  readonly #units: readonly MachineUnit[];
  #running = new Map<string, { stop(): void }>();
  #isUp = false;
  /** What tells two boots at the same instant apart. */
  #boots = 0;

  constructor(options: {
    spec: MachineSpec;
    disk: Disk;
    kernel: Kernel;
    etcd?: MvccStore | undefined;
    raft?: RaftDisk | undefined;
    units: readonly MachineUnit[];
  }) {
    this.spec = options.spec;
    this.disk = options.disk;
    this.kernel = options.kernel;
    this.etcd = options.etcd;
    this.raft = options.raft;
    this.#units = options.units;
  }

  get name(): string {
    return this.spec.name;
  }

  get ip(): string {
    return this.spec.ip;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Changes with every boot, so that whoever starts can tell a crash (its processes are dead) from a restored snapshot (they go on). */
  get bootId(): string {
    return this.disk.get<string>(bootIdPath) ?? '';
  }

  boot(): void {
    const { random } = this.kernel;
    this.disk.set(bootIdPath, random.fork(`boot/${this.name}/${this.kernel.now}/${this.#boots++}`).uuid());
    this.#powerOn({ isResumed: false });
  }

  /** Powers on a machine restored from a snapshot: its memory is rebuilt from the disk as if it had never stopped. */
  resume(): void {
    this.#powerOn({ isResumed: true });
  }

  #powerOn(cause: StartCause): void {
    assert(!this.#isUp, `${this.name} is up already`);
    this.#isUp = true;
    // Every unit is enabled: a boot starts what was stopped, a restored snapshot does not.
    if (!cause.isResumed) for (const { name } of this.#units) this.disk.delete(stoppedPath(name));
    for (const { name } of this.#units) if (!this.disk.has(stoppedPath(name))) this.startUnit(name, cause);
  }

  /** Power off, at once: nothing gets to say goodbye. */
  crash(): void {
    assert(this.#isUp, `${this.name} is down already`);
    this.#isUp = false;
    for (const name of [...this.#running.keys()].reverse()) this.stopUnit(name);
  }

  get units(): readonly string[] {
    return this.#units.map(({ name }) => name);
  }

  isRunning(unit: string): boolean {
    return this.#running.has(unit);
  }

  /** `systemctl start`. Does nothing when it runs already. */
  startUnit(name: string, cause: StartCause = { isResumed: false }): void {
    const unit = this.#units.find((one) => one.name === name);
    assert(unit, `${this.name} has no unit ${name}`);
    if (!this.#isUp || this.#running.has(name)) return;
    this.disk.delete(stoppedPath(name));
    this.#running.set(name, unit.start(this, cause));
  }

  /** Stops a unit until somebody starts it or the machine boots. */
  haltUnit(name: string): void {
    this.disk.set(stoppedPath(name), 'inactive');
    this.stopUnit(name);
  }

  /** `systemctl stop`. */
  stopUnit(name: string): void {
    const running = this.#running.get(name);
    this.#running.delete(name);
    running?.stop();
  }
}
