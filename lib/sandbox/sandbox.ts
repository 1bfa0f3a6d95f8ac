import type { ApiResponse } from '@/lib/cluster';
import type { HostedSession, SessionChange, SessionListener, SessionMessage } from '@/lib/labs/hosted-session';
import { sendAnswer } from './api-flow';
import { AppliedInputs } from './applied-inputs';
import { Backlog, type BacklogLine } from './backlog';
import { packSnapshot, readRows, unpackSnapshot, withoutPrevious } from './codec';
import { cutPolicy, isCutDue, type CutPolicy } from './cut-policy';
import { noticeOf, type Kept } from './loss';
import type {
  ClientFlow,
  FromWorker,
  JournalChange,
  Outgoing,
  SandboxBatch,
  SandboxRecipe,
  SandboxRequest,
  SandboxSnapshot,
  SubmitAnswer,
} from './protocol';

/** Wraps a turn, so that a watchdog knows whose it is. */
export type Around = <T>(work: () => T) => T;

/** Makes sessions. The only thing a worker knows about labs. */
export interface SessionFactory {
  /** Does ahead of time what every sandbox would wait for. */
  warm?(): void;
  create(lab: SandboxRecipe['lab'], seed: string, listener: SessionListener, around: Around): Promise<HostedSession> | HostedSession;
  restore(
    lab: SandboxRecipe['lab'],
    seed: string,
    snapshot: unknown,
    changes: readonly SessionChange[],
    listener: SessionListener,
    around: Around,
  ): Promise<HostedSession> | HostedSession;
}

export interface SandboxOptions {
  readonly id: string;
  readonly recipe: SandboxRecipe;
  readonly factory: SessionFactory;
  readonly post: (message: FromWorker) => void;
  /** Around every turn. */
  readonly around?: Around;
  /** Milliseconds of the host's monotonic clock. */
  readonly clock?: () => number;
  readonly cuts?: CutPolicy;
  /** Of the worker: what its sandboxes told and the database does not have yet. */
  readonly backlog?: Backlog;
  /** So long the database may be late before the learner is told that the clock stands for it. */
  readonly lateToldMs?: number;
}

/** So much late a timer of the host may be before we take it that the host itself stood still. */
const lateMs = 1_000;
/** How long one turn may keep the thread from its other sandboxes. */
const turnBudgetMs = 12;
const turnEveryMs = 5;
/** A shell that goes on by itself may have put something in front of what was due. */
const turnAtLatestMs = 100;
const lateToldMs = 1_000;
/** One that is graded, and one that waits. */
const submissionsMax = 2;
/** Rows are not made longer than they must be: each holds up the main thread, and whoever waits for it, for as long as it takes to write. */
const rowBytes = 256 << 10;

/** Whether something may be told before what it rests on is kept; `patient`: nobody waits for it, so that may take its time. */
type Trust = 'durable' | 'patient' | 'volatile';

/** One hosted session inside a worker: lets time pass, keeps the journal, answers requests. */
export class Sandbox {
  readonly #options: Required<SandboxOptions>;
  readonly #flows = new Map<number, (flow: ClientFlow) => void>();
  #session: HostedSession | undefined;
  #inputs = new AppliedInputs();
  #sequence = 0;
  #changes: JournalChange[] = [];
  #durable: Outgoing[] = [];
  #volatile: Outgoing[] = [];
  #isUrgent = false;
  #flushing: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #last = 0;
  #armedMs = 0;
  #bytesSinceCut = 0;
  #snapshotBytes = 0;
  #cutAt = 0;
  #isPacking = false;
  #cutting: NodeJS.Immediate | undefined;
  /** Rows rest on a snapshot, so none is told before the first one is. */
  #isBased = false;
  #isStopped = false;
  readonly #backlog: BacklogLine;
  /** While the database is behind, what would write waits for this. */
  #held: { readonly over: Promise<void>; readonly end: () => void; readonly telling: NodeJS.Timeout } | undefined;
  #isHeldTold = false;
  #submissions = 0;
  #lastGraded: Promise<unknown> = Promise.resolve();

