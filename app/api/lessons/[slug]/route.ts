import { z } from 'zod';
import { answerQuiz, completeLesson, rememberPlace } from '@/lib/progress';
import { answerFor } from '../../answer';

const note = z.union([
  z.strictObject({ place: z.string().max(200) }),
  z.strictObject({ isCompleted: z.literal(true) }),
  z.strictObject({
    quiz: z.string().max(100),
    answer: z.union([z.string().max(500), z.number(), z.boolean(), z.array(z.union([z.string().max(500), z.number()])).max(50)]),
    isCorrect: z.boolean(),
  }),
]);

/** What a reader did in a lesson: reached a heading, the end, or answered a question. */
export async function POST(request: Request, { params }: { params: Promise<{ slug: string }> }): Promise<Response> {
  const { slug } = await params;
  return answerFor(request, async (viewer) => {
    const did = note.parse(await request.json());
    if ('place' in did) return rememberPlace(viewer, slug, did.place);
    if ('quiz' in did) return answerQuiz(viewer, slug, did.quiz, did.answer, did.isCorrect);
    return completeLesson(viewer, slug);
  });
}
