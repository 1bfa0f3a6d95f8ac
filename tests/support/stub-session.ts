import type { Json } from '@/lib/base';
import type { ApiConnection, ApiRequest, ApiResponse, ClusterView } from '@/lib/cluster';
import type { GradingResult } from '@/lib/grading/verdict';
import type { HostedSession, SessionChange, SessionListener, SessionState } from '@/lib/labs/hosted-session';
import type { SessionFactory } from '@/lib/sandbox/sandbox';

interface StubState {
  text: string;
  now: number;
  ticks: number;
  /** 0, 1, 2 … as far as it came. */
  floods: readonly number[];
  padding: string;
  isPaused: boolean;
  values: Record<string, string>;
}

const view = { revision: 0, now: 0, nodes: [], pods: [], workloads: [], services: [], events: [] } satisfies ClusterView;

/**
 * A session without a cluster, for tests of what hosts sessions: a terminal that echoes, a tick every simulated second, a store of values.
 * Typing `flood` makes every passing of time write 256 KiB; `hang` never returns, `die` ends the thread, `break` throws when time passes next, `tick!` is a write of the cluster's own. A path that ends in `/exec`
 * runs a command that makes something; with the query `forever` it does not end.
 */
class StubSession implements HostedSession {
  readonly #listener: SessionListener;
  readonly #state: StubState;
  #isBroken = false;
  #isFlooding = false;
  #isHeld = false;

  constructor(listener: SessionListener, state: StubState) {
    this.#listener = listener;
    this.#state = state;
  }

  advance(realMs: number): void {
    if (this.#isBroken) throw new Error('the stub broke');
    if (this.#state.isPaused || this.#isHeld) return;
    const before = Math.floor(this.#state.now / 1000);
    this.#state.now += realMs;
    for (let second = before; second < Math.floor(this.#state.now / 1000); second++)
      this.#change({ ticks: this.#state.ticks + 1, now: this.#state.now });
    if (this.#isFlooding) this.#change({ floods: [...this.#state.floods, this.#state.floods.length], padding: 'x'.repeat(256 << 10) });
  }

  nextDueMs(): number | undefined {
    if (this.#isFlooding) return 0;
    return this.#state.isPaused ? undefined : 1000 - (this.#state.now % 1000);
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
  }

  tellClock(): void {
    this.#listener.onMessage({ name: 'clock:state', payload: this.#clockState });
  }

  get #clockState() {
    return { now: this.#state.now, isPaused: this.#state.isPaused, speed: 1, ...(this.#isHeld ? { isHeld: true } : {}) };
  }

  snapshot(): Json {
    return { ...this.#state, values: { ...this.#state.values } };
  }

  join(terminals: Readonly<Record<string, number>> = {}): SessionState {
    const offset = terminals['main'] ?? 0;
    return {
      clock: this.#clockState,
      view: { ...view, revision: this.#state.floods.length },
      files: [],
      checks: [],
      editor: null,
      terminals: [{ terminal: 'main', title: 'workstation', offset, text: this.#state.text.slice(offset), sequence: 0 }],
    };
  }

  ask(name: string, request: object): never {
    const { text = '', action, path = '' } = request as { text?: string; action?: string; path?: string };
    if (name === 'terminal:input') return this.#type(text) as never;
    if (name === 'clock:set') return this.#clock(action === 'pause') as never;
    if (name === 'file:write') {
      this.#change({ values: { ...this.#state.values, [path]: text } });
      return { path, size: text.length, version: String(text.length) } as never;
    }
    if (name === 'file:read') return { path, text: this.#state.values[path] ?? '' } as never;
    throw new Error(`the stub does not know ${name}`);
  }

  submit(): GradingResult {
    return {
      gradable: true,
      score: this.#state.ticks,
      maxScore: 10,
      labSlug: 'stub',
      labRevision: 1,
      engineVersion: 'stub',
      seed: 'stub',
      stateHash: String(this.#state.ticks),
      simTime: String(this.#state.now),
      checks: [
        { id: 'one', stepId: 'only', title: 'One', points: 1, maxPoints: 1, verdict: 'pass', message: 'Yes.', visibility: 'public' },
      ],
    };
  }

  api(request: ApiRequest): ApiResponse {
    const headers = { 'content-type': 'application/json' };
    const key = request.url.split('?', 1)[0] ?? '';
    if (request.url.includes('watch='))
      return {
        status: 200,
        headers,
        stream: {
          start: (sink) => {
            sink.write({ type: 'ADDED', object: this.#state.values });
            return () => {};
          },
        },
      };
    if (key === '/floods') return { status: 200, headers, body: this.#state.floods };
    if (key.endsWith('/exec'))
      return { status: 101, headers, connect: { start: (sink) => this.#exec(sink, request.url.endsWith('forever')) } };
    if (request.method === 'GET') return { status: 200, headers, body: { value: this.#state.values[key] ?? null } };
    this.#change({ values: { ...this.#state.values, [key]: String(request.body) } });
    return { status: 201, headers, body: { value: request.body } };
  }

  stop(): void {}

  /** A command that leaves something behind and says so. */
  #exec(sink: Parameters<ApiConnection['start']>[0], isEndless: boolean): ReturnType<ApiConnection['start']> {
    this.#change({ values: { ...this.#state.values, made: 'yes' } });
    sink.stdout('made');
    if (!isEndless) sink.exit({ code: 0 });
    const ignore = () => undefined;
    return { stdin: ignore, closeStdin: ignore, resize: ignore, hangUp: ignore };
  }

  apply(change: SessionChange): void {
    if (change.type === 'session') Object.assign(this.#state, change.change as Partial<StubState>);
  }

  #type(text: string): { sequence: number } {
    if (text.startsWith('hang')) for (;;);
    if (text.startsWith('die')) process.exit(1);
    if (text.startsWith('flood')) this.#isFlooding = !this.#isFlooding;
    if (text.startsWith('break')) this.#isBroken = true;
    if (text.startsWith('tick!')) this.#change({ ticks: this.#state.ticks + 1 });
    const offset = this.#state.text.length;
    this.#change({ text: this.#state.text + text });
    this.#listener.onMessage({ name: 'terminal:output', payload: { terminal: 'main', offset, text } });
    return { sequence: 0 };
  }

  #clock(isPaused: boolean) {
    this.#change({ isPaused });
    return { now: this.#state.now, isPaused, speed: 1 };
  }

  #change(change: Partial<StubState>): void {
    Object.assign(this.#state, change);
    this.#listener.onChange({ type: 'session', at: this.#state.now, change: change as Json });
  }
}

export const stubSessions: SessionFactory = {
  create: (_, seed, listener) =>
    new StubSession(listener, { text: '', now: 0, ticks: 0, floods: [], padding: '', isPaused: false, values: { seed } }),
  restore(_, __, snapshot, changes, listener) {
    const session = new StubSession(listener, structuredClone(snapshot) as StubState);
    for (const change of changes) session.apply(change);
    return session;
  },
};
