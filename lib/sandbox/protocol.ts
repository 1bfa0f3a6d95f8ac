import type { ApiRequest } from '@/lib/cluster';
import type { GradingResult } from '@/lib/grading/verdict';
import type { QuestionOf, SessionChange, SessionMessage, SessionQuestion } from '@/lib/labs/hosted-session';

/** Every message between the main thread and a worker thread that hosts sandboxes. */
export type ToWorker =
  /** Starts a sandbox from what is kept of it; answered by `opened` or `failed`. */
  | { readonly type: 'open'; readonly sandboxId: string; readonly slot: number; readonly recipe: SandboxRecipe }
  | { readonly type: 'request'; readonly sandboxId: string; readonly id: number; readonly request: SandboxRequest }
  /** More of an exec's input, or the end of a watch. */
  | { readonly type: 'flow'; readonly sandboxId: string; readonly id: number; readonly flow: ClientFlow }
  /** So many bytes of what the sandbox told (rows and snapshots) are in the database now. */
  | { readonly type: 'kept'; readonly sandboxId: string; readonly bytes: number }
  /** Stops a sandbox; with `isKept` after a last snapshot. Answered by `closed`. */
  | { readonly type: 'close'; readonly sandboxId: string; readonly isKept: boolean };

export type FromWorker =
  /** Templates are booted: a sandbox opens at once from here on. */
  | { readonly type: 'ready' }
  | { readonly type: 'opened'; readonly sandboxId: string; readonly notice?: string }
  | { readonly type: 'failed'; readonly sandboxId: string; readonly error: string }
  /** Something impossible happened inside; whatever was not told yet is lost. */
  | { readonly type: 'broken'; readonly sandboxId: string; readonly error: string }
  | SandboxBatch
  | SandboxCut
  | { readonly type: 'closed'; readonly sandboxId: string };

/** What a sandbox did in one turn. The changes are a journal row; `durable` may only be told once that row is kept, `volatile` at once. */
export interface SandboxBatch {
  readonly type: 'batch';
  readonly sandboxId: string;
  /** Of the newest row so far, this one included. */
  readonly sequence: number;
  /** A JSON array of `JournalChange`; absent when nothing changed. */
  readonly changes?: string;
  readonly durable: readonly Outgoing[];
  /** Somebody waits for what is durable. */
  readonly isUrgent: boolean;
  readonly volatile: readonly Outgoing[];
}

/** A snapshot that makes the rows up to `sequence` superfluous. */
export interface SandboxCut {
  readonly type: 'cut';
  readonly sandboxId: string;
  readonly sequence: number;
  /** As `packSnapshot` writes it. */
  readonly content: Uint8Array<ArrayBuffer>;
  /** It stands for everything before it, of which nothing may be read again. */
  readonly isBase: boolean;
}

export type SandboxRequest =
  | { readonly type: 'join'; readonly terminals: Readonly<Record<string, number>> }
  | { readonly type: 'submit'; readonly key: string }
  | { readonly type: 'api'; readonly request: ApiRequest }
  | { [Name in SessionQuestion]: { readonly type: 'ask'; readonly name: Name; readonly request: QuestionOf<Name> } }[SessionQuestion];

export type Outgoing =
  | { readonly type: 'message'; readonly message: SessionMessage }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: string }
  | { readonly type: 'flow'; readonly id: number; readonly flow: ServerFlow };

/** An API answer as it crosses the threads: bodies and chunks as text, so that nothing is copied object by object. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly kind: 'body' | 'stream' | 'connect' | 'forward';
  readonly body?: string;
}

export type ServerFlow =
  | { readonly chunk: string }
  | { readonly end: true }
  /** Its sandbox is gone; the main thread says so itself. */
  | { readonly lost: true }
  | { readonly stdout: string }
  | { readonly stderr: string }
  | { readonly exit: { code: number; message?: string } }
  /** Of a forwarded connection, by the number that the client gave it. */
  | { readonly forwarded: number; readonly bytes: Uint8Array }
  | { readonly forwarded: number; readonly closed: true; readonly error?: string };
export type ClientFlow =
  | { readonly start: true }
  | { readonly hangUp: true }
  | { readonly stdin: string }
  | { readonly closeStdin: true }
  | { readonly resize: { columns: number; rows: number } }
  | { readonly forward: number; readonly port: number }
  | { readonly forward: number; readonly bytes: Uint8Array }
  | { readonly forward: number; readonly closes: 'write' | 'both' };

export interface SubmitAnswer {
  readonly result: GradingResult;
  readonly snapshot: Uint8Array<ArrayBuffer>;
}

/** How to make a sandbox: from a lab when nothing is kept of it, else from its newest intact snapshot and the rows after it. */
export interface SandboxRecipe {
  readonly lab: { readonly slug: string; readonly files: Readonly<Record<string, string>> };
  readonly seed: string;
  readonly snapshot?: { readonly sequence: number; readonly content: Uint8Array };
  readonly rows: readonly { readonly sequence: number; readonly changes: string; readonly checksum: number }[];
  /** Of the newest row or snapshot that was ever kept. */
  readonly head: number;
  /** Newer than the one that is here, and not to be read. */
  readonly damagedSnapshots: number;
}

/** How far a page's keystrokes were applied, so that those sent again after a drop or a crash are not applied twice. */
export interface AppliedInput {
  readonly page: string;
  readonly terminal: string;
  readonly sequence: number;
}

export type JournalChange = SessionChange | { readonly type: 'input'; readonly applied: AppliedInput };

export interface SandboxSnapshot {
  readonly session: unknown;
  readonly inputs: readonly AppliedInput[];
}
