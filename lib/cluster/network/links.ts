import type { Random } from '@/lib/base';
import type { Disk } from '../kernel';

/** What a link does to the packets that cross it one way, in the words of `tc qdisc … netem`. Shares are from 0 to 1. */
export interface LinkFault {
  readonly delayMs?: number;
  /** The delay varies by up to so much either way, so that packets overtake each other. */
  readonly jitterMs?: number;
  readonly loss?: number;
  readonly duplicate?: number;
  /** Share of packets that go out at once, ahead of those that the delay holds up. */
  readonly reorder?: number;
}

/** From one machine to another. */
export type Hop = readonly [from: string, to: string];

/** How long the sender of a segment waits for its acknowledgement, at first, and how often it sends again, waiting twice as long each time. */
interface Retransmission {
  readonly firstMs: number;
  readonly retries: number;
}

/** `net.ipv4.tcp_syn_retries` and TCP_TIMEOUT_INIT. */
const ofSyn: Retransmission = { firstMs: 1_000, retries: 6 };
/** `net.ipv4.tcp_retries2` and TCP_RTO_MIN. */
const ofData: Retransmission = { firstMs: 200, retries: 15 };
const retransmissionMsMax = 120_000;

const cutRoot = '/network/cut/';
const faultRoot = '/network/fault/';

/** Which links between machines are cut or faulty, each way by itself. It is noted in the world, so that a snapshot has it. */
export class Links {
  readonly #world: Disk;
  readonly #random: Random;
  readonly #faults: Map<string, LinkFault>;

  constructor(world: Disk, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#faults = new Map(world.list<LinkFault>(faultRoot).map(([path, fault]) => [path.slice(faultRoot.length), fault]));
  }

  isUp(from: string, to: string): boolean {
    return from === to || !this.#world.has(`${cutRoot}${from}/${to}`);
  }

  setUp(from: string, to: string, isUp: boolean): void {
    const path = `${cutRoot}${from}/${to}`;
    if (isUp) this.#world.delete(path);
    else this.#world.set(path, true);
  }

  setFault(from: string, to: string, fault: LinkFault | undefined): void {
    const key = `${from}/${to}`;
    if (fault) {
      this.#faults.set(key, fault);
      this.#world.set(`${faultRoot}${key}`, { ...fault });
    } else if (this.#faults.delete(key)) this.#world.delete(`${faultRoot}${key}`);
  }

  /** Whether no link does anything but carry. */
  get areSound(): boolean {
    return this.#faults.size === 0;
  }

  /** When each copy of a packet arrives, in milliseconds from now: none when it is lost, two when it is duplicated. */
  arrivals([from, to]: Hop): readonly number[] {
    const fault = this.#faults.get(`${from}/${to}`);
    if (!fault) return once;
    const copies = this.#happens(fault.duplicate) ? 2 : 1;
    return Array.from({ length: copies }, () => (this.#happens(fault.loss) ? undefined : this.#delayOf(fault))).filter(
      (delayMs) => delayMs !== undefined,
    );
  }

  /** How much longer a TCP segment is under way than over sound links, retransmissions included. Undefined: TCP gives up. */
  segmentMs(hops: readonly Hop[], kind: 'syn' | 'data'): number | undefined {
    if (this.areSound) return 0;
    const { firstMs, retries } = kind === 'syn' ? ofSyn : ofData;
    let waitedMs = 0;
    for (let attempt = 0, waitMs = firstMs; attempt <= retries; attempt++, waitMs = Math.min(2 * waitMs, retransmissionMsMax)) {
      const delayMs = this.#cross(hops);
      if (delayMs !== undefined) return waitedMs + delayMs;
      waitedMs += waitMs;
    }
    return undefined;
  }

  /** A datagram's way there, or nothing when it is lost. */
  datagramMs(hops: readonly Hop[]): number | undefined {
    return this.areSound ? 0 : this.#cross(hops);
  }

  #cross(hops: readonly Hop[]): number | undefined {
    let totalMs = 0;
    for (const hop of hops) {
      const [first] = this.arrivals(hop);
      if (first === undefined) return undefined;
      totalMs += first;
    }
    return totalMs;
  }

  #delayOf({ delayMs = 0, jitterMs = 0, reorder }: LinkFault): number {
    if (this.#happens(reorder)) return 0;
    return jitterMs === 0 ? delayMs : Math.max(0, Math.round(delayMs + (2 * this.#random.float() - 1) * jitterMs));
  }

  #happens(share = 0): boolean {
    return share > 0 && this.#random.float() < share;
  }
}

const once: readonly number[] = [0];

export function reversed(hops: readonly Hop[]): readonly Hop[] {
  return hops.length === 0 ? hops : hops.map(([from, to]) => [to, from] as const).reverse();
}
