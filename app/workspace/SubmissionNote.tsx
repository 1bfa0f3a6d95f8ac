import type { WorkspaceState } from './store';
import styles from './TaskPane.module.css';

/** The latest graded submission, in a sentence. */
export function SubmissionNote({ submission: { at, result } }: { submission: WorkspaceState['submissions'][number] }) {
  const passed = result.checks.filter((check) => check.verdict === 'pass').length;
  const isPassed = result.gradable && result.score >= result.maxScore;
  return (
    <div
      role="status"
      className={styles.result}
      data-submission=""
      data-passed={isPassed ? '' : undefined}
      data-broken={result.gradable ? undefined : ''}
    >
      <b>
        {result.gradable
          ? isPassed
            ? `Pass, ${result.score} of ${result.maxScore} points`
            : `Not yet: ${result.score} of ${result.maxScore} points`
          : 'Our grader stopped'}
      </b>
      <p>
        {result.gradable
          ? `${passed} of ${result.checks.length} checks pass on the copy graded at ${new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}.${isPassed ? ' Your cluster goes on; nothing you break now takes this back.' : ' Submit again as often as you like.'}`
          : 'Your work is saved and this does not count. It is ours to fix.'}
      </p>
    </div>
  );
}
