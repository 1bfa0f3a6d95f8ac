import type { ClusterView } from '@/lib/cluster';
import type { CheckResult, GradingResult } from '@/lib/grading/verdict';
import type { SessionMessage } from '@/lib/labs/hosted-session';
import type { ClockState, EditorRequest, FileState, HistoryState, JoinResult, PastView, SandboxStatus } from '@/lib/realtime/events';
import type { Connection, LinkListener, SandboxLink } from './link';

export interface TerminalTab {
  readonly terminal: string;
  readonly title: string;
}

/** The clock as last heard of, and when that was on the page's own clock. */
export interface ClockReading extends ClockState {
  readonly heardAt: number;
}

/** What the learner looks back at: an instant, and how it was then once the sandbox has told. */
export interface Retrospect {
  readonly at: number;
  readonly seen: PastView | undefined;
}

/** Something that happened in this tab, for the timeline. */
export interface Mark {
  readonly at: number;
  readonly kind: 'command' | 'write' | 'check';
  readonly weight: number;
  readonly isGood?: boolean;
}

export interface WorkspaceState {
  readonly connection: Connection;
  readonly refusal: string | undefined;
  readonly status: SandboxStatus;
  readonly clock: ClockReading | undefined;
  /** The cluster as it is now, also while the learner looks back. */
  readonly view: ClusterView | undefined;
  readonly history: HistoryState | undefined;
  readonly past: Retrospect | undefined;
  readonly terminals: readonly TerminalTab[];
  readonly files: readonly FileState[];
  readonly checks: readonly CheckResult[];
  readonly editor: EditorRequest | undefined;
  readonly submissions: JoinResult['submissions'];
  readonly notices: readonly { readonly id: number; readonly level: 'note' | 'warning'; readonly text: string }[];
  readonly marks: readonly Mark[];
  /** Looking over a shoulder: nothing can be touched. */
  readonly isReadOnly: boolean;
}

const empty: WorkspaceState = {
  connection: 'connecting',
  refusal: undefined,
  status: { type: 'starting' },
  clock: undefined,
  view: undefined,
  history: undefined,
  past: undefined,
  terminals: [],
  files: [],
  checks: [],
  editor: undefined,
  submissions: [],
  notices: [],
  marks: [],
  isReadOnly: false,
};

const marksMax = 600;

type TerminalListener = (event: { type: 'state' | 'output'; offset: number; text: string }) => void;

/** What the workspace knows of its sandbox. Immutable states, replaced as the sandbox tells. */
export class WorkspaceStore implements LinkListener {
  readonly link: SandboxLink;
  #state = empty;
  readonly #listeners = new Set<() => void>();
  readonly #terminals = new Map<string, Set<TerminalListener>>();
  readonly #held = new Map<string, { offset: number; text: string }>();
  readonly #now: () => number;
  #noticeId = 0;
  #incarnation: number | undefined;
  #isLooking = false;

  constructor(link: SandboxLink, now: () => number = () => performance.now()) {
    this.link = link;
    this.#now = now;
  }

