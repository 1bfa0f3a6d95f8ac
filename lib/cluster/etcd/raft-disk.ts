import { assert, deepFreeze, hash32 } from '@/lib/base';
import {
  emptyState,
  type Entry,
  type HardState,
  type MemberId,
  type PersistentState,
  type Ready,
  type Role,
  type SnapshotPoint,
} from '../raft';
import type { MemberInfo } from './kv';
import type { GroupEntry, GroupSnapshot } from './request';

/** What a process was when it was last heard of. The same process goes on so when its disk is copied while it runs. */
export interface Session {
  readonly instance: string;
  readonly role: Role;
  readonly leader: MemberId | undefined;
}

/** Everything of a member that is not in its store, as plain data. */
export interface RaftDiskSnapshot extends PersistentState<GroupEntry> {
  readonly id: MemberId;
  readonly clusterId: string;
  readonly members: readonly MemberInfo[];
  /** Ids of members that were removed: they never come back. */
  readonly removed?: readonly MemberId[];
  /** The data directory that this is the content of, once a process has run there. */
  readonly directory?: string;
  readonly session?: Session;
}

/** A row of the journal. */
export type RaftChange =
  | { readonly type: 'save'; readonly hardState?: HardState; readonly entries?: readonly Entry<GroupEntry>[] }
  | { readonly type: 'point'; readonly point: SnapshotPoint }
  | { readonly type: 'members'; readonly members: readonly MemberInfo[]; readonly removed?: readonly MemberId[] }
  | { readonly type: 'directory'; readonly directory: string }
  | { readonly type: 'bootstrap'; readonly disk: RaftDiskSnapshot }
  | { readonly type: 'session'; readonly session: Session };

/** A member's write-ahead log and membership: what must survive a crash beside its store. A fork copies the list of entries and shares them. */
export class RaftDisk {
  #id!: MemberId;
  #clusterId!: string;
  #hardState!: HardState;
  #point!: SnapshotPoint;
  #entries!: Entry<GroupEntry>[];
  #members!: readonly MemberInfo[];
  #removed!: readonly MemberId[];
  #directory: string | undefined;
  #session: Session | undefined;
  /** What the store beside it may take, whatever the member's own quota is; the machine says so. */
  roomBytes = Infinity;
  /** Told of every write; the sandbox's journal listens here. */
  onChange: ((change: RaftChange) => void) | undefined;

  private constructor(snapshot: RaftDiskSnapshot) {
    this.#hold(snapshot);
  }

