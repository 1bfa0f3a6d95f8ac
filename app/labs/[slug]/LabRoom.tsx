'use client';
import { Clock, FlaskConical, Layers } from 'lucide-react';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { count } from '@/app/look/format';
import { State } from '@/app/look/State';
import { Prose } from '@/app/workspace/Prose';
import { Workspace } from '@/app/workspace/Workspace';
import type { LabContent } from '@/lib/content';
import type { LabPage } from '@/lib/progress';
import { connectAhead, connectSandbox } from '@/lib/realtime/client';
import layout from '@/app/look/Page.module.css';
import styles from './LabRoom.module.css';

interface Open {
  readonly sandboxId: string;
  /** As the attempt began with it: with the learner's own variant. */
  readonly lab: LabContent;
}

interface Props {
  readonly lab: LabContent;
  readonly place: LabPage['place'];
  readonly best: LabPage['best'];
  readonly open: Open | undefined;
  readonly header: ReactNode;
}

/** In front of the lab until it is begun, inside it from then on. Going in is not a page load, so that the cluster is there at once. */
export function LabRoom({ lab, place, best, open: given, header }: Props) {
  const [open, setOpen] = useState(given);
  if (open) return <Room open={open} place={place} />;
  return (
    <>
      {header}
      <Front lab={lab} place={place} best={best} onOpen={setOpen} />
    </>
  );
}

function Room({ open, place }: { open: Open; place: LabPage['place'] }) {
  const link = useMemo(() => connectSandbox(open.sandboxId), [open.sandboxId]);
  return (
    <Workspace lab={open.lab} link={link} sandboxId={open.sandboxId} back={{ href: '/courses', name: place?.course.title ?? 'Courses' }} />
  );
}

function Front({ lab, place, best, onOpen }: Omit<Props, 'open' | 'header'> & { onOpen: (open: Open) => void }) {
  const [isStarting, setIsStarting] = useState(false);
  const [failure, setFailure] = useState<string | undefined>();
  const guest = useRef<Promise<void> | undefined>(undefined);
  useEffect(() => {
    guest.current ??= becomeGuest().then(connectAhead, () => undefined);
  }, []);
  const start = async () => {
    setIsStarting(true);
    setFailure(undefined);
    try {
      // Two requests at once would make two guests: one of the socket, the other of the attempt.
      await guest.current;
      onOpen(await beginAttempt(lab.slug));
    } catch (error) {
      setFailure((error as Error).message);
      setIsStarting(false);
    }
  };
  return (
    <main id="main" className={layout.page}>
      <div className={styles.front}>
        <div>
          <p className={styles.where}>{place ? `${place.course.title}, ${place.part}` : 'Lab'}</p>
          <h1 className={layout.title}>{lab.title}</h1>
          <p className={layout.lede}>{lab.summary}</p>
          <div className={styles.meta}>
            <span>
              <Clock size={14} aria-hidden="true" />
              {lab.minutes} min
            </span>
            <span>
              <FlaskConical size={14} aria-hidden="true" />
              {count(lab.points, 'point')}
            </span>
            {lab.assumes.length ? (
              <span>
                <Layers size={14} aria-hidden="true" />
                Builds on{' '}
                {lab.assumes
                  .slice(0, 4)
                  .map((concept) => concept.replaceAll('-', ' '))
                  .join(', ')}
              </span>
            ) : null}
          </div>
          {best ? (
            <p style={{ marginBottom: 20 }}>
              {best.score >= best.max ? (
                <State status="Completed">{`Pass, ${best.score} of ${best.max} points`}</State>
              ) : (
                <span className="caption">
                  Best so far: {best.score} of {best.max} points
                </span>
              )}
            </p>
          ) : null}
          <button type="button" className="button primary large" disabled={isStarting} onClick={() => void start()}>
            {isStarting ? 'Starting your cluster…' : best ? 'Do it again' : 'Start the lab'}
          </button>
          {failure ? (
            <p role="alert" className={styles.failure}>
              {failure}
            </p>
          ) : (
            <p className={styles.fine}>You get a cluster of your own, with a terminal and an editor. It is kept when you leave.</p>
          )}
        </div>
        <section aria-labelledby="steps" className={styles.steps}>
          <h2 id="steps">What you will do</h2>
          {lab.introduction ? <Prose text={lab.introduction.replace(/^# .*\n/, '')} /> : null}
          <ol>
            {lab.steps.map((step, index) => (
              <li key={step.id}>
                <span className="figures">{index + 1}</span>
                {step.title}
              </li>
            ))}
          </ol>
        </section>
      </div>
    </main>
  );
}

/** Nobody has to sign up to begin: whoever stands in front of a lab is at least a guest, and connected before the button is pressed. */
async function becomeGuest(): Promise<void> {
  const response = await fetch('/api/guest', { method: 'POST' });
  if (!response.ok) throw new Error('no guest');
}

async function beginAttempt(slug: string): Promise<Open> {
  const response = await fetch(`/api/labs/${slug}/attempt`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  const answer = (await response.json().catch(() => ({}))) as Partial<Open> & { message?: string };
  if (!response.ok || !answer.sandboxId || !answer.lab) throw new Error(answer.message ?? 'The lab did not start. Try again in a moment.');
  return { sandboxId: answer.sandboxId, lab: answer.lab };
}
