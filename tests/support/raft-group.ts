import { Random } from '@/lib/base';
import {
  emptyState,
  RaftNode,
  type ConfigurationChange,
  type Entry,
  type HardState,
  type MemberId,
  type Message,
  type PersistentState,
  type RaftOptions,
  type Ready,
  type Snapshot,
} from '@/lib/cluster/raft';

type Command = string;
type Applied = readonly { readonly index: number; readonly data: Command }[];
export type GroupMessage = Message<Command, Applied>;
type Node = RaftNode<Command, Applied>;

/** One member: a disk, what it has applied, and a node while it is up. */
interface Member {
  readonly id: MemberId;
  disk: PersistentState<Command>;
  applied: Applied;
  appliedIndex: number;
  node: Node | undefined;
  restarts: number;
  /** Reads that may be served now, with the index they need. */
  reads: { readonly context: string; readonly index: number }[];
}

export interface GroupOptions {
  readonly size: number;
  readonly seed?: string;
  readonly learners?: number;
  readonly raft?: Partial<Pick<RaftOptions<Command, Applied>, 'preVote' | 'checkQuorum' | 'appendMax' | 'electionTicks'>>;
  /** Another make of node, such as one that is broken on purpose. */
  readonly make?: (options: RaftOptions<Command, Applied>) => Node;
}

/** A group of Raft nodes on a network and disks that do what a test says and nothing else. */
export class RaftGroup {
  readonly members: readonly Member[];
  /** What has been sent and not arrived, oldest first. */
  network: GroupMessage[] = [];
  readonly cut = new Set<string>();
  readonly leaders = new Map<number, MemberId>();
  readonly committed = new Map<number, Entry<Command>>();
  /** Told of everything a member hands out. */
  onReady: ((id: MemberId, ready: Ready<Command, Applied>) => void) | undefined;
  readonly #options: GroupOptions;

  constructor(options: GroupOptions) {
    this.#options = options;
    const voters = Array.from({ length: options.size }, (_, index) => String(index + 1));
    const others = Array.from({ length: options.learners ?? 0 }, (_, index) => String(options.size + index + 1));
    this.members = [...voters, ...others].map((id) => ({
      id,
      disk: emptyState<Command>(voters.includes(id) ? voters : []),
      applied: [],
      appliedIndex: 0,
      node: undefined,
      restarts: 0,
      reads: [],
    }));
    for (const { id } of this.members) this.start(id);
  }

  member(id: MemberId): Member {
    const member = this.members.find((one) => one.id === id);
    if (!member) throw new Error(`no member ${id}`);
    return member;
  }

  node(id: MemberId): Node {
    const { node } = this.member(id);
    if (!node) throw new Error(`member ${id} is down`);
    return node;
  }

  start(id: MemberId): void {
    const member = this.member(id);
    if (member.node) return;
    const random = Random.of(this.#options.seed ?? '1').fork(`${id}/${member.restarts++}`);
    const snapshot = (): Snapshot<Applied> => ({
      index: member.appliedIndex,
      term: this.node(id).log.findTerm(member.appliedIndex) ?? 0,
      configuration: this.node(id).configuration,
      data: member.applied,
    });
    const make = this.#options.make ?? ((options) => new RaftNode<Command, Applied>(options));
    // A state machine that survives only as far as its snapshot: the rest is applied again from the log.
    member.applied = member.applied.filter(({ index }) => index <= member.disk.snapshot.index);
    member.appliedIndex = member.disk.snapshot.index;
    member.node = make({ id, state: member.disk, random, snapshot, ...this.#options.raft });
  }

  crash(id: MemberId): void {
    this.member(id).node = undefined;
  }

  tick(id: MemberId, times = 1): void {
    for (let time = 0; time < times; time++) {
      this.member(id).node?.tick();
      this.settle(id);
    }
  }

  /** Does what the node wants done, until it wants nothing. */
  settle(id: MemberId): void {
    const member = this.member(id);
    while (member.node?.hasReady) {
      const ready = member.node.ready();
      this.onReady?.(id, ready);
      persist(member, ready);
      this.network.push(...ready.messages);
      this.#apply(member, ready);
      member.node.advance();
    }
    this.#observe(member);
  }

  /** Crashes after the node decided and before anything of it is on disk or sent. */
  crashBeforeSave(id: MemberId): void {
    this.member(id).node?.ready();
    this.crash(id);
  }

  act(id: MemberId, body: (node: Node) => void): void {
    const { node } = this.member(id);
    if (!node) return;
    body(node);
    this.settle(id);
  }

  propose(id: MemberId, data: Command): void {
    this.act(id, (node) => void node.propose(data));
  }

  change(id: MemberId, change: ConfigurationChange): void {
    this.act(id, (node) => void node.proposeConfiguration(change));
  }

  /** Takes a snapshot at the last applied entry and forgets the log before it. */
  compact(id: MemberId): void {
    const member = this.member(id);
    if (!member.node || member.appliedIndex <= member.disk.snapshot.index) return;
    const { appliedIndex: index, node } = member;
    const term = node.log.findTerm(index) as number;
    node.compact(index);
    member.disk = {
      ...member.disk,
      snapshot: { index, term, configuration: node.configuration },
      entries: member.disk.entries.filter((entry) => entry.index > index),
    };
  }

  /** The message at `at` arrives, unless the link is cut or nobody is there. */
  deliver(at: number, { keep = false } = {}): void {
    const message = this.network[at];
    if (!message) return;
    if (!keep) this.network.splice(at, 1);
    if (this.cut.has(`${message.from}>${message.to}`)) return;
    const member = this.members.find(({ id }) => id === message.to);
    if (!member?.node) return;
    member.node.step(message);
    this.settle(member.id);
  }

  /** Delivers until nothing is on its way. */
  stabilize(limit = 10_000): void {
    for (let round = 0; this.network.length > 0; round++) {
      if (round > limit) throw new Error('the group does not come to rest');
      this.deliver(0);
    }
  }

  /** Cuts every link between the two sides. */
  partition(left: readonly MemberId[], right: readonly MemberId[]): void {
    for (const one of left) for (const other of right) this.cut.add(`${one}>${other}`).add(`${other}>${one}`);
  }

  heal(): void {
    this.cut.clear();
  }

  #apply(member: Member, { snapshot, committed, reads }: Ready<Command, Applied>): void {
    if (snapshot) {
      member.applied = snapshot.data;
      member.appliedIndex = snapshot.index;
    }
    for (const entry of committed) {
      if (entry.type === 'configuration') member.node?.applyConfiguration(entry.data as ConfigurationChange);
      else if (entry.data !== null) member.applied = [...member.applied, { index: entry.index, data: entry.data as Command }];
      member.appliedIndex = entry.index;
      this.#assertSame(member.id, entry);
    }
    member.reads.push(...reads);
  }

  /** State Machine Safety: no two members apply different entries at one index. */
  #assertSame(id: MemberId, entry: Entry<Command>): void {
    const known = this.committed.get(entry.index);
    if (known && (known.term !== entry.term || known.data !== entry.data))
      throw new Error(`State Machine Safety: member ${id} applies ${written(entry)} where another applied ${written(known)}`);
    this.committed.set(entry.index, entry);
  }

  /** Election Safety: at most one leader can be elected in a given term. */
  #observe({ id, node }: Member): void {
    if (node?.role !== 'leader') return;
    const known = this.leaders.get(node.term);
    if (known !== undefined && known !== id) throw new Error(`Election Safety: ${known} and ${id} both lead term ${node.term}`);
    this.leaders.set(node.term, id);
  }
}

