import type { Json, Random } from '@/lib/base';
import type { Entry as KernelEntry, Kernel } from '../kernel';
import {
  changed,
  isQuorum,
  membersOf,
  RaftNode,
  type ConfigurationChange,
  type Entry,
  type MemberId,
  type Message,
  type PersistentState,
  type Ready,
  type Role,
} from '../raft';
import { answerAuth, applyAuth, checkPassword } from './auth';
import { AuthorizedServer } from './authorized-server';
import { deleteThrough, putThrough } from './calls';
import {
  EtcdError,
  type AuthRequest,
  type AuthResponse,
  type Caller,
  type EtcdServer,
  type KeyValue,
  type LeaseStatus,
  type MemberInfo,
  type MemberStatus,
  type PutOptions,
  type RaisedAlarm,
  type RangeOptions,
  type RangeResponse,
  type ResponseHeader,
  type Revision,
  type Txn,
  type TxnResponse,
  type WatchOptions,
  type WatchResponse,
} from './kv';
import { Lessor } from './lessor';
import { assertMayAdd, assertMayPromote, assertMayRemove, type MembershipView } from './membership';
import type { MvccSnapshot, MvccStore } from './mvcc';
import { Quota } from './quota';
import { recordCommit, summaryOf } from './tracing';
import { idOf, type RaftDisk } from './raft-disk';
import type { GroupEntry, GroupSnapshot, MembershipChange, Request } from './request';
import { Tokens } from './tokens';
import { checkTransaction } from './transaction-check';

/** With who sends it, where the other may not know them yet (`rafthttp`'s `X-PeerURLs`). */
export type PeerMessage = Message<GroupEntry, GroupSnapshot> & { readonly sender?: MemberInfo };

/** Whether a message got there; `removed` when who is there no longer counts the sender among the members. */
export type Delivery = boolean | 'removed';

export interface EtcdMemberOptions {
  readonly kernel: Kernel;
  readonly name: string;
  readonly store: MvccStore;
  readonly disk: RaftDisk;
  readonly random: Random;
  /** Hands a message to a member now. False when it does not get there. */
  readonly send: (to: MemberInfo, message: PeerMessage) => Delivery;
  /** Lets messages on their way arrive before the clock gets there, until it is done or so much time would have passed. */
  readonly settle?: (isDone: () => boolean, limitMs: number) => void;
  /** Whether a member's peer port can be reached now. */
  readonly isConnected?: (to: MemberInfo) => boolean;
  /** Has the leader promote a learner, since it alone knows how far that one is; throws what the leader throws. */
  readonly promoteAt?: (leader: MemberInfo, id: MemberId) => void;
  /** What the member tells the group of itself once it serves. */
  readonly clientUrls?: readonly string[];
  /** The member is no part of the group any more, and must end. */
  readonly onRemoved?: () => void;
  /** The member has lost what the group knows that it had, and must end. */
  readonly onPanic?: (message: string) => void;
  /** The process this is: a member that finds its own session on the disk goes on with it. */
  readonly instance: string;
  readonly heartbeatMs?: number;
  readonly electionMs?: number;
  /** `--quota-backend-bytes`: 0 means etcd's default, less than that none. The disk may have less. */
  readonly quotaBytes?: number;
  /** `--snapshot-count`: entries applied between two truncations of the log. */
  readonly snapshotCount?: number;
  readonly progressNotifyMs?: number;
  readonly log?: (message: string, fields: Readonly<Record<string, Json>>) => void;
}

/** What a request came to on this member. */
type Outcome = { readonly type: 'done'; readonly result: TxnResponse | undefined } | { readonly type: 'failed'; readonly error: EtcdError };

const defaultQuotaBytes = 2 * 2 ** 30;
/** Real etcd truncates after ten thousand and keeps five thousand; a sandbox's memory is worth more. */
const snapshotCountMax = 1_000;
const leaseTtlMax = 9_000_000_000;
/** What a request may take beside an election (`config.ServerConfig.ReqTimeout`). */
const requestMs = 5_000;
/** What a member is spoken to with first. */
const introduced: ReadonlySet<PeerMessage['type']> = new Set(['heartbeat', 'vote', 'pre-vote'] as const);
/** A vote or a snapshot on its way from one machine to another. */
const latencyMs = 1;

/**
 * One member of an etcd group: a Raft node, the store it keeps the same as the others', and the API it serves (`etcdserver`).
 * A call that needs the group is carried to its end among the members that can be reached, inside the call; without a quorum it throws.
 * Elections and heartbeats take simulated time.
 */
