import { availableParallelism } from 'node:os';
import { randomUUID } from 'node:crypto';
import type { ApiRequest, ApiResponse } from '@/lib/cluster';
import {
  claimSandbox,
  clearSandboxState,
  findSandbox,
  findSubmission,
  releaseSandbox,
  renewSandboxes,
  saveChecksPassed,
  saveSubmission,
  type Db,
} from '@/lib/db';
import type { CheckResult, GradingResult } from '@/lib/grading/verdict';
import type { AnswerOf, QuestionOf, SessionMessage, SessionQuestion, SessionState } from '@/lib/labs/hosted-session';
import type { SandboxStatus } from '@/lib/realtime/events';
import { receiveAnswer } from './api-flow';
import { Journal } from './journal';
import type { ApiAnswer, ClientFlow, FromWorker, Outgoing, SandboxBatch, SandboxRequest, ServerFlow, SubmitAnswer } from './protocol';
import { readRecipe } from './recipe';
import { WorkerPool, type HostWorker } from './worker-pool';

export interface HostOptions {
  readonly client: Db;
  /** The bundle of worker.ts. */
  readonly workerFile: string;
  /** Survives restarts of this installation, so that it gets its own sandboxes back at once. */
  readonly owner?: string;
  readonly workers?: number;
  /** A sandbox nobody has used for so long goes to sleep … */
  readonly idleMs?: number;
  /** … which is looked for, and leases are renewed, this often. */
  readonly tickMs?: number;
  readonly hungMs?: number;
}

/** What a page that joined hears besides what its sandbox tells. */
export type HostMessage = SessionMessage;

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface OpenSandbox {
  readonly id: string;
  readonly fence: number;
  readonly incarnation: number;
  readonly attemptId: string | undefined;
  readonly worker: HostWorker;
  readonly slot: number;
  readonly opened: Promise<void>;
  readonly pending: Map<number, Pending>;
  readonly flows: Map<number, (flow: ServerFlow) => void>;
  /** Resolves when everything told so far may be released, or not as another host owns the sandbox; answers keep their order behind it. */
  released: Promise<boolean>;
  /** Bytes kept that its worker was not told of yet. */
  keptBytes: number;
  usedAt: number;
}

export interface Joined {
  readonly incarnation: number;
  readonly state: SessionState;
}

const leaseMs = 15_000;
/** So long a page that joins waits for what it is to show to be kept; where that takes longer, it is told that saving does not work. */
const joinWaitsMs = 1_000;
/** A sandbox that breaks again so soon after a restore stays stopped until it is reset. */
const brokenAgainMs = 60_000;

/**
 * The main thread's side of all sandboxes: starts them in worker threads when somebody comes, keeps their journal,
 * releases what they tell once it is durable, restores those of a worker that hangs or dies, and puts idle ones to sleep.
 */
export class SandboxHost {
  readonly #db: Db;
  readonly #options: Required<Omit<HostOptions, 'client' | 'workerFile'>>;
  readonly #pool: WorkerPool;
  readonly #journal: Journal;
  readonly #open = new Map<string, Promise<OpenSandbox>>();
  /** Sandboxes whose worker may tell something, open or just opening. */
  readonly #live = new Map<string, OpenSandbox>();
  readonly #listeners = new Map<string, Set<(message: HostMessage) => void>>();
  /** What a sandbox's learner has to know and nobody was there to hear. */
  readonly #unheard = new Map<string, HostMessage>();
  readonly #opening = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  readonly #closing = new Map<string, () => void>();
  readonly #closes = new Map<string, Promise<void>>();
  readonly #submitting = new Map<string, Promise<GradingResult>>();
  readonly #checks = new Map<string, { timer: NodeJS.Timeout; checks: readonly CheckResult[] }>();
  readonly #brokenAt = new Map<string, number>();
  readonly #stopped = new Map<string, string>();
  readonly #tick: NodeJS.Timeout;
  #requestId = 0;
  #isStopping = false;

