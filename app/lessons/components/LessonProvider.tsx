'use client';
import { createContext, useCallback, useContext, useMemo, useRef, useState, type ReactNode } from 'react';
import type { QuizAnswerState } from '@/lib/progress';

interface Lesson {
  readonly slug: string;
  readonly answers: Readonly<Record<string, QuizAnswerState>>;
  readonly isCompleted: boolean;
  answer(quiz: string, answer: number | readonly number[], isCorrect: boolean): void;
  remember(place: string): void;
  complete(): void;
}

const LessonContext = createContext<Lesson | undefined>(undefined);

export function useLesson(): Lesson {
  const lesson = useContext(LessonContext);
  if (!lesson) throw new Error('There is no lesson round this component.');
  return lesson;
}

/** Keeps what the reader did, here and on the server. Reading goes on when the server does not answer. */
export function LessonProvider({
  slug,
  answers: given,
  isCompleted: wasCompleted,
  children,
}: {
  slug: string;
  answers: Lesson['answers'];
  isCompleted: boolean;
  children: ReactNode;
}) {
  const [answers, setAnswers] = useState(given);
  const [isCompleted, setIsCompleted] = useState(wasCompleted);
  const remembered = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const post = useCallback(
    (note: object) => {
      void fetch(`/api/lessons/${slug}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(note),
        keepalive: true,
      }).catch(() => undefined);
    },
    [slug],
  );
  const answer = useCallback<Lesson['answer']>(
    (quiz, choice, isCorrect) => {
      setAnswers((before) => ({ ...before, [quiz]: { answer: choice, isCorrect, tries: (before[quiz]?.tries ?? 0) + 1 } }));
      post({ quiz, answer: choice, isCorrect });
    },
    [post],
  );
  const remember = useCallback(
    (place: string) => {
      clearTimeout(remembered.current);
      remembered.current = setTimeout(() => post({ place }), 3000);
    },
    [post],
  );
  const complete = useCallback(() => {
    setIsCompleted(true);
    post({ isCompleted: true });
  }, [post]);
  const lesson = useMemo(
    () => ({ slug, answers, isCompleted, answer, remember, complete }),
    [slug, answers, isCompleted, answer, remember, complete],
  );
  return <LessonContext value={lesson}>{children}</LessonContext>;
}