export class EtcdMember implements EtcdServer {
  readonly #options: EtcdMemberOptions & Required<Pick<EtcdMemberOptions, 'heartbeatMs' | 'electionMs' | 'quotaBytes'>>;
  readonly #node: RaftNode<GroupEntry, GroupSnapshot>;
  readonly #lessor: Lessor;
  readonly #tokens: Tokens;
  readonly #quota: Quota;
  readonly #actor: string;
  #inbox: PeerMessage[] = [];
  /** Who has spoken to this member, which may have missed that they came. */
  readonly #senders = new Map<MemberId, MemberInfo>();
  #isDraining = false;
  #sequence = 0;
  readonly #outcomes = new Map<string, Outcome | undefined>();
  /** Reads that wait, with the index they need once the leader has named it. */
  readonly #reads = new Map<string, number | undefined>();
  #tick: KernelEntry | undefined;
  #progressTick: KernelEntry | undefined;
  #progressWatches = 0;
  /** Ticks for which this member keeps close watch; at 0 it looks only now and then. */
  #alertTicks = 0;
  #hasHeard = false;
  readonly #answered = new Set<MemberId>();
  #known: { role: Role; leader: MemberId | undefined } = { role: 'follower', leader: undefined };
  #isStopped = false;
  #isRemoved = false;
  readonly #startedAt: number;
  readonly #isResumed: boolean;

