import { headers } from 'next/headers';
import { cache } from 'react';
import { getViewer, type Viewer } from '@/lib/accounts';

/** Who looks at this page; undefined for somebody who only looked so far. Asked once per request. */
export const currentViewer = cache(async (): Promise<Viewer | undefined> => getViewer(await headers()));
