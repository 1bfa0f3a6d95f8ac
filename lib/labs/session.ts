import { deepEqual, type Json } from '@/lib/base';
import {
  Cluster,
  instant,
  readKubeconfig,
  trimmedMessage,
  viewOf,
  type ApiRequest,
  type ApiResponse,
  type ClusterHosts,
  type ClusterSnapshot,
  type ClusterView,
  type ForwardedAnswer,
  type ForwardedRequest,
  type KubeObject,
  type StoreChange,
} from '@/lib/cluster';
import { gradeInSlices, Observer, runChecks, type Check, type CheckResult, type GradingResult } from '@/lib/grading';
import type { ClockCommand, ClockState, FileState, TerminalState } from '@/lib/realtime/events';
import {
  createExecHost,
  createKubectl,
  createSsh,
  createWorkstationShell,
  type CommandOutcome,
  type Shell,
  type Tool,
  type ToolNetwork,
} from '@/lib/shell';
import { SessionClock, type ClockSetting } from './clock';
import { Editors } from './editors';
import type {
  AnswerOf,
  HostedSession,
  QuestionOf,
  SessionChange,
  SessionListener,
  SessionMessage,
  SessionQuestion,
  SessionState,
} from './hosted-session';
import { historyState, lookBack } from './looking-back';
import { drawVariant, homeFiles, parseLab, setupObjects, type Lab, type LabSource, type Variant } from './lab';
import { patiently } from './patience';
import { PlannedFaults, type PlannedFaultsSnapshot } from './planned-faults';
import { freshCluster, preparedClusters, settledFork } from './templates';
import { applyTerminalChange, Terminals, type TerminalChange, type TerminalsSnapshot } from './terminals';
import { Waits } from './waits';
import { HomeFiles } from './workstation-files';

/** What a session needs of whoever runs it: a turn of the host's event loop, and the host's clock for budgets. */
export interface SessionHost {
  yield(): Promise<void>;
  /** Milliseconds, from any beginning. */
  now(): number;
  /** Around every turn that a session takes by itself, so that a watchdog knows whose it is. */
  turn?<T>(work: () => T): T;
}

export interface SessionOptions {
  readonly lab: LabSource;
  readonly seed: string;
  readonly host: SessionHost;
  readonly listener?: SessionListener;
  /** Absent, the seed draws it. */
  readonly variant?: Variant;
  /** `own` plays the lab's setup with this session's seed; absent, it is a copy of one that was played before. */
  readonly setup?: 'own';
  /** What etcd may hold; absent, what every sandbox has. */
  readonly etcdBytes?: number;
}

/** Everything of a session that is not in the cluster's stores. */
interface SessionSnapshot {
  readonly format: 1;
  readonly variant: Variant;
  readonly cluster: ClusterSnapshot;
  readonly terminals: TerminalsSnapshot;
  readonly clock: ClockSetting;
  readonly hints: Readonly<Record<string, number>>;
  readonly results: Readonly<Record<string, GradingResult>>;
  readonly faults?: PlannedFaultsSnapshot;
}

type KeptChange =
  | TerminalChange
  | { readonly type: 'clock'; readonly setting: ClockSetting }
  | { readonly type: 'fault'; readonly index: number }
  | { readonly type: 'hint'; readonly stepId: string; readonly count: number }
  | { readonly type: 'result'; readonly key: string; readonly result: GradingResult };

/** How often, in real time, what follows the cluster is looked at again while it changes. */
const viewEveryMs = 100;
const checksEveryMs = 400;
/** Checks that send traffic do it on a copy of the cluster, which costs more. */
const touchEveryMs = 3_000;

/** Simulated time a command of a script may take, and "run until idle" at most. */
const commandLimitMs = 3_600_000;
const forwardMaxMs = 24 * 3_600_000;
/** What the learner finds has been there for a while, and is told from what they make by its age. */
const agedMs = 30_000;
/** How long time may race before others on this thread have their turn. */
const passBudgetMs = 20;

/** How long grading may go on before others on this thread have their turn. */
const gradeBudgetMs = 10;

