import type { Server as HttpServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import { getViewer, isInstructor, type Viewer } from '@/lib/accounts';
import { findAttemptBySandbox, type Db } from '@/lib/db';
import type { GradingResult } from '@/lib/grading/verdict';
import type { AnswerOf, QuestionOf, SessionMessage, SessionQuestion } from '@/lib/labs/hosted-session';
import type { Answer, ClientMessages, JoinRequest, JoinResult, SandboxStatus, ServerMessages } from './events';
import { requestSchemas } from './schemas';

/** What the messages need of whoever hosts the sandboxes. */
export interface RealtimeHost {
  join(
    sandboxId: string,
    terminals: Readonly<Record<string, number>>,
    incarnation?: number,
  ): Promise<{ incarnation: number; state: Pick<JoinResult, 'clock' | 'view' | 'history' | 'terminals' | 'files' | 'checks' | 'editor'> }>;
  ask<Name extends SessionQuestion>(sandboxId: string, name: Name, request: QuestionOf<Name>): Promise<AnswerOf<Name>>;
  submit(sandboxId: string, key: string): Promise<GradingResult>;
  reset(sandboxId: string): Promise<void>;
  listen(sandboxId: string, listener: (message: SessionMessage) => void): () => void;
  status(sandboxId: string): SandboxStatus;
}

export interface RealtimeOptions {
  readonly host: RealtimeHost;
  readonly db: Db;
  /** Who sent a request with these headers. */
  readonly viewerOf?: (headers: Headers) => Promise<Viewer | undefined>;
}

type Channel = Server<ClientMessages, ServerMessages, Record<string, never>, { viewer: Viewer }>;
type Page = Socket<ClientMessages, ServerMessages, Record<string, never>, { viewer: Viewer }>;

/** Messages between pages and sandboxes. Every connection is somebody's, and reaches only what is theirs. */
export function serveRealtime(server: HttpServer, { host, db, viewerOf = getViewer }: RealtimeOptions): { close(): Promise<void> } {
  const channel: Channel = new Server(server, {
    destroyUpgrade: false,
    serveClient: false,
    maxHttpBufferSize: 2 << 20,
    pingInterval: 10_000,
    pingTimeout: 20_000,
    perMessageDeflate: { threshold: 4096 },
  });
  channel.use((page, next) => void authenticate(page, viewerOf).then(next, next));
  channel.on('connection', (page) => new PageConnection(page, host, db).serve());
  return { close: async () => channel.disconnectSockets(true) };
}

async function authenticate(page: Page, viewerOf: (headers: Headers) => Promise<Viewer | undefined>): Promise<undefined> {
  const { cookie, origin, host } = page.handshake.headers;
  if (origin && new URL(origin).host !== host) throw new Error('Messages from other sites are refused.');
  const viewer = await viewerOf(new Headers(cookie ? { cookie } : {}));
  if (!viewer) throw new Error('Nobody is signed in. Start a lab to become a guest.');
  page.data.viewer = viewer;
}

interface JoinedSandbox {
  readonly sandboxId: string;
  readonly isReadOnly: boolean;
  leave(): void;
}

/** One page's connection: joins one sandbox, passes its messages on. */
class PageConnection {
  readonly #page: Page;
  readonly #host: RealtimeHost;
  readonly #db: Db;
  #joined: JoinedSandbox | undefined;

  constructor(page: Page, host: RealtimeHost, db: Db) {
    this.#page = page;
    this.#host = host;
    this.#db = db;
  }

  serve(): void {
    this.#answer('sandbox:join', (request) => this.#join(request));
    this.#answer('lab:submit', ({ key }) => this.#host.submit(this.#writable(), key));
    this.#answer('sandbox:reset', () => this.#reset());
    for (const name of sessionQuestions) this.#answer(name, (request) => this.#ask(name, request as never));
    this.#page.on('disconnect', () => this.#joined?.leave());
  }

  /** Parses, runs, answers; whatever goes wrong is an answer too. */
  #answer<Name extends keyof ClientMessages>(name: Name, run: (request: QuestionOf<Name>) => Promise<unknown>): void {
    const listener = (request: unknown, reply?: (answer: Answer<unknown>) => void) => {
      const parsed = requestSchemas[name].safeParse(request);
      const result = parsed.success
        ? Promise.resolve().then(() => run(parsed.data as QuestionOf<Name>))
        : Promise.reject(new Error(`${name} was not understood.`));
      result.then(
        (value) => reply?.({ ok: true, value }),
        (error: unknown) => reply?.({ ok: false, error: error instanceof Error ? error.message : String(error) }),
      );
    };
    this.#page.on(name as never, listener as never);
  }

  #ask<Name extends SessionQuestion>(name: Name, request: QuestionOf<Name>): Promise<AnswerOf<Name>> {
    return this.#host.ask(name === 'file:read' || name === 'history:look' ? this.#readable() : this.#writable(), name, request);
  }

  async #join({ sandboxId, terminals = {}, incarnation }: JoinRequest): Promise<JoinResult> {
    this.#joined?.leave();
    this.#joined = undefined;
    const { isReadOnly, submissions } = await this.#admit(sandboxId);
    // Listening begins before the state is read, so nothing falls between; what comes twice carries its offset.
    const held: SessionMessage[] = [];
    let pass = (message: SessionMessage) => void held.push(message);
    const leave = this.#host.listen(sandboxId, (message) => pass(message));
    this.#joined = { sandboxId, isReadOnly, leave };
    try {
      const { incarnation: present, state } = await this.#host.join(sandboxId, terminals, incarnation);
      pass = (message) => void this.#page.emit(message.name, ...([message.payload] as never));
      setImmediate(() => held.forEach((message) => pass(message)));
      return { sandboxId, incarnation: present, isReadOnly, status: this.#host.status(sandboxId), submissions, ...state };
    } catch (error) {
      leave();
      this.#joined = undefined;
      throw error;
    }
  }

  /** Whose sandbox this is decides: its learner may do everything, an instructor may look. */
  async #admit(sandboxId: string): Promise<{ isReadOnly: boolean; submissions: JoinResult['submissions'] }> {
    const { viewer } = this.#page.data;
    const attempt = await findAttemptBySandbox(this.#db, sandboxId);
    if (!attempt || (attempt.userId !== viewer.userId && !isInstructor(viewer))) throw new Error('There is no such sandbox.');
    const submissions = attempt.submissions.map(({ key, submittedAt, result }) => ({
      key,
      at: submittedAt.toISOString(),
      result: result as unknown as GradingResult,
    }));
    return { isReadOnly: attempt.userId !== viewer.userId, submissions };
  }

  async #reset(): Promise<JoinResult> {
    const sandboxId = this.#writable();
    await this.#host.reset(sandboxId);
    return this.#join({ sandboxId });
  }

  #readable(): string {
    if (!this.#joined) throw new Error('Join a sandbox first.');
    return this.#joined.sandboxId;
  }

  #writable(): string {
    const sandboxId = this.#readable();
    if (this.#joined?.isReadOnly) throw new Error('You are looking over a shoulder: only its learner can change this sandbox.');
    return sandboxId;
  }
}

const sessionQuestions = [
  'terminal:input',
  'terminal:resize',
  'terminal:open',
  'terminal:close',
  'file:write',
  'file:read',
  'file:remove',
  'editor:close',
  'clock:set',
  'history:look',
  'lab:hint',
] as const satisfies readonly SessionQuestion[];
