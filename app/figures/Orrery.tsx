import { Glyph } from '@/app/look/Glyph';
import type { PartId } from '@/app/look/parts';
import { pointOn, radialPath, type Point } from './geometry';
import { Plate, type Stage } from './Plate';
import styles from './Orrery.module.css';

export interface Satellite {
  readonly id: string;
  readonly part: PartId;
  readonly name: string;
  /** One short line: `1 in queue`, `3 Pods`. */
  readonly status: string;
  /** Where it stands on the orbit, in degrees clockwise from three o'clock. */
  readonly at: number;
  /** Whether each Pod it keeps is running; only nodes have them. */
  readonly pods?: readonly boolean[];
  readonly isDown?: boolean;
}

/** A bead on its way: a request goes inward through the rings, a watch event outward. `key` changes with each bead. */
export interface Bead {
  readonly key: number;
  readonly satellite: string;
  readonly kind: 'request' | 'watch';
}

export interface OrreryData {
  readonly revision: number | undefined;
  readonly note?: string | undefined;
  readonly stageInUse?: Stage | undefined;
  readonly satellites: readonly Satellite[];
  readonly beads: readonly Bead[];
}

const wide = { width: 860, height: 640, centre: { x: 438, y: 326 }, radius: 196, orbit: 280, isSmall: false };
const narrow = { width: 358, height: 330, centre: { x: 179, y: 164 }, radius: 106, orbit: 148, isSmall: true };
type Frame = typeof wide;

/** The whole machine on one plate. Every other part rides an orbit and reaches etcd only through the rings, which is also the truth about Kubernetes. */
export function Orrery({ data, isSmall = false, label }: { data: OrreryData; isSmall?: boolean; label: string }) {
  const frame: Frame = isSmall ? narrow : wide;
  const { centre, radius, orbit } = frame;
  return (
    <svg className={`figure ${styles.orrery}`} viewBox={`0 0 ${frame.width} ${frame.height}`} role="img" aria-label={label}>
      <circle cx={centre.x} cy={centre.y} r={orbit} fill="none" stroke="var(--line-strong)" strokeOpacity=".55" />
      {isSmall ? null : <circle cx={centre.x} cy={centre.y} r={orbit + 62} fill="none" stroke="var(--line)" />}
      <OrbitTicks centre={centre} orbit={orbit} />
      {data.satellites.map((satellite) =>
        satellite.part === 'you' ? null : (
          <path
            key={satellite.id}
            className="watch"
            d={radialPath(centre, satellite.at, radius, orbit)}
            opacity={satellite.isDown ? 0.35 : 1}
          />
        ),
      )}
      <Plate centre={centre} radius={radius} revision={data.revision} note={data.note} stageInUse={data.stageInUse} isSmall={isSmall} />
      {data.beads.map((bead) => (
        <Moving key={bead.key} bead={bead} frame={frame} at={data.satellites.find((one) => one.id === bead.satellite)?.at} />
      ))}
      {data.satellites.map((satellite) => (
        <SatelliteMark key={satellite.id} satellite={satellite} frame={frame} />
      ))}
    </svg>
  );
}

function OrbitTicks({ centre, orbit }: { centre: Point; orbit: number }) {
  const d = Array.from({ length: 72 }, (_, tick) => radialPath(centre, tick * 5, orbit, orbit - (tick % 6 ? 3 : 6))).join('');
  return <path d={d} stroke="var(--line-strong)" strokeOpacity=".6" strokeWidth=".8" />;
}

function Moving({ bead, frame, at }: { bead: Bead; frame: Frame; at: number | undefined }) {
  if (at === undefined) return null;
  const { centre, radius, orbit, isSmall } = frame;
  const path = bead.kind === 'request' ? radialPath(centre, at, orbit - 20, radius * 0.4) : radialPath(centre, at, radius, orbit - 16);
  return (
    <g
      className={styles[bead.kind]}
      style={{ offsetPath: `path('${path}')`, offsetRotate: '0deg', animationDelay: `${(bead.key % 5) * 110}ms` }}
    >
      {bead.kind === 'request' ? (
        <circle r={isSmall ? 6 : 8} fill="var(--ink)" />
      ) : (
        <circle r={isSmall ? 5 : 6} fill="var(--page)" stroke="var(--ink-2)" strokeWidth="2" />
      )}
    </g>
  );
}

function SatelliteMark({ satellite, frame }: { satellite: Satellite; frame: Frame }) {
  const { centre, orbit, isSmall } = frame;
  const at = pointOn(centre, orbit, satellite.at);
  const radius = isSmall ? 17 : 26;
  return (
    <g opacity={satellite.isDown ? 0.75 : 1}>
      <circle
        cx={at.x}
        cy={at.y}
        r={radius}
        fill="var(--surface)"
        stroke="var(--line-strong)"
        strokeDasharray={satellite.isDown ? '4 3' : undefined}
      />
      <Glyph part={satellite.part} size={radius * 1.12} x={at.x - radius * 0.56} y={at.y - radius * 0.56} />
      {isSmall ? null : <SatelliteLabel satellite={satellite} at={at} radius={radius} />}
    </g>
  );
}

function SatelliteLabel({ satellite, at, radius }: { satellite: Satellite; at: Point; radius: number }) {
  const across = Math.cos((satellite.at * Math.PI) / 180);
  const side = across < -0.3 ? 'left' : across > 0.3 ? 'right' : 'middle';
  const x = side === 'left' ? at.x - radius - 10 : side === 'right' ? at.x + radius + 10 : at.x;
  const y = side === 'middle' ? (satellite.at > 0 ? at.y + radius + 16 : at.y - radius - 22) : at.y - 2;
  const anchor = side === 'left' ? 'end' : side === 'right' ? 'start' : 'middle';
  return (
    <>
      <text x={x} y={y} className="title" textAnchor={anchor} style={{ fontSize: '13.5px' }}>
        {satellite.name}
      </text>
      <text x={x} y={y + 16} className="detail" textAnchor={anchor}>
        {satellite.status}
      </text>
      {satellite.pods?.slice(0, 6).map((isRunning, index) => (
        <PodMark key={index} x={x + index * 22} y={y + 24} isRunning={isRunning} />
      ))}
      {satellite.pods && satellite.pods.length > 6 ? (
        <text x={x + 6 * 22 + 2} y={y + 38} className="detail">
          {satellite.pods.length - 6} more
        </text>
      ) : null}
    </>
  );
}

function PodMark({ x, y, isRunning }: { x: number; y: number; isRunning: boolean }) {
  if (isRunning) return <Glyph part="pod" size={18} x={x} y={y} />;
  return <rect x={x + 1} y={y + 1} width="16" height="16" rx="6" fill="none" stroke="var(--p-pod)" strokeDasharray="3 2.5" />;
}
