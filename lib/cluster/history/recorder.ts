import type { MvccCommit, MvccEdit, MvccStore } from '../etcd';
import { instant, type Kernel, type TraceEntry } from '../kernel';
import type { ChangeCause } from './change';
import type { Ledger } from './ledger';

/** The stores of etcd's members, by machine. */
export type MemberStores = ReadonlyMap<string, MvccStore>;

/** Writes a running cluster's changes into its ledger, each with what the trace says caused it. */
export class HistoryRecorder {
  readonly #kernel: Kernel;
  readonly #ledger: Ledger;
  readonly #stores: () => MemberStores;

  constructor(kernel: Kernel, ledger: Ledger, stores: () => MemberStores) {
    this.#kernel = kernel;
    this.#ledger = ledger;
    this.#stores = stores;
  }

  /** A member's store made a commit. Answers the cause when it is news, for whoever keeps the commit elsewhere. */
  commit(machine: string, { revision, events }: MvccCommit, store: MvccStore): ChangeCause | undefined {
    if (!this.#ledger.isNews(revision, store)) return undefined;
    const cause = this.#cause();
    this.#ledger.record(machine, { revision, at: this.#kernel.now, cause, events });
    return cause;
  }

  edit(machine: string, edit: MvccEdit, before: MvccStore | undefined, after: MvccStore): void {
    if (edit.type !== 'install' || !before) return;
    const others = without(this.#stores(), machine);
    this.#ledger.maybeRecordInstall(machine, { at: this.#kernel.now, cause: this.#cause(), before, after, others });
  }

  power(machine: string, isUp: boolean): ChangeCause | undefined {
    const { trace, cause: by } = this.#kernel;
    const cause = this.#asCause(by === undefined ? undefined : trace.find(by));
    this.#ledger.recordPower({ at: this.#kernel.now, cause, power: { machine, isUp } });
    return cause;
  }

  /** The request that is being answered, or else what runs now. */
  #cause(): ChangeCause | undefined {
    const { trace, cause } = this.#kernel;
    return this.#asCause(trace.nearest('request', cause) ?? (cause === undefined ? undefined : trace.find(cause)));
  }

  #asCause(entry: TraceEntry | undefined): ChangeCause | undefined {
    if (!entry) return undefined;
    const { id, kind, actor, what } = entry;
    return { generation: this.#kernel.generation, id, kind, actor, what };
  }
}

/** Does to a restored store and its ledger what a journal row says. */
export function replayCommit(
  ledger: Ledger,
  store: MvccStore,
  row: { machine: string; at: number; commit: MvccCommit; cause?: ChangeCause },
): void {
  const { machine, at, commit, cause } = row;
  const isNews = ledger.isNews(commit.revision, store);
  const events = store.replay(commit);
  if (isNews) ledger.record(machine, { revision: commit.revision, at: instant(at), cause, events });
}

export function replayEdit(ledger: Ledger, stores: MemberStores, row: { machine: string; at: number; edit: MvccEdit }): void {
  const { machine, at, edit } = row;
  const store = stores.get(machine) as MvccStore;
  const before = edit.type === 'install' ? store.fork() : undefined;
  store.replayEdit(edit);
  const others = without(stores, machine);
  if (before) ledger.maybeRecordInstall(machine, { at: instant(at), cause: undefined, before, after: store, others });
}

function without(stores: MemberStores, machine: string): MemberStores {
  return new Map([...stores].filter(([name]) => name !== machine));
}