  constructor({ client, workerFile, ...options }: HostOptions) {
    this.#db = client;
    this.#options = {
      owner: randomUUID(),
      workers: Math.max(1, Math.min(4, availableParallelism() - 1)),
      idleMs: 600_000,
      tickMs: 5_000,
      hungMs: 10_000,
      ...options,
    };
    this.#journal = new Journal(client, { onLost: (id, fence) => this.#lose(id, fence), onTrouble: (error) => this.#trouble(error) });
    this.#pool = new WorkerPool({
      file: workerFile,
      count: this.#options.workers,
      hungMs: this.#options.hungMs,
      onMessage: (worker, message) => this.#receive(worker, message),
      onDeath: (ids, culprit) => void this.#recover(ids, culprit),
    });
    this.#tick = setInterval(() => void this.#keepHouse(), this.#options.tickMs);
  }

  /** Resolves when a sandbox opens without waiting for a template; before that, the first ones wait. */
  get ready(): Promise<void> {
    return this.#pool.ready;
  }

  /** Everything a page shows; starts the sandbox if it sleeps. */
  async join(sandboxId: string, terminals: Readonly<Record<string, number>>, incarnation?: number): Promise<Joined> {
    const sandbox = await this.#wake(sandboxId);
    const known = incarnation === sandbox.incarnation ? terminals : {};
    const { state } = (await this.#ask(sandbox, { type: 'join', terminals: known })) as { state: SessionState };
    this.#journal.hurry();
    await Promise.race([sandbox.released, after(joinWaitsMs)]);
    return { incarnation: sandbox.incarnation, state };
  }

  async ask<Name extends SessionQuestion>(sandboxId: string, name: Name, request: QuestionOf<Name>): Promise<AnswerOf<Name>> {
    return (await this.#ask(await this.#wake(sandboxId), { type: 'ask', name, request } as SandboxRequest)) as AnswerOf<Name>;
  }

  /** Grades what is there now. The same key gives the result that is stored, also after a crash. */
  submit(sandboxId: string, key: string): Promise<GradingResult> {
    const name = `${sandboxId} ${key}`;
    const known = this.#submitting.get(name);
    if (known) return known;
    const submitting = this.#submit(sandboxId, key).finally(() => this.#submitting.delete(name));
    this.#submitting.set(name, submitting);
    return submitting;
  }

  /** A request to the sandbox's API server. Writes are answered once they are durable. */
  async api(sandboxId: string, request: ApiRequest): Promise<ApiResponse> {
    const sandbox = await this.#wake(sandboxId);
    const id = ++this.#requestId;
    const answer = (await this.#ask(sandbox, { type: 'api', request }, id)) as ApiAnswer;
    return receiveAnswer(answer, {
      send: (flow: ClientFlow) => {
        if ('hangUp' in flow) sandbox.flows.delete(id);
        sandbox.worker.post({ type: 'flow', sandboxId, id, flow });
      },
      receive: (listener) => void sandbox.flows.set(id, listener),
    });
  }

  /** Back to how the lab began. Everyone who joined hears that it starts again, and joins again. */
  async reset(sandboxId: string): Promise<void> {
    await this.#wake(sandboxId).catch(() => undefined);
    this.#tell(sandboxId, { name: 'sandbox:status', payload: { type: 'starting' } });
    await this.#close(sandboxId, false);
    await this.#journal.flush();
    await clearSandboxState(this.#db, sandboxId);
    this.#stopped.delete(sandboxId);
    this.#brokenAt.delete(sandboxId);
    this.#unheard.delete(sandboxId);
    await this.#wake(sandboxId);
    this.#tell(sandboxId, { name: 'sandbox:status', payload: { type: 'running' } });
  }

  /** Hears everything a sandbox tells, until the returned function is called. A sandbox somebody listens to does not go to sleep. */
  listen(sandboxId: string, listener: (message: HostMessage) => void): () => void {
    const listeners = this.#listeners.get(sandboxId) ?? new Set();
    this.#listeners.set(sandboxId, listeners.add(listener));
    const unheard = this.#unheard.get(sandboxId);
    this.#unheard.delete(sandboxId);
    if (unheard) listener(unheard);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(sandboxId);
    };
  }

  status(sandboxId: string): SandboxStatus {
    const reason = this.#stopped.get(sandboxId);
    if (reason !== undefined) return { type: 'stopped', reason };
    return this.#open.has(sandboxId) ? { type: 'running' } : { type: 'starting' };
  }

  /** How many sandboxes are awake. */
  get awake(): number {
    return this.#open.size;
  }

  /** Every sandbox to sleep, everything kept, every worker ended. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#tick);
    await Promise.all([...this.#open.keys()].map((id) => this.#close(id, true)));
    await Promise.all(this.#closes.values());
    await this.#journal.flush();
    await Promise.all([...this.#checks.keys()].map((id) => this.#saveChecks(id)));
    await this.#pool.stop();
  }

  /** Ends without a word, as a power cut would: for tests of what is kept. */
  async abandon(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#tick);
    this.#journal.abandon();
    for (const { timer } of this.#checks.values()) clearTimeout(timer);
    await this.#pool.stop();
  }

  #wake(sandboxId: string): Promise<OpenSandbox> {
    const reason = this.#stopped.get(sandboxId);
    if (reason !== undefined) return Promise.reject(new Error(reason));
    if (this.#isStopping) return Promise.reject(new Error('The server is stopping. Your work is saved.'));
    const known = this.#open.get(sandboxId);
    if (known) return known;
    const waking = this.#start(sandboxId);
    this.#open.set(sandboxId, waking);
    waking.catch(() => this.#open.get(sandboxId) === waking && this.#open.delete(sandboxId));
    return waking;
  }

  async #start(sandboxId: string): Promise<OpenSandbox> {
    await this.#closes.get(sandboxId);
    await this.#journal.flush();
    const row = await findSandbox(this.#db, sandboxId);
    const lab = row?.attempt?.labRevision;
    if (!row || !lab) throw new Error('There is no such sandbox.');
    const fence = await claimSandbox(this.#db, sandboxId, this.#options.owner, leaseMs);
    if (fence === undefined) throw new Error('This sandbox is open on another server. Try again in a few seconds.');
    const { files } = lab.source as { files: Record<string, string> };
    const recipe = await readRecipe(this.#db, { sandboxId, lab: { slug: lab.labSlug, files }, seed: row.blueprint.seed });
    const worker = this.#pool.pick();
    const slot = worker.take(sandboxId);
    const opened = new Promise<void>((resolve, reject) => this.#opening.set(sandboxId, { resolve, reject }));
    const sandbox: OpenSandbox = {
      id: sandboxId,
      fence,
      incarnation: row.incarnation,
      attemptId: row.attempt?.id,
      worker,
      slot,
      opened,
      pending: new Map(),
      flows: new Map(),
      released: Promise.resolve(true),
      keptBytes: 0,
      usedAt: Date.now(),
    };
    this.#live.set(sandboxId, sandbox);
    worker.post({ type: 'open', sandboxId, slot, recipe });
    await opened;
    return sandbox;
  }

  #ask(sandbox: OpenSandbox, request: SandboxRequest, id = ++this.#requestId): Promise<unknown> {
    sandbox.usedAt = Date.now();
    return new Promise((resolve, reject) => {
      sandbox.pending.set(id, { resolve, reject });
      sandbox.worker.post({ type: 'request', sandboxId: sandbox.id, id, request });
    });
  }

  async #submit(sandboxId: string, key: string): Promise<GradingResult> {
    const sandbox = await this.#wake(sandboxId);
    if (!sandbox.attemptId) throw new Error('This sandbox belongs to no lab.');
    const known = await findSubmission(this.#db, sandbox.attemptId, key);
    if (known) return known;
    const { result, snapshot } = (await this.#ask(sandbox, { type: 'submit', key })) as SubmitAnswer;
    return saveSubmission(this.#db, { id: randomUUID(), attemptId: sandbox.attemptId, key, result, snapshot });
  }

  #receive(worker: HostWorker, message: FromWorker): void {
    if (message.type === 'ready') return;
    const sandbox = this.#live.get(message.sandboxId);
    if (!sandbox || sandbox.worker !== worker) return;
    switch (message.type) {
      case 'opened':
        return this.#opened(sandbox, message.notice);
      case 'failed':
        return this.#failed(sandbox, message.error);
      case 'broken':
        return void this.#recover([message.sandboxId], message.sandboxId, message.error);
      case 'batch':
        return this.#batch(sandbox, message);
      case 'cut':
        return void this.#journal
          .cut({ ...message, fence: sandbox.fence })
          .then(() => this.#acknowledge(sandbox, message.content.byteLength));
      case 'closed':
        return this.#closing.get(message.sandboxId)?.();
    }
  }

  #opened(sandbox: OpenSandbox, notice: string | undefined): void {
    this.#opening.get(sandbox.id)?.resolve();
    this.#opening.delete(sandbox.id);
    if (!notice) return;
    process.stderr.write(`sandbox ${sandbox.id}: ${notice}\n`);
    const message: HostMessage = { name: 'sandbox:notice', payload: { level: 'warning', text: notice } };
    if (this.#listeners.has(sandbox.id)) this.#tell(sandbox.id, message);
    else this.#unheard.set(sandbox.id, message);
  }

  #failed(sandbox: OpenSandbox, error: string): void {
    process.stderr.write(`sandbox ${sandbox.id} does not start: ${error}\n`);
    this.#forget(sandbox, new Error('This sandbox does not start. Your work is saved; reset the lab or tell your instructor.'));
  }

  /** Rows go to the journal; what rests on them waits for it, in order. */
  #batch(sandbox: OpenSandbox, { sequence, changes, durable, volatile, isUrgent }: SandboxBatch): void {
    for (const outgoing of volatile) this.#release(sandbox, outgoing);
    if (changes !== undefined) {
      const kept = this.#journal.append({ sandboxId: sandbox.id, fence: sandbox.fence, sequence, changes }, isUrgent);
      void kept.then(() => this.#acknowledge(sandbox, changes.length));
      const before = sandbox.released;
      sandbox.released = kept.then(async (isKept) => (await before) && isKept);
    }
    if (durable.length === 0) return;
    if (isUrgent) this.#journal.hurry();
    else this.#journal.hurryALittle();
    void sandbox.released.then((isKept) => isKept && durable.forEach((outgoing) => this.#release(sandbox, outgoing)));
  }

  /** Its worker hears once of everything that one write kept. */
  #acknowledge(sandbox: OpenSandbox, bytes: number): void {
    if (sandbox.keptBytes === 0) setImmediate(() => this.#tellKept(sandbox));
    sandbox.keptBytes += bytes;
  }

  #tellKept(sandbox: OpenSandbox): void {
    const { keptBytes: bytes } = sandbox;
    sandbox.keptBytes = 0;
    if (this.#live.get(sandbox.id) === sandbox) sandbox.worker.post({ type: 'kept', sandboxId: sandbox.id, bytes });
  }

  #release(sandbox: OpenSandbox, outgoing: Outgoing): void {
    switch (outgoing.type) {
      case 'message':
        return this.#tell(sandbox.id, outgoing.message);
      case 'flow':
        return passFlow(sandbox, outgoing.id, outgoing.flow);
      case 'answer':
        return settle(sandbox, outgoing.id, (pending) => pending.resolve(outgoing.value));
      case 'error':
        return settle(sandbox, outgoing.id, (pending) => pending.reject(new Error(outgoing.error)));
    }
  }

  #tell(sandboxId: string, message: HostMessage): void {
    if (message.name === 'checks:state') this.#rememberChecks(sandboxId, message.payload);
    for (const listener of this.#listeners.get(sandboxId) ?? []) listener(message);
  }

  #rememberChecks(sandboxId: string, checks: readonly CheckResult[]): void {
    const known = this.#checks.get(sandboxId);
    this.#checks.set(sandboxId, { checks, timer: known?.timer ?? setTimeout(() => void this.#saveChecks(sandboxId), 1_000) });
  }

  async #saveChecks(sandboxId: string): Promise<void> {
    const known = this.#checks.get(sandboxId);
    if (!known) return;
    clearTimeout(known.timer);
    this.#checks.delete(sandboxId);
    const passed = known.checks.filter((check) => check.verdict === 'pass').length;
    await saveChecksPassed(this.#db, sandboxId, passed, known.checks.length).catch(() => {});
  }

  #close(sandboxId: string, isKept: boolean): Promise<void> {
    const known = this.#closes.get(sandboxId);
    if (known) return known;
    const closing = this.#closeNow(sandboxId, isKept).finally(() => this.#closes.delete(sandboxId));
    this.#closes.set(sandboxId, closing);
    return closing;
  }

  async #closeNow(sandboxId: string, isKept: boolean): Promise<void> {
    const waking = this.#open.get(sandboxId);
    const sandbox = await waking?.catch(() => undefined);
    if (!sandbox || this.#open.get(sandboxId) !== waking) return;
    this.#open.delete(sandboxId);
    const closed = new Promise<void>((resolve) => this.#closing.set(sandboxId, resolve));
    sandbox.worker.post({ type: 'close', sandboxId, isKept });
    await Promise.race([closed, after(this.#options.hungMs)]);
    this.#forget(sandbox, new Error('This sandbox went to sleep.'));
    await this.#journal.flush();
    await releaseSandbox(this.#db, sandboxId, sandbox.fence);
  }

  #forget(sandbox: OpenSandbox, error: Error): void {
    sandbox.worker.release(sandbox.slot);
    if (this.#live.get(sandbox.id) === sandbox) this.#live.delete(sandbox.id);
    this.#opening.get(sandbox.id)?.reject(error);
    this.#opening.delete(sandbox.id);
    this.#closing.get(sandbox.id)?.();
    this.#closing.delete(sandbox.id);
    for (const pending of sandbox.pending.values()) pending.reject(error);
    for (const flow of sandbox.flows.values()) flow({ lost: true });
    sandbox.pending.clear();
    sandbox.flows.clear();
  }

  /** Sandboxes of a worker that is no more, or one that broke: back from their journals, with a word to whoever watches. */
  async #recover(ids: readonly string[], culprit: string | undefined, error = 'its worker stopped answering'): Promise<void> {
    if (culprit) process.stderr.write(`sandbox ${culprit} broke: ${error}\n`);
    const lost = ids.flatMap((id) => this.#live.get(id) ?? []);
    for (const sandbox of lost) {
      this.#open.delete(sandbox.id);
      this.#tell(sandbox.id, {
        name: 'sandbox:status',
        payload: { type: 'restoring', reason: sandbox.id === culprit ? 'It ran away and was stopped.' : 'Its worker was restarted.' },
      });
      this.#forget(sandbox, new Error('The sandbox is being restored. Try again in a moment.'));
    }
    if (culprit && this.#isBrokenAgain(culprit))
      this.#stopped.set(culprit, 'This sandbox stopped twice in a row. Your work is saved: reset the lab, or tell your instructor.');
    await this.#journal.flush();
    await Promise.all(lost.map(({ id }) => this.#restore(id)));
  }

  #isBrokenAgain(sandboxId: string): boolean {
    const before = this.#brokenAt.get(sandboxId) ?? -Infinity;
    this.#brokenAt.set(sandboxId, Date.now());
    return Date.now() - before < brokenAgainMs;
  }

  /** Only what somebody looks at comes back at once; the rest when somebody comes. */
  async #restore(sandboxId: string): Promise<void> {
    if (!this.#listeners.has(sandboxId) || this.#isStopping) return;
    await this.#wake(sandboxId).catch(() => undefined);
    this.#tell(sandboxId, { name: 'sandbox:status', payload: this.status(sandboxId) });
  }

  /** Another host has it: whatever ours still does is of no account. */
  #lose(sandboxId: string, fence: number): void {
    const sandbox = this.#live.get(sandboxId);
    if (sandbox?.fence !== fence) return;
    this.#open.delete(sandboxId);
    sandbox.worker.post({ type: 'close', sandboxId, isKept: false });
    this.#tell(sandboxId, { name: 'sandbox:status', payload: { type: 'restoring', reason: 'Another server has taken over.' } });
    this.#forget(sandbox, new Error('This sandbox is open on another server now.'));
  }

  #trouble(error: unknown): void {
    const payload =
      error === undefined
        ? ({ level: 'note', text: 'Saving works again; everything is saved.' } as const)
        : ({ level: 'warning', text: 'Saving does not work at the moment. What you type is answered when it does.' } as const);
    process.stderr.write(
      error === undefined ? 'journal: writing works again\n' : `journal: cannot write, trying again: ${String(error)}\n`,
    );
    for (const sandboxId of this.#listeners.keys()) this.#tell(sandboxId, { name: 'sandbox:notice', payload });
  }

  /** Renews the leases of what is awake, and puts to sleep what nobody has used for long. */
  async #keepHouse(): Promise<void> {
    for (const [id] of this.#listeners) {
      const sandbox = this.#live.get(id);
      if (sandbox) sandbox.usedAt = Date.now();
    }
    for (const sandbox of this.#live.values()) if (sandbox.flows.size + sandbox.pending.size > 0) sandbox.usedAt = Date.now();
    const idle = [...this.#live.values()].filter(({ usedAt }) => Date.now() - usedAt > this.#options.idleMs);
    try {
      await Promise.all(idle.map(({ id }) => this.#close(id, true)));
      if (this.#live.size > 0) await renewSandboxes(this.#db, [...this.#live.keys()], this.#options.owner, leaseMs);
    } catch (error) {
      this.#trouble(error);
    }
  }
}

/** A promise that does not keep the process alive. */
function after(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}

function passFlow({ flows }: OpenSandbox, id: number, flow: ServerFlow): void {
  flows.get(id)?.(flow);
  if ('end' in flow || 'exit' in flow) flows.delete(id);
}

function settle(sandbox: OpenSandbox, id: number, how: (pending: Pending) => void): void {
  const pending = sandbox.pending.get(id);
  sandbox.pending.delete(id);
  if (pending) how(pending);
}
