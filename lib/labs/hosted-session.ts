import type { ApiRequest, ApiResponse, StoreChange } from '@/lib/cluster';
import type { Json } from '@/lib/base';
import type { GradingResult } from '@/lib/grading/verdict';
import type { ClientMessages, JoinResult, ServerMessages } from '@/lib/realtime/events';

/**
 * A session as whoever hosts it sees it: a worker thread of the server, or a figure in a lesson's page.
 * `Session` offers this; a host needs nothing else. It never waits by itself: the host says how much real time went by.
 */
export interface HostedSession {
  /** Lets `realMs` of the host's time go by: times the speed, unless paused. Stops early after about `budgetMs` of work, so that neighbours get their turn. */
  advance(realMs: number, budgetMs?: number): void;
  /** Real milliseconds until something is due at the present speed; undefined while paused or when nothing is. */
  nextDueMs(): number | undefined;
  /** While it is held (what it told cannot be saved), no simulated time passes and no shell goes on, whatever was asked before. */
  hold(isHeld: boolean): void;
  /** Tells every page how the clock stands. */
  tellClock(): void;
  /** Everything a restart needs, as plain data (JSON). `restore(snapshot)` followed by `apply` of every later change is the same session. */
  snapshot(): Json;
  /** What a page gets when it joins. Terminals' text begins at the offsets it has already, where that is still kept. */
  join(terminals?: Readonly<Record<string, number>>): SessionState;
  /** What a page asks. Rejects with an `Error` whose message may be shown to the learner. */
  ask<Name extends SessionQuestion>(name: Name, request: QuestionOf<Name>): Promise<AnswerOf<Name>> | AnswerOf<Name>;
  /** Grades the cluster as it is at the call; it goes on meanwhile. Idempotent by key. Rejects when the session is stopped first. */
  submit(key: string): Promise<GradingResult> | GradingResult;
  /** The cluster's API server, from outside: `/clusters/<id>`'s requests. A promise only where a real server would hang; simulated time fulfils it. */
  api(request: ApiRequest): ApiResponse | Promise<ApiResponse>;
  /** Stops every shell; nothing is told to anybody afterwards. */
  stop(): void;
}

/** Given at creation and restore. */
export interface SessionListener {
  /** Something that a restart must not lose, in order, as it happens. */
  onChange(change: SessionChange): void;
  /** What every page that joined should hear. Terminal output is told after the change that keeps it. */
  onMessage(message: SessionMessage): void;
}

/** The journal's rows: store changes of the cluster and the workstation, and what else the session keeps (terminals' output, clock, hints). */
export type SessionChange = StoreChange | { readonly type: 'session'; readonly at: number; readonly change: Json };

export type SessionMessage = {
  [Name in keyof ServerMessages]: { readonly name: Name; readonly payload: Parameters<ServerMessages[Name]>[0] };
}[keyof ServerMessages];

/** Questions a session answers itself; joining, submitting and resetting pass through the host. */
export type SessionQuestion = Exclude<keyof ClientMessages, 'sandbox:join' | 'sandbox:reset' | 'lab:submit'>;
export type QuestionOf<Name extends keyof ClientMessages> = Parameters<ClientMessages[Name]>[0];
/** `terminal:resize` and `terminal:close` answer null. */
export type AnswerOf<Name extends keyof ClientMessages> =
  Parameters<ClientMessages[Name]> extends [unknown, (answer: infer Answered) => void]
    ? Extract<Answered, { ok: true }> extends { value: infer Value }
      ? Value
      : never
    : null;
export type SessionState = Pick<JoinResult, 'clock' | 'view' | 'history' | 'terminals' | 'files' | 'checks' | 'editor'>;