  private constructor(options: SandboxOptions) {
    this.#options = {
      clock: () => performance.now(),
      around: (work) => work(),
      cuts: cutPolicy,
      backlog: new Backlog(),
      lateToldMs,
      ...options,
    };
    this.#backlog = this.#options.backlog.open((isHeld) => (isHeld ? this.#hold() : this.#letGo()));
  }

  /** Starts it from what is kept, cuts a first snapshot if nothing was, and lets time pass from now on. */
  static async open(options: SandboxOptions): Promise<Sandbox> {
    const sandbox = new Sandbox(options);
    const notice = await sandbox.#start(options.recipe);
    sandbox.#last = sandbox.#options.clock();
    sandbox.#cutAt = sandbox.#last;
    options.post({ type: 'opened', sandboxId: options.id, ...(notice ? { notice } : {}) });
    sandbox.#flush();
    sandbox.#arm();
    return sandbox;
  }

  /** Answers come as `answer` or `error` with this id, after everything they rest on. */
  request(id: number, request: SandboxRequest): void {
    void this.#answer(id, request).then(
      (value) => this.#tell({ type: 'answer', id, value }, request.type === 'join' ? 'volatile' : 'durable'),
      (error: unknown) => this.#tell({ type: 'error', id, error: error instanceof Error ? error.message : String(error) }, 'durable'),
    );
  }

  /** So much of what was told is in the database now. */
  kept(bytes: number): void {
    this.#backlog.kept(bytes);
  }

  flow(id: number, flow: ClientFlow): void {
    if (this.#held) void this.#held.over.then(() => this.#flow(id, flow));
    else this.#flow(id, flow);
  }

  #flow(id: number, flow: ClientFlow): void {
    this.#guard(() => {
      this.#pass();
      this.#flows.get(id)?.(flow);
      if ('hangUp' in flow) this.#flows.delete(id);
      this.#arm();
    });
  }

  /** Nothing is told afterwards but a last snapshot if it is to be kept. */
  async close(isKept: boolean): Promise<void> {
    this.#flush();
    if (isKept) await this.#cut();
    this.#stop();
  }

  async #start(recipe: SandboxRecipe): Promise<string | undefined> {
    const { factory, around } = this.#options;
    const { lab, seed } = recipe;
    const kept = readKept(recipe);
    if (kept) {
      this.#inputs = new AppliedInputs(kept.inputs);
      this.#session = await factory.restore(lab, seed, kept.session, kept.changes, this.#listener, around);
    } else this.#session = await factory.create(lab, seed, this.#listener, around);
    this.#sequence = Math.max(recipe.head, recipe.rows.at(-1)?.sequence ?? 0, recipe.snapshot?.sequence ?? 0);
    // What could not be read is superseded by a snapshot of what could, so that it is never read again.
    if (kept?.isWhole && recipe.damagedSnapshots === 0) this.#isBased = true;
    else void this.#cut({ isBase: true });
    return noticeOf({ recipe, kept, state: () => this.#session?.join() });
  }

  readonly #listener: SessionListener = {
    onChange: (change) => {
      if (this.#isStopped) return;
      this.#changes.push(withoutPrevious(change));
      this.#flushSoon();
    },
    onMessage: (message) => this.#tell({ type: 'message', message }, isView(message) ? 'volatile' : 'durable'),
  };

  async #answer(id: number, request: SandboxRequest): Promise<unknown> {
    while (this.#held && request.type !== 'join') await this.#held.over;
    const session = this.#session;
    if (!session || this.#isStopped) throw new Error('This sandbox is not running.');
    this.#pass();
    try {
      switch (request.type) {
        case 'join':
          return { state: session.join(request.terminals) };
        case 'submit':
          return await this.#submit(session, request.key);
        case 'api':
          return this.#api(session, id, request.request);
        case 'ask':
          return request.name === 'terminal:input'
            ? await this.#type(session, request.request)
            : await session.ask(request.name, request.request as never);
      }
    } finally {
      this.#arm();
      this.#maybeCut();
    }
  }

  /** One after the other: each grades what is there when its turn comes. */
  #submit(session: HostedSession, key: string): Promise<SubmitAnswer> {
    if (this.#submissions >= submissionsMax) throw new Error('Your work is being graded already. Try again when that is done.');
    this.#submissions++;
    const graded = this.#lastGraded.then(() => this.#grade(session, key)).finally(() => this.#submissions--);
    this.#lastGraded = graded.catch(() => undefined);
    return graded;
  }

  /** Keeps beside the result exactly what was graded. */
  async #grade(session: HostedSession, key: string): Promise<SubmitAnswer> {
    if (this.#isStopped) throw new Error('This sandbox is not running.');
    const packing = packSnapshot(this.#snapshot(session), 0);
    const [result, { content }] = await Promise.all([session.submit(key), packing]);
    return { result, snapshot: content };
  }

  #api(session: HostedSession, id: number, request: Extract<SandboxRequest, { type: 'api' }>['request']) {
    const response = session.api(request);
    return response instanceof Promise ? response.then((late) => this.#sent(id, late)) : this.#sent(id, response);
  }

  /** Whoever runs a command or speaks to a port waits for what it says; a watch or a log tells what controllers and containers did. */
  #sent(id: number, response: ApiResponse) {
    const trust = response.stream ? 'patient' : 'durable';
    const { answer, flow } = sendAnswer(response, (sent) => this.#tell({ type: 'flow', id, flow: sent }, trust));
    if (flow) this.#flows.set(id, flow);
    return answer;
  }

  /** What a page sends again after a drop was perhaps applied before: then there is nothing to do but say so. */
  async #type(
    session: HostedSession,
    { page = '', terminal, sequence, text }: { terminal: string; page?: string; sequence: number; text: string },
  ): Promise<{ sequence: number }> {
    const applied = { page, terminal, sequence };
    const verdict = this.#inputs.judge(applied);
    if (verdict === 'known') return { sequence };
    if (verdict === 'early') throw new Error('Keystrokes before these are missing.');
    this.#inputs.apply(applied);
    this.#changes.push({ type: 'input', applied });
    this.#flushSoon();
    await session.ask('terminal:input', { terminal, sequence, text });
    return { sequence };
  }

  /** Lets the simulated clock catch up with the host's. A host that stood still (asleep, overloaded) does not make it jump. */
  #pass(): void {
    const now = this.#options.clock();
    const elapsed = Math.min(now - this.#last, this.#armedMs + lateMs);
    this.#last = now;
    if (elapsed > 0 && !this.#held) this.#guard(() => this.#session?.advance(elapsed, turnBudgetMs));
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped || this.#held) return;
    const dueMs = this.#session?.nextDueMs();
    this.#armedMs = dueMs === undefined ? 0 : Math.min(Math.max(dueMs, turnEveryMs), turnAtLatestMs);
    if (dueMs !== undefined) this.#timer = setTimeout(() => this.#options.around(() => this.#turn()), this.#armedMs);
  }

  /** The database is too far behind: no more is told to it, so the clock stands and whatever would write waits. */
  #hold(): void {
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    this.#session?.hold(true);
    let end: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (end = resolve));
    this.#held = { over, end, telling: setTimeout(() => this.#tellHeld(true), this.#options.lateToldMs) };
  }

  #letGo(): void {
    if (!this.#held) return;
    const { end, telling } = this.#held;
    this.#held = undefined;
    clearTimeout(telling);
    this.#last = this.#options.clock();
    this.#session?.hold(false);
    if (this.#isHeldTold) this.#tellHeld(false);
    end();
    this.#arm();
  }

  #tellHeld(isHeld: boolean): void {
    this.#isHeldTold = isHeld;
    this.#session?.tellClock();
  }

  #turn(): void {
    this.#pass();
    this.#arm();
    this.#maybeCut();
  }

  /** An error in here is a defect of the simulation: the host starts the sandbox again from its journal. */
  #guard(work: () => void): void {
    try {
      if (!this.#isStopped) work();
    } catch (error) {
      this.#break(error);
    }
  }

  #break(error: unknown): void {
    this.#stop();
    this.#options.post({
      type: 'broken',
      sandboxId: this.#options.id,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }

  #maybeCut(): void {
    const { clock, cuts } = this.#options;
    const since = { journalBytes: this.#bytesSinceCut, snapshotBytes: this.#snapshotBytes, ageMs: clock() - this.#cutAt };
    if (!this.#isPacking && isCutDue(since, cuts)) this.#cutting ??= setImmediate(() => this.#options.around(() => this.#cutNow()));
  }

  /** A turn of its own: of a large cluster it takes as long as one. */
  #cutNow(): void {
    this.#cutting = undefined;
    if (!this.#isStopped && !this.#isPacking) void this.#cut();
  }

  /** A snapshot that cannot be taken is this sandbox's trouble, not its neighbours'. */
  #cut(options?: { isBase: boolean }): Promise<void> {
    return this.#takeCut(options).catch((error: unknown) => this.#break(error));
  }

  async #takeCut({ isBase = false } = {}): Promise<void> {
    if (!this.#session) return;
    // Everything that was told up to here is inside, also what taking it brought to light.
    const snapshot = this.#snapshot(this.#session);
    if (this.#isBased) this.#flush();
    else this.#changes = [];
    this.#bytesSinceCut = 0;
    this.#cutAt = this.#options.clock();
    const sequence = this.#sequence;
    this.#isPacking = true;
    const { content, textBytes } = await packSnapshot(snapshot, sequence).finally(() => (this.#isPacking = false));
    this.#snapshotBytes = textBytes;
    this.#options.post({ type: 'cut', sandboxId: this.#options.id, sequence, content, isBase });
    this.#backlog.add(content.byteLength);
    if (this.#isBased) return;
    this.#isBased = true;
    this.#flush();
  }

  #snapshot(session: HostedSession): SandboxSnapshot {
    return { session: session.snapshot(), inputs: this.#inputs.list() };
  }

  #tell(outgoing: Outgoing, trust: Trust): void {
    if (this.#isStopped) return;
    (trust === 'volatile' ? this.#volatile : this.#durable).push(outgoing);
    if (trust === 'durable') this.#isUrgent = true;
    this.#flushSoon();
  }

  /** Everything of one turn of the host's event loop is one row. */
  #flushSoon(): void {
    this.#flushing ??= setImmediate(() => this.#guard(() => this.#flush()));
  }

  #flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    const volatile = this.#volatile;
    this.#volatile = [];
    const [changes, durable] = this.#isBased ? [this.#changes, this.#durable] : [[], []];
    const isUrgent = this.#isBased && this.#isUrgent;
    if (this.#isBased) [this.#changes, this.#durable, this.#isUrgent] = [[], [], false];
    if (changes.length + durable.length + volatile.length === 0) return;
    const rows = rowsOf(changes);
    for (const text of rows.slice(0, -1)) this.#post(text, { durable: [], volatile: [], isUrgent: false });
    this.#post(rows.at(-1), { durable, volatile, isUrgent });
  }

  #post(text: string | undefined, told: Pick<SandboxBatch, 'durable' | 'volatile' | 'isUrgent'>): void {
    if (text !== undefined) this.#sequence++;
    this.#bytesSinceCut += text?.length ?? 0;
    this.#options.post({
      type: 'batch',
      sandboxId: this.#options.id,
      sequence: this.#sequence,
      ...told,
      ...(text === undefined ? {} : { changes: text }),
    });
    this.#backlog.add(text?.length ?? 0);
  }

  #stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#flushing);
    clearImmediate(this.#cutting);
    this.#session?.stop();
    this.#letGo();
    this.#backlog.close();
  }
}

