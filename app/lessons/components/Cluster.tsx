'use client';
import { ListTree, Pause, Play, Power, RotateCcw, SkipForward, StepForward } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { ClusterFigure, type Selection } from '@/app/figures/ClusterFigure';
import { ClusterTables } from '@/app/figures/ClusterTables';
import { Explanation } from '@/app/figures/Explanation';
import { Glyph, Part } from '@/app/look/Glyph';
import { clockTime } from '@/app/look/format';
import { partOf } from '@/app/look/parts';
import { restingView } from '@/app/figures/resting-view';
import type { ClusterView } from '@/lib/cluster';
import type { Happening } from './figure-machine';
import { useFigure, type Figure } from './use-figure';
import styles from './components.module.css';

export interface Wish {
  readonly label: string;
  /** A command for the workstation's shell. */
  readonly run?: string;
  /** A part of the control plane. */
  readonly stop?: string;
  readonly start?: string;
  /** A machine. */
  readonly crash?: string;
  readonly boot?: string;
}

export interface ClusterProps {
  /** Names the figure for ever; its cluster's seed. */
  readonly name: string;
  readonly caption: string;
  readonly actions?: readonly Wish[];
  /** Commands run before the reader arrives. */
  readonly setup?: readonly string[];
  readonly isPaused?: boolean;
  readonly showsTrace?: boolean;
}

const nothing: readonly string[] = [];

/** A live figure: a real cluster in the reader's page, with its own clock. It starts when the reader asks for it. */
export function Cluster({ name, caption, actions = [], setup = nothing, isPaused = false, showsTrace = false }: ClusterProps) {
  // Lists written in a lesson are new ones at each rendering.
  const [kept] = useState({ name, setup, isPaused });
  const figure = useFigure(kept);
  const [isTable, setIsTable] = useState(false);
  const { state, view, now, isRunning } = figure;
  return (
    <figure className={styles.figure} aria-label={`Live figure: ${caption}`} data-figure={name} data-state={state}>
      <div className={styles.stage}>{view ? <Stage view={view} isTable={isTable} /> : <Curtain state={state} onOpen={figure.open} />}</div>
      {actions.length ? (
        <div className={styles.wishes} role="group" aria-label="What you can do to it">
          {actions.map((action) => (
            <button
              key={action.label}
              type="button"
              className="button"
              disabled={state === 'opening'}
              title={action.run}
              onClick={() => grant(action, figure)}
            >
              {action.run ? <Glyph part="you" size={16} /> : <Power size={15} aria-hidden="true" />}
              {action.label}
            </button>
          ))}
        </div>
      ) : null}
      <div className={styles.figureBar}>
        <button
          type="button"
          className="time-button"
          aria-pressed={state === 'open' && !isRunning}
          aria-label={isRunning ? 'Pause' : 'Run'}
          disabled={state === 'opening'}
          onClick={() => figure.setRunning(!isRunning)}
        >
          {isRunning ? <Pause size={16} aria-hidden="true" /> : <Play size={16} aria-hidden="true" />}
        </button>
        <button
          type="button"
          className="time-button"
          aria-label="Step one event"
          title="Step one event"
          disabled={state === 'opening'}
          onClick={figure.step}
        >
          <StepForward size={16} aria-hidden="true" />
        </button>
        <button
          type="button"
          className="time-button"
          aria-label="Run until idle"
          title="Run until nothing is left to do"
          disabled={state === 'opening'}
          onClick={figure.settle}
        >
          <SkipForward size={16} aria-hidden="true" />
        </button>
        <span className="sim-time">{now === undefined ? '--:--:--' : clockTime(now)}</span>
        <span className="spacer" />
        <button type="button" className="button quiet" aria-pressed={isTable} disabled={!view} onClick={() => setIsTable(!isTable)}>
          <ListTree size={15} aria-hidden="true" />
          {isTable ? 'Picture' : 'Table'}
        </button>
        <button type="button" className="button quiet" disabled={!view} onClick={figure.again}>
          <RotateCcw size={15} aria-hidden="true" />
          Again
        </button>
      </div>
      <Log figure={figure} showsTrace={showsTrace} />
      <figcaption>{caption}</figcaption>
    </figure>
  );
}

function grant({ run, stop, start, crash, boot }: Wish, figure: Figure): void {
  if (run) figure.run(run);
  if (stop) figure.strike({ type: 'stop', component: stop });
  if (start) figure.strike({ type: 'start', component: start });
  if (crash) figure.strike({ type: 'crash', machine: crash });
  if (boot) figure.strike({ type: 'boot', machine: boot });
}

function Stage({ view, isTable }: { view: ClusterView; isTable: boolean }) {
  const [selected, setSelected] = useState<Selection | undefined>();
  if (isTable) return <ClusterTables view={view} />;
  return (
    <>
      <ClusterFigure view={view} selected={selected} onSelect={setSelected} />
      <Explanation view={view} selected={selected} />
    </>
  );
}

/** The cluster as it will be, behind the button that brings it to life. */
function Curtain({ state, onOpen }: { state: Figure['state']; onOpen: () => void }) {
  return (
    <>
      <div inert className={styles.behind}>
        <ClusterFigure view={restingView} />
      </div>
      <div className={styles.start}>
        {state === 'opening' ? (
          <p className={styles.booting} role="status">
            Booting a cluster in your browser…
          </p>
        ) : (
          <button type="button" className="button primary large" onClick={onOpen}>
            <Play size={16} aria-hidden="true" />
            Start this cluster
          </button>
        )}
      </div>
    </>
  );
}

function Log({ figure: { state, said, happenings, isRunning }, showsTrace }: { figure: Figure; showsTrace: boolean }) {
  const last = happenings.at(-1);
  if (state === 'failed')
    return (
      <p className={styles.log} role="alert">
        The figure did not start. Load the page again, or read on: nothing below depends on it.
      </p>
    );
  return (
    <div className={styles.log} aria-live="polite">
      {said ? (
        <>
          <code>$ {said.command}</code>
          {said.output ? (
            <pre tabIndex={0} aria-label="What it printed">
              {said.output.trimEnd()}
            </pre>
          ) : null}
        </>
      ) : null}
      {showsTrace ? <Happenings happenings={happenings} /> : last && !isRunning ? <Line happening={last} /> : null}
    </div>
  );
}

function Line({ happening: { at, actor, what } }: { happening: Happening }) {
  return (
    <p>
      <time className="sim-time" style={{ fontSize: 12, marginRight: 8 }}>
        {clockTime(at)}
      </time>
      <Part id={partOf(actor)}>{actor}</Part> {what}
    </p>
  );
}

/** The last things that happened, newest last, kept in sight. */
function Happenings({ happenings }: { happenings: readonly Happening[] }) {
  const list = useRef<HTMLOListElement>(null);
  const last = happenings.at(-1)?.id;
  const scroll = useCallback(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, []);
  useEffect(scroll, [last, scroll]);
  if (!happenings.length) return null;
  return (
    <ol ref={list} className={`${styles.trace} ${styles.happenings}`} tabIndex={0} aria-label="What happened">
      {happenings.slice(-60).map((one) => (
        <li key={one.id}>
          <time>{clockTime(one.at)}</time>
          <span>
            <Part id={partOf(one.actor)}>{one.actor}</Part> {one.what}
          </span>
        </li>
      ))}
    </ol>
  );
}
