import { AxeBuilder } from '@axe-core/playwright';
import type { BrowserContext, Page } from 'playwright-core';
import { complaintsOf, looks, openContext } from '../support/e2e/browser';
import { served } from '../support/e2e/served';
import { WorkspacePage } from '../support/e2e/workspace';

const host = served();

let context: BrowserContext;
let page: Page;
beforeEach(async () => {
  context = await openContext(host.browser);
  page = await context.newPage();
});
afterEach(() => context.close());

/** The page as it stands, at every width and in both schemes. */
async function expectAccessible(what: string): Promise<void> {
  const found: string[] = [];
  for (const { width, scheme } of looks) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    await page.emulateMedia({ colorScheme: scheme });
    await page.waitForTimeout(300);
    const { violations } = await new AxeBuilder({ page }).analyze();
    found.push(
      ...violations.map(
        ({ id, nodes }) => `${what}, ${width} px, ${scheme}: ${id} at ${nodes.map((node) => node.target.join(' ')).join(', ')}`,
      ),
    );
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (excess > 0) found.push(`${what}, ${width} px: ${excess} px wider than its window`);
  }
  expect(found).toEqual([]);
}

async function makeAccount(name: string): Promise<void> {
  await page.goto(`${host.site.url}/sign-in`);
  await page.getByRole('tab', { name: 'Make an account' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('E-mail').fill(`${name}@example.org`);
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Make my account' }).click();
}

test('the first account is told that it runs the site, and sees who attempted what', async () => {
  await WorkspacePage.begin(page, host.site.url, 'first-deployment').then((workspace) => workspace.submit());
  await makeAccount('ada');
  await page.getByRole('heading', { name: 'This site is yours to run' }).waitFor();
  await page.goto(`${host.site.url}/instructor`);
  await page.getByRole('row').filter({ hasText: 'ada' }).first().waitFor();
  await expectAccessible('the results');
  const csv = await page.evaluate(async () => (await fetch('/instructor/results.csv')).text());
  expect(csv.split('\r\n')[0]).toMatch(/^learner,email,lab,attempts,submissions/);
  expect(csv).toContain('ada@example.org,first-deployment');
  await page.getByRole('link', { name: /Look at the cluster/ }).click();
  await page.locator('[data-connection=live]').waitFor();
  await expectAccessible("a learner's cluster");
}, 180_000);

test('a guest who makes an account keeps everything', async () => {
  const workspace = await WorkspacePage.begin(page, host.site.url, 'first-deployment');
  await workspace.type('echo mine > mine.txt');
  await makeAccount('grace');
  await page.waitForURL('**/courses');
  await page.goto(`${host.site.url}/labs/first-deployment`);
  await workspace.waitForScreen((screen) => screen.includes('echo mine'), "the guest's terminal");
  expect(await workspace.type('cat mine.txt')).toMatch(/^mine$/m);
}, 180_000);

test('who is no instructor does not see the results', async () => {
  await page.goto(`${host.site.url}/instructor`);
  await page.getByRole('heading', { name: /not found/ }).waitFor();
  expect((await page.request.get(`${host.site.url}/instructor/results.csv`)).status()).toBe(403);
});

test('an answer to a question is kept', async () => {
  await page.goto(`${host.site.url}/lessons/introduction`);
  const quiz = page.locator('[data-quiz=who-talks-to-etcd]');
  await quiz.getByText('The scheduler calls the kubelet.').click();
  await quiz.getByRole('button', { name: 'Check my guess' }).click();
  await quiz.getByText('They never talk.').waitFor();
  await page.waitForTimeout(500);
  await page.reload();
  await quiz.getByText('They never talk.').waitFor();
});

test('reading to the end marks the lesson as read', async () => {
  await page.goto(`${host.site.url}/lessons/introduction`);
  await page.locator('#sources').scrollIntoViewIfNeeded();
  await page.getByRole('status').filter({ hasText: 'Read' }).waitFor();
  await page.waitForTimeout(500);
  await page.goto(`${host.site.url}/courses`);
  await page.getByRole('listitem').filter({ hasText: 'Introduction' }).getByText('Read').waitFor();
});

test('a figure in a lesson is a real cluster in the page', async () => {
  const complaints = complaintsOf(page, host.site.url);
  await page.goto(`${host.site.url}/lessons/introduction`);
  const figure = page.locator('[data-figure=a-cluster-at-rest]');
  await figure.getByRole('button', { name: 'Ask for three copies of web' }).click();
  await figure.getByText('deployment.apps/web created').waitFor({ timeout: 60_000 });
  await figure.getByRole('button', { name: 'Run until idle' }).click();
  await figure
    .getByRole('button', { name: /Pod web-.*Running/ })
    .nth(2)
    .waitFor();
  expect(await figure.getByRole('button', { name: /Pod web-.*Running/ }).count()).toBe(3);
  expect(complaints).toEqual([]);
}, 120_000);

test("the landing page's plate is a real cluster too", async () => {
  await page.goto(host.site.url);
  await page.getByRole('button', { name: 'Scale web to 5' }).click();
  await page.getByRole('button', { name: 'Scale web to 3' }).waitFor({ timeout: 60_000 });
  expect(
    await page
      .getByText(/^rev \d+$/)
      .first()
      .textContent(),
  ).toMatch(/rev \d+/);
}, 120_000);

test('the scheme switch is remembered', async () => {
  await page.goto(host.site.url);
  await page.getByRole('button', { name: 'Use the dark scheme' }).click();
  await page.reload();
  expect(await page.locator('html').getAttribute('data-mantine-color-scheme')).toBe('dark');
});
