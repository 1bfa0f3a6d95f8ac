import { getViewer } from '@/lib/accounts';
import { gradebookCsv } from '@/lib/progress';
import { problemOf } from '@/app/api/answer';

/** The gradebook as a spreadsheet. */
export async function GET(request: Request): Promise<Response> {
  try {
    const csv = await gradebookCsv(await getViewer(request.headers));
    return new Response(csv, {
      headers: {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': 'attachment; filename="orrery-results.csv"',
        'cache-control': 'no-store',
      },
    });
  } catch (error) {
    return problemOf(error);
  }
}
