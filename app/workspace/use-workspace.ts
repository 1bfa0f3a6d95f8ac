'use client';
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import type { WorkspaceState, WorkspaceStore } from './store';

export const WorkspaceContext = createContext<WorkspaceStore | undefined>(undefined);

export function useWorkspaceStore(): WorkspaceStore {
  const store = useContext(WorkspaceContext);
  if (!store) throw new Error('There is no workspace round this component.');
  return store;
}

/** One part of the workspace's state; renders again only when that part is another object. */
export function useWorkspace<T>(select: (state: WorkspaceState) => T): T {
  const store = useWorkspaceStore();
  const read = () => select(store.state);
  return useSyncExternalStore(store.subscribe, read, read);
}

/** Simulated time, a few times a second while it runs. */
export function useSimulatedNow(intervalMs = 250): number | undefined {
  const store = useWorkspaceStore();
  const clock = useWorkspace((state) => state.clock);
  const [now, setNow] = useState<number | undefined>();
  useEffect(() => {
    const read = () => setNow(store.simulatedNow());
    read();
    if (!clock || clock.isPaused || clock.isHeld) return undefined;
    const timer = setInterval(read, intervalMs);
    return () => clearInterval(timer);
  }, [store, clock, intervalMs]);
  return now;
}
