import { arcPath, pointOn, type Point } from './geometry';

/**
 * How far a reader's copy is behind etcd: the hand at twelve is in step, each hour back is one revision, and the arc it owes is brass.
 * Past eleven the arc is full and the number says the rest.
 */
export function Dial({ centre, radius, lag, colour }: { centre: Point; radius: number; lag: number; colour: string }) {
  const turn = Math.min(lag, 11) * 30;
  const hand = pointOn(centre, radius - 2.5, -90 - turn);
  return (
    <g>
      <circle cx={centre.x} cy={centre.y} r={radius} fill="var(--surface)" stroke="var(--line-strong)" />
      {Array.from({ length: 12 }, (_, hour) => {
        const outer = pointOn(centre, radius, hour * 30 - 90);
        const inner = pointOn(centre, radius - 2, hour * 30 - 90);
        return <path key={hour} d={`M${outer.x} ${outer.y}L${inner.x} ${inner.y}`} stroke="var(--line-strong)" strokeWidth=".8" />;
      })}
      {lag > 11 ? <circle cx={centre.x} cy={centre.y} r={radius - 0.2} className="brass" strokeWidth="2.6" /> : null}
      {lag > 0 && lag <= 11 ? <path d={arcPath(centre, radius - 0.2, -90 - turn, -90)} className="brass" strokeWidth="2.6" /> : null}
      <path d={`M${centre.x} ${centre.y}L${hand.x} ${hand.y}`} stroke={colour} strokeWidth="1.8" strokeLinecap="round" />
      <circle cx={centre.x} cy={centre.y} r="1.7" fill={colour} />
    </g>
  );
}
