'use client';
import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal, type ITheme } from '@xterm/xterm';
import { useEffect, useRef } from 'react';
import { useWorkspaceStore } from './use-workspace';

/** Dark in both schemes. The sixteen colours are the states' and parts' own, at 4.5 to 1 or more on the terminal's ground. */
const theme: ITheme = {
  background: '#12191A',
  foreground: '#DCE5E2',
  cursor: '#DCE5E2',
  cursorAccent: '#12191A',
  selectionBackground: '#3A5B5C',
  black: '#263435',
  red: '#FF8F80',
  green: '#7CCB93',
  yellow: '#E5B755',
  blue: '#6FA6F2',
  magenta: '#DB74AE',
  cyan: '#74C7CC',
  white: '#DCE5E2',
  brightBlack: '#8FA09B',
  brightRed: '#FFB3A8',
  brightGreen: '#9FDDB1',
  brightYellow: '#F0CD84',
  brightBlue: '#9CC2F7',
  brightMagenta: '#EBA3CB',
  brightCyan: '#9BDADD',
  brightWhite: '#FFFFFF',
};

export function XtermView({ terminal: name, title, isActive }: { terminal: string; title: string; isActive: boolean }) {
  const store = useWorkspaceStore();
  const host = useRef<HTMLDivElement>(null);
  const opened = useRef<{ terminal: Terminal; fit: () => void } | undefined>(undefined);

  useEffect(() => {
    const element = host.current;
    if (!element) return undefined;
    const terminal = new Terminal({
      theme,
      fontFamily: getComputedStyle(element).getPropertyValue('--font-mono') || 'monospace',
      fontSize: 13,
      lineHeight: 1.2,
      cursorBlink: !prefersStillness(),
      scrollback: 5000,
      screenReaderMode: true,
      macOptionIsMeta: true,
      allowTransparency: false,
    });
    const fitting = new FitAddon();
    terminal.loadAddon(fitting);
    terminal.open(element);
    terminal.textarea?.setAttribute('aria-label', `Terminal ${title}`);
    terminal.attachCustomKeyEventHandler((event) => event.key !== 'F6' && !(event.key === 'Tab' && event.shiftKey && event.ctrlKey));
    const fit = () => {
      if (element.offsetParent) fitting.fit();
    };
    const typed = terminal.onData((text) => {
      if (text.includes('\r')) store.markCommand();
      store.link.type(name, text);
    });
    const binary = terminal.onBinary((text) => store.link.type(name, text));
    const resized = terminal.onResize(
      ({ cols, rows }) => void store.link.ask('terminal:resize', { terminal: name, columns: cols, rows }).catch(() => undefined),
    );
    const unlisten = store.onTerminal(name, (event) => {
      if (event.type === 'state') terminal.reset();
      terminal.write(event.text);
    });
    const observer = new ResizeObserver(fit);
    observer.observe(element);
    void document.fonts?.ready.then(() => {
      terminal.options.fontFamily = `${terminal.options.fontFamily} `;
      fit();
    });
    fit();
    void store.link.ask('terminal:resize', { terminal: name, columns: terminal.cols, rows: terminal.rows }).catch(() => undefined);
    opened.current = { terminal, fit };
    return () => {
      for (const one of [typed, binary, resized]) one.dispose();
      unlisten();
      observer.disconnect();
      terminal.dispose();
      opened.current = undefined;
    };
  }, [store, name, title]);

  useEffect(() => {
    if (!isActive) return;
    opened.current?.fit();
    if (
      matchMedia('(min-width: 900px)').matches &&
      (document.activeElement === document.body || document.activeElement?.closest('[data-pane="terminal"]'))
    )
      opened.current?.terminal.focus();
  }, [isActive]);

  return <div ref={host} style={{ height: '100%' }} data-terminal={name} />;
}

function prefersStillness(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
