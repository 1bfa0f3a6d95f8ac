import type { Metadata } from 'next';
import { SiteHeader } from '@/app/look/SiteHeader';
import { currentViewer } from '@/app/viewer';
import { listCourses } from '@/lib/progress';
import layout from '@/app/look/Page.module.css';
import { Course } from './Course';

export const metadata: Metadata = { title: 'Courses' };

export default async function CoursesPage() {
  const viewer = await currentViewer();
  const courses = await listCourses(viewer);
  return (
    <>
      <SiteHeader viewer={viewer} />
      <main id="main" className={layout.page}>
        <h1 className={layout.title}>Courses</h1>
        <p className={layout.lede}>
          Read a lesson, then do it on a cluster of your own. Start anywhere; what a lesson builds on is written beside it.
        </p>
        {courses.length ? (
          courses.map((course) => <Course key={course.slug} course={course} />)
        ) : (
          <p className={layout.lede}>No course is installed here yet.</p>
        )}
      </main>
    </>
  );
}
