import { stringify } from 'yaml';
import type { CheckResult } from '@/lib/grading/verdict';
import { VerdictState } from '@/app/look/State';
import styles from './TaskPane.module.css';

/** Each check with what it expected and what it found. */
export function Checks({ checks, title = 'Checks' }: { checks: readonly CheckResult[]; title?: string }) {
  if (!checks.length) return null;
  const points = checks.reduce((sum, check) => sum + check.points, 0);
  const of = checks.reduce((sum, check) => sum + check.maxPoints, 0);
  return (
    <div className={styles.checks}>
      <h3>
        {title}{' '}
        <span className="figures">
          {points} of {of} points
        </span>
      </h3>
      <ul>
        {checks.map((check) => (
          <Check key={check.id} check={check} />
        ))}
      </ul>
    </div>
  );
}

function Check({ check }: { check: CheckResult }) {
  return (
    <li className={styles.check} data-check={check.id} data-verdict={check.verdict}>
      <VerdictState verdict={check.verdict} />
      <span>{check.title}</span>
      <span className={`${styles.points} figures`}>
        {check.points} / {check.maxPoints}
      </span>
      {check.verdict === 'pass' ? null : <Finding check={check} />}
    </li>
  );
}

function Finding({ check }: { check: CheckResult }) {
  const hasPair = check.expected !== undefined || check.actual !== undefined;
  return (
    <div className={styles.more}>
      {check.message ? <p>{check.message}</p> : null}
      {check.isOnSubmitOnly ? <p>Tried on a copy when you submit.</p> : null}
      {hasPair ? (
        <dl>
          {check.object ? (
            <>
              <dt>in</dt>
              <dd>
                <code>{check.object}</code>
              </dd>
            </>
          ) : null}
          {check.path ? (
            <>
              <dt>at</dt>
              <dd>
                <code>{check.path}</code>
              </dd>
            </>
          ) : null}
          <dt>expected</dt>
          <dd>
            <code>{asText(check.expected)}</code>
          </dd>
          <dt>found</dt>
          <dd>
            <code>{asText(check.actual)}</code>
          </dd>
          {check.revision ? (
            <>
              <dt>since</dt>
              <dd>revision {check.revision}</dd>
            </>
          ) : null}
        </dl>
      ) : null}
      {check.feedback ? <p className={styles.feedback}>{check.feedback}</p> : null}
    </div>
  );
}

function asText(value: CheckResult['expected']): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' ? value : stringify(value).trim();
}
