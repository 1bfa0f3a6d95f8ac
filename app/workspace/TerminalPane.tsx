'use client';
import { Plus, SquareTerminal, X } from 'lucide-react';
import { useState } from 'react';
import { useWorkspace, useWorkspaceStore } from './use-workspace';
import { XtermView } from './XtermView';
import pane from './Workspace.module.css';
import styles from './TerminalPane.module.css';

/** The learner's shells. They live where the cluster lives: a second browser tab shows the same ones. */
export function TerminalPane() {
  const store = useWorkspaceStore();
  const terminals = useWorkspace((state) => state.terminals);
  const [chosen, setChosen] = useState<string | undefined>();
  const active = terminals.find((one) => one.terminal === chosen) ?? terminals[0];
  const open = async () => {
    const name = freeName(terminals.map((one) => one.terminal));
    const state = await store.link.ask('terminal:open', { terminal: name });
    store.addTerminal({ terminal: state.terminal, title: state.title }, state);
    setChosen(state.terminal);
  };
  return (
    <section className={`${pane.pane} ${styles.pane}`} aria-label="Terminal" data-pane="terminal" tabIndex={-1}>
      <div className={`${pane.paneHead} ${styles.head}`}>
        <div className={pane.tabs} role="tablist" aria-label="Terminals">
          {terminals.map((one) => (
            <button
              key={one.terminal}
              type="button"
              role="tab"
              id={`tab-${one.terminal}`}
              aria-controls={`panel-${one.terminal}`}
              className={`${pane.tab} ${styles.tab}`}
              aria-selected={one === active}
              onClick={() => setChosen(one.terminal)}
            >
              <SquareTerminal size={14} aria-hidden="true" />
              {one.title}
            </button>
          ))}
        </div>
        <button
          type="button"
          className={styles.tool}
          aria-label="New terminal"
          disabled={!terminals.length}
          onClick={() => void open().catch(store.complain)}
        >
          <Plus size={16} aria-hidden="true" />
        </button>
        {terminals.length > 1 && active ? (
          <button
            type="button"
            className={styles.tool}
            aria-label={`Close terminal ${active.title}`}
            onClick={() => void store.link.ask('terminal:close', { terminal: active.terminal }).catch(store.complain)}
          >
            <X size={16} aria-hidden="true" />
          </button>
        ) : null}
        <span className="spacer" />
        <span className="caption only-wide" style={{ paddingRight: 10 }}>
          F6 goes to the next pane
        </span>
      </div>
      <div className={styles.screen}>
        {terminals.length ? null : <p className={styles.waiting}>Waiting for the workstation…</p>}
        {terminals.map((one) => (
          <div
            key={one.terminal}
            role="tabpanel"
            id={`panel-${one.terminal}`}
            aria-labelledby={`tab-${one.terminal}`}
            className={styles.terminal}
            hidden={one !== active}
          >
            <XtermView terminal={one.terminal} title={one.title} isActive={one === active} />
          </div>
        ))}
      </div>
    </section>
  );
}

function freeName(taken: readonly string[]): string {
  for (let number = 2; ; number++) if (!taken.includes(`terminal-${number}`)) return `terminal-${number}`;
}
