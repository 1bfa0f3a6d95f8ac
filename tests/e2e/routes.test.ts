import { AxeBuilder } from '@axe-core/playwright';
import { complaintsOf, looks, openContext } from '../support/e2e/browser';
import { served } from '../support/e2e/served';

const routes = [
  '/',
  '/courses',
  '/labs',
  '/labs/first-deployment',
  '/lessons/introduction',
  '/lessons/kubernetes-design',
  '/parts',
  '/sign-in',
  '/nowhere',
];
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const host = served();

describe.each(looks)('at $width px in the $scheme scheme', (look) => {
  test.each(routes)('%s can be used by everybody, fits its window and complains of nothing', async (route) => {
    const context = await openContext(host.browser, look);
    const page = await context.newPage();
    const complaints = complaintsOf(page, host.site.url);
    await page.goto(host.site.url + route, { waitUntil: 'load' });
    await page.waitForTimeout(300);
    const { violations } = await new AxeBuilder({ page }).withTags(rules).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect(complaints.filter((line) => route !== '/nowhere' || !line.includes('404'))).toEqual([]);
    await context.close();
  });
});
