import { assert, type Random } from '@/lib/base';
import { changed, committedIndex, isJoint, isLost, isQuorum, isVoter, membersOf } from './configuration';
import { RaftLog } from './log';
import { Progress } from './progress';
import type {
  Configuration,
  ConfigurationChange,
  Entry,
  HardState,
  MemberId,
  Message,
  PersistentState,
  ReadState,
  Ready,
  Role,
  Snapshot,
} from './types';

export interface RaftOptions<D, S> {
  readonly id: MemberId;
  /** What is on disk. */
  readonly state: PersistentState<D>;
  readonly random: Random;
  /** Ticks without a leader after which a follower campaigns: drawn from [electionTicks, 2 × electionTicks). */
  readonly electionTicks?: number;
  readonly heartbeatTicks?: number;
  readonly preVote?: boolean;
  readonly checkQuorum?: boolean;
  /** Entries in one append. */
  readonly appendMax?: number;
  /** The state machine as of the last applied entry, for a member too far behind. */
  readonly snapshot?: () => Snapshot<S>;
}

type Body<D, S> = Message<D, S> extends infer M ? (M extends Message<D, S> ? Omit<M, 'from' | 'to' | 'term'> : never) : never;
type Of<T extends Message['type'], D, S> = Extract<Message<D, S>, { readonly type: T }>;

interface PendingRead {
  readonly context: string;
  readonly index: number;
  readonly from: MemberId;
  readonly acknowledged: Set<MemberId>;
}

/**
 * One member's Raft (`etcd-io/raft`): a state machine of `tick`, `step` and `ready`, without a clock, a network or a disk.
 * Everything it wants done is in `ready()`; see `Ready` for the order.
 */
export class RaftNode<D = unknown, S = unknown> {
  readonly id: MemberId;
  readonly log: RaftLog<D>;
  #configuration: Configuration;
  #term: number;
  #vote: MemberId | undefined;
  #role: Role = 'follower';
  #leader: MemberId | undefined;
  #transferee: MemberId | undefined;
  #progress = new Map<MemberId, Progress>();
  #votes = new Map<MemberId, boolean>();
  /** The last configuration change in the log: a second one waits until it is applied. */
  #pendingConfiguration = 0;
  #electionElapsed = 0;
  #heartbeatElapsed = 0;
  #electionTimeout = 0;
  #messages: Message<D, S>[] = [];
  #reads: ReadState[] = [];
  #pendingReads: PendingRead[] = [];
  /** Asked before this leader had committed anything in its term. */
  #earlyReads: { readonly context: string; readonly from: MemberId }[] = [];
  #snapshot: Snapshot<S> | undefined;
  #saved: HardState;
  readonly #options: Required<Omit<RaftOptions<D, S>, 'state' | 'snapshot'>> & Pick<RaftOptions<D, S>, 'snapshot'>;

  constructor({ state, ...options }: RaftOptions<D, S>) {
    this.#options = { electionTicks: 10, heartbeatTicks: 1, preVote: true, checkQuorum: true, appendMax: 256, ...options };
    this.id = options.id;
    const { hardState, snapshot, entries } = state;
    this.log = new RaftLog<D>(snapshot, entries, hardState.commit, snapshot.index);
    this.#configuration = snapshot.configuration;
    this.#term = hardState.term;
    this.#vote = hardState.vote;
    this.#saved = this.#hardState();
    this.#becomeFollower(this.#term, undefined);
  }

  get term(): number {
    return this.#term;
  }

  get role(): Role {
    return this.#role;
  }

  get leader(): MemberId | undefined {
    return this.#leader;
  }

  get configuration(): Configuration {
    return this.#configuration;
  }

  /** Whether this member alone decides, so that what it appends is committed. */
  get isAlone(): boolean {
    return this.#role === 'leader' && this.#progress.size === 1;
  }

  /** What this leader knows of the other members' logs. */
  get progress(): ReadonlyMap<MemberId, Readonly<Pick<Progress, 'match' | 'next' | 'state' | 'isActive'>>> {
    return this.#progress;
  }

