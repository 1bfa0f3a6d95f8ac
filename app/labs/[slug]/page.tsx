import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { SiteHeader } from '@/app/look/SiteHeader';
import { currentViewer } from '@/app/viewer';
import { library } from '@/lib/content';
import { getAttempt, getLab, NotFound } from '@/lib/progress';
import { LabRoom } from './LabRoom';

interface Props {
  readonly params: Promise<{ slug: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const lab = (await library()).labs.get((await params).slug);
  return lab ? { title: lab.title, description: lab.summary } : {};
}

/** The lab's front page, or the workspace at once when an attempt is open. */
export default async function LabRoute({ params }: Props) {
  const { slug } = await params;
  const viewer = await currentViewer();
  const page = await getLab(viewer, slug).catch((error: unknown) => {
    if (error instanceof NotFound) notFound();
    throw error;
  });
  const open = viewer && page.attempt ? await getAttempt(viewer, slug).catch(() => undefined) : undefined;
  return (
    <LabRoom
      lab={page.lab}
      place={page.place}
      best={page.best}
      open={open ? { sandboxId: open.attempt.sandboxId, lab: open.lab } : undefined}
      header={<SiteHeader viewer={viewer} />}
    />
  );
}
