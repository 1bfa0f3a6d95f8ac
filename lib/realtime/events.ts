import type { ClusterView } from '@/lib/cluster';
import type { CheckResult, GradingResult } from '@/lib/grading/verdict';

/**
 * Every message between the page and the server, typed once for both ends.
 * The page joins one sandbox with `sandbox:join`; whatever the server sends afterwards is about that sandbox.
 * Streams carry offsets: after a drop the page joins again with what it has, and gets exactly the rest.
 */
export interface ClientMessages {
  'sandbox:join': (request: JoinRequest, answer: (result: Answer<JoinResult>) => void) => void;
  /** Keystrokes as xterm gives them. `sequence` counts up per page and terminal; what was applied already is ignored, so sending again is safe. */
  'terminal:input': (
    request: { terminal: string; page?: string; sequence: number; text: string },
    answer: (result: Answer<{ sequence: number }>) => void,
  ) => void;
  'terminal:resize': (request: { terminal: string; columns: number; rows: number }) => void;
  'terminal:open': (request: { terminal: string }, answer: (result: Answer<TerminalState>) => void) => void;
  'terminal:close': (request: { terminal: string }, answer: (result: Answer<null>) => void) => void;
  'file:write': (request: { path: string; text: string }, answer: (result: Answer<FileState>) => void) => void;
  'file:read': (request: { path: string }, answer: (result: Answer<{ path: string; text: string }>) => void) => void;
  'file:remove': (request: { path: string }, answer: (result: Answer<null>) => void) => void;
  /** Ends an `editor:open`: the text to save, or null to close without saving. */
  'editor:close': (request: { id: string; text: string | null }, answer: (result: Answer<null>) => void) => void;
  'clock:set': (request: ClockCommand, answer: (result: Answer<ClockState>) => void) => void;
  /** The cluster as it was at an instant, and what had changed by then. Nothing is changed by looking. */
  'history:look': (request: { at: number }, answer: (result: Answer<PastView>) => void) => void;
  'lab:hint': (request: { stepId: string }, answer: (result: Answer<{ hints: readonly string[] }>) => void) => void;
  /** Grades a snapshot. The same `key` always gets the same result, however often it is sent. */
  'lab:submit': (request: { key: string }, answer: (result: Answer<GradingResult>) => void) => void;
  /** Back to how the lab began; the attempt's history stays. */
  'sandbox:reset': (request: Record<string, never>, answer: (result: Answer<JoinResult>) => void) => void;
}

export interface ServerMessages {
  'terminal:output': (message: { terminal: string; offset: number; text: string }) => void;
  'terminal:closed': (message: { terminal: string }) => void;
  'cluster:view': (view: ClusterView) => void;
  'clock:state': (state: ClockState) => void;
  /** One can no longer look back as far as before. */
  'history:state': (state: HistoryState) => void;
  'checks:state': (checks: readonly CheckResult[]) => void;
  'files:state': (files: readonly FileState[]) => void;
  /** `kubectl edit` wants the learner's editor. */
  'editor:open': (request: EditorRequest) => void;
  /** The editor request was answered in another tab or its command was interrupted. */
  'editor:gone': (message: { id: string }) => void;
  'sandbox:status': (status: SandboxStatus) => void;
  /** Something the learner should read once: a restore, a trimmed history. */
  'sandbox:notice': (notice: { level: 'note' | 'warning'; text: string }) => void;
}

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

export interface JoinRequest {
  readonly sandboxId: string;
  /** Output offset the page already shows, by terminal. */
  readonly terminals?: Readonly<Record<string, number>>;
  /** Of the earlier join that these offsets are from: a reset makes them worthless. */
  readonly incarnation?: number;
}

export interface JoinResult {
  readonly sandboxId: string;
  /** Raised by every reset. */
  readonly incarnation: number;
  /** An instructor looking over a shoulder may look, not touch. */
  readonly isReadOnly: boolean;
  readonly status: SandboxStatus;
  readonly clock: ClockState;
  readonly view: ClusterView;
  readonly history?: HistoryState;
  readonly terminals: readonly TerminalState[];
  readonly files: readonly FileState[];
  readonly checks: readonly CheckResult[];
  readonly editor: EditorRequest | null;
  /** Results of earlier submissions of this attempt, newest first. */
  readonly submissions: readonly { key: string; at: string; result: GradingResult }[];
}

export interface TerminalState {
  readonly terminal: string;
  readonly title: string;
  /** The output from `offset` on; the scrollback is bounded, so `offset` may be later than what was asked for. */
  readonly offset: number;
  readonly text: string;
  /** The highest input sequence applied so far. */
  readonly sequence: number;
  /** Where the newest command that could not go on after a restore was left: what was typed to it is for nobody now. */
  readonly interruptedAt?: number;
}

export interface FileState {
  /** Relative to the home directory: `web.yaml`, `manifests/web.yaml`. */
  readonly path: string;
  readonly size: number;
  /** Changes with the content. */
  readonly version: string;
}

export interface EditorRequest {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

export type ClockCommand =
  | { readonly action: 'pause' }
  | { readonly action: 'resume' }
  | { readonly action: 'speed'; readonly speed: number }
  /** Runs one kernel entry. */
  | { readonly action: 'step' }
  | { readonly action: 'run-for'; readonly ms: number }
  | { readonly action: 'run-until-idle' };

export interface ClockState {
  /** Simulated milliseconds since the epoch, when this was sent. */
  readonly now: number;
  readonly isPaused: boolean;
  /** It stands, paused or not, until what happened so far can be saved. */
  readonly isHeld?: boolean;
  /** Simulated seconds in one real second. */
  readonly speed: number;
  /** The last thing that happened, for the step button's transcript line. */
  readonly last?: { readonly actor: string; readonly what: string };
}

/** How far back one can look. */
export interface HistoryState {
  /** Simulated milliseconds since the epoch. */
  readonly from: number;
  /** Why no further: `history before 08:12:31 was trimmed (8 MiB budget)`. Absent while all of it is kept. */
  readonly trimmed?: string;
}

export interface PastView {
  readonly view: ClusterView;
  /** What led up to it, the newest first; heartbeats and Events left out. */
  readonly changes: readonly PastChange[];
}

export interface PastChange {
  readonly revision: number;
  readonly at: number;
  readonly operation: 'create' | 'update' | 'delete';
  /** `Pod/default/web`. */
  readonly object: string;
  /** Who asked for it and how, as the trace has it: `kube-scheduler`, `POST /api/v1/…/binding`. */
  readonly actor: string;
  readonly what: string;
}

export type SandboxStatus =
  | { readonly type: 'starting' }
  | { readonly type: 'running' }
  | { readonly type: 'restoring'; readonly reason: string }
  | { readonly type: 'stopped'; readonly reason: string };
