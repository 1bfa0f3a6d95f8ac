import { BookOpen, FlaskConical } from 'lucide-react';
import Link from 'next/link';
import { State } from '@/app/look/State';
import { count } from '@/app/look/format';
import type { CourseItemOverview, CourseOverview } from '@/lib/progress';
import styles from './Catalogue.module.css';

/** A table of contents: what it is, how long it takes, what it builds on, how far one has come. */
export function Course({ course }: { course: CourseOverview }) {
  return (
    <section className={styles.course} aria-labelledby={course.slug}>
      <div className={styles.head}>
        <div>
          <h2 id={course.slug}>{course.title}</h2>
          <p>{course.summary}</p>
          <div className={styles.meta}>
            <span className="figures">
              {course.itemsDone} of {course.itemsTotal} done
            </span>
            <span className="figures">{minutesLeft(course)}</span>
          </div>
          <div className={styles.meter} aria-hidden="true">
            <i style={{ width: `${(course.itemsDone / Math.max(1, course.itemsTotal)) * 100}%` }} />
          </div>
        </div>
      </div>
      <div className={styles.contents}>
        {course.parts.map((part) => (
          <div key={part.title} className={styles.part}>
            <h3>
              {part.title} <span className="figures">{part.items.reduce((sum, item) => sum + item.minutes, 0)} min</span>
            </h3>
            <ol>
              {part.items.map((item) => (
                <Item key={`${item.type}/${item.slug}`} item={item} />
              ))}
            </ol>
          </div>
        ))}
      </div>
    </section>
  );
}

function minutesLeft({ minutes, parts }: CourseOverview): string {
  const left = parts
    .flatMap((part) => part.items)
    .filter((item) => item.state !== 'done')
    .reduce((sum, item) => sum + item.minutes, 0);
  return left === minutes ? `${minutes} min` : `${left} of ${minutes} min left`;
}

export function Item({ item }: { item: CourseItemOverview }) {
  const Icon = item.type === 'lesson' ? BookOpen : FlaskConical;
  return (
    <li className={styles.item}>
      <Icon size={17} aria-label={item.type === 'lesson' ? 'Lesson' : 'Lab'} role="img" />
      <Link href={`/${item.type}s/${item.slug}`}>{item.title}</Link>
      <span className={styles.minutes}>
        <span className="figures">{item.minutes} min</span>
        <Progress item={item} />
      </span>
      <p>{item.summary}</p>
      {item.assumes.length ? (
        <span className={styles.needs}>
          Builds on {item.assumes.slice(0, 6).map(asWords).join(', ')}
          {item.assumes.length > 6 ? `, ${count(item.assumes.length - 6, 'more', 'more')}` : ''}
        </span>
      ) : null}
    </li>
  );
}

function Progress({ item }: { item: CourseItemOverview }) {
  const points = item.score ? `${item.score.best} of ${item.score.max}` : undefined;
  if (item.state === 'done') return <State status="Completed">{points ? `Pass, ${points}` : 'Read'}</State>;
  if (item.state === 'started') return <span className="caption figures">{points ? `${points} points` : 'Started'}</span>;
  return null;
}

function asWords(concept: string): string {
  return concept.replaceAll('-', ' ');
}
