'use client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useWorkspace, useWorkspaceStore } from '../use-workspace';

/** A file as the editor holds it. */
export interface OpenFile {
  readonly path: string;
  readonly text: string;
  /** The version of the text last taken from or acknowledged by the sandbox. */
  readonly version: string;
  /** Counts up when the text was replaced from outside. */
  readonly load: number;
  readonly state: 'saved' | 'edited' | 'saving' | 'changed-elsewhere' | 'failed';
}

const saveAfterMs = 700;

/** Files of the learner's home directory, open in the editor. Typing saves itself; what the shell writes is followed. */
export function useFiles() {
  const store = useWorkspaceStore();
  const files = useWorkspace((state) => state.files);
  const [open, setOpen] = useState<readonly OpenFile[]>([]);
  const latest = useRef(open);
  latest.current = open;
  const timers = useRef(new Map<string, ReturnType<typeof setTimeout>>());

  const change = useCallback((path: string, next: (file: OpenFile) => OpenFile) => {
    latest.current = latest.current.map((file) => (file.path === path ? next(file) : file));
    setOpen(latest.current);
  }, []);

  const load = useCallback(
    async (path: string) => {
      const { text } = await store.link.ask('file:read', { path });
      const version = store.state.files.find((file) => file.path === path)?.version ?? '';
      const known = latest.current.find((file) => file.path === path);
      if (known) return change(path, (file) => ({ ...file, text, version, load: file.load + 1, state: 'saved' }));
      latest.current = [...latest.current, { path, text, version, load: 0, state: 'saved' }];
      setOpen(latest.current);
    },
    [store, change],
  );

  const save = useCallback(
    async (path: string) => {
      clearTimeout(timers.current.get(path));
      const file = latest.current.find((one) => one.path === path);
      if (!file || file.state === 'saved' || file.state === 'saving') return;
      change(path, (one) => ({ ...one, state: 'saving' }));
      try {
        const written = await store.link.ask('file:write', { path, text: file.text });
        change(path, (one) => ({ ...one, version: written.version, state: one.text === file.text ? 'saved' : 'edited' }));
      } catch {
        change(path, (one) => ({ ...one, state: 'failed' }));
      }
      if (latest.current.find((one) => one.path === path)?.state === 'edited') void save(path);
    },
    [store, change],
  );

  const edit = useCallback(
    (path: string, text: string) => {
      const file = latest.current.find((one) => one.path === path);
      if (!file || file.text === text) return;
      change(path, (one) => ({
        ...one,
        text,
        state: one.state === 'changed-elsewhere' ? one.state : one.state === 'saving' ? 'saving' : 'edited',
      }));
      clearTimeout(timers.current.get(path));
      if (file.state !== 'changed-elsewhere')
        timers.current.set(
          path,
          setTimeout(() => void save(path), saveAfterMs),
        );
    },
    [change, save],
  );

  const create = useCallback(
    async (path: string) => {
      await store.link.ask('file:write', { path, text: '' });
      await load(path);
    },
    [store, load],
  );

  const close = useCallback(
    async (path: string) => {
      await save(path);
      latest.current = latest.current.filter((file) => file.path !== path);
      setOpen(latest.current);
    },
    [save],
  );

  const keepMine = useCallback(
    (path: string) => {
      change(path, (file) => ({ ...file, state: 'edited' }));
      void save(path);
    },
    [change, save],
  );

  useEffect(() => {
    for (const file of latest.current) {
      const there = files.find((one) => one.path === file.path);
      if (!there || there.version === file.version || file.state === 'saving') continue;
      if (file.state === 'saved') void load(file.path).catch(store.complain);
      else change(file.path, (one) => ({ ...one, state: 'changed-elsewhere' }));
    }
  }, [files, load, change, store]);

  useEffect(() => {
    const pending = timers.current;
    return () => {
      for (const timer of pending.values()) clearTimeout(timer);
    };
  }, []);

  return { files, open, load, save, edit, create, close, keepMine };
}
