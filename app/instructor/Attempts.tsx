import Link from 'next/link';
import type { GradebookRow } from '@/lib/progress';
import styles from './Gradebook.module.css';

/** Who began what, and how far they came: the same rows as the CSV. */
export function Attempts({ rows }: { rows: readonly GradebookRow[] }) {
  return (
    <div className={styles.attempts}>
      <h2 id="attempts">Attempts</h2>
      <div className={styles.scroll} role="region" aria-labelledby="attempts" tabIndex={0}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Learner</th>
              <th scope="col">E-mail</th>
              <th scope="col">Lab</th>
              <th scope="col" className={styles.right}>
                Best
              </th>
              <th scope="col" className={styles.right}>
                Checks
              </th>
              <th scope="col" className={styles.right}>
                Submissions
              </th>
              <th scope="col">Begun</th>
              <th scope="col">Last submitted</th>
              <th scope="col">
                <span className="visually-hidden">Cluster</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.userId}/${row.labSlug}`}>
                <td>{row.learner}</td>
                <td>{row.email ?? 'guest'}</td>
                <td>{row.labTitle}</td>
                <td className={styles.right}>{row.bestScore === undefined ? 'none yet' : `${row.bestScore} of ${row.maxScore}`}</td>
                <td className={styles.right}>
                  {row.checksPassed} of {row.checksTotal}
                </td>
                <td className={styles.right}>{row.submissions}</td>
                <td>{dateTime(row.startedAt)}</td>
                <td>{row.lastSubmittedAt ? dateTime(row.lastSubmittedAt) : 'not yet'}</td>
                <td>
                  <Link href={`/sandboxes/${row.sandboxId}`} aria-label={`Look at ${row.learner}’s cluster of ${row.labTitle}`}>
                    Look
                  </Link>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** `2026-01-05 08:12`, in the server's UTC, so that everybody reads the same. */
function dateTime(date: Date): string {
  return date.toISOString().slice(0, 16).replace('T', ' ');
}
