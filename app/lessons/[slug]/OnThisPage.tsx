'use client';
import Link from 'next/link';
import { useEffect, useState } from 'react';
import type { ItemLink } from '@/lib/progress';
import { useLesson } from '../components/LessonProvider';
import styles from './Lesson.module.css';

interface Heading {
  readonly id: string;
  readonly title: string;
}

/** The headings, which one is being read, and where one stopped last time. */
export function OnThisPage({ next, lastPlace }: { next: ItemLink | undefined; lastPlace: string | undefined }) {
  const { remember } = useLesson();
  const [headings, setHeadings] = useState<readonly Heading[]>([]);
  const [active, setActive] = useState<string | undefined>();
  useEffect(() => {
    const found = [...document.querySelectorAll<HTMLElement>('article > h2[id]')];
    setHeadings(found.map((element) => ({ id: element.id, title: element.textContent ?? '' })));
    const read = () => setActive(found.findLast((element) => element.getBoundingClientRect().top < 160)?.id);
    read();
    window.addEventListener('scroll', read, { passive: true });
    return () => window.removeEventListener('scroll', read);
  }, []);
  useEffect(() => {
    if (active) remember(active);
  }, [active, remember]);
  const here = headings.findIndex((heading) => heading.id === active);
  const resume = headings.find((heading) => heading.id === lastPlace);
  return (
    <nav className={styles.contents} aria-label="On this page">
      <h2>On this page</h2>
      <ol>
        {headings.map((heading, index) => (
          <li key={heading.id} data-read={index < here ? '' : undefined}>
            <a href={`#${heading.id}`} aria-current={heading.id === active ? 'location' : undefined}>
              {heading.title}
            </a>
          </li>
        ))}
      </ol>
      {resume && here < 0 ? (
        <p className={styles.resume}>
          <a href={`#${resume.id}`}>Go on at “{resume.title}”</a>
        </p>
      ) : null}
      {next ? (
        <p className={styles.next}>
          Next<Link href={`/${next.type}s/${next.slug}`}>{next.title}</Link>
        </p>
      ) : null}
    </nav>
  );
}
