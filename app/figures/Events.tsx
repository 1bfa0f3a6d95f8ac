import type { EventView } from '@/lib/cluster';
import { Glyph } from '@/app/look/Glyph';
import { clockTime } from '@/app/look/format';
import { partOf } from '@/app/look/parts';
import styles from '../workspace/ClusterPane.module.css';

/** Kubernetes' own Events, newest first, with the part that reported each. */
export function Events({ events, limit }: { events: readonly EventView[]; limit: number }) {
  if (!events.length) return null;
  return (
    <div className={styles.section}>
      <h3>Events</h3>
      <ul>
        {events.slice(0, limit).map((event) => (
          <li key={event.uid} className={styles.event} data-warning={event.type === 'Warning' ? '' : undefined}>
            <time>{clockTime(event.at)}</time>
            <Glyph part={partOf(event.source)} size={15} />
            <p title={event.message}>
              <b>{event.reason}</b>, {event.object.split('/').at(-1)}
              {event.count > 1 ? `, ${event.count} times` : ''}
            </p>
          </li>
        ))}
      </ul>
    </div>
  );
}