function persist(member: Member, { hardState, snapshot, entries }: Ready<Command, Applied>): void {
  let { disk } = member;
  if (hardState) disk = { ...disk, hardState: hardState satisfies HardState };
  if (snapshot)
    disk = { ...disk, snapshot: { index: snapshot.index, term: snapshot.term, configuration: snapshot.configuration }, entries: [] };
  const [first] = entries;
  if (first) disk = { ...disk, entries: [...disk.entries.filter(({ index }) => index < first.index), ...entries] };
  member.disk = disk;
  if (snapshot) member.applied = snapshot.data;
}

export function written({ term, index, type, data }: Entry<Command>): string {
  return `${term}/${index} ${type === 'configuration' ? JSON.stringify((data as ConfigurationChange).steps.map((step) => `${step.type} ${step.member}`)) : data === null ? '""' : JSON.stringify(data)}`;
}

/** The rest of the paper's Figure 3, looked at after every action. */
export class RaftChecker {
  readonly #group: RaftGroup;
  readonly #leaderLogs = new Map<string, readonly Entry<Command>[]>();

  constructor(group: RaftGroup) {
    this.#group = group;
  }

  check(): void {
    this.#leaderAppendOnly();
    this.#logMatching();
    this.#leaderCompleteness();
  }

  /** A leader never overwrites or deletes entries in its log; it only appends new entries. */
  #leaderAppendOnly(): void {
    for (const { id, node } of this.#group.members) {
      if (node?.role !== 'leader') continue;
      const key = `${id}/${node.term}`;
      const now = node.log.slice(node.log.firstIndex);
      const before = (this.#leaderLogs.get(key) ?? []).filter(({ index }) => index >= node.log.firstIndex);
      before.forEach((entry, at) => {
        if (now[at]?.term !== entry.term || now[at]?.index !== entry.index)
          throw new Error(`Leader Append-Only: leader ${id} lost ${written(entry)}`);
      });
      this.#leaderLogs.set(key, now);
    }
  }

  /** If two logs contain an entry with the same index and term, then the logs are identical in all entries up through the given index. */
  #logMatching(): void {
    const up = this.#group.members.flatMap(({ id, node }) => (node ? [{ id, log: node.log }] : []));
    for (const one of up) {
      for (const other of up) {
        if (one.id >= other.id) continue;
        const first = Math.max(one.log.firstIndex, other.log.firstIndex);
        let isAgreed = false;
        for (let index = Math.min(one.log.lastIndex, other.log.lastIndex); index >= first; index--) {
          const [left] = one.log.slice(index, index);
          const [right] = other.log.slice(index, index);
          const isSame = left?.term === right?.term;
          if (isSame && left?.data !== right?.data) throw new Error(`Log Matching: ${index} differs between ${one.id} and ${other.id}`);
          if (isAgreed && !isSame) throw new Error(`Log Matching: ${one.id} and ${other.id} agree after ${index} but not there`);
          isAgreed = isSame;
        }
      }
    }
  }

  /** If an entry is committed in a given term, it will be present in the logs of the leaders of all higher-numbered terms. */
  #leaderCompleteness(): void {
    const newest = Math.max(0, ...this.#group.leaders.keys());
    const id = this.#group.leaders.get(newest);
    const node = id === undefined ? undefined : this.#group.member(id).node;
    if (!node || node.role !== 'leader' || node.term !== newest) return;
    for (const entry of this.#group.committed.values()) {
      if (entry.index < node.log.firstIndex || entry.term > node.term) continue;
      if (!node.log.matches(entry.index, entry.term))
        throw new Error(`Leader Completeness: leader ${id} of term ${node.term} lacks committed ${written(entry)}`);
    }
  }
}
