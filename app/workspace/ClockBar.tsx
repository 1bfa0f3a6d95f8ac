'use client';
import { Menu } from '@mantine/core';
import { Pause, Play, SkipForward, StepForward, Timer } from 'lucide-react';
import { useState } from 'react';
import type { ClockCommand } from '@/lib/realtime/events';
import { Part } from '@/app/look/Glyph';
import { Speeds } from '@/app/look/Speeds';
import { clockTime } from '@/app/look/format';
import { partOf } from '@/app/look/parts';
import { Timeline } from './Timeline';
import { useWorkspace, useWorkspaceStore } from './use-workspace';
import styles from './ClockBar.module.css';

const jumps = [
  { ms: 10_000, name: '10 seconds' },
  { ms: 60_000, name: '1 minute' },
  { ms: 300_000, name: '5 minutes' },
  { ms: 3_600_000, name: '1 hour' },
];

/** Time belongs to the learner. Everything brass on the screen is here. */
export function ClockBar() {
  const clock = useWorkspace((state) => state.clock);
  const { turn, failure } = useClock();
  const isPaused = clock?.isPaused ?? false;
  // What is asked of a held clock would happen all at once when it is let go.
  const isDisabled = !clock || clock.isHeld === true;
  return (
    <footer className={styles.bar} aria-label="Clock" data-pane="clock" tabIndex={-1}>
      <div className={styles.controls}>
        <div className={styles.keys}>
          <button
            type="button"
            className="time-button"
            aria-pressed={isPaused}
            aria-label={isPaused ? 'Resume the clock' : 'Pause the clock'}
            disabled={isDisabled}
            onClick={() => turn({ action: isPaused ? 'resume' : 'pause' })}
          >
            {isPaused ? <Play size={16} aria-hidden="true" /> : <Pause size={16} aria-hidden="true" />}
          </button>
          <button
            type="button"
            className="time-button"
            aria-label="Step one event"
            title="Step one event"
            disabled={isDisabled}
            onClick={() => turn({ action: 'step' })}
          >
            <StepForward size={16} aria-hidden="true" />
          </button>
          <button
            type="button"
            className="time-button"
            aria-label="Run until idle"
            title="Run until nothing is left to do"
            disabled={isDisabled}
            onClick={() => turn({ action: 'run-until-idle' })}
          >
            <SkipForward size={16} aria-hidden="true" />
          </button>
          <Menu position="top-start" withinPortal>
            <Menu.Target>
              <button type="button" className="time-button" aria-label="Run for…" title="Run for…" disabled={isDisabled}>
                <Timer size={16} aria-hidden="true" />
              </button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Label>Let pass at once</Menu.Label>
              {jumps.map(({ ms, name }) => (
                <Menu.Item key={ms} onClick={() => turn({ action: 'run-for', ms })}>
                  {name}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
          <Speeds speed={clock?.speed} isDisabled={isDisabled} onChange={(speed) => turn({ action: 'speed', speed })} />
        </div>
        <Said failure={failure} />
      </div>
      <div className={styles.scale}>
        <Timeline />
      </div>
    </footer>
  );
}

function useClock(): { turn: (command: ClockCommand) => void; failure: string | undefined } {
  const store = useWorkspaceStore();
  const [failure, setFailure] = useState<string | undefined>();
  const turn = (command: ClockCommand) => {
    store.link.ask('clock:set', command).then(
      (clock) => {
        store.onMessage({ name: 'clock:state', payload: clock });
        setFailure(undefined);
      },
      (error: Error) => setFailure(error.message),
    );
  };
  return { turn, failure };
}

/** The transcript line of the step button, which on a narrow screen is there only for what has to be known. */
function Said({ failure }: { failure: string | undefined }) {
  const clock = useWorkspace((state) => state.clock);
  return (
    <p className={styles.said} data-urgent={failure !== undefined || clock?.isHeld || undefined} aria-live="polite">
      {failure ??
        (clock?.isHeld ? (
          'Saving is held up: the clock stands, and what you type waits. Nothing is lost.'
        ) : clock?.isPaused && clock.last ? (
          <>
            <time>{clockTime(clock.now)}</time>
            <Part id={partOf(clock.last.actor)}>{clock.last.actor}</Part> {clock.last.what}
          </>
        ) : clock?.isPaused ? (
          'Paused. What you type waits with it.'
        ) : null)}
    </p>
  );
}
