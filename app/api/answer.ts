import { z } from 'zod';
import { ensureViewer, type Viewer } from '@/lib/accounts';
import { NotAllowed, NotFound } from '@/lib/progress';

/** Runs an operation for whoever asks, made a guest on the spot if need be, and answers with its result as JSON. */
export async function answerFor(request: Request, operation: (viewer: Viewer) => Promise<unknown>): Promise<Response> {
  if (isForeign(request)) return problem(403, 'This request came from another site.');
  try {
    const { viewer, cookies } = await ensureViewer(request.headers);
    const response = Response.json((await operation(viewer)) ?? null);
    for (const cookie of cookies) response.headers.append('set-cookie', cookie);
    return response;
  } catch (error) {
    return problemOf(error);
  }
}

export function problemOf(error: unknown): Response {
  if (error instanceof NotFound) return problem(404, error.message);
  if (error instanceof NotAllowed) return problem(403, error.message);
  if (error instanceof z.ZodError) return problem(400, z.prettifyError(error));
  throw error;
}

function problem(status: number, message: string): Response {
  return Response.json({ message }, { status });
}

/** Cookies are sent along by forms of other sites too; those say where they come from. */
function isForeign(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site');
  return site !== null && site !== 'same-origin' && site !== 'none';
}
