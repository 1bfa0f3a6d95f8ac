import { useId } from 'react';
import { Glyph } from '@/app/look/Glyph';
import { arcPath, pointOn, type Point } from './geometry';

export const stages = ['authenticate', 'authorize', 'mutate', 'validate', 'admit'] as const;
export type Stage = (typeof stages)[number];

interface PlateProps {
  readonly centre: Point;
  readonly radius: number;
  readonly revision: number | undefined;
  readonly note?: string | undefined;
  readonly stageInUse?: Stage | undefined;
  readonly isSmall?: boolean;
}

/** The plate: etcd in the middle, the API server's stages as five rings round it, revisions on the limb. Nothing reaches the middle but through the rings. */
export function Plate({ centre, radius, revision, note, stageInUse, isSmall = false }: PlateProps) {
  const core = radius * 0.4;
  const index = pointOn(centre, radius + 1, -90);
  return (
    <g>
      <circle cx={centre.x} cy={centre.y} r={radius} fill="var(--surface)" stroke="var(--line-strong)" />
      <Limb centre={centre} radius={radius} />
      {stages.map((stage, ring) => (
        <Ring
          key={stage}
          centre={centre}
          outer={ringRadius(radius, ring)}
          width={ringWidth(radius)}
          stage={stage}
          isInUse={stage === stageInUse}
          isLabelled={!isSmall}
        />
      ))}
      <circle cx={centre.x} cy={centre.y} r={core} fill="var(--surface)" />
      <circle cx={centre.x} cy={centre.y} r={core} fill="var(--p-etcd)" fillOpacity=".1" stroke="var(--p-etcd)" strokeWidth="1.8" />
      <Glyph part="etcd" size={isSmall ? 18 : 22} x={centre.x - (isSmall ? 9 : 11)} y={Math.round(centre.y - core * 0.68)} />
      <text x={centre.x} y={centre.y} className="title" textAnchor="middle" style={{ fill: 'var(--p-etcd)' }}>
        etcd
      </text>
      {revision === undefined ? null : (
        <text x={centre.x} y={centre.y + 17} className="mono" textAnchor="middle">
          rev {revision}
        </text>
      )}
      {isSmall || !note ? null : (
        <text x={centre.x} y={centre.y + 34} className="detail" textAnchor="middle">
          {note}
        </text>
      )}
      <path d={`M${index.x} ${index.y}l-5 -9h10z`} className="brass-fill" />
    </g>
  );
}

function ringWidth(radius: number): number {
  return (radius * 0.935 - radius * 0.4) / stages.length;
}

/** The outer edge of ring `ring`, 0 being the first one a request meets. */
function ringRadius(radius: number, ring: number): number {
  return radius * 0.4 + ringWidth(radius) * (stages.length - ring);
}

function Ring({
  centre,
  outer,
  width,
  stage,
  isInUse,
  isLabelled,
}: {
  centre: Point;
  outer: number;
  width: number;
  stage: Stage;
  isInUse: boolean;
  isLabelled: boolean;
}) {
  const path = useId();
  return (
    <>
      <circle cx={centre.x} cy={centre.y} r={outer} fill="var(--p-api)" fillOpacity=".045" stroke="var(--p-api)" strokeOpacity=".5" />
      <circle
        cx={centre.x}
        cy={centre.y}
        r={outer - width / 2}
        fill="none"
        stroke="var(--p-api)"
        strokeWidth={width}
        strokeOpacity={isInUse ? 0.28 : 0}
        style={{ transition: 'stroke-opacity var(--t-ui) var(--ease-out)' }}
      />
      {isLabelled ? (
        <>
          <path id={path} d={arcPath(centre, outer - width * 0.66, -160, -20)} fill="none" />
          <text className="band" style={isInUse ? { fontWeight: 650, fill: 'var(--ink)' } : undefined}>
            <textPath href={`#${path}`} startOffset="50%" textAnchor="middle">
              {stage}
            </textPath>
          </text>
        </>
      ) : null}
    </>
  );
}

function Limb({ centre, radius }: { centre: Point; radius: number }) {
  const ticks = { fine: '', middle: '', major: '' };
  for (let tick = 0; tick < 180; tick++) {
    const size = tick % 15 === 0 ? 'major' : tick % 5 === 0 ? 'middle' : 'fine';
    const length = radius * { major: 0.055, middle: 0.04, fine: 0.024 }[size];
    const outer = pointOn(centre, radius, tick * 2 - 90);
    const inner = pointOn(centre, radius - length, tick * 2 - 90);
    ticks[size] += `M${outer.x} ${outer.y}L${inner.x} ${inner.y}`;
  }
  return (
    <>
      <path d={ticks.fine + ticks.middle} stroke="var(--line-strong)" strokeWidth=".7" />
      <path d={ticks.major} stroke="var(--line-strong)" strokeWidth="1.2" />
    </>
  );
}
