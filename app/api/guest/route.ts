import { answerFor } from '../answer';

/** Makes whoever asks a guest, unless they are somebody already. */
export function POST(request: Request): Promise<Response> {
  return answerFor(request, async ({ name, isGuest }) => ({ name, isGuest }));
}
