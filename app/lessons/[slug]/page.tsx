import { Clock, FlaskConical, Layers } from 'lucide-react';
import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import type { ComponentType } from 'react';
import { SiteHeader } from '@/app/look/SiteHeader';
import { count } from '@/app/look/format';
import { currentViewer } from '@/app/viewer';
import { library } from '@/lib/content';
import { getLesson, NotFound, type LessonPage } from '@/lib/progress';
import { LessonProvider } from '../components/LessonProvider';
import { readTranscript } from '../components/transcript';
import { Transcript, type TranscriptProps } from '../components/Transcript';
import { LessonEnd } from './LessonEnd';
import { OnThisPage } from './OnThisPage';
import { ReadingBar } from './ReadingBar';
import styles from './Lesson.module.css';

interface Props {
  readonly params: Promise<{ slug: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const lesson = (await library()).lessons.get((await params).slug);
  return lesson ? { title: lesson.title, description: lesson.summary } : {};
}

export default async function LessonRoute({ params }: Props) {
  const { slug } = await params;
  const viewer = await currentViewer();
  const page = await getLesson(viewer, slug).catch(notFoundWhenUnknown);
  const { default: Text } = (await import(`@/lessons/${slug}/lesson.mdx`)) as { default: ComponentType<{ components: object }> };
  const { lesson, place } = page;
  const Terminal = async (props: Omit<TranscriptProps, 'text'>) => (
    <Transcript {...props} text={await readTranscript(slug, props.transcript)} />
  );
  return (
    <LessonProvider slug={slug} answers={page.answers} isCompleted={page.isCompleted}>
      <SiteHeader viewer={viewer} />
      <ReadingBar />
      <div className={styles.layout}>
        <OnThisPage next={place?.next} lastPlace={page.lastPlace} />
        <main id="main">
          <article className={styles.article}>
            {place ? (
              <p className={styles.where}>
                {place.course.title}, {place.part}
              </p>
            ) : null}
            <h1>{lesson.title}</h1>
            <div className={styles.meta}>
              <span>
                <Clock size={14} aria-hidden="true" />
                {lesson.minutes} min
              </span>
              {lesson.assumes.length ? (
                <span>
                  <Layers size={14} aria-hidden="true" />
                  Builds on {lesson.assumes.slice(0, 3).map(asWords).join(', ')}
                  {lesson.assumes.length > 3 ? ' and more' : ''}
                </span>
              ) : null}
              {page.labs.length ? (
                <span>
                  <FlaskConical size={14} aria-hidden="true" />
                  {count(page.labs.length, 'lab')} after it
                </span>
              ) : null}
            </div>
            <Text components={{ Terminal }} />
            <LessonEnd page={page} />
          </article>
        </main>
        <Margin page={page} />
      </div>
    </LessonProvider>
  );
}

function notFoundWhenUnknown(error: unknown): never {
  if (error instanceof NotFound) notFound();
  throw error;
}

function asWords(concept: string): string {
  return concept.replaceAll('-', ' ');
}

/** What one will have met, what is left out on purpose. */
function Margin({ page: { lesson } }: { page: LessonPage }) {
  return (
    <aside className={styles.side} aria-label="About this lesson">
      {lesson.teaches.length ? (
        <div>
          <h2>You will meet</h2>
          <p>{lesson.teaches.map(asWords).join(', ')}.</p>
        </div>
      ) : null}
      {lesson.outOfScope.length ? (
        <div>
          <h2>Left for later</h2>
          <ul>
            {lesson.outOfScope.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </div>
      ) : null}
    </aside>
  );
}
