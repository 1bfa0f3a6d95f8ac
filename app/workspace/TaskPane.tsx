'use client';
import { CircleCheck, Lightbulb } from 'lucide-react';
import { useEffect, useId, useMemo, useState } from 'react';
import type { LabContent } from '@/lib/content';
import type { CheckResult } from '@/lib/grading/verdict';
import { count } from '@/app/look/format';
import { Checks } from './Checks';
import { Prose } from './Prose';
import { SubmissionNote } from './SubmissionNote';
import { useSubmit } from './use-submit';
import { useWorkspace, useWorkspaceStore } from './use-workspace';
import pane from './Workspace.module.css';
import styles from './TaskPane.module.css';

/** What is asked, step by step, what is true already, and the one button that is graded. */
export function TaskPane({ lab }: { lab: LabContent }) {
  const live = useWorkspace((state) => state.checks);
  const latest = useWorkspace((state) => state.submissions[0]);
  const isReadOnly = useWorkspace((state) => state.isReadOnly);
  const [stepId, setStepId] = useState<string | undefined>();
  const { submit, isGrading, failure } = useSubmit();
  const checks = useMemo(() => mergeSubmitted(live, latest?.result.checks), [live, latest]);
  const done = useMemo(() => new Set(lab.steps.filter((step) => isDone(checks, step.id)).map((step) => step.id)), [lab, checks]);
  const step = lab.steps.find((one) => one.id === stepId) ?? lab.steps.find((one) => !done.has(one.id)) ?? lab.steps[0];
  const panel = useId();
  // The step in sight stays in sight when it is done: the learner turns the page.
  useEffect(() => {
    if (!stepId && step && live.length) setStepId(step.id);
  }, [stepId, step, live.length]);
  return (
    <section className={`${pane.pane} ${styles.task}`} aria-label="Task" data-pane="task" tabIndex={-1}>
      {lab.steps.length > 1 ? (
        <div className={styles.steps} role="tablist" aria-label="Steps">
          {lab.steps.map((one, index) => (
            <button
              key={one.id}
              type="button"
              role="tab"
              className={styles.step}
              title={one.title}
              aria-selected={one === step}
              aria-controls={panel}
              onClick={() => setStepId(one.id)}
            >
              {done.has(one.id) ? <CircleCheck size={14} color="var(--ok)" aria-label="Done:" /> : <span>{index + 1}</span>}
              <span className={one === step ? styles.stepTitle : 'visually-hidden'}>{one.title}</span>
            </button>
          ))}
        </div>
      ) : null}
      <div className={styles.scroll} id={panel} role={lab.steps.length > 1 ? 'tabpanel' : undefined} aria-label={step?.title} tabIndex={0}>
        {latest ? <SubmissionNote submission={latest} /> : null}
        {failure ? (
          <p role="alert" className={styles.result} data-broken="">
            {failure}
          </p>
        ) : null}
        {step === lab.steps[0] && lab.introduction ? <Prose text={lab.introduction.replace(/^# .*\n/, '')} /> : null}
        {step ? (
          <>
            <h2 className={styles.title}>{step.title}</h2>
            <Prose text={step.text} />
            <Checks checks={checks.filter((check) => check.stepId === step.id)} />
            <Hints key={step.id} stepId={step.id} />
          </>
        ) : null}
      </div>
      <div className={styles.foot}>
        <span className="caption figures">{pointsLine(checks, lab.points)}</span>
        <span className="spacer" />
        <button type="button" className="button primary" disabled={isGrading || isReadOnly || !live.length} onClick={() => void submit()}>
          {isGrading ? 'Grading a copy…' : 'Submit lab'}
        </button>
      </div>
    </section>
  );
}

function isDone(checks: readonly CheckResult[], stepId: string): boolean {
  const own = checks.filter((check) => check.stepId === stepId);
  return own.length > 0 && own.every((check) => check.verdict === 'pass');
}

/** Checks that only run on submission keep what the last submission said of them. */
function mergeSubmitted(live: readonly CheckResult[], submitted: readonly CheckResult[] | undefined): readonly CheckResult[] {
  const last = new Map(submitted?.map((check) => [check.id, check]));
  return live.map((check) => (check.isOnSubmitOnly ? { ...(last.get(check.id) ?? check), isOnSubmitOnly: true } : check));
}

function pointsLine(checks: readonly CheckResult[], of: number): string {
  const points = checks.reduce((sum, check) => sum + check.points, 0);
  return `${points} of ${count(of, 'point')}`;
}

function Hints({ stepId }: { stepId: string }) {
  const store = useWorkspaceStore();
  const [hints, setHints] = useState<readonly string[]>([]);
  const [isSpent, setIsSpent] = useState(false);
  const [failure, setFailure] = useState<string | undefined>();
  const ask = async () => {
    try {
      const answer = await store.link.ask('lab:hint', { stepId });
      setIsSpent(answer.hints.length === hints.length);
      setHints(answer.hints);
      setFailure(undefined);
    } catch (error) {
      setFailure((error as Error).message);
    }
  };
  return (
    <div className={styles.hints}>
      {hints.length ? (
        <h3>
          <Lightbulb size={14} aria-hidden="true" />
          {hints.length === 1 ? 'Hint' : 'Hints'}
        </h3>
      ) : null}
      <ol aria-live="polite">
        {hints.map((hint) => (
          <li key={hint}>{hint}</li>
        ))}
      </ol>
      {failure ? (
        <p role="alert" className="caption">
          {failure}
        </p>
      ) : null}
      {isSpent ? (
        <p className="caption">{hints.length ? 'That was the last hint for this step.' : 'This step has no hints.'}</p>
      ) : (
        <button type="button" className="button quiet" style={{ marginLeft: -12 }} onClick={() => void ask()}>
          <Lightbulb size={14} aria-hidden="true" />
          {hints.length ? 'Another hint' : 'Show a hint'}
        </button>
      )}
    </div>
  );
}
