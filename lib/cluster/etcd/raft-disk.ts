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
  readonly session?: Session;
}

/** A row of the journal. */
export type RaftChange =
  | { readonly type: 'save'; readonly hardState?: HardState; readonly entries?: readonly Entry<GroupEntry>[] }
  | { readonly type: 'point'; readonly point: SnapshotPoint }
  | { readonly type: 'members'; readonly members: readonly MemberInfo[] }
  | { readonly type: 'session'; readonly session: Session };

/** A member's write-ahead log and membership: what must survive a crash beside its store. A fork copies the list of entries and shares them. */
export class RaftDisk {
  readonly id: MemberId;
  readonly clusterId: string;
  #hardState: HardState;
  #point: SnapshotPoint;
  #entries: Entry<GroupEntry>[];
  #members: readonly MemberInfo[];
  #session: Session | undefined;
  /** Told of every write; the sandbox's journal listens here. */
  onChange: ((change: RaftChange) => void) | undefined;

  private constructor({ id, clusterId, hardState, snapshot, entries, members, session }: RaftDiskSnapshot) {
    this.id = id;
    this.clusterId = clusterId;
    this.#hardState = hardState;
    this.#point = snapshot;
    this.#entries = [...entries];
    this.#members = members;
    this.#session = session;
  }

  /** The disk of the member called `name` in a group of `members`, before it has ever run. */
  static create(name: string, members: readonly MemberInfo[]): RaftDisk {
    const self = members.find((member) => member.name === name);
    assert(self, `no member ${name}`);
    const voters = members
      .filter(({ isLearner }) => !isLearner)
      .map(({ id }) => id)
      .sort();
    return new RaftDisk({
      id: self.id,
      clusterId: idOf(members.flatMap(({ peerUrls }) => peerUrls).join()),
      members,
      ...emptyState<GroupEntry>(voters),
    });
  }

  static restore(snapshot: RaftDiskSnapshot): RaftDisk {
    return new RaftDisk(deepFreeze(snapshot));
  }

  fork(): RaftDisk {
    return new RaftDisk(this.snapshot());
  }

  snapshot(): RaftDiskSnapshot {
    const { id, clusterId } = this;
    return { id, clusterId, ...this.state, members: this.#members, ...(this.#session ? { session: this.#session } : {}) };
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

  setMembers(members: readonly MemberInfo[]): void {
    this.#write({ type: 'members', members });
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
        return;
      case 'session':
        this.#session = change.session;
    }
  }
}

/** An id as etcd makes them: sixteen hexadecimal digits that depend on what is hashed. */
export function idOf(text: string): MemberId {
  return [hash32(text), hash32(text, 0x9e3779b9)].map((half) => half.toString(16).padStart(8, '0')).join('');
}