  tick(): void {
    this.#electionElapsed++;
    if (this.#role === 'leader') this.#tickLeader();
    else if (this.#electionElapsed >= this.#electionTimeout && isVoter(this.#configuration, this.id)) this.campaign();
  }

  /** Stands for election now, as when the election timeout passes. */
  campaign(): void {
    if (this.#role === 'leader' || !isVoter(this.#configuration, this.id)) return;
    this.#electionElapsed = 0;
    if (this.#hasUnappliedConfiguration()) return;
    this.#campaign(this.#options.preVote ? 'pre-vote' : 'vote', false);
  }

  /** Whether the proposal was taken in; committed it is only when `ready` says so. Forwarded when somebody else leads. */
  propose(data: D): boolean {
    return this.#propose([{ type: 'normal', data }]);
  }

  proposeConfiguration(change: ConfigurationChange): boolean {
    return this.#propose([{ type: 'configuration', data: change }]);
  }

  /** The host applies a configuration change it found among the committed entries. */
  applyConfiguration(change: ConfigurationChange): Configuration {
    this.#switch(changed(this.#configuration, change));
    return this.#configuration;
  }

  /** Asks for the index at which a linearizable read may be served; `ready` answers, or never. */
  readIndex(context: string): void {
    if (this.#role === 'leader') this.#takeRead(this.id, context);
    else if (this.#leader !== undefined) this.#send(this.#leader, { type: 'read-index', context });
  }

  transferLeadership(transferee: MemberId): void {
    if (this.#role === 'leader') this.#transfer(transferee);
    else if (this.#leader !== undefined) this.#send(this.#leader, { type: 'transfer-leader', transferee });
  }

  /**
   * Goes on as it was when its disk was copied, which only a node that has not crashed may: a leader leads on, a follower follows.
   */
  resume(role: Role, leader: MemberId | undefined): void {
    if (role === 'leader' && this.#vote === this.id && isVoter(this.#configuration, this.id)) this.#lead();
    else if (leader !== undefined && leader !== this.id) this.#becomeFollower(this.#term, leader);
  }

  /**
   * For a leader that is alone: takes an entry in as committed and applied without keeping it, since nobody will ever ask for it.
   * Returns where in the log it would be.
   */
  appendAlone(): { readonly index: number; readonly term: number } {
    assert(this.isAlone && !this.hasReady, 'an entry may go unkept only where nobody else needs it');
    const point = { index: this.log.lastIndex + 1, term: this.#term };
    this.log.restore(point);
    const own = this.#progress.get(this.id);
    own?.maybeUpdate(point.index);
    this.#saved = this.#hardState();
    return point;
  }

  /** Forgets log entries up to and including `index`, which a snapshot stands for from now on. */
  compact(index: number): void {
    this.log.compact(index);
  }

  /** Whether `ready` has anything to say. */
  get hasReady(): boolean {
    return (
      this.#messages.length > 0 ||
      this.log.stable < this.log.lastIndex ||
      this.log.applied < this.log.committed ||
      this.#reads.length > 0 ||
      this.#snapshot !== undefined ||
      this.#isHardStateNew()
    );
  }

  ready(): Ready<D, S> {
    const { log } = this;
    const isNew = this.#isHardStateNew();
    const ready: Ready<D, S> = {
      hardState: isNew ? this.#hardState() : undefined,
      snapshot: this.#snapshot,
      entries: log.stable < log.lastIndex ? log.slice(log.stable + 1) : [],
      messages: this.#messages,
      committed: log.applied < log.committed ? log.slice(log.applied + 1, log.committed) : [],
      reads: this.#reads,
    };
    if (ready.hardState) this.#saved = ready.hardState;
    this.#snapshot = undefined;
    this.#messages = [];
    this.#reads = [];
    log.stable = log.lastIndex;
    log.applied = log.committed;
    return ready;
  }

  /** After the host has applied what was committed: leaves a joint configuration that leaves by itself. */
  advance(): void {
    if (this.#role !== 'leader' || !isJoint(this.#configuration) || !this.#configuration.autoLeave) return;
    if (this.log.applied >= this.#pendingConfiguration) this.proposeConfiguration({ steps: [] });
  }

  step(message: Message<D, S>): void {
    if (message.term > this.#term && !this.#takeHigherTerm(message)) return;
    if (
      message.term < this.#term &&
      message.type !== 'propose' &&
      message.type !== 'read-index' &&
      message.type !== 'transfer-leader' &&
      message.type !== 'read-index-response'
    )
      return this.#refuseLowerTerm(message);
    switch (message.type) {
      case 'vote':
      case 'pre-vote':
        return this.#answerVote(message);
      case 'vote-response':
      case 'pre-vote-response':
        return this.#countVote(message);
      case 'append':
      case 'heartbeat':
      case 'snapshot':
        return this.#follow(message);
      case 'append-response':
        return this.#takeAppendResponse(message);
      case 'heartbeat-response':
        return this.#takeHeartbeatResponse(message);
      case 'propose':
        return void this.#propose(message.entries);
      case 'read-index':
        return this.#takeReadRequest(message);
      case 'read-index-response':
        return void this.#reads.push({ context: message.context, index: message.index });
      case 'transfer-leader':
        return this.transferLeadership(message.transferee);
      case 'timeout-now':
        return this.#campaignAtOnce();
    }
  }

  #tickLeader(): void {
    if (this.#electionElapsed >= this.#options.electionTicks) {
      this.#electionElapsed = 0;
      this.#transferee = undefined;
      this.#retrySnapshots();
      if (this.#options.checkQuorum) this.#checkQuorum();
    }
    if (this.#role !== 'leader') return;
    if (++this.#heartbeatElapsed < this.#options.heartbeatTicks) return;
    this.#heartbeatElapsed = 0;
    this.#broadcastHeartbeat(this.#pendingReads.at(-1)?.context);
  }

  #retrySnapshots(): void {
    for (const progress of this.#progress.values()) if (progress.state === 'snapshot' && progress.isActive) progress.abandonSnapshot();
  }

  #checkQuorum(): void {
    const isActive = isQuorum(this.#configuration, (member) => member === this.id || (this.#progress.get(member)?.isActive ?? false));
    if (!isActive) return this.#becomeFollower(this.#term, undefined);
    for (const [member, progress] of this.#progress) progress.isActive = member === this.id;
  }

  /** Whether the message is still worth reading. */
  #takeHigherTerm(message: Message<D, S>): boolean {
    switch (message.type) {
      case 'vote':
      case 'pre-vote': {
        const isLed = this.#options.checkQuorum && this.#leader !== undefined && this.#electionElapsed < this.#options.electionTicks;
        if (isLed && !message.isTransfer) return false;
        if (message.type === 'vote') this.#becomeFollower(message.term, undefined);
        return true;
      }
      case 'pre-vote-response':
        if (message.isRejected) this.#becomeFollower(message.term, undefined);
        return true;
      case 'append':
      case 'heartbeat':
      case 'snapshot':
        this.#becomeFollower(message.term, message.from);
        return true;
      default:
        this.#becomeFollower(message.term, undefined);
        return true;
    }
  }

  /** A leader of an old term is told the new one, or it would never step down while this member cannot win. */
  #refuseLowerTerm(message: Message<D, S>): void {
    const { checkQuorum, preVote } = this.#options;
    if ((checkQuorum || preVote) && (message.type === 'append' || message.type === 'heartbeat'))
      this.#send(message.from, { type: 'append-response', index: 0, isRejected: false, hintIndex: 0, hintTerm: 0 });
    else if (message.type === 'pre-vote') this.#send(message.from, { type: 'pre-vote-response', isRejected: true });
  }

  #answerVote(message: Of<'vote' | 'pre-vote', D, S>): void {
    const isFree =
      this.#vote === message.from ||
      (this.#vote === undefined && this.#leader === undefined) ||
      (message.type === 'pre-vote' && message.term > this.#term);
    const type = message.type === 'vote' ? 'vote-response' : 'pre-vote-response';
    if (!isFree || !this.log.isUpToDate(message.lastIndex, message.lastTerm)) return this.#send(message.from, { type, isRejected: true });
    this.#send(message.from, { type, isRejected: false }, message.term);
    if (message.type === 'vote') {
      this.#electionElapsed = 0;
      this.#vote = message.from;
    }
  }

  #countVote({ type, from, isRejected }: Of<'vote-response' | 'pre-vote-response', D, S>): void {
    const awaited = this.#role === 'candidate' ? 'vote-response' : this.#role === 'pre-candidate' ? 'pre-vote-response' : undefined;
    if (type === awaited) this.#poll(from, !isRejected);
  }

  #poll(from: MemberId, isGranted: boolean): void {
    if (!this.#votes.has(from)) this.#votes.set(from, isGranted);
    if (isQuorum(this.#configuration, (member) => this.#votes.get(member) === true)) {
      if (this.#role === 'pre-candidate') this.#campaign('vote', false);
      else this.#becomeLeader();
    } else if (isLost(this.#configuration, (member) => this.#votes.get(member) === false)) this.#becomeFollower(this.#term, undefined);
  }

  #campaign(type: 'vote' | 'pre-vote', isTransfer: boolean): void {
    this.#role = type === 'vote' ? 'candidate' : 'pre-candidate';
    const term = this.#term + 1;
    if (type === 'vote') {
      this.#reset(term);
      this.#vote = this.id;
    }
    this.#leader = undefined;
    this.#votes = new Map();
    this.#electionElapsed = 0;
    const { lastIndex, lastTerm } = this.log;
    for (const member of membersOf(this.#configuration)) {
      if (member !== this.id && isVoter(this.#configuration, member)) this.#send(member, { type, lastIndex, lastTerm, isTransfer }, term);
    }
    this.#poll(this.id, true);
  }

  #campaignAtOnce(): void {
    if (this.#role === 'leader' || !isVoter(this.#configuration, this.id) || this.#hasUnappliedConfiguration()) return;
    this.#campaign('vote', true);
  }

  #hasUnappliedConfiguration(): boolean {
    const { applied, committed } = this.log;
    return applied < committed && this.log.slice(applied + 1, committed).some(({ type }) => type === 'configuration');
  }

  #becomeFollower(term: number, leader: MemberId | undefined): void {
    this.#reset(term);
    this.#role = 'follower';
    this.#leader = leader;
  }

  #becomeLeader(): void {
    this.#lead();
    this.#append([{ type: 'normal', data: null }]);
    this.#broadcastAppend();
  }

  #lead(): void {
    this.#reset(this.#term);
    this.#role = 'leader';
    this.#leader = this.id;
    this.#pendingConfiguration = this.log.lastIndex;
    for (const member of membersOf(this.#configuration)) this.#track(member, true);
  }

  #reset(term: number): void {
    if (term !== this.#term) {
      this.#term = term;
      this.#vote = undefined;
    }
    this.#leader = undefined;
    this.#transferee = undefined;
    this.#electionElapsed = 0;
    this.#heartbeatElapsed = 0;
    this.#electionTimeout = this.#options.electionTicks + this.#options.random.int(this.#options.electionTicks);
    this.#votes = new Map();
    this.#progress = new Map();
    this.#pendingReads = [];
    this.#earlyReads = [];
  }

  #track(member: MemberId, isActive: boolean): void {
    const { lastIndex } = this.log;
    const progress = new Progress({ match: member === this.id ? lastIndex : 0, next: lastIndex + 1, isActive });
    if (member === this.id) progress.becomeReplicate();
    this.#progress.set(member, progress);
  }

  #switch(configuration: Configuration): void {
    this.#configuration = configuration;
    if (this.#role !== 'leader') return;
    const members = membersOf(configuration);
    for (const member of [...this.#progress.keys()]) if (!members.includes(member)) this.#progress.delete(member);
    for (const member of members) if (!this.#progress.has(member)) this.#track(member, true);
    if (!isVoter(configuration, this.id)) return this.#becomeFollower(this.#term, undefined);
    if (this.#transferee !== undefined && !isVoter(configuration, this.#transferee)) this.#transferee = undefined;
    this.#maybeCommit();
    this.#broadcastAppend();
  }

  #propose(entries: readonly Pick<Entry<D>, 'type' | 'data'>[]): boolean {
    if (this.#role === 'leader') {
      if (!this.#progress.has(this.id) || this.#transferee !== undefined || !entries.every((entry) => this.#mayChange(entry))) return false;
      this.#append(entries);
      this.#broadcastAppend();
      return true;
    }
    if (this.#leader === undefined || this.#leader === this.id) return false;
    this.#send(this.#leader, { type: 'propose', entries });
    return true;
  }

  /** One configuration change at a time, a joint configuration must be left before another, and somebody must be left to vote. */
  #mayChange({ type, data }: Pick<Entry<D>, 'type' | 'data'>): boolean {
    if (type !== 'configuration') return true;
    const change = data as ConfigurationChange;
    const isLeaving = change.steps.length === 0;
    if (this.#pendingConfiguration > this.log.applied || isJoint(this.#configuration) !== isLeaving) return false;
    return isLeaving || changed(this.#configuration, change).voters.length > 0;
  }

  #append(entries: readonly Pick<Entry<D>, 'type' | 'data'>[]): void {
    for (const { type, data } of entries) {
      const index = this.log.lastIndex + 1;
      this.log.push({ term: this.#term, index, type, data });
      if (type === 'configuration') this.#pendingConfiguration = index;
    }
    this.#progress.get(this.id)?.maybeUpdate(this.log.lastIndex);
    this.#maybeCommit();
  }

  /** A leader counts only entries of its own term; older ones are committed along with them (the paper's section 5.4.2). */
  #maybeCommit(): boolean {
    const index = committedIndex(this.#configuration, (member) => this.#progress.get(member)?.match ?? 0);
    if (index <= this.log.committed || !this.mayCommit(index)) return false;
    this.log.commitTo(index);
    return true;
  }

  /** The rule that the tests break on purpose. */
  protected mayCommit(index: number): boolean {
    return this.log.matches(index, this.#term);
  }

  #broadcastAppend(): void {
    for (const member of this.#progress.keys()) if (member !== this.id) this.#sendAppend(member, true);
  }

  #broadcastHeartbeat(context: string | undefined): void {
    for (const [member, { match }] of this.#progress) {
      if (member !== this.id) this.#send(member, { type: 'heartbeat', commit: Math.min(match, this.log.committed), context });
    }
  }

  /** Whether anything was sent. */
  #sendAppend(to: MemberId, mayBeEmpty: boolean): boolean {
    const progress = this.#progress.get(to);
    if (!progress || progress.isPaused) return false;
    const previousIndex = progress.next - 1;
    const previousTerm = this.log.findTerm(previousIndex);
    if (previousTerm === undefined || progress.next < this.log.firstIndex) return this.#sendSnapshot(to, progress);
    const entries = this.log.slice(progress.next, this.log.lastIndex, this.#options.appendMax);
    if (entries.length === 0 && !mayBeEmpty) return false;
    this.#send(to, { type: 'append', previousIndex, previousTerm, entries, commit: this.log.committed });
    progress.sent(entries.length, previousIndex + entries.length);
    return true;
  }

  #sendSnapshot(to: MemberId, progress: Progress): boolean {
    if (!progress.isActive || !this.#options.snapshot) return false;
    const snapshot = this.#options.snapshot();
    assert(snapshot.index + 1 >= this.log.firstIndex, `a snapshot at ${snapshot.index} for a log that begins at ${this.log.firstIndex}`);
    this.#send(to, { type: 'snapshot', snapshot });
    progress.becomeSnapshot(snapshot.index);
    return true;
  }

  #follow(message: Of<'append' | 'heartbeat' | 'snapshot', D, S>): void {
    assert(this.#role !== 'leader', `two leaders in term ${this.#term}: ${this.id} and ${message.from}`);
    if (this.#role !== 'follower') this.#becomeFollower(message.term, message.from);
    this.#electionElapsed = 0;
    this.#leader = message.from;
    switch (message.type) {
      case 'append':
        return this.#takeAppend(message);
      case 'heartbeat':
        this.log.commitTo(Math.min(message.commit, this.log.lastIndex));
        return this.#send(message.from, { type: 'heartbeat-response', context: message.context });
      default:
        return this.#takeSnapshot(message);
    }
  }

  #takeAppend({ from, previousIndex, previousTerm, entries, commit }: Of<'append', D, S>): void {
    const accept = (index: number) => this.#send(from, { type: 'append-response', index, isRejected: false, hintIndex: 0, hintTerm: 0 });
    if (previousIndex < this.log.committed) return accept(this.log.committed);
    const last = this.log.maybeAppend(previousIndex, previousTerm, entries);
    if (last !== undefined) {
      this.log.commitTo(Math.min(commit, last));
      return accept(last);
    }
    const hint = this.log.findConflictByTerm(Math.min(previousIndex, this.log.lastIndex), previousTerm);
    this.#send(from, { type: 'append-response', index: previousIndex, isRejected: true, hintIndex: hint.index, hintTerm: hint.term });
  }

  #takeSnapshot({ from, snapshot }: Of<'snapshot', D, S>): void {
    if (this.#restore(snapshot))
      this.#send(from, { type: 'append-response', index: this.log.lastIndex, isRejected: false, hintIndex: 0, hintTerm: 0 });
    else this.#send(from, { type: 'append-response', index: this.log.committed, isRejected: false, hintIndex: 0, hintTerm: 0 });
  }

  #restore(snapshot: Snapshot<S>): boolean {
    if (snapshot.index <= this.log.committed) return false;
    if (this.log.matches(snapshot.index, snapshot.term)) {
      this.log.commitTo(snapshot.index);
      return false;
    }
    this.log.restore(snapshot);
    this.#snapshot = snapshot;
    this.#configuration = snapshot.configuration;
    return true;
  }

  #takeAppendResponse({ from, index, isRejected, hintIndex, hintTerm }: Of<'append-response', D, S>): void {
    const progress = this.#progress.get(from);
    if (this.#role !== 'leader' || !progress) return;
    progress.isActive = true;
    if (isRejected) {
      const next = hintTerm > 0 ? this.log.findConflictByTerm(hintIndex, hintTerm).index : hintIndex;
      if (!progress.maybeDecrease(index, next)) return;
      if (progress.state === 'replicate') progress.becomeProbe();
      this.#sendAppend(from, true);
      return;
    }
    const wasPaused = progress.isPaused;
    if (!progress.maybeUpdate(index) && !(progress.match === index && progress.state === 'probe')) return;
    this.#reached(progress, index);
    if (this.#maybeCommit()) {
      this.#releaseEarlyReads();
      this.#broadcastAppend();
    } else if (wasPaused) this.#sendAppend(from, true);
    while (this.#sendAppend(from, false)) continue;
    if (from === this.#transferee && progress.match === this.log.lastIndex) this.#send(from, { type: 'timeout-now' });
  }

  #reached(progress: Progress, index: number): void {
    if (progress.state === 'probe') progress.becomeReplicate();
    else if (progress.state === 'replicate') progress.free(index);
    else if (progress.match + 1 >= this.log.firstIndex) {
      progress.becomeProbe();
      progress.becomeReplicate();
    }
  }

  #takeHeartbeatResponse({ from, context }: Of<'heartbeat-response', D, S>): void {
    const progress = this.#progress.get(from);
    if (this.#role !== 'leader' || !progress) return;
    progress.isActive = true;
    progress.resume();
    if (progress.match < this.log.lastIndex || progress.state === 'probe') this.#sendAppend(from, true);
    if (context !== undefined) this.#acknowledgeRead(from, context);
  }

  #takeReadRequest({ from, context }: Of<'read-index', D, S>): void {
    if (this.#role === 'leader') this.#takeRead(from, context);
    else if (this.#leader !== undefined) this.#messages.push({ type: 'read-index', from, to: this.#leader, term: this.#term, context });
  }

  #takeRead(from: MemberId, context: string): void {
    if (!this.#hasCommittedInTerm()) return void this.#earlyReads.push({ from, context });
    const read = { context, from, index: this.log.committed, acknowledged: new Set([this.id]) };
    if (isQuorum(this.#configuration, (member) => member === this.id)) return this.#answerRead(read);
    this.#pendingReads.push(read);
    this.#broadcastHeartbeat(context);
  }

  /** A majority still follows this leader, so this read and all asked before it may go ahead. */
  #acknowledgeRead(from: MemberId, context: string): void {
    const at = this.#pendingReads.findIndex((read) => read.context === context);
    const read = this.#pendingReads[at];
    if (!read) return;
    read.acknowledged.add(from);
    if (!isQuorum(this.#configuration, (member) => read.acknowledged.has(member))) return;
    for (const served of this.#pendingReads.splice(0, at + 1)) this.#answerRead(served);
  }

  #answerRead({ from, context, index }: PendingRead): void {
    if (from === this.id) this.#reads.push({ context, index });
    else this.#send(from, { type: 'read-index-response', context, index });
  }

  #hasCommittedInTerm(): boolean {
    return this.log.findTerm(this.log.committed) === this.#term;
  }

  #releaseEarlyReads(): void {
    if (this.#earlyReads.length === 0 || !this.#hasCommittedInTerm()) return;
    for (const { from, context } of this.#earlyReads.splice(0)) this.#takeRead(from, context);
  }

  #transfer(transferee: MemberId): void {
    const progress = this.#progress.get(transferee);
    if (!progress || transferee === this.id || transferee === this.#transferee || !isVoter(this.#configuration, transferee)) return;
    this.#electionElapsed = 0;
    this.#transferee = transferee;
    if (progress.match === this.log.lastIndex) this.#send(transferee, { type: 'timeout-now' });
    else this.#sendAppend(transferee, true);
  }

  #send(to: MemberId, body: Body<D, S>, term = this.#term): void {
    // Completed in place: the body is a literal that nobody else holds, and copying it is what a proposal costs most.
    this.#messages.push(Object.assign(body, { from: this.id, to, term }) as unknown as Message<D, S>);
  }

  #hardState(): HardState {
    return { term: this.#term, vote: this.#vote, commit: this.log.committed };
  }

  #isHardStateNew(): boolean {
    const { term, vote, commit } = this.#saved;
    return term !== this.#term || vote !== this.#vote || commit !== this.log.committed;
  }
}
