import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { currentViewer } from '@/app/viewer';
import { getSandboxPage, NotFound } from '@/lib/progress';
import { SandboxRoom } from './SandboxRoom';

export const metadata: Metadata = { title: 'A learner’s cluster' };

/** Somebody's sandbox, for an instructor to look at. */
export default async function SandboxRoute({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const viewer = await currentViewer();
  if (!viewer) notFound();
  const { lab } = await getSandboxPage(viewer, id).catch((error: unknown) => {
    if (error instanceof NotFound) notFound();
    throw error;
  });
  return <SandboxRoom sandboxId={id} lab={lab} />;
}