  constructor(options: EtcdMemberOptions) {
    this.#options = { heartbeatMs: 100, electionMs: 1000, quotaBytes: 0, ...options };
    const { kernel, disk, random, name, store, instance } = options;
    this.#actor = `etcd/${name}`;
    this.#isResumed = disk.session?.instance === instance;
    this.#quota = new Quota({ store, bytes: quotaOf(this.#options), isResumed: this.#isResumed });
    this.#startedAt = kernel.now;
    this.#tokens = new Tokens(kernel);
    this.#lessor = new Lessor({
      kernel,
      actor: this.#actor,
      isPrimary: () => this.#node.role === 'leader' && !this.#isStopped,
      revoke: (lease) => this.#revokeExpired(lease),
    });
    this.#node = new RaftNode({
      id: disk.id,
      state: this.#stateOnDisk(),
      random,
      electionTicks: Math.max(2, Math.round(this.#options.electionMs / this.#options.heartbeatMs)),
      snapshot: () => this.#takeSnapshot(),
    });
  }

  start(): void {
    const { disk, store, kernel } = this.#options;
    store.around = (commit, notify) => kernel.causedBy(recordCommit(kernel, this.#actor, commit), notify);
    this.#lessor.reset(store.leases);
    if (this.#isResumed && disk.session) this.#node.resume(disk.session.role, disk.session.leader);
    else if (membersOf(this.#node.configuration).length === 1) this.#node.campaign();
    this.#becomeAlert();
    this.#drain();
    this.#observe();
    this.#scheduleTick();
    this.#announce();
  }

  stop(): void {
    this.#isStopped = true;
    this.#options.store.around = undefined;
    this.#tick?.cancel();
    this.#progressTick?.cancel();
    this.#lessor.stop();
  }

  /** A message of another member arrives. False when it was meant for somebody who was here before. */
  receive(message: PeerMessage): Delivery {
    const { disk } = this.#options;
    if (this.#isStopped || message.to !== this.id) return false;
    if (disk.removed.includes(message.from)) return 'removed';
    if (message.type === 'append' || message.type === 'heartbeat') this.#hasHeard = true;
    if (message.type === 'append-response' || message.type === 'heartbeat-response') this.#answered.add(message.from);
    if (message.sender) this.#senders.set(message.from, message.sender);
    this.#inbox.push(message);
    this.#drain();
    return true;
  }

  get id(): MemberId {
    return this.#options.disk.id;
  }

  get isLeader(): boolean {
    return this.#node.role === 'leader';
  }

  get revision(): Revision {
    return this.#options.store.revision;
  }

  get compactedRevision(): Revision {
    return this.#options.store.compactedRevision;
  }

  /** What this caller may reach of it. */
  as(caller: Caller): EtcdServer {
    const { store } = this.#options;
    if (!store.auth.isEnabled) return this;
    return new AuthorizedServer({ server: this, state: () => store.auth, user: () => this.#userOf(caller) });
  }

  header(): ResponseHeader {
    const { disk, store } = this.#options;
    return { clusterId: disk.clusterId, memberId: disk.id, revision: store.revision, term: this.#node.term };
  }

  range(key: string, options: RangeOptions = {}): RangeResponse {
    if (!options.serializable) this.#confirmRead();
    return this.#options.store.range(key, options);
  }

  put(key: string, value: Json, options: PutOptions = {}): { revision: Revision; prevKv?: KeyValue } {
    return putThrough(this, key, value, options);
  }

  deleteRange(key: string, options: { end?: string } = {}): { deleted: number; revision: Revision } {
    return deleteThrough(this, key, options);
  }

  txn(txn: Txn): TxnResponse {
    this.#assertNoLearner();
    if (!this.#quota.hasRoomFor(txn)) this.#refuse();
    checkTransaction(txn);
    return this.#propose({ type: 'txn', txn }) as TxnResponse;
  }

  compact(revision: number): void {
    this.#propose({ type: 'compact', revision });
  }

  watch(key: string, options: WatchOptions, onResponse: (response: WatchResponse) => void): () => void {
    this.#assertNoLearner();
    const { store } = this.#options;
    if (!options.progressNotify) return store.watch(key, options, onResponse);
    let isOpen = true;
    const close = () => {
      if (isOpen) this.#progressWatches--;
      isOpen = false;
    };
    const onCancel = (compactedRevision: Revision) => {
      close();
      options.onCancel?.(compactedRevision);
    };
    const cancel = store.watch(key, { ...options, onCancel }, onResponse);
    if (isOpen) this.#progressWatches++;
    this.#scheduleProgress();
    return () => {
      close();
      cancel();
    };
  }

  leaseGrant(ttl: number, lease = 0): { lease: number; ttl: number } {
    this.#assertNoLearner();
    if (!this.#quota.hasRoomFor(leaseRecord)) this.#refuse();
    const id = lease || this.#newLease();
    const seconds = Math.max(ttl, this.#minLeaseSeconds());
    this.#propose({ type: 'lease-grant', lease: id, ttl: seconds });
    return { lease: id, ttl: seconds };
  }

  leaseRevoke(lease: number): { revision: Revision } {
    this.#propose({ type: 'lease-revoke', lease });
    return { revision: this.revision };
  }

  leaseKeepAlive(lease: number): { lease: number; ttl: number } {
    this.#propose({ type: 'lease-keep-alive', lease });
    return { lease, ttl: this.#options.store.leases.get(lease) ?? 0 };
  }

  leaseTimeToLive(lease: number): LeaseStatus {
    this.#confirmRead();
    const { store } = this.#options;
    const grantedTtl = store.leases.get(lease);
    if (grantedTtl === undefined) return { lease, ttl: -1, grantedTtl: 0, keys: [] };
    return { lease, ttl: this.#lessor.secondsLeft(lease), grantedTtl, keys: store.keysOf(lease) };
  }

  leases(): readonly number[] {
    this.#confirmRead();
    return [...this.#options.store.leases.keys()];
  }

  status(): MemberStatus {
    const { store, disk, quotaBytes } = this.#options;
    const { leader, term, log } = this.#node;
    const { file, inUse } = store.size;
    const alarms = store.alarms.map(({ member, alarm }) => `memberID:${BigInt(`0x${member}`)} alarm:${alarm} `);
    return {
      clusterId: disk.clusterId,
      member: disk.id,
      version: '3.6.8',
      storageVersion: '3.6.0',
      dbSize: file,
      dbSizeInUse: inUse,
      dbSizeQuota: Number.isFinite(this.#quota.bytes) ? this.#quota.bytes : quotaBytes,
      leader,
      isLearner: this.isLearner,
      term,
      raftIndex: log.committed,
      appliedIndex: log.applied,
      errors: leader === undefined ? ['etcdserver: no leader', ...alarms] : alarms,
      revision: store.revision,
    };
  }

  hashKv(revision?: number): { hash: number; hashRevision: Revision; compactRevision: Revision } {
    this.#assertNoLearner();
    const { store } = this.#options;
    return {
      hash: store.hashKv(revision || undefined),
      hashRevision: (revision || store.revision) as Revision,
      compactRevision: store.compactedRevision,
    };
  }

  defragment(): void {
    this.#assertNoLearner();
    this.#options.store.defragment();
  }

  alarms(): readonly RaisedAlarm[] {
    this.#confirmRead();
    return this.#options.store.alarms;
  }

  alarmDisarm(): readonly RaisedAlarm[] {
    const raised = this.alarms();
    for (const { member, alarm } of raised) this.#propose({ type: 'alarm', member, alarm, isRaised: false });
    return raised;
  }

  moveLeader(to: MemberId): void {
    this.#assertNoLearner();
    if (!this.isLeader) throw new EtcdError('FailedPrecondition', 'etcdserver: not leader');
    if (!this.#node.configuration.voters.includes(to)) throw new EtcdError('FailedPrecondition', 'etcdserver: bad leader transferee');
    if (to === this.id) return;
    this.#node.transferLeadership(to);
    this.#carryOut(() => this.#node.leader === to);
    if (this.#node.leader !== to) throw new EtcdError('Unavailable', 'etcdserver: request timed out, leader transfer took too long');
  }

  members({ serializable = false }: { readonly serializable?: boolean } = {}): readonly MemberInfo[] {
    this.#assertNoLearner();
    if (!serializable) this.#confirmRead();
    return this.roster;
  }

  /** The members as other members are told of them, by a learner too. */
  get roster(): readonly MemberInfo[] {
    return this.#options.disk.members;
  }

  memberAdd(name: string, peerUrls: readonly string[], isLearner: boolean): MemberInfo {
    this.#assertNoLearner();
    const { disk, kernel } = this.#options;
    if (disk.members.some((member) => member.peerUrls.some((url) => peerUrls.includes(url))))
      throw new EtcdError('FailedPrecondition', 'etcdserver: Peer URLs already exists');
    if (isLearner && disk.members.some((member) => member.isLearner))
      throw new EtcdError('FailedPrecondition', 'etcdserver: too many learner members in cluster');
    assertMayAdd(this.#view(), isLearner);
    const member: MemberInfo = {
      id: idOf(`${peerUrls.join()}/${disk.clusterId}/${kernel.now}`),
      name,
      peerUrls,
      clientUrls: [],
      isLearner,
    };
    this.#proposeMembers({ type: 'add', member }, [{ type: isLearner ? 'add-learner' : 'add-voter', member: member.id }]);
    return member;
  }

  memberRemove(id: MemberId): void {
    this.#assertNoLearner();
    assertMayRemove(this.#view(), this.#assertMember(id));
    this.#proposeMembers({ type: 'remove', member: id }, [{ type: 'remove', member: id }]);
  }

  memberPromote(id: MemberId): void {
    this.#assertNoLearner();
    if (!this.#assertMember(id).isLearner) throw new EtcdError('FailedPrecondition', 'etcdserver: can only promote a learner member');
    const { promoteAt, disk } = this.#options;
    const leader = disk.members.find((member) => member.id === this.#node.leader);
    if (!this.isLeader && leader && promoteAt) return promoteAt(leader, id);
    this.promoteHere(id);
  }

  memberUpdate(id: MemberId, peerUrls: readonly string[]): void {
    this.#assertNoLearner();
    this.#assertMember(id);
    if (this.roster.some((member) => member.id !== id && member.peerUrls.some((url) => peerUrls.includes(url))))
      throw new EtcdError('FailedPrecondition', 'etcdserver: Peer URLs already exists');
    this.#propose({ type: 'member-update', member: id, peerUrls });
  }

  /** For a leader, whom a follower may ask. */
  promoteHere(id: MemberId): void {
    const progress = this.#node.progress.get(id);
    if (this.isLeader && (!progress || progress.match < this.#node.log.committed * 0.9))
      throw new EtcdError('FailedPrecondition', 'etcdserver: can only promote a learner member which is in sync with leader');
    assertMayPromote(this.#view());
    this.#proposeMembers({ type: 'promote', member: id }, [{ type: 'add-voter', member: id }]);
  }

  #view(): MembershipView {
    const { disk, isConnected = () => true } = this.#options;
    return { self: this.id, members: disk.members, isConnected };
  }

  snapshot(): MvccSnapshot {
    return this.#options.store.snapshot();
  }

  auth(request: AuthRequest): AuthResponse {
    this.#assertNoLearner();
    if (request.type === 'authenticate') return { token: this.#authenticate(request.name, request.password) };
    this.#propose({ type: 'auth', auth: request });
    return answerAuth(this.#options.store.auth, request);
  }

  #authenticate(name: string, password: string): string {
    checkPassword(this.#options.store.auth, name, password);
    const token = this.#tokens.create(this.#options.random, this.#node.log.lastIndex + 1);
    this.#propose({ type: 'token', token, user: name });
    return token;
  }

  #userOf({ token, commonName }: Caller): string {
    const user = token === undefined ? commonName : this.#tokens.findUser(token);
    if (user !== undefined) return user;
    if (token !== undefined) throw new EtcdError('Unauthenticated', 'etcdserver: invalid auth token');
    throw new EtcdError('InvalidArgument', 'etcdserver: user name is empty');
  }

  // --- the group ------------------------------------------------------------------------------------------------

  /** Has the group agree on a request, and answers what it came to here. */
  #propose(request: Request): TxnResponse | undefined {
    if (request.type !== 'publish') this.#assertNoLearner();
    if (this.#isStopped) throw new EtcdError('Unavailable', 'etcdserver: server stopped');
    const { kernel } = this.#options;
    return kernel.causedBy(kernel.record('proposal', this.#actor, summaryOf(request)), () => this.#agree(request));
  }

  #agree(request: Request): TxnResponse | undefined {
    if (this.#node.isAlone && !this.#node.hasReady && this.#node.log.applied === this.#node.log.lastIndex) return this.#applyAlone(request);
    const id = this.#newId();
    this.#outcomes.set(id, undefined);
    const isTaken = this.#node.propose({ id, request });
    this.#carryOut(() => !isTaken || this.#outcomes.get(id) !== undefined);
    const outcome = this.#outcomes.get(id);
    this.#outcomes.delete(id);
    if (!isTaken || !outcome) throw this.#timedOut({ isRepeatable: !isTaken });
    if (outcome.type === 'failed') throw outcome.error;
    return outcome.result;
  }

  #applyAlone(request: Request): TxnResponse | undefined {
    this.#options.store.markApplied(this.#node.appendAlone());
    return this.#perform(request);
  }

  #proposeMembers(members: MembershipChange['members'], steps: ConfigurationChange['steps']): void {
    const id = this.#newId();
    this.#syncPoint();
    this.#outcomes.set(id, undefined);
    this.#node.proposeConfiguration({ steps, context: { id, members } satisfies MembershipChange });
    this.#carryOut(() => this.#outcomes.get(id) !== undefined);
    const outcome = this.#outcomes.get(id);
    this.#outcomes.delete(id);
    if (!outcome) throw this.#timedOut({ isRepeatable: false });
  }

  #assertMember(id: MemberId): MemberInfo {
    const member = this.#options.disk.members.find((one) => one.id === id);
    if (!member) throw new EtcdError('NotFound', 'etcdserver: member not found');
    return member;
  }

  /** Makes sure that nothing newer has been agreed on than what this member has (`etcdserver/v3_server.go`, linearizableReadNotify). */
  #confirmRead(): void {
    if (this.#node.isAlone) return;
    this.#assertNoLearner();
    if (this.#isStopped) throw new EtcdError('Unavailable', 'etcdserver: server stopped');
    const context = this.#newId();
    this.#reads.set(context, undefined);
    const isConfirmed = () => (this.#reads.get(context) ?? Infinity) <= this.#node.log.applied;
    this.#node.readIndex(context);
    this.#carryOut(isConfirmed);
    const wasConfirmed = isConfirmed();
    this.#reads.delete(context);
    if (!wasConfirmed && !this.#isJustResumed()) throw this.#timedOut({ isRepeatable: true });
  }

  /** In the instant in which a whole running cluster is taken up again its members come back one by one, and nothing can have happened in between. */
  #isJustResumed(): boolean {
    return this.#isResumed && this.#options.kernel.now === this.#startedAt && this.#node.leader !== undefined;
  }

  /** Whether it only listens, and may not vote yet. */
  get isLearner(): boolean {
    return this.#node.configuration.learners.includes(this.id);
  }

  /** A learner answers for itself, and serves what is serializable. */
  #assertNoLearner(): void {
    if (this.isLearner) throw new EtcdError('FailedPrecondition', 'etcdserver: rpc not supported for learner');
  }

  /** Does what the node wants, and where slow links hold messages up waits for them no longer than etcd does. */
  #carryOut(isDone: () => boolean): void {
    this.#drain();
    const { settle } = this.#options;
    if (settle && this.#node.leader !== undefined && !isDone()) settle(isDone, this.#requestMs);
  }

  get #requestMs(): number {
    return requestMs + 2 * this.#options.electionMs;
  }

  #timedOut({ isRepeatable }: { isRepeatable: boolean }): EtcdError {
    this.#becomeAlert();
    this.#scheduleTick();
    const isCutOff = this.#node.leader !== undefined && !this.#isConnectedToLead();
    return new EtcdError(
      'Unavailable',
      isCutOff ? 'etcdserver: request timed out, possibly due to connection lost' : 'etcdserver: request timed out',
      { forMs: this.#requestMs, isRepeatable },
    );
  }

  /** `etcdserver/v3_server.go`, parseProposeCtxErr: a leader needs a quorum, anybody else the leader. */
  #isConnectedToLead(): boolean {
    const { disk, isConnected = () => false } = this.#options;
    const { leader, configuration } = this.#node;
    const reaches = (id: MemberId) => id === this.id || disk.members.some((member) => member.id === id && isConnected(member));
    return leader === this.id ? isQuorum(configuration, reaches) : leader !== undefined && reaches(leader);
  }

  /** Lets the node take in what arrived and does what it wants, until there is nothing left of either. */
  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    try {
      while (!this.#isStopped && (this.#inbox.length > 0 || this.#node.hasReady)) {
        const arrived = this.#inbox;
        this.#inbox = [];
        for (const message of arrived) this.#step(message);
        if (this.#node.hasReady) this.#obey(this.#node.ready());
      }
    } finally {
      this.#isDraining = false;
    }
  }

  /** What a leader takes for agreed on here must be in the log (`raft/log.go`, commitTo): a data directory that was emptied under a member is told so. */
  #step(message: PeerMessage): void {
    const { log, term } = this.#node;
    if (message.type !== 'heartbeat' || message.term < term || message.commit <= log.lastIndex) return this.#node.step(message);
    const range = `tocommit(${message.commit}) is out of range [lastIndex(${log.lastIndex})]`;
    this.stop();
    this.#options.onPanic?.(`${range}. Was the raft log corrupted, truncated, or lost?`);
  }

  #obey(ready: Ready<GroupEntry, GroupSnapshot>): void {
    const { disk } = this.#options;
    if (ready.entries.length > 0) this.#syncPoint(ready.entries[0]);
    disk.save(ready);
    if (ready.snapshot) this.#install(ready.snapshot.data);
    for (const entry of ready.committed) this.#apply(entry);
    for (const { context, index } of ready.reads) if (this.#reads.has(context)) this.#reads.set(context, index);
    this.#observe();
    for (const message of ready.messages) this.#post(message);
    this.#node.advance();
    this.#truncate();
  }

  #post(message: PeerMessage): void {
    const { members } = this.#options.disk;
    const to = members.find(({ id }) => id === message.to) ?? this.#senders.get(message.to);
    if (!to) return;
    const isUnhurried = message.type === 'snapshot' || message.type === 'pre-vote' || (message.type === 'vote' && !message.isTransfer);
    if (!isUnhurried) return this.#send(to, message);
    this.#options.kernel.schedule({
      delayMs: latencyMs,
      actor: this.#actor,
      what: `${message.type} to ${to.name}`,
      background: true,
      run: () => {
        if (!this.#isStopped) this.#send(to, message);
      },
    });
  }

  #send(to: MemberInfo, message: PeerMessage): void {
    const sender = introduced.has(message.type) ? this.#options.disk.members.find(({ id }) => id === this.id) : undefined;
    if (this.#options.send(to, sender ? { ...message, sender } : message) === 'removed') this.#endRemoved();
  }

  /** Gives others a second to hear of it before the member ends (`etcdserver/server.go`, stopWithDelay). */
  #endRemoved(): void {
    const { kernel, onRemoved } = this.#options;
    if (this.#isRemoved) return;
    this.#isRemoved = true;
    kernel.schedule({ delayMs: 1_000, actor: this.#actor, what: 'end as a removed member', background: true, run: () => onRemoved?.() });
  }

  /** Tells the group its name and client URLs, again and again until the group has them (`etcdserver/server.go`, publishV3). */
  #announce(): void {
    const { disk, clientUrls, name, kernel } = this.#options;
    const known = disk.members.find(({ id }) => id === this.id);
    if (!clientUrls || this.#isStopped || (known?.name === name && known.clientUrls.join() === clientUrls.join())) return;
    const attempt = () => {
      if (this.#isStopped) return;
      try {
        this.#propose({ type: 'publish', member: this.id, name, clientUrls });
      } catch (error) {
        if (!(error instanceof EtcdError)) throw error;
        kernel.schedule({ delayMs: 500, actor: this.#actor, what: 'publish attributes', background: true, run: attempt });
      }
    };
    kernel.schedule({ delayMs: 0, actor: this.#actor, what: 'publish attributes', run: attempt });
  }

  #apply(entry: Entry<GroupEntry>): void {
    const { store } = this.#options;
    const isOld = (store.applied?.index ?? 0) >= entry.index;
    if (entry.type === 'configuration') this.#applyMembers(entry.data as ConfigurationChange);
    if (!isOld) store.markApplied({ index: entry.index, term: entry.term });
    if (entry.type === 'normal' && entry.data !== null && !isOld) this.#applyRequest(entry.data as GroupEntry);
  }

  #applyRequest({ id, request }: GroupEntry): void {
    const isMine = this.#outcomes.has(id);
    try {
      const result = this.#perform(request);
      if (isMine) this.#outcomes.set(id, { type: 'done', result });
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      if (isMine) this.#outcomes.set(id, { type: 'failed', error });
    }
  }

  #perform(request: Request): TxnResponse | undefined {
    const { store } = this.#options;
    switch (request.type) {
      case 'txn': {
        if (this.#isFull && puts(request.txn)) throw noSpace();
        const result = store.applyTxn(request.txn);
        this.#quota.spend(request.txn);
        return result;
      }
      case 'compact':
        store.compact(request.revision);
        return undefined;
      case 'publish':
        this.#applyAttributes(request);
        return undefined;
      case 'lease-grant':
        if (this.#isFull) throw noSpace();
        if (request.ttl > leaseTtlMax) throw new EtcdError('OutOfRange', 'etcdserver: too large lease TTL');
        store.leaseGrant(request.lease, request.ttl);
        this.#lessor.renew(request.lease, request.ttl);
        return undefined;
      case 'lease-revoke':
        store.leaseRevoke(request.lease);
        this.#lessor.forget(request.lease);
        return undefined;
      case 'lease-keep-alive': {
        const ttl = store.leases.get(request.lease);
        if (ttl === undefined) throw new EtcdError('NotFound', 'etcdserver: requested lease not found');
        this.#lessor.renew(request.lease, ttl);
        return undefined;
      }
      case 'member-update':
        this.#updateMember(request.member, request.peerUrls);
        return undefined;
      case 'auth':
        this.#changeAuth(request.auth);
        return undefined;
      case 'token':
        this.#tokens.assign(request.token, request.user);
        return undefined;
      default:
        store.setAlarm(request.member, request.alarm, request.isRaised);
        return undefined;
    }
  }

  /** Whether what makes the store larger is refused by everybody (`etcdserver/apply/apply.go`, applierV3Capped). */
  get #isFull(): boolean {
    return this.#options.store.alarms.some(({ alarm }) => alarm === 'NOSPACE');
  }

  #updateMember(member: MemberId, peerUrls: readonly string[]): void {
    const { disk } = this.#options;
    disk.setMembers(disk.members.map((one) => (one.id === member ? { ...one, peerUrls } : one)));
  }

  /** Whoever is changed has to show who they are again. */
  #changeAuth(request: AuthRequest): void {
    const { store } = this.#options;
    const after = applyAuth(store.auth, request);
    if (after === store.auth) return;
    store.setAuth(after);
    if (request.type === 'disable' || request.type === 'role-delete') this.#tokens.revoke();
    else if (request.type === 'user-delete' || request.type === 'user-change-password') this.#tokens.revoke(request.name);
  }

  #applyMembers(change: ConfigurationChange): void {
    const { disk } = this.#options;
    this.#node.applyConfiguration(change);
    // Who was alone looked after nobody.
    this.#becomeAlert();
    this.#scheduleTick();
    const context = change.context as MembershipChange | undefined;
    if (!context) return;
    disk.setMembers(membersAfter(disk.members, context.members), removedAfter(disk.removed, context.members));
    if (context.members.type === 'remove' && context.members.member === this.id) this.#endRemoved();
    if (this.#outcomes.has(context.id)) this.#outcomes.set(context.id, { type: 'done', result: undefined });
  }

  #applyAttributes({ member, name, clientUrls }: Extract<Request, { type: 'publish' }>): void {
    const { disk } = this.#options;
    disk.setMembers(disk.members.map((one) => (one.id === member ? { ...one, name, clientUrls } : one)));
  }

  // --- the disk -------------------------------------------------------------------------------------------------

  /** What the node starts from. A member that was alone kept no entries: its store says how far it is. */
  #stateOnDisk(): PersistentState<GroupEntry> {
    const { disk, store } = this.#options;
    const { state } = disk;
    const last = state.snapshot.index + state.entries.length;
    const { applied } = store;
    if (!applied || applied.index <= last) return state;
    const commit = Math.max(state.hardState.commit, applied.index);
    // What was agreed on while there were others says who the members are.
    const configuration = state.entries.reduce(
      (before, { type, data }) => (type === 'configuration' ? changed(before, data as ConfigurationChange) : before),
      state.snapshot.configuration,
    );
    return {
      hardState: { ...state.hardState, term: Math.max(state.hardState.term, applied.term), commit },
      snapshot: { ...state.snapshot, ...applied, configuration },
      entries: [],
    };
  }

  /** Writes down where the log begins now, if entries went by unkept since. */
  #syncPoint(next?: Entry<GroupEntry>): void {
    const { disk } = this.#options;
    const { log, configuration } = this.#node;
    const index = (next?.index ?? log.lastIndex + 1) - 1;
    if (log.firstIndex - 1 <= disk.pointIndex || log.firstIndex - 1 > index) return;
    const point = log.firstIndex - 1;
    disk.setPoint({ index: point, term: log.findTerm(point) as number, configuration });
  }

  #truncate(): void {
    const { disk, snapshotCount = snapshotCountMax } = this.#options;
    const { log, configuration } = this.#node;
    const count = Math.min(Math.max(snapshotCount, 1), snapshotCountMax);
    if (log.applied - disk.pointIndex <= 2 * count) return;
    const index = log.applied - count;
    const term = log.findTerm(index) as number;
    this.#node.compact(index);
    disk.setPoint({ index, term, configuration });
  }

  #takeSnapshot() {
    const { store, disk } = this.#options;
    const { log, configuration } = this.#node;
    return {
      index: log.applied,
      term: log.findTerm(log.applied) as number,
      configuration,
      data: { store: store.fork(), members: disk.members, removed: disk.removed },
    };
  }

  #install({ store, members, removed }: GroupSnapshot): void {
    this.#options.store.install(store);
    this.#quota.forget();
    this.#options.disk.setMembers(members, removed);
    this.#lessor.reset(store.leases);
    this.#options.log?.('applied snapshot', { 'snapshot-index': this.#node.log.applied });
  }

  // --- time -----------------------------------------------------------------------------------------------------

  /** Notes in log, trace and disk who leads now. */
  #observe(): void {
    const { role, leader, term } = this.#node;
    if (role === this.#known.role && leader === this.#known.leader) return;
    const wasLeader = this.#known.role === 'leader';
    this.#known = { role, leader };
    const { disk, kernel, instance, store, log } = this.#options;
    const isSettled = role === 'leader' || (role === 'follower' && leader !== undefined);
    if (disk.session?.instance !== instance || disk.session.role !== role || disk.session.leader !== leader) {
      disk.setSession({ instance, role, leader });
      kernel.record('commit', this.#actor, `became ${role} at term ${term}`);
      log?.(
        role === 'follower' && leader !== undefined
          ? `raft.node: ${disk.id} elected leader ${leader} at term ${term}`
          : `${disk.id} became ${role} at term ${term}`,
        { 'local-member-id': disk.id },
      );
    }
    if (role === 'leader') this.#lessor.reset(store.leases);
    else if (wasLeader) this.#lessor.arm();
    if (!isSettled) this.#becomeAlert();
  }

  #becomeAlert(): void {
    this.#alertTicks = 2 * Math.round(this.#options.electionMs / this.#options.heartbeatMs);
  }

  /**
   * While all is well, a leader looks after its members twice an election timeout and a member after its leader once.
   * When something is amiss, both go by heartbeats until it has been well for two election timeouts. A member that is alone looks after nobody.
   */
  #scheduleTick(): void {
    this.#tick?.cancel();
    this.#tick = undefined;
    if (this.#isStopped || this.#node.isAlone) return;
    const { heartbeatMs, electionMs, kernel } = this.#options;
    const isAlert = this.#alertTicks > 0;
    const delayMs = isAlert ? heartbeatMs : this.isLeader ? Math.floor(electionMs / 2) : electionMs;
    this.#tick = kernel.schedule({
      delayMs,
      actor: this.#actor,
      what: this.isLeader ? 'heartbeat' : 'election timer',
      background: true,
      run: () => this.#onTick(isAlert),
    });
  }

  #onTick(wasAlert: boolean): void {
    if (this.isLeader) this.#tickLeader();
    else this.#tickFollower(wasAlert);
    this.#scheduleTick();
  }

  #tickLeader(): void {
    this.#answered.clear();
    this.#node.tick();
    this.#drain();
    const isComplete = membersOf(this.#node.configuration).every((member) => member === this.id || this.#answered.has(member));
    if (isComplete && this.isLeader) this.#alertTicks = Math.max(0, this.#alertTicks - 1);
    else this.#becomeAlert();
  }

  #tickFollower(wasAlert: boolean): void {
    const hasHeard = this.#hasHeard;
    this.#hasHeard = false;
    if (wasAlert) {
      this.#alertTicks = Math.max(0, this.#alertTicks - 1);
      this.#node.tick();
      if (!hasHeard && this.#alertTicks === 0) this.#becomeAlert();
    } else if (!hasHeard) {
      this.#becomeAlert();
      for (let tick = 0; tick < Math.round(this.#options.electionMs / this.#options.heartbeatMs); tick++) this.#node.tick();
    }
    this.#drain();
  }

  #scheduleProgress(): void {
    if (this.#progressTick || this.#progressWatches === 0) return;
    const { kernel, store, progressNotifyMs = 600_000 } = this.#options;
    this.#progressTick = kernel.schedule({
      delayMs: progressNotifyMs,
      actor: this.#actor,
      what: 'progress notify',
      background: true,
      run: () => {
        this.#progressTick = undefined;
        store.notifyProgress();
        this.#scheduleProgress();
      },
    });
  }

  // --- leases and quota -----------------------------------------------------------------------------------------

  #revokeExpired(lease: number): void {
    try {
      this.#propose({ type: 'lease-revoke', lease });
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      if (error.code === 'NotFound') this.#lessor.forget(lease);
    }
  }

  /** Half of the fewest seconds in which a new leader can be elected, as etcd has it. */
  #minLeaseSeconds(): number {
    return Math.ceil((3 * this.#options.electionMs) / 2 / 1000);
  }

  #newLease(): number {
    return this.#options.random.between(2 ** 20, 2 ** 31) * 2 ** 21 + this.#options.random.int(2 ** 21);
  }

  #newId(): string {
    const { kernel, disk } = this.#options;
    return `${disk.id}/${kernel.generation}/${kernel.now}/${this.#sequence++}`;
  }

  /**
   * The quota is looked at before anything is proposed; who exceeds it raises the alarm, and is refused whether the group could hear of that or not
   * (`etcdserver/api/v3rpc/quota.go`).
   */
  #refuse(): never {
    try {
      if (!this.#options.store.alarms.some(({ member }) => member === this.id))
        this.#propose({ type: 'alarm', member: this.id, alarm: 'NOSPACE', isRaised: true });
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
    }
    throw noSpace();
  }
}

/** What a lease takes of the quota. */
const leaseRecord: Txn = { compare: [], success: [{ type: 'put', key: '', value: '' }], failure: [] };

/** Whether either branch might put something, whichever is chosen: a full store does not compare first (`storage/quota.go`, costTxn). */
function puts({ success, failure }: Txn): boolean {
  return [success, failure].some((branch) => branch.some(({ type }) => type === 'put'));
}

function noSpace(): EtcdError {
  return new EtcdError('ResourceExhausted', 'etcdserver: mvcc: database space exceeded');
}

/** As the flag says, as far as there is room on the disk. */
function quotaOf({ quotaBytes, disk }: Required<Pick<EtcdMemberOptions, 'quotaBytes' | 'disk'>>): number {
  return Math.min(quotaBytes < 0 ? Infinity : quotaBytes || defaultQuotaBytes, disk.roomBytes);
}

function membersAfter(before: readonly MemberInfo[], change: MembershipChange['members']): readonly MemberInfo[] {
  switch (change.type) {
    case 'add':
      return [...before.filter(({ id }) => id !== change.member.id), change.member];
    case 'remove':
      return before.filter(({ id }) => id !== change.member);
    default:
      return before.map((member) => (member.id === change.member ? { ...member, isLearner: false } : member));
  }
}

function removedAfter(before: readonly MemberId[], change: MembershipChange['members']): readonly MemberId[] {
  return change.type === 'remove' ? [...before, change.member] : before;
}