  #hold({ id, clusterId, hardState, snapshot, entries, members, removed = [], directory, session }: RaftDiskSnapshot): void {
    this.#id = id;
    this.#clusterId = clusterId;
    this.#removed = removed;
    this.#directory = directory;
    this.#hardState = hardState;
    this.#point = snapshot;
    this.#entries = [...entries];
    this.#members = members;
    this.#session = session;
  }

  /** The disk of the member called `name` in a group of `members`, before it has ever run. */
  static create(name: string, members: readonly MemberInfo[]): RaftDisk {
    return new RaftDisk(firstMember(name, members));
  }

  /** A data directory with nothing in it. */
  static empty(): RaftDisk {
    return new RaftDisk(emptyMember('', '', []));
  }

  static restore(snapshot: RaftDiskSnapshot): RaftDisk {
    return new RaftDisk(deepFreeze(snapshot));
  }

  fork(): RaftDisk {
    return new RaftDisk(this.snapshot());
  }

  snapshot(): RaftDiskSnapshot {
    const { id, clusterId } = this;
    return {
      id,
      clusterId,
      ...this.state,
      members: this.#members,
      ...(this.#removed.length > 0 ? { removed: this.#removed } : {}),
      ...(this.#directory === undefined ? {} : { directory: this.#directory }),
      ...(this.#session ? { session: this.#session } : {}),
    };
  }

  get id(): MemberId {
    return this.#id;
  }

  get clusterId(): string {
    return this.#clusterId;
  }

  /** Whether there is no member here yet. */
  get isEmpty(): boolean {
    return this.#id === '';
  }

  get directory(): string | undefined {
    return this.#directory;
  }

  /** Ids of members that were removed. */
  get removed(): readonly MemberId[] {
    return this.#removed;
  }

  get state(): PersistentState<GroupEntry> {
    return { hardState: this.#hardState, snapshot: this.#point, entries: [...this.#entries] };
  }

  get members(): readonly MemberInfo[] {
    return this.#members;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  get pointIndex(): number {
    return this.#point.index;
  }

  /** Before any message of the same `ready` is sent. */
  save({ hardState, snapshot, entries }: Ready<GroupEntry, GroupSnapshot>): void {
    if (snapshot) this.setPoint({ index: snapshot.index, term: snapshot.term, configuration: snapshot.configuration });
    if (hardState || entries.length > 0)
      this.#write({ type: 'save', ...(hardState ? { hardState } : {}), ...(entries.length > 0 ? { entries } : {}) });
  }

  /** The log begins after `point` from now on. */
  setPoint(point: SnapshotPoint): void {
    this.#write({ type: 'point', point });
  }

  setMembers(members: readonly MemberInfo[], removed = this.#removed): void {
    this.#write({ type: 'members', members, ...(removed.length > 0 ? { removed } : {}) });
  }

  setDirectory(directory: string): void {
    this.#write({ type: 'directory', directory });
  }

  /** A member begins here, in place of whatever there was. */
  bootstrap(disk: RaftDiskSnapshot): void {
    this.#write({ type: 'bootstrap', disk });
  }

  setSession(session: Session): void {
    this.#write({ type: 'session', session });
  }

  #write(change: RaftChange): void {
    this.apply(change);
    this.onChange?.(change);
  }

  /** Applies a row of the journal without telling anybody. */
  apply(change: RaftChange): void {
    switch (change.type) {
      case 'save': {
        if (change.hardState) this.#hardState = change.hardState;
        const [first] = change.entries ?? [];
        if (!first) return;
        this.#entries.length = first.index - this.#point.index - 1;
        for (const entry of change.entries ?? []) this.#entries.push(deepFreeze(entry));
        return;
      }
      case 'point': {
        const isKept = this.#entries.some(({ index, term }) => index === change.point.index && term === change.point.term);
        this.#entries = isKept ? this.#entries.filter(({ index }) => index > change.point.index) : [];
        this.#point = change.point;
        return;
      }
      case 'members':
        this.#members = change.members;
        this.#removed = change.removed ?? [];
        return;
      case 'directory':
        this.#directory = change.directory;
        return;
      case 'bootstrap':
        return this.#hold(deepFreeze(change.disk));
      case 'session':
        this.#session = change.session;
    }
  }
}

/** What the first start of the member called `name` writes, in a new group of `members`. */
export function firstMember(name: string, members: readonly MemberInfo[]): RaftDiskSnapshot {
  const self = members.find((member) => member.name === name);
  assert(self, `no member ${name}`);
  const voters = members
    .filter(({ isLearner }) => !isLearner)
    .map(({ id }) => id)
    .sort();
  return { id: self.id, clusterId: idOf(members.flatMap(({ peerUrls }) => peerUrls).join()), members, ...emptyState<GroupEntry>(voters) };
}

/** What the first start of a member writes that was added to a group: it has everything yet to learn. */
export function emptyMember(id: MemberId, clusterId: string, members: readonly MemberInfo[]): RaftDiskSnapshot {
  return { id, clusterId, members, ...emptyState<GroupEntry>([]) };
}

/** An id as etcd makes them: sixteen hexadecimal digits that depend on what is hashed. */
export function idOf(text: string): MemberId {
  return [hash32(text), hash32(text, 0x9e3779b9)].map((half) => half.toString(16).padStart(8, '0')).join('');
}
