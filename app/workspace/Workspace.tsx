'use client';
import { useMediaQuery } from '@mantine/hooks';
import { ChevronRight, Clock, History, RotateCcw } from 'lucide-react';
import Link from 'next/link';
import { useEffect, useState, type ReactNode } from 'react';
import { Group, Panel, Separator } from 'react-resizable-panels';
import type { LabContent } from '@/lib/content';
import { Brand } from '@/app/look/Brand';
import { clockTime } from '@/app/look/format';
import { SchemeSwitch } from '@/app/look/SchemeSwitch';
import { Banners } from './Banners';
import { ClockBar } from './ClockBar';
import { ClusterPane } from './ClusterPane';
import { EditorPane } from './EditorPane';
import type { SandboxLink } from './link';
import { SavedState } from './SavedState';
import { WorkspaceStore } from './store';
import { TaskPane } from './TaskPane';
import { TerminalPane } from './TerminalPane';
import { useSimulatedNow, useWorkspace, useWorkspaceStore, WorkspaceContext } from './use-workspace';
import { WorkspaceMenu } from './WorkspaceMenu';
import styles from './Workspace.module.css';

interface Props {
  readonly lab: LabContent;
  readonly link: SandboxLink;
  readonly sandboxId: string;
  readonly back?: { readonly href: string; readonly name: string };
}

/** The lab at work: task, shells, editor, cluster and clock, all about one sandbox. */
export function Workspace({ lab, link, sandboxId, back = { href: '/labs', name: 'Labs' } }: Props) {
  const [store] = useState(() => new WorkspaceStore(link));
  useEffect(() => store.open(), [store]);
  useEffect(() => {
    document.addEventListener('keydown', cyclePanes);
    return () => document.removeEventListener('keydown', cyclePanes);
  }, []);
  return (
    <WorkspaceContext value={store}>
      <div className={styles.workspace}>
        <header className={styles.top}>
          <Brand />
          <span className={styles.crumb}>
            <span className="only-wide row">
              <Link href={back.href}>{back.name}</Link>
              <ChevronRight size={14} aria-hidden="true" />
            </span>
            <h1>{lab.title}</h1>
          </span>
          <span className="spacer" />
          <SavedState />
          <HeaderClock />
          <span className="only-wide">
            <SchemeSwitch />
          </span>
          <WorkspaceMenu lab={lab} sandboxId={sandboxId} />
        </header>
        <main id="main" className={styles.body}>
          <Banners />
          <Panes lab={lab} />
        </main>
        <ClockBar />
      </div>
    </WorkspaceContext>
  );
}

function HeaderClock() {
  const now = useSimulatedNow();
  const clock = useWorkspace((state) => state.clock);
  const past = useWorkspace((state) => state.past);
  const store = useWorkspaceStore();
  if (past)
    return (
      <button
        type="button"
        className={`sim-time ${styles.past}`}
        aria-label={`Looking back at ${clockTime(past.at)}. Return to now`}
        title="Return to now"
        onClick={() => store.returnToNow()}
      >
        <History size={14} aria-hidden="true" />
        {clockTime(past.at)}
        <RotateCcw size={14} aria-hidden="true" />
      </button>
    );
  return (
    <span
      className="sim-time"
      aria-label={clock && now !== undefined ? `Simulated time ${clockTime(now)}` : 'The clock has not started'}
      role="timer"
    >
      <Clock size={14} aria-hidden="true" />
      {now === undefined ? '--:--:--' : clockTime(now)}
      <span style={{ color: 'var(--ink-3)' }}>{clock?.isHeld ? 'held' : clock?.isPaused ? 'paused' : `×${clock?.speed ?? 1}`}</span>
    </span>
  );
}

function Panes({ lab }: { lab: LabContent }) {
  const isNarrow = useMediaQuery('(max-width: 899px)', undefined, { getInitialValueInEffect: true });
  if (isNarrow === undefined) return null;
  return isNarrow ? <NarrowPanes lab={lab} /> : <WidePanes lab={lab} />;
}

function WidePanes({ lab }: { lab: LabContent }) {
  return (
    <Group orientation="horizontal" className={styles.panes} id="workspace">
      <Panel id="task" defaultSize={356} minSize={280} groupResizeBehavior="preserve-pixel-size">
        <TaskPane lab={lab} />
      </Panel>
      <Separator className={styles.separator} aria-label="Width of the task" />
      <Panel id="middle" minSize={340}>
        <Group orientation="vertical" className={styles.panes} id="middle">
          <Panel id="terminal" defaultSize="52%" minSize={120}>
            <TerminalPane />
          </Panel>
          <Separator className={styles.separator} aria-label="Height of the terminal" />
          <Panel id="editor" minSize={100}>
            <EditorPane />
          </Panel>
        </Group>
      </Panel>
      <Separator className={styles.separator} aria-label="Width of the cluster" />
      <Panel id="cluster" defaultSize={404} minSize={260} groupResizeBehavior="preserve-pixel-size">
        <ClusterPane />
      </Panel>
    </Group>
  );
}

const narrowPanes: readonly { readonly id: string; readonly name: string; readonly render: (lab: LabContent) => ReactNode }[] = [
  { id: 'task', name: 'Task', render: (lab) => <TaskPane lab={lab} /> },
  { id: 'terminal', name: 'Terminal', render: () => <TerminalPane /> },
  { id: 'editor', name: 'Editor', render: () => <EditorPane /> },
  { id: 'cluster', name: 'Cluster', render: () => <ClusterPane /> },
];

/** On a phone one pane at a time; those once opened stay alive behind the others. */
function NarrowPanes({ lab }: { lab: LabContent }) {
  const request = useWorkspace((state) => state.editor);
  const [active, setActive] = useState('task');
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set(['task']));
  const show = (id: string) => {
    setActive(id);
    setOpened((before) => new Set(before).add(id));
  };
  useEffect(() => {
    if (request) show('editor');
  }, [request]);
  return (
    <div className={styles.mobile} style={{ height: '100%' }}>
      <div className={styles.mobileTabs} role="tablist" aria-label="Panes">
        {narrowPanes.map(({ id, name }) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`pane-tab-${id}`}
            aria-controls={`pane-${id}`}
            aria-selected={id === active}
            className={styles.tab}
            onClick={() => show(id)}
          >
            {name}
          </button>
        ))}
      </div>
      {narrowPanes.map(({ id, render }) => (
        <div
          key={id}
          id={`pane-${id}`}
          role="tabpanel"
          aria-labelledby={`pane-tab-${id}`}
          hidden={id !== active}
          className={styles.mobilePane}
        >
          {opened.has(id) ? render(lab) : null}
        </div>
      ))}
    </div>
  );
}

/** F6 and Shift+F6 go round the panes, so that no pane keeps the keyboard. */
function cyclePanes(event: KeyboardEvent): void {
  if (event.key !== 'F6') return;
  event.preventDefault();
  const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')].filter((pane) => pane.offsetParent);
  const here = panes.findIndex((pane) => pane.contains(document.activeElement));
  const next = panes[(here + (event.shiftKey ? -1 : 1) + panes.length) % panes.length];
  const inside =
    next?.dataset['pane'] === 'terminal'
      ? next.querySelector<HTMLElement>('[role="tabpanel"]:not([hidden]) textarea')
      : next?.dataset['pane'] === 'editor'
        ? next.querySelector<HTMLElement>('textarea, .native-edit-context')
        : undefined;
  (inside ?? next)?.focus();
}
