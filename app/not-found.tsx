import Link from 'next/link';
import { SiteHeader } from './look/SiteHeader';
import { currentViewer } from './viewer';
import layout from './look/Page.module.css';

export default async function NotFoundPage() {
  return (
    <>
      <SiteHeader viewer={await currentViewer()} />
      <main id="main" className={layout.page}>
        <p className="caption">Error from server (NotFound)</p>
        <h1 className={layout.title}>pages “this one” not found</h1>
        <p className={layout.lede}>The address is wrong, or what stood here was yours and you are signed in as somebody else.</p>
        <p style={{ marginTop: 24 }}>
          <Link className="button large" href="/courses">
            Go to the courses
          </Link>
        </p>
      </main>
    </>
  );
}
