import type { ReactNode } from 'react';
import { Part } from '@/app/look/Glyph';
import { partOf } from '@/app/look/parts';
import { CopyButton } from '@/app/workspace/CopyButton';
import styles from './components.module.css';

/** A manifest to read, keys told apart from values. */
export function Manifest({ yaml, caption }: { yaml: string; caption?: string }) {
  return (
    <figure className={styles.manifest}>
      <pre tabIndex={0} aria-label="Manifest">
        <code>
          {yaml
            .trim()
            .split('\n')
            .map((line, index) => (
              <ManifestLine key={index} line={line} />
            ))}
        </code>
        <CopyButton />
      </pre>
      {caption ? <figcaption>{caption}</figcaption> : null}
    </figure>
  );
}

function ManifestLine({ line }: { line: string }) {
  const [, indent = '', key, rest = ''] = /^(\s*(?:- )?)([\w./-]+)(:.*)$/.exec(line) ?? [];
  return key ? (
    <>
      {indent}
      <b>{key}</b>
      {rest}
      {'\n'}
    </>
  ) : (
    <>
      {line}
      {'\n'}
    </>
  );
}

/** Questions to ask oneself; the answer opens below. */
export function Flashcards({ cards }: { cards: readonly { readonly front: string; readonly back: ReactNode }[] }) {
  return (
    <div className={styles.cards} role="group" aria-label="Cards to ask yourself">
      {cards.map(({ front, back }) => (
        <details key={front} className={styles.card}>
          <summary>{front}</summary>
          <div>{back}</div>
        </details>
      ))}
    </div>
  );
}

/** Which files of which upstream repository do this. */
export function SourceTour({
  repository = 'kubernetes/kubernetes',
  version = 'v1.36.0',
  stops,
}: {
  repository?: string;
  version?: string;
  stops: readonly { readonly path: string; readonly what: string }[];
}) {
  return (
    <section className={styles.tour} aria-label="Where this is in the source">
      <h3>
        Where this is in {repository} {version}
      </h3>
      <ol>
        {stops.map(({ path, what }) => (
          <li key={path}>
            <a href={`https://github.com/${repository}/blob/${version}/${path}`} target="_blank" rel="noreferrer">
              <code>{path}</code>
            </a>
            <p>{what}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** What happened, step by step, and who did it. */
export function Trace({ entries }: { entries: readonly { readonly at: string; readonly actor: string; readonly what: string }[] }) {
  return (
    <ol className={styles.trace}>
      {entries.map(({ at, actor, what }, index) => (
        <li key={index}>
          <time>{at}</time>
          <span>
            <Part id={partOf(actor)}>{actor}</Part> {what}
          </span>
        </li>
      ))}
    </ol>
  );
}
