'use client';
import layout from './look/Page.module.css';

export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <main id="main" className={layout.page}>
      <h1 className={layout.title}>This page stopped</h1>
      <p className={layout.lede}>That is ours to fix. Your clusters and files are kept on the server and are not touched by it.</p>
      {error.digest ? (
        <p className="caption" style={{ marginTop: 12 }}>
          Tell us this number: {error.digest}
        </p>
      ) : null}
      <p style={{ marginTop: 24 }}>
        <button type="button" className="button large" onClick={reset}>
          Load it again
        </button>
      </p>
    </main>
  );
}
