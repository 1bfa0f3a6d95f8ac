import { editorSchema } from '../editor-schema';

export const dynamic = 'force-static';

/** The shape of every Kubernetes v1.36 kind, for completion and squiggles in the editor. */
export function GET(): Response {
  return Response.json(editorSchema(), { headers: { 'cache-control': 'public, max-age=86400' } });
}