  get state(): WorkspaceState {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Opens the link; the returned function closes it. */
  open(): () => void {
    return this.link.listen(this);
  }

  /** Everything the terminal printed so far that is still kept, then whatever follows. */
  onTerminal(terminal: string, listener: TerminalListener): () => void {
    const listeners = this.#terminals.get(terminal) ?? new Set();
    this.#terminals.set(terminal, listeners.add(listener));
    const held = this.#held.get(terminal);
    if (held) listener({ type: 'state', ...held });
    return () => listeners.delete(listener);
  }

  /** Says that the learner pressed Enter, so that the timeline can show when. */
  markCommand(): void {
    const at = this.simulatedNow();
    if (at !== undefined) this.#mark([{ at, kind: 'command', weight: 1 }]);
  }

  /** Simulated milliseconds since the epoch, carried on from the last reading. */
  simulatedNow(): number | undefined {
    const { clock } = this.#state;
    if (!clock) return undefined;
    return clock.isPaused || clock.isHeld ? clock.now : clock.now + (this.#now() - clock.heardAt) * clock.speed;
  }

  /** Shows the cluster as it was at an instant, as far as that is kept. What is asked for while an answer is on its way is asked once, last. */
  lookBack(at: number): void {
    const now = this.simulatedNow();
    const { history, past } = this.#state;
    if (now === undefined || !history) return;
    if (at >= now) return this.returnToNow();
    this.#set({ past: { at: Math.round(Math.max(at, history.from)), seen: past?.seen } });
    if (!this.#isLooking) void this.#look();
  }

  returnToNow(): void {
    this.#set({ past: undefined });
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    try {
      for (let asked: number | undefined; this.#state.past && this.#state.past.at !== asked;) {
        asked = this.#state.past.at;
        const seen = await this.link.ask('history:look', { at: asked });
        if (this.#state.past) this.#set({ past: { ...this.#state.past, seen } });
      }
    } catch (error) {
      this.complain(error);
      this.returnToNow();
    } finally {
      this.#isLooking = false;
    }
  }

  /** Shows what could not be done, in the sandbox's own sentence. */
  complain = (error: unknown): void => {
    const text = error instanceof Error ? error.message : String(error);
    this.onMessage({ name: 'sandbox:notice', payload: { level: 'warning', text } });
  };

  dismissNotice(id: number): void {
    this.#set({ notices: this.#state.notices.filter((notice) => notice.id !== id) });
  }

  addSubmission(key: string, result: GradingResult): void {
    const at = new Date().toISOString();
    this.#set({ submissions: [{ key, at, result }, ...this.#state.submissions.filter((one) => one.key !== key)] });
  }

  addTerminal(tab: TerminalTab, output: { offset: number; text: string }): void {
    this.#hold(tab.terminal, output);
    this.#set({ terminals: [...this.#state.terminals.filter((one) => one.terminal !== tab.terminal), tab] });
  }

  onConnection(connection: Connection, reason?: string): void {
    this.#set({ connection, refusal: reason });
  }

  onJoin(joined: JoinResult): void {
    // After a reset the offsets begin anew, and so does the timeline.
    const isAnew = this.#incarnation !== undefined && this.#incarnation !== joined.incarnation;
    if (isAnew) this.#held.clear();
    this.#incarnation = joined.incarnation;
    for (const terminal of joined.terminals) this.#hold(terminal.terminal, terminal);
    this.#set({
      ...(isAnew ? { marks: [], past: undefined } : {}),
      isReadOnly: joined.isReadOnly,
      connection: 'live',
      status: joined.status,
      clock: this.#read(joined.clock),
      view: joined.view,
      history: joined.history,
      files: joined.files,
      checks: joined.checks,
      editor: joined.editor ?? undefined,
      submissions: joined.submissions,
      terminals: joined.terminals.map(({ terminal, title }) => ({ terminal, title })),
    });
  }

  onMessage(message: SessionMessage): void {
    switch (message.name) {
      case 'terminal:output':
        return this.#output(message.payload);
      case 'terminal:closed':
        return this.#closed(message.payload.terminal);
      case 'cluster:view':
        return this.#see(message.payload);
      case 'clock:state':
        return this.#set({ clock: this.#read(message.payload) });
      case 'history:state':
        return this.#set({ history: message.payload });
      case 'checks:state':
        return this.#check(message.payload);
      case 'files:state':
        return this.#set({ files: message.payload });
      case 'editor:open':
        return this.#set({ editor: message.payload });
      case 'editor:gone':
        return this.#state.editor?.id === message.payload.id ? this.#set({ editor: undefined }) : undefined;
      case 'sandbox:status':
        return this.#set({ status: message.payload });
      case 'sandbox:notice':
        return this.#set({ notices: [...this.#state.notices, { id: this.#noticeId++, ...message.payload }] });
    }
  }

  #read(clock: ClockState): ClockReading {
    return { ...clock, heardAt: this.#now() };
  }

  #see(view: ClusterView): void {
    const { clock, view: before } = this.#state;
    if (before && view.revision > before.revision) this.#mark([{ at: view.now, kind: 'write', weight: view.revision - before.revision }]);
    this.#set({ view, clock: clock && this.#read({ ...clock, now: Math.max(view.now, clock.isPaused || clock.isHeld ? clock.now : 0) }) });
  }

  #check(checks: readonly CheckResult[]): void {
    const before = new Map(this.#state.checks.map((check) => [check.id, check.verdict]));
    const turned = checks.filter((check) => before.has(check.id) && before.get(check.id) !== check.verdict);
    const at = this.simulatedNow();
    if (at !== undefined)
      this.#mark(turned.map((check) => ({ at, kind: 'check', weight: check.points, isGood: check.verdict === 'pass' })));
    this.#set({ checks });
  }

  #mark(marks: readonly Mark[]): void {
    if (marks.length) this.#set({ marks: [...this.#state.marks, ...marks].slice(-marksMax) });
  }

  #hold(terminal: string, { offset, text }: { offset: number; text: string }): void {
    const held = this.#held.get(terminal);
    const known = held ? held.offset + held.text.length : undefined;
    if (known !== undefined && offset === known) return this.#output({ terminal, offset, text });
    this.#held.set(terminal, { offset, text });
    this.#tell(terminal, { type: 'state', offset, text });
  }

  #output({ terminal, offset, text }: { terminal: string; offset: number; text: string }): void {
    const held = this.#held.get(terminal) ?? { offset, text: '' };
    const known = held.offset + held.text.length;
    const fresh = text.slice(Math.max(0, known - offset));
    if (!fresh) return;
    this.#held.set(terminal, trimmed({ offset: held.offset, text: held.text + fresh }));
    this.#tell(terminal, { type: 'output', offset: known, text: fresh });
  }

  #closed(terminal: string): void {
    this.#held.delete(terminal);
    this.#set({ terminals: this.#state.terminals.filter((one) => one.terminal !== terminal) });
  }

  #tell(terminal: string, event: Parameters<TerminalListener>[0]): void {
    for (const listener of this.#terminals.get(terminal) ?? []) listener(event);
  }

  #set(change: Partial<WorkspaceState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

const heldMax = 400_000;

function trimmed({ offset, text }: { offset: number; text: string }): { offset: number; text: string } {
  if (text.length <= heldMax) return { offset, text };
  const cut = text.length - heldMax;
  return { offset: offset + cut, text: text.slice(cut) };
}
