'use client';
import { useCallback, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { EventView } from '@/lib/cluster';
import { Glyph } from '@/app/look/Glyph';
import { clockTime } from '@/app/look/format';
import { CircleCheck, CircleDashed, CircleX } from 'lucide-react';
import { instantOfKey, ticksOf, windowMs, windowStart } from './timeline-scale';
import type { Mark } from './store';
import styles from './ClockBar.module.css';
import { useSimulatedNow, useWorkspace, useWorkspaceStore } from './use-workspace';

const none: readonly EventView[] = [];

/**
 * What happened when, on the cluster's own clock: commands, writes to the store, Events, checks that turned. It is a slider too: pointing
 * at an instant, or the arrow keys, look back at the cluster as it was; the end is now.
 */
export function Timeline() {
  const [attach, { width, height }] = useSize();
  const now = useSimulatedNow(500);
  const speed = useWorkspace((state) => state.clock?.speed ?? 1);
  const marks = useWorkspace((state) => state.marks);
  const events = useWorkspace((state) => state.view?.events ?? none);
  const history = useWorkspace((state) => state.history);
  const past = useWorkspace((state) => state.past);
  const store = useWorkspaceStore();
  if (now === undefined || width === 0) return <div ref={attach} style={{ position: 'absolute', inset: 0 }} />;
  const span = windowMs(speed) * Math.min(1, width / 700);
  const from = windowStart({ now, span, past: past?.at });
  const x = (at: number) => Math.round(((at - from) / span) * width * 10) / 10;
  const isLow = height < 90;
  const lanes = isLow
    ? [{ name: 'Checks', kind: 'check' as const }]
    : [
        { name: 'You', kind: 'command' as const },
        { name: 'Writes', kind: 'write' as const },
        { name: 'Events', kind: 'event' as const },
        { name: 'Checks', kind: 'check' as const },
      ];
  const top = isLow ? 36 : 46;
  const laneY = (lane: number) => top + (lanes.length > 1 ? (lane * (height - top - 12)) / (lanes.length - 1) : 0);
  const point = (event: PointerEvent<HTMLElement>) => {
    if (event.type === 'pointerdown') event.currentTarget.setPointerCapture(event.pointerId);
    else if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    store.lookBack(from + ((event.clientX - event.currentTarget.getBoundingClientRect().left) / width) * span);
  };
  const turn = (event: KeyboardEvent) => {
    const at = instantOfKey(event.key, { at: past?.at ?? now, now, from: history?.from ?? now, span });
    if (at === undefined) return;
    event.preventDefault();
    if (at >= now) store.returnToNow();
    else store.lookBack(at);
  };
  return (
    <div
      ref={attach}
      className={styles.timeline}
      role="slider"
      tabIndex={0}
      aria-label="Timeline: look back"
      aria-valuemin={Math.round((history?.from ?? now) / 1000)}
      aria-valuemax={Math.round(now / 1000)}
      aria-valuenow={Math.round((past?.at ?? now) / 1000)}
      aria-valuetext={past ? clockTime(past.at) : `Now, ${clockTime(now)}`}
      aria-disabled={!history}
      onPointerDown={point}
      onPointerMove={point}
      onKeyDown={turn}
    >
      <svg className="figure" width={width} height={height} aria-hidden="true">
        <rect x={x(now)} y="0" width={width} height={height} fill="var(--sunken)" fillOpacity=".6" />
        <Ticks from={from} to={from + span} width={width} x={x} />
        {history?.trimmed && x(history.from) > 0 ? (
          <Trimmed x={x(history.from)} height={height} text={isLow ? '' : history.trimmed} />
        ) : null}
        {lanes.map((lane, index) => (
          <g key={lane.kind}>
            <path d={`M0 ${laneY(index)}H${width}`} stroke="var(--line)" />
            {lane.kind === 'event'
              ? events
                  .filter((event) => event.at >= from)
                  .map((event) => <EventMark key={event.uid} x={x(event.at)} y={laneY(index)} isWarning={event.type === 'Warning'} />)
              : marks
                  .filter((mark) => mark.kind === lane.kind && mark.at >= from)
                  .map((mark, number) => <MarkShape key={`${mark.at}-${number}`} mark={mark} x={x(mark.at)} y={laneY(index)} />)}
            <rect x="0" y={laneY(index) - 9} width="56" height="18" fill="var(--surface)" />
            <text x="14" y={laneY(index) + 4} className="detail">
              {lane.name}
            </text>
          </g>
        ))}
        {past ? <path d={`M${x(past.at)} 0V${height}`} stroke="var(--ink)" strokeWidth="1.5" strokeDasharray="3 3" /> : null}
        <path d={`M${x(now)} 0V${height}`} className="brass" strokeWidth="2" />
        <path d={`M${x(now) - 7} 0h14v8l-7 8l-7 -8z`} className="brass-fill" />
      </svg>
    </div>
  );
}

/** Room that the reason takes. */
const trimmedTextPx = 380;

/** Where the history begins, and why there. */
function Trimmed({ x, height, text }: { x: number; height: number; text: string }) {
  return (
    <>
      <rect x="0" width={x} height={height} fill="var(--sunken)" />
      <path d={`M${x} 0V${height}`} stroke="var(--line-strong)" strokeDasharray="2 3" />
      <text x={x > trimmedTextPx ? x - 8 : x + 8} y={40} className="detail" textAnchor={x > trimmedTextPx ? 'end' : 'start'}>
        {text}
      </text>
    </>
  );
}

function Ticks({ from, to, width, x }: { from: number; to: number; width: number; x: (at: number) => number }) {
  const ticks = ticksOf({ from, to, width });
  const path = (size: string, length: number) =>
    ticks
      .filter((tick) => tick.size === size)
      .map((tick) => `M${x(tick.at)} 0v${length}`)
      .join('');
  return (
    <>
      <path d={path('minor', 5) + path('middle', 9)} stroke="var(--line-strong)" strokeWidth=".7" />
      <path d={path('major', 13)} stroke="var(--line-strong)" strokeWidth="1.2" />
      {ticks
        .filter((tick) => tick.size === 'major')
        .map((tick) => (
          <text key={tick.at} x={x(tick.at)} y="25" className="mono" textAnchor="middle" style={{ fill: 'var(--ink-3)' }}>
            {clockTime(tick.at)}
          </text>
        ))}
    </>
  );
}

function MarkShape({ mark, x, y }: { mark: Mark; x: number; y: number }) {
  if (mark.kind === 'command') return <Glyph part="you" size={14} x={x - 7} y={y - 7} />;
  if (mark.kind === 'write')
    return <path d={`M${x} ${y}v-${Math.min(14, 3 + mark.weight * 2)}`} stroke="var(--p-etcd)" strokeWidth="2.4" />;
  const Icon = mark.isGood ? CircleCheck : CircleDashed;
  return (
    <>
      <circle cx={x} cy={y} r="8" fill="var(--surface)" />
      <Icon x={x - 7} y={y - 7} size={14} strokeWidth={2} color={mark.isGood ? 'var(--ok)' : 'var(--ink-2)'} />
    </>
  );
}

function EventMark({ x, y, isWarning }: { x: number; y: number; isWarning: boolean }) {
  if (!isWarning) return <circle cx={x} cy={y} r="3.2" fill="var(--surface)" stroke="var(--ink-3)" strokeWidth="1.5" />;
  return (
    <>
      <rect x={x - 7} y={y - 7} width="14" height="14" fill="var(--surface)" />
      <CircleX x={x - 7} y={y - 7} size={14} strokeWidth={2} color="var(--bad)" />
    </>
  );
}

function useSize(): [(element: HTMLElement | null) => void, { width: number; height: number }] {
  const [size, setSize] = useState({ width: 0, height: 0 });
  const observer = useRef<ResizeObserver | undefined>(undefined);
  const attach = useCallback((element: HTMLElement | null) => {
    observer.current?.disconnect();
    if (!element) return;
    observer.current = new ResizeObserver(
      ([entry]) => entry && setSize({ width: Math.floor(entry.contentRect.width), height: Math.floor(entry.contentRect.height) }),
    );
    observer.current.observe(element);
  }, []);
  return [attach, size];
}
