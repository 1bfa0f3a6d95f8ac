'use client';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ClusterView } from '@/lib/cluster';
import type { Wish } from './Cluster';
import type { FigureMachine, Happening } from './figure-machine';

type State = 'closed' | 'opening' | 'open' | 'failed';

interface Options {
  readonly name: string;
  readonly setup: readonly string[];
  readonly isPaused: boolean;
}

/** A figure's machine and its clock. The simulation is loaded when it is first wanted, so that a page stays light. */
export function useFigure({ name, setup, isPaused }: Options) {
  const machine = useRef<FigureMachine | undefined>(undefined);
  const [state, setState] = useState<State>('closed');
  const [isRunning, setRunning] = useState(false);
  const [view, setView] = useState<ClusterView | undefined>();
  const [now, setNow] = useState<number | undefined>();
  const [said, setSaid] = useState<{ command: string; output: string } | undefined>();
  const [happenings, setHappenings] = useState<readonly Happening[]>([]);
  const seen = useRef(0);

  const look = useCallback(() => {
    const open = machine.current;
    if (!open) return;
    setNow(open.now);
    setView((before) => {
      const next = open.view();
      return before && before.revision === next.revision && sameMachines(before, next) ? before : next;
    });
    const fresh = open.happeningsSince(seen.current);
    if (fresh.length) {
      seen.current = fresh.at(-1)?.id ?? seen.current;
      setHappenings((before) => [...before, ...fresh].slice(-200));
    }
  }, []);

  const open = useCallback(async () => {
    setState('opening');
    try {
      const { openFigureMachine } = await import('./open-figure-machine');
      await new Promise((resolve) => setTimeout(resolve, 0));
      machine.current = await openFigureMachine({ name, setup });
      seen.current = machine.current.happeningsSince(0).at(-1)?.id ?? 0;
      setHappenings([]);
      setSaid(undefined);
      look();
      setState('open');
      setRunning(!isPaused);
    } catch (error) {
      console.error(error);
      setState('failed');
    }
  }, [name, setup, isPaused, look]);

  useEffect(() => {
    if (!isRunning) return undefined;
    let before = performance.now();
    let looked = 0;
    let frame = 0;
    const turn = (time: number) => {
      machine.current?.advance(Math.min(100, Math.max(0, time - before)));
      before = time;
      if (time - looked > 100) {
        looked = time;
        look();
      }
      frame = requestAnimationFrame(turn);
    };
    frame = requestAnimationFrame(turn);
    return () => cancelAnimationFrame(frame);
  }, [isRunning, look]);

  const step = useCallback(() => {
    setRunning(false);
    machine.current?.step();
    look();
  }, [look]);

  const settle = useCallback(() => {
    machine.current?.runUntilIdle();
    look();
  }, [look]);

  const wish = useCallback(({ run, stop, start }: Wish) => {
    const open = machine.current;
    if (!open) return;
    if (stop) open.stop(stop);
    if (start) open.start(start);
    if (stop || start) setSaid(undefined);
    look();
    if (!run) return;
    setSaid({ command: run, output: '' });
    void open.run(run).then((output) => {
      setSaid({ command: run, output });
      look();
    });
  }, [look]);

  const again = useCallback(() => {
    setRunning(false);
    machine.current = undefined;
    setView(undefined);
    void open();
  }, [open]);

  return { state, view, now, isRunning, said, happenings, open: () => void open(), setRunning, step, settle, wish, again };
}

/** A machine that loses power is seen before the store hears of it. */
function sameMachines(a: ClusterView, b: ClusterView): boolean {
  return a.nodes.every((node, index) => node.isUp === b.nodes[index]?.isUp);
}