/** The lab's setup, played once for all who start it. */
function preparedCluster({ lab: source, host }: SessionOptions, lab: Lab): Cluster {
  return preparedClusters.get(JSON.stringify([lab.slug, lab.variant, Object.entries(lab.files).sort()]), () =>
    Session.prepare({ lab: source, host, variant: lab.variant, seed: `setup/${lab.slug}` }),
  );
}

/** Nobody may have been told: what fills a store is often a controller. */
const fullMessage =
  'The cluster’s etcd is full (alarm NOSPACE): nothing can be written. Delete what fills it, compact and defragment it, then disarm its alarm.';

const silent: SessionListener = { onChange: () => undefined, onMessage: () => undefined };

/**
 * One learner's attempt at a lab: a cluster, a workstation, its terminals and files, and the checks.
 * Time passes when its host says so.
 *
 *     const session = Session.create({ lab: { slug, files }, seed: '7', host });
 *     await session.run('kubectl create deployment web --image=nginx');
 *     (await session.submit('first')).score;
 */
export class Session implements HostedSession {
  readonly lab: Lab;
  readonly seed: string;
  readonly cluster: Cluster;
  readonly clock: SessionClock;
  readonly #host: SessionHost;
  readonly #listener: SessionListener;
  readonly #waits: Waits;
  readonly #editors: Editors;
  readonly #files: HomeFiles;
  readonly #terminals: Terminals;
  readonly #faults: PlannedFaults;
  readonly #hints: Map<string, number>;
  readonly #results: Map<string, GradingResult>;
  readonly #gradings = new Map<string, Promise<GradingResult>>();
  #scriptShell: Shell | undefined;
  #isStopped = false;
  #held: { readonly over: Promise<void>; readonly end: () => void } | undefined;
  #hasChanged = true;
  #checksAreStale = true;
  #sinceViewMs = Infinity;
  #sinceChecksMs = Infinity;
  #sinceTouchMs = Infinity;
  #isLookLate = false;
  #checks: readonly CheckResult[] = [];
  #told: ClusterView | undefined;
  #toldFiles: readonly FileState[] = [];

