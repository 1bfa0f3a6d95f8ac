import type { Metadata } from 'next';
import { SiteHeader } from '@/app/look/SiteHeader';
import { currentViewer } from '@/app/viewer';
import { listCourses } from '@/lib/progress';
import layout from '@/app/look/Page.module.css';
import catalogue from '@/app/courses/Catalogue.module.css';
import { Item } from '@/app/courses/Course';

export const metadata: Metadata = { title: 'Labs' };

export default async function LabsPage() {
  const viewer = await currentViewer();
  const items = (await listCourses(viewer))
    .flatMap((course) => course.parts.flatMap((part) => part.items))
    .filter((item) => item.type === 'lab');
  return (
    <>
      <SiteHeader viewer={viewer} />
      <main id="main" className={layout.page}>
        <h1 className={layout.title}>Labs</h1>
        <p className={layout.lede}>
          Each lab gives you a cluster of your own, with a terminal and an editor. It starts at once and is kept when you leave.
        </p>
        <div className={catalogue.part} style={{ marginTop: 40, maxWidth: 860 }}>
          <h2 className="visually-hidden">All labs</h2>
          {items.length ? (
            <ol style={{ borderTop: '1px solid var(--line-strong)' }}>
              {items.map((item) => (
                <Item key={item.slug} item={item} />
              ))}
            </ol>
          ) : (
            <p>No lab is installed here yet.</p>
          )}
        </div>
      </main>
    </>
  );
}
