import styles from './components.module.css';

export interface TranscriptProps {
  /** Which one; for the reader it is only a name. */
  readonly transcript: string;
  readonly caption?: string;
  readonly text: string;
}

/** What a terminal printed: lines that begin with `$ ` were typed. */
export function Transcript({ text, caption }: TranscriptProps) {
  const lines = text.trimEnd().split('\n');
  return (
    <figure className={styles.transcript}>
      <pre tabIndex={0} aria-label="Terminal">
        <code>
          {lines.map((line, index) =>
            line.startsWith('$ ') ? (
              <span key={index} className={styles.typed}>
                <i aria-hidden="true">$ </i>
                {line.slice(2)}
                {'\n'}
              </span>
            ) : (
              `${line}\n`
            ),
          )}
        </code>
      </pre>
      {caption ? <figcaption>{caption}</figcaption> : null}
    </figure>
  );
}
