import type { ReactNode } from 'react';
import { parts, type PartId } from './parts';

const wash = { fill: 'currentColor', fillOpacity: 0.15 } as const;
const line = { stroke: 'currentColor', strokeWidth: 1.9, strokeLinejoin: 'round', strokeLinecap: 'round' } as const;
const bare = { fill: 'none', ...line } as const;

const drawings: Record<PartId, ReactNode> = {
  you: (
    <>
      <rect x="2" y="3" width="20" height="18" rx="4" fill="currentColor" />
      <path
        d="M7 9l4 3.5L7 16M13 16h4.5"
        fill="none"
        style={{ stroke: 'var(--page)' }}
        strokeWidth="2.1"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  ),
  api: (
    <>
      <path d="M12 1.8l8.9 5.1v10.2L12 22.2 3.1 17.1V6.9z" {...wash} {...line} />
      <path d="M8 9h8M8 12h8M8 15h8" {...bare} />
    </>
  ),
  etcd: (
    <>
      <circle cx="12" cy="12" r="10" {...wash} {...line} />
      <g fill="currentColor">
        <circle cx="12" cy="7.8" r="2.3" />
        <circle cx="8.2" cy="14.4" r="2.3" />
        <circle cx="15.8" cy="14.4" r="2.3" />
      </g>
    </>
  ),
  sch: (
    <>
      <path d="M12 1.5L22.5 12 12 22.5 1.5 12z" {...wash} {...line} />
      <path d="M12 8v7.5M9 13l3 3 3-3" {...bare} />
    </>
  ),
  kcm: (
    <>
      <path
        d="M20.6 9A9.3 9.3 0 0 0 4 7.4M3.4 15A9.3 9.3 0 0 0 20 16.6"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.2"
        strokeLinecap="round"
      />
      <path d="M4.6 2.6L3.9 7.9l5.2-.6M19.4 21.4l.7-5.3-5.2.6" {...bare} />
      <circle cx="12" cy="12" r="2.4" fill="currentColor" />
    </>
  ),
  ccm: <path d="M6.8 19.5h10.4a4.6 4.6 0 0 0 .6-9.1A6.3 6.3 0 0 0 5.7 11a4.3 4.3 0 0 0 1.1 8.5z" {...wash} {...line} />,
  klt: (
    <>
      <path d="M12 2l9.2 7.4V21.5H2.8V9.4z" {...wash} {...line} />
      <path d="M8 21v-6.5h8V21" {...bare} />
    </>
  ),
  cri: (
    <>
      <path d="M3 3h18v18H3z" {...wash} {...line} />
      <path d="M8.4 8.4h7.2v7.2H8.4z" fill="currentColor" />
    </>
  ),
  kpx: (
    <>
      <path d="M3.5 2.4L22 12 3.5 21.6z" {...wash} {...line} />
      <path d="M3.5 12h6M9.5 12l4-2.4M9.5 12l4 2.4" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />
    </>
  ),
  dns: (
    <>
      <path d="M7 2v20" {...bare} />
      <path d="M3 4.5h13.5L21 9l-4.5 4.5H3z" {...wash} {...line} />
      <path d="M4.5 22h5" {...bare} />
    </>
  ),
  pod: (
    <>
      <rect x="2.5" y="2.5" width="19" height="19" rx="7.5" {...wash} {...line} />
      <circle cx="12" cy="12" r="3" fill="currentColor" />
    </>
  ),
  svc: (
    <>
      <path d="M5 2.5a9.5 9.5 0 0 1 0 19z" {...wash} {...line} />
      <path d="M18 6.5l3.5-2M19 12h3.8M18 17.5l3.5 2" {...bare} />
    </>
  ),
  vol: (
    <>
      <path d="M3.5 5.5v13c0 1.9 3.8 3.4 8.5 3.4s8.5-1.5 8.5-3.4v-13" {...wash} {...line} />
      <ellipse cx="12" cy="5.5" rx="8.5" ry="3.4" {...wash} {...line} />
    </>
  ),
};

/** The part's silhouette, in its own colour. Always beside a word that says the same. */
export function Glyph({ part, size = 18, x, y }: { part: PartId; size?: number; x?: number; y?: number }) {
  return (
    <svg className={`glyph part-${part}`} viewBox="0 0 24 24" width={size} height={size} x={x} y={y} aria-hidden="true">
      {drawings[part]}
    </svg>
  );
}

/** A part named in running text: glyph, then the word in its colour. */
export function Part({ id, children }: { id: PartId; children?: ReactNode }) {
  return (
    <span className={`part part-${id}`}>
      <Glyph part={id} />
      {children ?? parts[id].name}
    </span>
  );
}
