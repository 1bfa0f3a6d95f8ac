import { existsSync, readFileSync } from 'node:fs';
import { proveLab, type LabLock } from '@/lib/labs/proof';
import { labFolder, labSlugs, testHost } from '../support/lab-folders';

/** `npm run lab -- test` goes over twenty seeds; here one shows that nothing was broken since. */
const seeds = 1;

describe.each(labSlugs())('the lab %s', (slug) => {
  test('begins with nothing passed, is solved by its solution, and catches each of its mistakes', async () => {
    const lockPath = `labs/${slug}/lab.lock`;
    expect(existsSync(lockPath)).toBe(true);
    const lock = JSON.parse(readFileSync(lockPath, 'utf8')) as LabLock;
    const { problems } = await proveLab({ source: labFolder(slug), lock, seeds, host: testHost });
    expect(problems).toEqual([]);
  }, 240_000);
});