  private constructor(options: SessionOptions, lab: Lab, cluster: (hosts: ClusterHosts) => Cluster, kept?: SessionSnapshot) {
    this.lab = lab;
    this.seed = options.seed;
    this.#host = options.host;
    this.#listener = options.listener ?? silent;
    this.cluster = cluster({
      exec: createExecHost({
        now: () => this.cluster.now,
        sleep: (ms, signal) => this.#waits.sleep(ms, signal),
        yield: () => this.#yield(),
        network: () => this.cluster.network,
      }),
    });
    this.#waits = new Waits(this.cluster.kernel);
    this.clock = new SessionClock({ kernel: this.cluster.kernel, waits: this.#waits, now: options.host.now, setting: kept?.clock });
    this.#editors = new Editors((message) => this.#tell(message));
    this.#files = new HomeFiles(this.cluster.workstation.disk, () => this.cluster.now);
    this.#terminals = new Terminals({
      createShell: () => this.#createShell(),
      kept: kept?.terminals,
      onChange: (change) => this.#keep(change),
      onMessage: (message) => this.#tell(message),
    });
    this.#faults = new PlannedFaults({
      cluster: this.cluster,
      faults: lab.cluster.faults,
      kept: kept?.faults,
      onDone: (index) => this.#keep({ type: 'fault', index }),
    });
    this.#hints = new Map(Object.entries(kept?.hints ?? {}));
    this.#results = new Map(Object.entries(kept?.results ?? {}));
  }

  /** A fresh attempt: a booted cluster, the lab's setup applied and settled, its files in the home directory. */
  static create(options: SessionOptions): Session {
    const lab = parseLab(options.lab, options.variant ?? drawVariant(options.lab, options.seed));
    const seed = lab.cluster.seed === undefined ? options.seed : `${lab.cluster.seed}/${options.seed}`;
    const session = new Session(options, lab, (hosts) =>
      options.setup === 'own'
        ? freshCluster({ ...lab.cluster, seed, hosts })
        : settledFork(preparedCluster(options, lab), {
            seed,
            hosts,
            historyBytes: lab.cluster.historyBytes,
            etcdBytes: options.etcdBytes,
          }),
    );
    if (options.setup === 'own') session.#prepare();
    session.#listen();
    session.#faults.arm();
    session.#terminals.open('1');
    return session;
  }

  /** The cluster of a session that has the lab's setup and nothing else: what other attempts at the same lab are copied from. */
  static prepare(options: Omit<SessionOptions, 'listener' | 'setup'>): Cluster {
    const lab = parseLab(options.lab, options.variant ?? drawVariant(options.lab, options.seed));
    const session = new Session(options, lab, (hosts) => freshCluster({ ...lab.cluster, seed: options.seed, hosts }));
    session.#prepare();
    session.stop();
    return session.cluster;
  }

  /** A session as it was, with every later change. */
  static restore(options: SessionOptions, snapshot: Json, changes: Iterable<SessionChange> = []): Session {
    const kept = applyChanges(snapshot as unknown as SessionSnapshot, changes);
    const lab = parseLab(options.lab, kept.snapshot.variant);
    const session = new Session(options, lab, (hosts) => Cluster.restore(kept.snapshot.cluster, kept.stores, hosts), kept.snapshot);
    session.#listen();
    session.#faults.arm();
    session.#terminals.resume();
    return session;
  }

  snapshot(): Json {
    const snapshot: SessionSnapshot = {
      format: 1,
      variant: this.lab.variant,
      cluster: this.cluster.snapshot(),
      terminals: this.#terminals.snapshot(),
      clock: this.clock.setting,
      hints: Object.fromEntries(this.#hints),
      results: Object.fromEntries(this.#results),
      faults: this.#faults.snapshot(),
    };
    return snapshot as unknown as Json;
  }

  /** What pages see of a large cluster takes as long as a turn: it has one of its own where time used up this one. */
  advance(realMs: number, budgetMs = 25): void {
    if (this.#isStopped) return;
    const until = this.#host.now() + budgetMs;
    const wasLookLate = this.#isLookLate;
    if (wasLookLate) this.clock.owe(realMs);
    else this.clock.advance(realMs, budgetMs);
    this.#sinceViewMs += realMs;
    this.#sinceChecksMs += realMs;
    this.#sinceTouchMs += realMs;
    this.#isLookLate = !wasLookLate && this.#isLookDue && this.#host.now() > until;
    if (!this.#isLookLate) this.#look();
  }

  nextDueMs(): number | undefined {
    const due = this.clock.nextDueMs();
    if (this.#isLookLate) return 0;
    const look = this.#hasChanged ? viewEveryMs : this.#checksAreStale ? checksEveryMs : undefined;
    return due === undefined ? look : Math.min(due, look ?? Infinity);
  }

  join(offsets: Readonly<Record<string, number>> = {}): SessionState {
    return {
      clock: this.clock.state,
      view: viewOf(this.cluster),
      history: historyState(this.cluster),
      terminals: this.#terminals.states(offsets),
      files: this.#files.list(),
      checks: this.checks(),
      editor: this.#editors.current,
    };
  }

  async ask<Name extends SessionQuestion>(name: Name, request: QuestionOf<Name>): Promise<AnswerOf<Name>> {
    const answers = this.#answers as unknown as {
      [key in SessionQuestion]: (request: QuestionOf<Name>) => AnswerOf<Name> | Promise<AnswerOf<Name>>;
    };
    const answer = await answers[name](request);
    this.#terminals.flush();
    return answer;
  }

  submit(key: string): Promise<GradingResult> {
    const known = this.#results.get(key);
    if (known) return Promise.resolve(known);
    const grading = this.#gradings.get(key) ?? this.#grade(key).finally(() => this.#gradings.delete(key));
    this.#gradings.set(key, grading);
    return grading;
  }

  /** The learner's own kubectl is the administrator's, as the workstation's is; the host has checked whose it is. */
  api(request: ApiRequest): ApiResponse | Promise<ApiResponse> {
    return patiently(this.cluster, () => this.cluster.api(request, { isAdmin: true }));
  }

  hold(isHeld: boolean): void {
    this.#held?.end();
    this.#held = isHeld ? standstill() : undefined;
    this.clock.isHeld = isHeld;
  }

  tellClock(): void {
    this.#tell({ name: 'clock:state', payload: this.clock.state });
  }

  stop(): void {
    this.#isStopped = true;
    this.#held?.end();
    this.cluster.onChange = undefined;
    this.cluster.history.onTrim = undefined;
    this.#terminals.stop();
  }

  /** What the learner's checks say now. */
  checks(): readonly CheckResult[] {
    if (this.#checks.length === 0) this.#runChecks(false);
    return this.#checks.filter(isShown);
  }

  /** A session that goes its own way from here: for trying what a learner might do next. */
  fork({ seed = this.seed }: { seed?: string } = {}): Session {
    const kept = this.snapshot() as unknown as SessionSnapshot;
    const options: SessionOptions = {
      lab: { slug: this.lab.slug, files: this.lab.files },
      seed,
      host: this.#host,
      variant: this.lab.variant,
    };
    const fork = new Session(options, this.lab, (hosts) => this.cluster.fork({ hosts }), kept);
    fork.#faults.arm();
    return fork;
  }

  /**
   * Runs a script on the workstation, letting simulated time pass while it waits. Directory and variables last from one call to the next.
   * For solutions and tests: nobody watches it.
   */
  async run(script: string): Promise<CommandOutcome> {
    this.#scriptShell ??= this.#createShell();
    const stop = new AbortController();
    const until = this.cluster.now + commandLimitMs;
    let isDone = false;
    const running = this.#scriptShell.capture(script, { signal: stop.signal }).finally(() => void (isDone = true));
    for (let idleTurns = 0; !isDone; idleTurns++) {
      await this.#host.yield();
      if (isDone || this.#waits.pending === 0) {
        if (idleTurns > 20_000) stop.abort();
        continue;
      }
      idleTurns = 0;
      this.#passUntilWoken(until);
      if (this.cluster.now >= until) stop.abort();
    }
    return running;
  }

  #passUntilWoken(until: number): void {
    const { kernel } = this.cluster;
    this.#waits.takeWoken();
    while (kernel.now < until && kernel.step()) if (this.#waits.takeWoken()) return;
  }

  #prepare(): void {
    const { kernel } = this.cluster;
    for (const [path, text] of Object.entries(homeFiles(this.lab))) this.#files.write(path, text);
    this.#files.writeDefaults(this.cluster.server);
    for (const object of setupObjects(this.lab)) createOrFail(new Observer(this.cluster), object);
    kernel.runUntilIdle({ limitMs: 600_000 });
    if (setupObjects(this.lab).length > 0) kernel.runFor(agedMs);
  }

  #listen(): void {
    this.cluster.onChange = (change) => {
      this.#listener.onChange(change);
      this.#notice(change);
    };
    let isTold = this.cluster.history.reach.isTrimmed;
    this.cluster.history.onTrim = (reach) => {
      this.#tell({ name: 'history:state', payload: historyState(this.cluster) });
      if (!isTold) this.#tell({ name: 'sandbox:notice', payload: { level: 'note', text: `From now on, ${trimmedMessage(reach)}.` } });
      isTold = true;
    };
  }

  /** Heartbeats change leases and nothing that anybody looks at. */
  #notice(change: StoreChange): void {
    if (change.type === 'disk') {
      if (change.change.disk === 'workstation') this.#files.changed();
      return;
    }
    if (change.type === 'etcd' && isHeartbeat(change)) return;
    if (change.type === 'etcd-edit' && change.edit.type === 'alarm') this.#tellAlarm(change.machine, change.edit);
    this.#hasChanged = true;
    this.#checksAreStale = true;
  }

  /** Once, not once for every member. */
  #tellAlarm(machine: string, { alarm, isRaised }: { alarm: string; isRaised: boolean }): void {
    if (alarm !== 'NOSPACE' || !isRaised || machine !== this.cluster.machines.find(({ etcd }) => etcd)?.name) return;
    this.#tell({ name: 'sandbox:notice', payload: { level: 'warning', text: fullMessage } });
  }

  #look(): void {
    if (this.#files.takeChanged()) this.#tellFiles();
    if (this.#isViewDue) this.#tellView();
    if (this.#areChecksDue) this.#tellChecks();
  }

  get #isLookDue(): boolean {
    return this.#isViewDue || this.#areChecksDue;
  }

  get #isViewDue(): boolean {
    return this.#hasChanged && this.#sinceViewMs >= viewEveryMs;
  }

  get #areChecksDue(): boolean {
    return this.#checksAreStale && this.#sinceChecksMs >= checksEveryMs;
  }

  /** Not every write is to a file that the page shows. */
  #tellFiles(): void {
    const files = this.#files.list();
    if (deepEqual(files, this.#toldFiles)) return;
    this.#toldFiles = files;
    this.#tell({ name: 'files:state', payload: files });
  }

  #tellView(): void {
    this.#hasChanged = false;
    this.#sinceViewMs = 0;
    const view = viewOf(this.cluster);
    if (this.#told && deepEqual({ ...view, now: 0, revision: 0 }, { ...this.#told, now: 0, revision: 0 })) return;
    this.#told = view;
    this.#tell({ name: 'cluster:view', payload: view });
  }

  #tellChecks(): void {
    const before = this.#checks;
    const withTraffic = this.#sinceTouchMs >= touchEveryMs;
    this.#runChecks(withTraffic);
    this.#checksAreStale = !withTraffic && this.#hasTrafficChecks;
    this.#sinceChecksMs = 0;
    if (!deepEqual(before.map(seen), this.#checks.map(seen))) this.#tell({ name: 'checks:state', payload: this.#checks.filter(isShown) });
  }

  get #hasTrafficChecks(): boolean {
    return this.lab.steps.some((step) => step.checks.some((check) => check.kind.reach === 'touch'));
  }

  #runChecks(withTraffic: boolean): void {
    if (withTraffic) this.#sinceTouchMs = 0;
    const steps = this.lab.steps.map((step) => ({
      ...step,
      checks: step.checks.filter((check) => withTraffic || check.kind.reach !== 'touch'),
    }));
    const fresh = new Map(
      runChecks({ ...this.lab, steps }, new Observer(this.cluster), { isSubmission: false }).map((result) => [result.id, result]),
    );
    this.#checks = this.lab.steps.flatMap((step) =>
      step.checks.map((check) => fresh.get(check.id) ?? this.#checks.find((one) => one.id === check.id) ?? untried(step.id, check)),
    );
  }

  #createShell(): Shell {
    const { cluster } = this;
    const host = cluster.network.host('workstation');
    const network: ToolNetwork = {
      ip: host.ip,
      nameserver: host.resolver.nameservers[0] ?? host.ip,
      http: (request, options) => cluster.network.http(host, request, options),
      connect: (name, port, options) => cluster.network.connect(host, name, port, options),
      resolve: (name, type) => cluster.network.resolve(host, name, type),
    };
    const waiting = {
      now: () => cluster.now,
      sleep: (ms: number, signal: AbortSignal) => this.#waits.sleep(ms, signal),
      yield: () => this.#yield(),
      editor: (request: { title: string; text: string }, signal: AbortSignal) => this.#editors.open(request, signal),
    };
    return createWorkstationShell({
      ...waiting,
      disk: cluster.workstation.disk,
      network,
      kubectl: this.#kubectlOn('workstation'),
      ssh: createSsh({
        ...waiting,
        hold: () => this.#waits.hold(),
        cluster,
        from: 'workstation',
        kubectl: ({ name }) => this.#kubectlOn(name),
      }),
    });
  }

  #kubectlOn(machine: string): Tool {
    return createKubectl(
      (server, request, kubeconfig) => this.#dial(machine, server, request, kubeconfig),
      () => this.cluster.now,
      (port, answer) => this.#serve(machine, port, answer),
    );
  }

  /** A program at this machine's keyboard that serves one of its ports. */
  #serve(machine: string, port: number, answer: (request: ForwardedRequest) => ForwardedAnswer): (() => void) | undefined {
    return this.cluster.network.host(machine).listen(port, 'TCP', {
      http({ url, ...request }) {
        const target = url.replace(/^https?:\/\/[^/?#]+/, '') || '/';
        const answered = answer({ ...request, target });
        // The network cannot cut a connection that it has opened.
        return answered.type === 'response' ? { ...answered.response, tookMs: answered.tookMs } : { status: 502, headers: {}, body: '' };
      },
    });
  }

  #dial(machine: string, server: string, request: ApiRequest, kubeconfig: string): ApiResponse {
    const subject = request.headers['authorization'] ? undefined : readKubeconfig(kubeconfig)?.subject;
    const response = this.cluster.dial(machine, { server, ...(subject ? { subject } : {}) })({ ...request, actor: 'you' });
    return this.#waits.watched(response);
  }

  #keep(change: KeptChange): void {
    this.#listener.onChange({ type: 'session', at: this.cluster.now, change: change as unknown as Json });
  }

  #tell(message: SessionMessage): void {
    if (!this.#isStopped) this.#listener.onMessage(message);
  }

  readonly #answers: { [Name in SessionQuestion]: (request: QuestionOf<Name>) => AnswerOf<Name> | Promise<AnswerOf<Name>> } = {
    'terminal:input': ({ terminal, sequence, text }) => this.#terminals.input(terminal, sequence, text) as never,
    'terminal:resize': ({ terminal, columns, rows }) => (this.#terminals.resize(terminal, columns, rows), null) as never,
    'terminal:open': ({ terminal }): TerminalState => this.#terminals.open(terminal),
    'terminal:close': ({ terminal }) => (this.#terminals.close(terminal), null) as never,
    'file:write': ({ path, text }): FileState => {
      const written = this.#files.write(path, text);
      this.#tellFiles();
      return written;
    },
    'file:read': ({ path }) => ({ path, text: this.#files.read(path) }),
    'file:remove': ({ path }) => {
      this.#files.remove(path);
      this.#tellFiles();
      return null as never;
    },
    'editor:close': ({ id, text }) => (this.#editors.close(id, text), null) as never,
    'clock:set': (command) => this.#setClock(command) as never,
    'history:look': ({ at }) => lookBack(this.cluster, at),
    'lab:hint': ({ stepId }) => this.#hint(stepId) as never,
  };

  /** A turn of the host's event loop, and as many as it takes until the session is not held. */
  async #yield(): Promise<void> {
    await this.#host.yield();
    while (this.#held && !this.#isStopped) await this.#held.over;
  }

  async #setClock(command: ClockCommand): Promise<ClockState> {
    await this.#applyClock(command);
    this.#sinceViewMs += viewEveryMs;
    this.#look();
    this.tellClock();
    return this.clock.state;
  }

  async #applyClock(command: ClockCommand): Promise<void> {
    const { kernel } = this.cluster;
    switch (command.action) {
      case 'pause':
      case 'resume':
        return this.#setSpeed({ isPaused: command.action === 'pause' });
      case 'speed':
        return this.#setSpeed({ speed: command.speed });
      case 'step':
        return void kernel.step();
      case 'run-for':
        return this.#pass(() => false, Math.min(command.ms, forwardMaxMs));
      case 'run-until-idle':
        return this.#pass(() => kernel.isIdle, commandLimitMs);
    }
  }

  /** Lets time pass at full speed; shells have their turn whenever something they waited for has come. */
  async #pass(isDone: () => boolean, limitMs: number): Promise<void> {
    const { kernel } = this.cluster;
    const until = instant(kernel.now + limitMs);
    this.#waits.takeWoken();
    while (this.#inTurn(() => this.#passSome(isDone, until))) await this.#yield();
    if (!isDone() && !this.#isStopped) kernel.runUntil(until);
  }

  /** Whether there is more to do when others have had their turn. */
  #passSome(isDone: () => boolean, until: number): boolean {
    const { kernel } = this.cluster;
    const deadline = this.#host.now() + passBudgetMs;
    while (!isDone() && !this.#isStopped && (kernel.peek()?.at ?? Infinity) <= until) {
      kernel.step();
      if (this.#waits.takeWoken() || this.#host.now() >= deadline) return true;
    }
    return false;
  }

  #inTurn<T>(work: () => T): T {
    return this.#host.turn ? this.#host.turn(work) : work();
  }

  /** Grades what is there now; the cluster goes on meanwhile, and others on this thread have their turns. */
  async #grade(key: string): Promise<GradingResult> {
    const grading = gradeInSlices(this.lab, new Observer(this.cluster), { seed: this.seed });
    for (;;) {
      const step = this.#inTurn(() => this.#gradeSome(grading));
      if (step.done) return this.#graded(key, step.value);
      await this.#yield();
      if (this.#isStopped) throw new Error('The sandbox was closed while it was being graded.');
    }
  }

  #gradeSome<T>(work: Iterator<void, T>): IteratorResult<void, T> {
    const deadline = this.#host.now() + gradeBudgetMs;
    let step = work.next();
    while (!step.done && this.#host.now() < deadline) step = work.next();
    return step;
  }

  #graded(key: string, result: GradingResult): GradingResult {
    this.#results.set(key, result);
    this.#keep({ type: 'result', key, result });
    return result;
  }

  #setSpeed(setting: Partial<ClockSetting>): void {
    this.clock.set(setting);
    this.#keep({ type: 'clock', setting: this.clock.setting });
  }

  #hint(stepId: string): { hints: readonly string[] } {
    const step = this.lab.steps.find((one) => one.id === stepId);
    if (!step) throw new Error(`There is no step ${stepId} in this lab.`);
    const count = Math.min(step.hints.length, (this.#hints.get(stepId) ?? 0) + 1);
    this.#hints.set(stepId, count);
    this.#keep({ type: 'hint', stepId, count });
    return { hints: step.hints.slice(0, count) };
  }
}

