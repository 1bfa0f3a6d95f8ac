'use client';
import { ArrowRight, BookOpen, CircleCheck, FlaskConical } from 'lucide-react';
import Link from 'next/link';
import { useEffect, useRef } from 'react';
import type { ItemLink, LessonPage } from '@/lib/progress';
import { useLesson } from '../components/LessonProvider';
import styles from './Lesson.module.css';

/** Sources, then what comes after. Reaching it means the lesson was read. */
export function LessonEnd({ page: { lesson, labs, place } }: { page: LessonPage }) {
  const { isCompleted, complete } = useLesson();
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!end.current || isCompleted) return undefined;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) complete();
      },
      { threshold: 0.4 },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [isCompleted, complete]);
  return (
    <footer ref={end} className={styles.end}>
      <nav aria-label="After this lesson" className={styles.after}>
        {labs.map((lab) => (
          <After key={lab.slug} link={lab} word="Lab" />
        ))}
        {place?.next && !labs.some((lab) => lab.slug === place.next?.slug) ? <After link={place.next} word="Next" /> : null}
      </nav>
      <div className={styles.endLine}>
        {place?.previous ? (
          <Link className="button quiet" style={{ marginLeft: -12 }} href={`/${place.previous.type}s/${place.previous.slug}`}>
            Back to {place.previous.title}
          </Link>
        ) : null}
        <span className="spacer" />
        {isCompleted ? (
          <span className="state tone-ok" role="status">
            <CircleCheck size={14} aria-hidden="true" />
            Read
          </span>
        ) : null}
      </div>
      {lesson.sources.length ? (
        <section className={styles.sources} aria-labelledby="sources">
          <h2 id="sources">Sources</h2>
          <ul>
            {lesson.sources.map((source) =>
              typeof source === 'string' ? (
                <li key={source}>{source}</li>
              ) : (
                <li key={source.url}>
                  <a href={source.url} target="_blank" rel="noreferrer">
                    {source.title}
                  </a>
                </li>
              ),
            )}
          </ul>
        </section>
      ) : null}
    </footer>
  );
}

function After({ link, word }: { link: ItemLink; word: string }) {
  const Icon = link.type === 'lab' ? FlaskConical : BookOpen;
  return (
    <Link className={styles.afterLink} href={`/${link.type}s/${link.slug}`}>
      <Icon size={18} aria-hidden="true" />
      <span>
        <span className="caption">{word}</span>
        <b>{link.title}</b>
      </span>
      <ArrowRight size={16} aria-hidden="true" />
    </Link>
  );
}
