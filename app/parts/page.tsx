import type { Metadata } from 'next';
import { Dial } from '@/app/figures/Dial';
import { Glyph } from '@/app/look/Glyph';
import { partIds, parts } from '@/app/look/parts';
import { SiteHeader } from '@/app/look/SiteHeader';
import { State, VerdictState } from '@/app/look/State';
import { currentViewer } from '@/app/viewer';
import layout from '@/app/look/Page.module.css';
import styles from './Parts.module.css';

export const metadata: Metadata = { title: 'Parts of the machine' };

const states = ['Running', 'Pending', 'ContainerCreating', 'Terminating', 'CrashLoopBackOff', 'Ready', 'NotReady', 'Unknown'];
const lags = [
  { lag: 0, words: 'in step' },
  { lag: 1, words: '1 behind' },
  { lag: 3, words: '3 behind' },
  { lag: 8, words: '8 behind' },
];

export default async function PartsPage() {
  return (
    <>
      <SiteHeader viewer={await currentViewer()} />
      <main id="main" className={layout.page}>
        <h1 className={layout.title}>Parts of the machine</h1>
        <p className={layout.lede}>
          Thirteen parts, thirteen shapes. The shape says which part it is; the colour says it again for those who can use it.
        </p>
        <ul className={styles.parts}>
          {partIds.map((id) => (
            <li key={id}>
              <Glyph part={id} size={36} />
              <span>
                <b className={`part-${id}`}>{parts[id].name}</b>
                <span>{parts[id].does}</span>
              </span>
              <code>{parts[id].tag}</code>
            </li>
          ))}
        </ul>
        <h2 className={styles.heading}>States: an icon and a word</h2>
        <ul className={styles.states}>
          <li>
            <VerdictState verdict="pass" />
          </li>
          <li>
            <VerdictState verdict="not-yet" />
          </li>
          <li>
            <VerdictState verdict="platform-error" />
          </li>
          {states.map((status) => (
            <li key={status}>
              <State status={status} />
            </li>
          ))}
        </ul>
        <h2 className={styles.heading}>Lines: what is moving</h2>
        <ul className={styles.states}>
          <li>
            <svg className="figure" width="68" height="18" aria-hidden="true">
              <path className="request" d="M2 9H54" />
              <path d="M64 9l-9 -4.5v9z" fill="var(--ink)" />
            </svg>
            request, inward
          </li>
          <li>
            <svg className="figure" width="68" height="18" aria-hidden="true">
              <path className="watch" d="M2 9H64" />
              <circle cx="36" cy="9" r="5" fill="var(--page)" stroke="var(--ink-2)" strokeWidth="2" />
            </svg>
            watch event, outward
          </li>
          <li>
            <svg className="figure" width="68" height="18" aria-hidden="true">
              <path className="packet" d="M2 9H64" />
              <rect x="31" y="4.5" width="9" height="9" fill="var(--p-svc)" stroke="var(--page)" strokeWidth="1.5" />
            </svg>
            packet
          </li>
        </ul>
        <h2 className={styles.heading}>Dial: how many revisions a reader is behind etcd</h2>
        <ul className={styles.states}>
          {lags.map(({ lag, words }) => (
            <li key={lag}>
              <svg className="figure" width="34" height="34" viewBox="0 0 24 24" aria-hidden="true">
                <Dial centre={{ x: 12, y: 12 }} radius={11} lag={lag} colour="var(--p-klt)" />
              </svg>
              {words}
            </li>
          ))}
        </ul>
      </main>
    </>
  );
}
