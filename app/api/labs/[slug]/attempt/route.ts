import { z } from 'zod';
import { getSandboxPage, startAttempt } from '@/lib/progress';
import { answerFor } from '../../../answer';

const wish = z.strictObject({ isFresh: z.boolean().optional() });

/** The attempt this learner has open, or a new one, with the lab as that attempt has it. */
export async function POST(request: Request, { params }: { params: Promise<{ slug: string }> }): Promise<Response> {
  const { slug } = await params;
  return answerFor(request, async (viewer) => {
    const { isFresh = false } = wish.parse(await request.json());
    const { sandboxId } = await startAttempt(viewer, slug, { isFresh });
    const { lab } = await getSandboxPage(viewer, sandboxId);
    return { sandboxId, lab };
  });
}
