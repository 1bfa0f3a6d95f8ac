'use client';
import { CircleCheck } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { count } from '@/app/look/format';
import { useLesson } from './LessonProvider';
import styles from './components.module.css';

export interface QuizProps {
  /** Names the answer for ever; unique in the lesson. */
  readonly id: string;
  readonly question: string;
  readonly options: readonly { readonly text: string; readonly why: string; readonly correct?: boolean }[];
}

/** A question to be guessed before the text goes on. Every option says why. The answer is kept; it is not graded. */
export function Quiz({ id, question, options }: QuizProps) {
  const { answers, answer } = useLesson();
  const kept = answers[id];
  const given = typeof kept?.answer === 'number' ? kept.answer : undefined;
  const [chosen, setChosen] = useState<number | undefined>(given);
  const [isOpen, setIsOpen] = useState(given === undefined);
  const isRight = given !== undefined && options[given]?.correct === true;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (chosen === undefined) return;
    answer(id, chosen, options[chosen]?.correct === true);
    setIsOpen(false);
  };
  return (
    <form onSubmit={submit}>
      <fieldset className={styles.quiz} data-quiz={id}>
        <legend>{question}</legend>
        <div className={styles.options}>
          {options.map((option, index) => {
            const isShown = !isOpen && index === given;
            return (
              <label key={option.text} className={styles.option} data-answered={isShown ? (option.correct ? 'right' : 'wrong') : undefined}>
                <input
                  type="radio"
                  name={id}
                  checked={chosen === index}
                  onChange={() => {
                    setChosen(index);
                    setIsOpen(true);
                  }}
                />
                <span>{option.text}</span>
                {isShown && option.correct ? <CircleCheck size={16} color="var(--ok)" aria-label="Right" /> : null}
                {isShown ? (
                  <span className={styles.why} role="status">
                    {option.why}
                  </span>
                ) : null}
              </label>
            );
          })}
        </div>
        <div className={styles.quizFoot}>
          {isOpen ? (
            <button type="submit" className="button primary" disabled={chosen === undefined}>
              Check my guess
            </button>
          ) : null}
          <span>
            {!isOpen && isRight
              ? `Right${(kept?.tries ?? 1) > 1 ? `, after ${count(kept?.tries ?? 1, 'try', 'tries')}` : ''}. Your answer is kept.`
              : !isOpen
                ? 'Not quite. Choose another.'
                : 'Your guess is kept beside the answer. It is not graded.'}
          </span>
        </div>
      </fieldset>
    </form>
  );
}
