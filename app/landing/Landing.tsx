'use client';
import { Pause, Play, Power, SkipForward, StepForward, Unplug } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { Orrery } from '@/app/figures/Orrery';
import { stages, type Stage } from '@/app/figures/Plate';
import type { Happening } from '@/app/lessons/components/figure-machine';
import { useFigure, type Figure } from '@/app/lessons/components/use-figure';
import { Glyph, Part } from '@/app/look/Glyph';
import { Speeds } from '@/app/look/Speeds';
import { clockTime } from '@/app/look/format';
import { partOf } from '@/app/look/parts';
import { atRest } from './at-rest';
import { liveOrrery } from './live-orrery';
import styles from './Landing.module.css';

const label =
  'A cluster: etcd in the middle, the API server as rings round it, every other part on an orbit that reaches etcd only through the rings.';
const setup = ['kubectl create deployment web --image=nginx:1.27 --replicas=3', 'kubectl rollout status deployment web'];
const ringMs = 210;
const options = { name: 'landing', setup, isPaused: false };

/** The plate, at rest until somebody turns it; then it is a cluster in the page. */
export function Landing({ children }: { children: ReactNode }) {
  const figure = useFigure(options);
  const recent = useRecent(figure.happenings);
  const stageInUse = useStage(recent.findLast((one) => one.kind === 'write')?.id);
  const data = figure.view ? { ...liveOrrery(figure.view, recent), stageInUse } : atRest;
  return (
    <>
      <section className={styles.hero}>
        <div>{children}</div>
        <div className={`${styles.machine} only-wide`} data-state={figure.state}>
          <Orrery data={data} label={label} />
        </div>
        <div className={`${styles.machine} only-narrow`}>
          <Orrery data={data} isSmall label={label} />
        </div>
      </section>
      <Controls figure={figure} />
    </>
  );
}

/** What happened since a moment ago: long enough for a bead to arrive. */
function useRecent(happenings: readonly Happening[]): readonly Happening[] {
  const [recent, setRecent] = useState<readonly Happening[]>([]);
  const last = happenings.at(-1)?.id;
  useEffect(() => {
    setRecent((before) => {
      const known = before.at(-1)?.id ?? 0;
      return [...before, ...happenings.filter((one) => one.id > known)].slice(-6);
    });
    const timer = setTimeout(() => setRecent([]), 1600);
    return () => clearTimeout(timer);
    // The last id stands for the list.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [last]);
  return recent;
}

/** The rings in the order in which the latest request passes them. */
function useStage(request: number | undefined): Stage | undefined {
  const [stage, setStage] = useState<Stage | undefined>();
  useEffect(() => {
    if (request === undefined) return setStage(undefined);
    const timers = [...stages, undefined].map((next, ring) => setTimeout(() => setStage(next), ring * ringMs));
    return () => timers.forEach(clearTimeout);
  }, [request]);
  return stage;
}

function Controls({ figure }: { figure: Figure }) {
  const { state, view, isRunning } = figure;
  const isBusy = state === 'opening';
  const desired = view?.workloads.find((workload) => workload.kind === 'Deployment' && workload.name === 'web')?.desired ?? 3;
  const hasWorker2 = view?.nodes.find((node) => node.name === 'worker-2')?.isUp ?? true;
  const hasScheduler = view?.pods.some((pod) => pod.name.startsWith('kube-scheduler-')) ?? true;
  const goal = desired >= 5 ? 3 : 5;
  return (
    <section className={styles.controls} aria-label="Turn the machine">
      <div className={styles.crank}>
        <button
          type="button"
          className="time-button"
          aria-pressed={state === 'open' && !isRunning}
          aria-label={isRunning ? 'Pause' : 'Turn the crank'}
          disabled={isBusy}
          onClick={() => figure.setRunning(!isRunning)}
        >
          {isRunning ? <Pause size={16} aria-hidden="true" /> : <Play size={16} aria-hidden="true" />}
        </button>
        <button type="button" className="time-button" aria-label="Step one event" disabled={isBusy} onClick={figure.step}>
          <StepForward size={16} aria-hidden="true" />
        </button>
        <button type="button" className="time-button" aria-label="Run until idle" disabled={isBusy} onClick={figure.settle}>
          <SkipForward size={16} aria-hidden="true" />
        </button>
        <Speeds speed={figure.speed} onChange={figure.setSpeed} />
      </div>
      <div className={styles.tries} role="group" aria-label="Try it">
        <button
          type="button"
          className="button"
          disabled={isBusy}
          onClick={() => figure.run(`kubectl scale deployment web --replicas=${goal}`)}
        >
          <Glyph part="you" size={16} />
          Scale web to {goal}
        </button>
        <button
          type="button"
          className="button"
          disabled={isBusy}
          onClick={() => figure.strike({ type: hasWorker2 ? 'crash' : 'boot', machine: 'worker-2' })}
        >
          <Unplug size={15} aria-hidden="true" />
          {hasWorker2 ? 'Crash worker-2' : 'Boot worker-2'}
        </button>
        <button
          type="button"
          className={`button ${styles.third}`}
          disabled={isBusy}
          onClick={() => figure.strike({ type: hasScheduler ? 'stop' : 'start', component: 'kube-scheduler' })}
        >
          <Power size={15} aria-hidden="true" />
          {hasScheduler ? 'Stop the scheduler' : 'Start the scheduler'}
        </button>
      </div>
      <p className={styles.saying} aria-live="polite">
        <Saying figure={figure} />
      </p>
    </section>
  );
}

function Saying({ figure: { state, now, happenings } }: { figure: Figure }) {
  const last = happenings.findLast((one) => one.kind === 'write' || one.kind === 'fault');
  if (state === 'opening') return 'Booting a cluster in your browser…';
  if (state === 'failed') return 'This browser could not run the cluster. The labs run on the server and will.';
  if (state === 'closed') return 'This is a whole cluster, and it runs in your browser. Turn the crank.';
  if (!last) return <span className="sim-time">{clockTime(now ?? 0)}</span>;
  return (
    <>
      <span className="sim-time">{clockTime(last.at)}</span> <Part id={partOf(last.actor)}>{last.actor}</Part> {last.what}.
    </>
  );
}
