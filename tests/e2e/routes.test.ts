import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { complaintsOf, looks, openBrowser, openContext } from '../support/e2e/browser';
import { Site } from '../support/e2e/site';

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

let site: Site;
let browser: Browser;
beforeAll(async () => {
  site = await Site.start();
  browser = await openBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await site?.stop();
});

describe.each(looks)('at $width px in the $scheme scheme', (look) => {
  test.each(routes)('%s can be used by everybody, fits its window and complains of nothing', async (route) => {
    const context = await openContext(browser, look);
    const page = await context.newPage();
    const complaints = complaintsOf(page, site.url);
    await page.goto(site.url + route, { waitUntil: 'load' });
    await page.waitForTimeout(300);
    const { violations } = await new AxeBuilder({ page }).withTags(rules).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect(complaints.filter((line) => route !== '/nowhere' || !line.includes('404'))).toEqual([]);
    await context.close();
  });
});
