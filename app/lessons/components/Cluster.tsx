'use client';
import { ListTree, Pause, Play, Power, RotateCcw, SkipForward, StepForward } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { ClusterFigure, type Selection } from '@/app/figures/ClusterFigure';
import { ClusterTables } from '@/app/figures/ClusterTables';
import { Explanation } from '@/app/figures/Explanation';
import { Glyph, Part } from '@/app/look/Glyph';
import { clockTime } from '@/app/look/format';
import { partOf } from '@/app/look/parts';
import type { Happening } from './figure-machine';
import { useFigure } from './use-figure';
import styles from './components.module.css';

export interface Wish {
  readonly label: string;
  /** A command for the workstation's shell. */
  readonly run?: string;
  /** A part of the control plane. */
  readonly stop?: string;
  readonly start?: string;
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

/** A live figure: a real cluster in the reader's page, with its own clock. It starts when the reader asks for it. */
export function Cluster({ name, caption, actions = [], setup = [], isPaused = false, showsTrace = false }: ClusterProps) {
  const { state, view, now, isRunning, said, happenings, open, setRunning, step, settle, wish, again } = useFigure({ name, setup, isPaused });
  const [selected, setSelected] = useState<Selection | undefined>();
  const [isTable, setIsTable] = useState(false);
  const isOpen = state === 'open';
  return (
    <figure className={styles.figure} aria-label={`Live figure: ${caption}`} data-figure={name} data-state={state}>
      <div className={styles.stage}>
        {view ? (isTable ? <ClusterTables view={view} /> : <><ClusterFigure view={view} selected={selected} onSelect={setSelected} /><Explanation view={view} selected={selected} /></>) : <Curtain state={state} onOpen={open} />}
      </div>
      {actions.length ? (
        <div className={styles.wishes} role="group" aria-label="What you can do to it">
          {actions.map((action) => (
            <button key={action.label} type="button" className="button" disabled={!isOpen} title={action.run} onClick={() => wish(action)}>
              {action.run ? <Glyph part="you" size={16} /> : <Power size={15} aria-hidden="true" />}
              {action.label}
            </button>
          ))}
        </div>
      ) : null}
      <div className={styles.figureBar}>
        <button type="button" className="time-button" aria-pressed={isOpen && !isRunning} aria-label={isRunning ? 'Pause' : 'Run'} disabled={!isOpen} onClick={() => setRunning(!isRunning)}>{isRunning ? <Pause size={16} aria-hidden="true" /> : <Play size={16} aria-hidden="true" />}</button>
        <button type="button" className="time-button" aria-label="Step one event" title="Step one event" disabled={!isOpen} onClick={step}><StepForward size={16} aria-hidden="true" /></button>
        <button type="button" className="time-button" aria-label="Run until idle" title="Run until nothing is left to do" disabled={!isOpen} onClick={settle}><SkipForward size={16} aria-hidden="true" /></button>
        <span className="sim-time">{now === undefined ? '--:--:--' : clockTime(now)}</span>
        <span className="spacer" />
        <button type="button" className="button quiet" aria-pressed={isTable} disabled={!isOpen} onClick={() => setIsTable(!isTable)}><ListTree size={15} aria-hidden="true" /><span>{isTable ? 'Picture' : 'Table'}</span></button>
        <button type="button" className="button quiet" disabled={!isOpen} onClick={again}><RotateCcw size={15} aria-hidden="true" /><span>Again</span></button>
      </div>
      <div className={styles.log} aria-live="polite">
        {said ? <><code>$ {said.command}</code>{said.output ? <pre tabIndex={0}>{said.output.trimEnd()}</pre> : null}</> : happenings.length ? null : state === 'failed' ? 'The figure did not start. Load the page again, or read on: nothing below depends on it.' : 'Nothing happened yet.'}
        {showsTrace ? <Happenings happenings={happenings} /> : happenings.length && !isRunning ? <Line happening={happenings.at(-1) as Happening} /> : null}
      </div>
      <figcaption>{caption}</figcaption>
    </figure>
  );
}

function Curtain({ state, onOpen }: { state: string; onOpen: () => void }) {
  return (
    <div className={styles.start}>
      {state === 'opening' ? <p className="caption" role="status">Booting a cluster in your browser…</p> : <button type="button" className="button primary large" onClick={onOpen}><Play size={16} aria-hidden="true" />Start this cluster</button>}
    </div>
  );
}

function Line({ happening }: { happening: Happening }) {
  return <p><time className="sim-time" style={{ fontSize: 12, marginRight: 8 }}>{clockTime(happening.at)}</time><Part id={partOf(happening.actor)}>{happening.actor}</Part> {happening.what}</p>;
}

/** The last things that happened, newest last, kept in sight. */
function Happenings({ happenings }: { happenings: readonly Happening[] }) {
  const list = useRef<HTMLOListElement>(null);
  const last = happenings.at(-1)?.id;
  const scroll = useCallback(() => { if (list.current) list.current.scrollTop = list.current.scrollHeight; }, []);
  useEffect(scroll, [last, scroll]);
  if (!happenings.length) return null;
  return (
    <ol ref={list} className={styles.trace} style={{ maxHeight: 200, overflowY: 'auto', margin: '8px 0 0' }} tabIndex={0} aria-label="What happened">
      {happenings.slice(-60).map((one) => <li key={one.id}><time>{clockTime(one.at)}</time><span><Part id={partOf(one.actor)}>{one.actor}</Part> {one.what}</span></li>)}
    </ol>
  );
}