const isShown = ({ visibility }: CheckResult): boolean => visibility === 'public';

function standstill(): { over: Promise<void>; end: () => void } {
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (end = resolve));
  return { over, end };
}

/** What makes a difference on the screen. */
function seen({ revision: _, ...rest }: CheckResult): Json {
  return rest as unknown as Json;
}

function untried(stepId: string, { id, title, points, visibility }: Check): CheckResult {
  return { id, stepId, title, points: 0, maxPoints: points, verdict: 'not-yet', message: 'Not looked at yet.', visibility };
}

function isHeartbeat({ commit }: Extract<StoreChange, { type: 'etcd' }>): boolean {
  return commit.events.every(({ kv }) => kv.key.startsWith('/registry/leases/'));
}

function createOrFail(observer: Observer, object: KubeObject): void {
  const { status, message } = observer.create(object);
  if (status >= 300) throw new Error(`setup: ${object.kind} ${object.metadata.name}: ${message}`);
}

/** The session's own changes put into its snapshot, and the rest, which is the cluster's to apply. */
function applyChanges(snapshot: SessionSnapshot, changes: Iterable<SessionChange>): { snapshot: SessionSnapshot; stores: StoreChange[] } {
  const stores: StoreChange[] = [];
  const terminals = { ...snapshot.terminals };
  const hints = { ...snapshot.hints };
  const results = { ...snapshot.results };
  const faultsDone = [...(snapshot.faults?.done ?? [])];
  let { clock } = snapshot;
  for (const one of changes) {
    if (one.type !== 'session') {
      stores.push(one);
      continue;
    }
    const change = one.change as unknown as KeptChange;
    if (change.type === 'clock') clock = change.setting;
    else if (change.type === 'fault') faultsDone.push(change.index);
    else if (change.type === 'hint') hints[change.stepId] = change.count;
    else if (change.type === 'result') results[change.key] = change.result;
    else applyTerminalChange(terminals, change);
  }
  const faults = snapshot.faults && { faults: { ...snapshot.faults, done: faultsDone } };
  return { snapshot: { ...snapshot, terminals, hints, results, clock, ...faults }, stores };
}
