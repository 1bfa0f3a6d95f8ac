import Link from 'next/link';
import { Landing } from './landing/Landing';
import styles from './landing/Landing.module.css';
import { SiteHeader } from './look/SiteHeader';
import { currentViewer } from './viewer';

const promises = [
  {
    title: 'Stop it mid-request',
    text: 'Time belongs to you. Pause the cluster, step it one event at a time and read what each part did.',
  },
  {
    title: 'The real thing’s behaviour',
    text: 'Names, defaults, events and error sentences are those of v1.36. A kubectl from your own laptop cannot tell the difference.',
  },
  {
    title: 'Break a copy',
    text: 'Graders fork your cluster, crash a node and wait ten minutes to see what you built. Your own carries on untouched.',
  },
  {
    title: 'Ask why',
    text: 'A Pod that waits says who turned it away and for what. A check that is not yet passed shows what it expected and what it found.',
  },
];

export default async function LandingPage() {
  return (
    <>
      <SiteHeader viewer={await currentViewer()} isRuled={false} />
      <main id="main">
        <Landing>
          <h1 className={styles.headline}>Kubernetes, with the lid off and a crank on the side.</h1>
          <p className={styles.lede}>
            Every learner gets a working model of a cluster. Run it, stop it, step it one event at a time, and break it to see what happens.
          </p>
          <div className={styles.actions}>
            <Link className="button primary large" href="/lessons/introduction">
              Start lesson one
            </Link>
            <Link className="button large" href="/labs">
              Open a cluster
            </Link>
          </div>
          <p className={styles.fine}>
            It behaves as Kubernetes v1.36 does: the same names, events and error messages. Connect your own kubectl if you like. No account
            is needed to turn the crank.
          </p>
        </Landing>
        <section className={styles.promises} aria-label="What you can do here">
          {promises.map(({ title, text }) => (
            <div key={title}>
              <h2>{title}</h2>
              <p>{text}</p>
            </div>
          ))}
        </section>
      </main>
    </>
  );
}
