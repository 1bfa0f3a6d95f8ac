import { Download } from 'lucide-react';
import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { SiteHeader } from '@/app/look/SiteHeader';
import { currentViewer } from '@/app/viewer';
import { isInstructor } from '@/lib/accounts';
import { getGradebook } from '@/lib/progress';
import layout from '@/app/look/Page.module.css';
import { Attempts } from './Attempts';
import { Gradebook } from './Gradebook';
import styles from './Gradebook.module.css';

export const metadata: Metadata = { title: 'Results' };

export default async function InstructorPage() {
  const viewer = await currentViewer();
  if (!isInstructor(viewer)) notFound();
  const rows = await getGradebook(viewer);
  const learners = new Set(rows.map((row) => row.userId)).size;
  const passed = rows.filter((row) => row.bestScore !== undefined && row.bestScore === row.maxScore).length;
  const errors = rows.flatMap((row) => row.checks).filter((check) => check.verdict === 'platform-error').length;
  return (
    <>
      <SiteHeader viewer={viewer} />
      <main id="main" className={layout.page} style={{ maxWidth: 1440 }}>
        <div className={styles.head}>
          <div>
            <h1>Results</h1>
            <p>Each square is one check of the latest submission. The number is how many submissions there were.</p>
          </div>
          <div className={styles.figures}>
            <div>
              <b>{learners}</b>
              {learners === 1 ? 'learner' : 'learners'}
            </div>
            <div>
              <b>{rows.length}</b>labs begun
            </div>
            <div>
              <b>{passed}</b>passed
            </div>
            <div>
              <b>{errors}</b>platform errors
            </div>
          </div>
          <a className="button" href="/instructor/results.csv" download>
            <Download size={15} aria-hidden="true" />
            Download CSV
          </a>
        </div>
        {rows.length ? (
          <>
            <Gradebook rows={rows} />
            <Attempts rows={rows} />
          </>
        ) : (
          <p className={layout.lede}>Nobody has opened a lab yet. Whoever does appears here at once.</p>
        )}
      </main>
    </>
  );
}
