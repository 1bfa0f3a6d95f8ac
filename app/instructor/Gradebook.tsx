'use client';
import { Eye, Wrench } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import { VerdictState } from '@/app/look/State';
import { count } from '@/app/look/format';
import type { Verdict } from '@/lib/grading/verdict';
import type { GradebookRow } from '@/lib/progress';
import styles from './Gradebook.module.css';

interface Lab {
  readonly slug: string;
  readonly title: string;
  readonly checks: readonly { readonly id: string; readonly title: string }[];
}

/** Learners down, checks across. */
export function Gradebook({ rows }: { rows: readonly GradebookRow[] }) {
  const graded = rows.filter((row) => row.checks.length);
  const [chosen, setChosen] = useState<GradebookRow | undefined>(graded[0]);
  if (!graded.length) return null;
  const labs = labsOf(graded);
  const learners = [...new Map(graded.map((row) => [row.userId, row.learner]))];
  return (
    <div className={styles.layout}>
      <div>
        <div className={styles.scroll} role="region" aria-label="Checks by learner" tabIndex={0}>
          <table className={styles.grid}>
            <thead>
              <tr>
                <th scope="col" rowSpan={2} className={styles.who}>
                  Learner
                </th>
                {labs.map((lab) => (
                  <th key={lab.slug} scope="colgroup" colSpan={lab.checks.length} className={styles.lab}>
                    {lab.title}
                  </th>
                ))}
              </tr>
              <tr>
                {labs.flatMap((lab) =>
                  lab.checks.map((check, index) => (
                    <th key={`${lab.slug}/${check.id}`} scope="col" className={styles.number} title={check.title}>
                      {index + 1}
                    </th>
                  )),
                )}
              </tr>
            </thead>
            <tbody>
              {learners.map(([id, name]) => (
                <tr key={id}>
                  <th scope="row" className={styles.who}>
                    {name}
                  </th>
                  {labs.flatMap((lab) => {
                    const row = graded.find((one) => one.userId === id && one.labSlug === lab.slug);
                    return lab.checks.map((check) => (
                      <td key={`${lab.slug}/${check.id}`}>
                        <Cell row={row} checkId={check.id} isChosen={row !== undefined && row === chosen} onChoose={setChosen} />
                      </td>
                    ));
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <Legend />
      </div>
      {chosen ? <Detail row={chosen} /> : null}
    </div>
  );
}

function labsOf(rows: readonly GradebookRow[]): readonly Lab[] {
  const labs = new Map<string, Lab>();
  for (const row of rows) {
    const known = labs.get(row.labSlug)?.checks ?? [];
    const fresh = row.checks.filter((check) => !known.some((one) => one.id === check.id));
    labs.set(row.labSlug, { slug: row.labSlug, title: row.labTitle, checks: [...known, ...fresh] });
  }
  return [...labs.values()].toSorted((a, b) => (a.title < b.title ? -1 : 1));
}

const verdictWords: Record<string, string> = { pass: 'pass', 'not-yet': 'not yet', 'platform-error': 'platform error' };

function Cell({
  row,
  checkId,
  isChosen,
  onChoose,
}: {
  row: GradebookRow | undefined;
  checkId: string;
  isChosen: boolean;
  onChoose: (row: GradebookRow) => void;
}) {
  const check = row?.checks.find((one) => one.id === checkId);
  if (!row || !check)
    return (
      <>
        <span className="visually-hidden">not started</span>
        <div className={styles.dot} />
      </>
    );
  const tries = row.submissions;
  return (
    <button
      type="button"
      className={styles.cell}
      data-verdict={check.verdict}
      data-heat={check.verdict === 'pass' ? heatOf(tries) : undefined}
      data-hot={tries >= 5 ? '' : undefined}
      aria-pressed={isChosen}
      title={check.title}
      onClick={() => onChoose(row)}
    >
      <span className="visually-hidden">{verdictWords[check.verdict]}, submissions: </span>
      {check.verdict === 'platform-error' ? <Wrench size={14} aria-label={String(tries)} /> : tries}
    </button>
  );
}

function heatOf(tries: number): number {
  return tries <= 1 ? 1 : tries <= 2 ? 2 : tries <= 4 ? 3 : 4;
}

function Legend() {
  return (
    <div className={styles.legend} aria-hidden="true">
      <span>
        {[1, 2, 3, 5].map((tries) => (
          <i key={tries} className={styles.cell} data-heat={heatOf(tries)}>
            {tries}
          </i>
        ))}
        Pass, darker took more
      </span>
      <span>
        <i className={styles.cell} data-verdict="not-yet">
          2
        </i>
        Not yet
      </span>
      <span>
        <i className={styles.cell} data-verdict="not-yet" data-hot="">
          6
        </i>
        Not yet after 5 or more
      </span>
      <span>
        <i className={styles.cell} data-verdict="platform-error">
          <Wrench size={12} />
        </i>
        Platform error, ours to fix
      </span>
    </div>
  );
}

function Detail({ row }: { row: GradebookRow }) {
  return (
    <section className={styles.side} aria-label="Latest submission" aria-live="polite">
      <h2>
        {row.learner}, {row.labTitle}
      </h2>
      <p>
        {row.bestScore ?? 0} of {row.maxScore ?? 0} points at best, {count(row.submissions, 'submission')} in{' '}
        {count(row.attempts, 'attempt')}.
      </p>
      <ul>
        {row.checks.map((check) => (
          <li key={check.id}>
            <VerdictState verdict={check.verdict as Verdict} />
            <span>{check.title}</span>
            <span className="caption figures">
              {check.points} / {check.maxPoints}
            </span>
            {check.verdict === 'pass' ? null : <p>{check.message}</p>}
          </li>
        ))}
      </ul>
      <Link className="button" style={{ marginTop: 12 }} href={`/sandboxes/${row.sandboxId}`}>
        <Eye size={15} aria-hidden="true" />
        Look at the cluster
      </Link>
    </section>
  );
}
