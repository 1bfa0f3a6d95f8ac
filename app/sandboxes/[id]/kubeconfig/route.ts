import { getViewer } from '@/lib/accounts';
import { kubeconfigFor, NotFound } from '@/lib/progress';
import { problemOf } from '@/app/api/answer';

/** A kubeconfig for the learner's own kubectl, to download. */
export async function GET(request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params;
  try {
    const viewer = await getViewer(request.headers);
    if (!viewer) throw new NotFound('There is no such sandbox.');
    const text = await kubeconfigFor(viewer, id, originOf(request));
    return new Response(text, {
      headers: {
        'content-type': 'application/yaml',
        'content-disposition': 'attachment; filename="orrery.kubeconfig"',
        'cache-control': 'no-store',
      },
    });
  } catch (error) {
    return problemOf(error);
  }
}

/** The site as the browser reached it. */
function originOf(request: Request): string {
  const configured = process.env['ORRERY_URL'];
  if (configured) return configured.replace(/\/$/, '');
  const scheme = process.env['ORRERY_TRUST_PROXY'] === '1' ? (request.headers.get('x-forwarded-proto') ?? 'http') : 'http';
  return `${scheme}://${request.headers.get('host') ?? new URL(request.url).host}`;
}
