'use client';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ClusterView } from '@/lib/cluster';
import type { Blow, FigureMachine, Happening } from './figure-machine';

export interface FigureOptions {
  /** Names the figure for ever; its cluster's seed. */
  readonly name: string;
  /** Commands run before the reader arrives. */
  readonly setup: readonly string[];
  readonly isPaused: boolean;
}

export interface Figure {
  readonly state: 'closed' | 'opening' | 'open' | 'failed';
  readonly view: ClusterView | undefined;
  readonly now: number | undefined;
  readonly isRunning: boolean;
  readonly speed: number;
  /** The command last typed, and what it printed. */
  readonly said: { readonly command: string; readonly output: string } | undefined;
  readonly happenings: readonly Happening[];
  /** Each opens the figure first when it is not open. */
  open(): void;
  setRunning(isRunning: boolean): void;
  setSpeed(speed: number): void;
  step(): void;
  settle(): void;
  run(command: string): void;
  strike(blow: Blow): void;
  again(): void;
}

const happeningsMax = 200;
const lookEveryMs = 100;

/** A figure's machine and its clock. The simulation is loaded when it is first wanted, so that a page stays light. */
export function useFigure({ name, setup, isPaused }: FigureOptions): Figure {
  const machine = useRef<Promise<FigureMachine> | undefined>(undefined);
  const seen = useRef(0);
  const [opened, setOpened] = useState<FigureMachine | undefined>();
  const [state, setState] = useState<Figure['state']>('closed');
  const [isRunning, setRunning] = useState(false);
  const [speed, setSpeed] = useState(1);
  const [view, setView] = useState<ClusterView | undefined>();
  const [now, setNow] = useState<number | undefined>();
  const [said, setSaid] = useState<Figure['said']>();
  const [happenings, setHappenings] = useState<readonly Happening[]>([]);

  const look = useCallback((open: FigureMachine) => {
    setNow(open.now);
    setView((before) => latest(before, open.view()));
    const fresh = open.happeningsSince(seen.current);
    if (!fresh.length) return;
    seen.current = fresh.at(-1)?.id ?? seen.current;
    setHappenings((before) => [...before, ...fresh].slice(-happeningsMax));
  }, []);

  const load = useCallback(async (): Promise<FigureMachine> => {
    setState('opening');
    // What is drawn of the waiting is drawn before the boot takes the thread.
    await new Promise((resolve) => setTimeout(resolve, 30));
    const { openFigureMachine } = await import('./open-figure-machine');
    const open = await openFigureMachine({ name, setup });
    seen.current = open.happeningsSince(0).at(-1)?.id ?? 0;
    setHappenings([]);
    setSaid(undefined);
    setOpened(open);
    look(open);
    setState('open');
    setRunning(!isPaused);
    return open;
  }, [name, setup, isPaused, look]);

  /** Runs `act` on the machine, opened if need be, and looks. */
  const withMachine = useCallback(
    async (act: (open: FigureMachine) => void) => {
      try {
        machine.current ??= load();
        const open = await machine.current;
        act(open);
        look(open);
      } catch (error) {
        machine.current = undefined;
        setState('failed');
        throw error;
      }
    },
    [load, look],
  );

  useEffect(() => (opened && isRunning ? keepTurning(opened, speed, look) : undefined), [opened, isRunning, speed, look]);

  return useMemo<Figure>(
    () => ({
      state,
      view,
      now,
      isRunning,
      speed,
      said,
      happenings,
      setSpeed,
      open: () => void withMachine(() => undefined),
      setRunning: (next) => void withMachine(() => setRunning(next)),
      step: () =>
        void withMachine((open) => {
          setRunning(false);
          open.step();
        }),
      settle: () => void withMachine((open) => open.runUntilIdle()),
      strike: (blow) =>
        void withMachine((open) => {
          setSaid(undefined);
          open.strike(blow);
        }),
      run: (command) =>
        void withMachine((open) => {
          setSaid({ command, output: '' });
          void open.run(command).then((output) => {
            setSaid({ command, output });
            look(open);
          });
        }),
      again: () => {
        setRunning(false);
        setView(undefined);
        machine.current = undefined;
        void withMachine(() => undefined);
      },
    }),
    [state, view, now, isRunning, speed, said, happenings, withMachine, look],
  );
}

/** Gives the machine the page's own time, frame by frame; a hidden page stands still. */
function keepTurning(open: FigureMachine, speed: number, look: (open: FigureMachine) => void): () => void {
  let before = performance.now();
  let looked = 0;
  let frame = requestAnimationFrame(function turn(time) {
    open.advance(Math.min(lookEveryMs, Math.max(0, time - before)) * speed);
    before = time;
    if (time - looked > lookEveryMs) {
      looked = time;
      look(open);
    }
    frame = requestAnimationFrame(turn);
  });
  return () => cancelAnimationFrame(frame);
}

/** The view before when nothing changed, so that nothing is drawn again. A machine that loses power is seen before the store hears of it. */
function latest(before: ClusterView | undefined, next: ClusterView): ClusterView {
  const isSame = before?.revision === next.revision && before.nodes.every((node, index) => node.isUp === next.nodes[index]?.isUp);
  return before && isSame ? before : next;
}