/** Changes as rows. A keystroke is in one row with all that it did: with half of it kept it would be neither new nor done. */
function rowsOf(changes: readonly JournalChange[]): string[] {
  if (changes.length === 0) return [];
  const texts = changes.map((change) => JSON.stringify(change));
  if (changes.some(({ type }) => type === 'input')) return [`[${texts.join(',')}]`];
  const rows: string[][] = [[]];
  let bytes = 0;
  for (const text of texts) {
    if (bytes > 0 && bytes + text.length > rowBytes) {
      rows.push([]);
      bytes = 0;
    }
    rows.at(-1)?.push(text);
    bytes += text.length;
  }
  return rows.map((row) => `[${row.join(',')}]`);
}

/** What can be read of a sandbox; undefined when nothing can. */
function readKept({ snapshot: kept, rows, head }: SandboxRecipe): Kept | undefined {
  const snapshot = kept && unpackSnapshot(kept);
  if (!snapshot) return undefined;
  const { changes, sequence } = readRows(rows, kept.sequence);
  const isWhole = sequence >= head;
  // Pages are ahead of a journal that lost its end: they begin anew.
  const inputs = isWhole ? [...snapshot.inputs, ...changes.flatMap((change) => (change.type === 'input' ? [change.applied] : []))] : [];
  return { session: snapshot.session, inputs, changes: changes.filter((change) => change.type !== 'input'), sequence, isWhole };
}

/** Views are drawn again on every change anyway: one that a crash takes back has done no harm. */
function isView({ name }: SessionMessage): boolean {
  return name === 'cluster:view' || name === 'clock:state' || name === 'checks:state' || name === 'files:state';
}
