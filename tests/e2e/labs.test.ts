import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { BrowserContext, Page } from 'playwright-core';
import { parse } from 'yaml';
import { complaintsOf, looks, openContext } from '../support/e2e/browser';
import { served } from '../support/e2e/served';
import { WorkspacePage } from '../support/e2e/workspace';

const root = join(import.meta.dirname, '../../labs');

/** A lab's solution, step by step, in the order of its steps. */
function solutionOf(slug: string): string[] {
  const { steps } = parse(readFileSync(join(root, slug, 'lab.yaml'), 'utf8')) as { steps: { id: string }[] };
  return steps.map(({ id }) => readFileSync(join(root, slug, 'solution', `${id}.sh`), 'utf8'));
}

const host = served();

let context: BrowserContext;
let page: Page;
let complaints: string[];
beforeEach(async () => {
  context = await openContext(host.browser);
  page = await context.newPage();
  complaints = complaintsOf(page, host.site.url);
});
afterEach(() => context.close());

test.each(['first-deployment', 'the-loop-never-sleeps', 'survive-a-lost-node'])(
  '%s, solved by typing, is a pass',
  async (slug) => {
    const workspace = await WorkspacePage.begin(page, host.site.url, slug);
    for (const script of solutionOf(slug)) await workspace.typeScript(script);
    await page.getByRole('button', { name: 'Run until idle' }).click();
    await (await workspace.submit()).filter({ hasText: 'Pass' }).waitFor({ timeout: 30_000 });
    expect(complaints).toEqual([]);
  },
  240_000,
);

test.each(['first-deployment', 'the-loop-never-sleeps', 'survive-a-lost-node'])(
  '%s, solved wrongly, is not yet passed, with a reason',
  async (slug) => {
    const [mistake = ''] = readdirSync(join(root, slug, 'mistakes'));
    const script = readFileSync(join(root, slug, 'mistakes', mistake), 'utf8');
    const failing = /^# fails: *(.*)$/m.exec(script)?.[1]?.split(/[ ,]+/)[0] ?? '';
    const workspace = await WorkspacePage.begin(page, host.site.url, slug);
    await workspace.typeScript(script);
    const note = await workspace.submit();
    expect(await note.innerText()).toMatch(/^Not yet: \d+ of \d+ points/);
    const tab = page.getByRole('tablist', { name: 'Steps' }).getByRole('tab');
    for (let step = 0; step < (await tab.count()) && !(await workspace.check(failing).count()); step++) await tab.nth(step).click();
    expect(await workspace.check(failing).getAttribute('data-verdict')).toBe('not-yet');
    expect((await workspace.check(failing).innerText()).length).toBeGreaterThan(20);
  },
  240_000,
);

test('checks tick while the learner works, without being asked', async () => {
  const workspace = await WorkspacePage.begin(page, host.site.url, 'first-deployment');
  const first = page.locator('[data-check]').first();
  expect(await first.getAttribute('data-verdict')).toBe('not-yet');
  await workspace.typeScript(solutionOf('first-deployment')[0] ?? '');
  await page.locator('[data-check][data-verdict=pass]').first().waitFor({ timeout: 30_000 });
}, 120_000);

test('nothing is lost on reload, nor when the server is killed', async () => {
  const workspace = await WorkspacePage.begin(page, host.site.url, 'first-deployment');
  await workspace.type('kubectl create deployment kept --image=nginx:1.27');
  await workspace.type('echo remembered > note.txt');
  await page.reload();
  await workspace.waitForScreen((screen) => screen.includes('deployment.apps/kept created'), 'the history after a reload');
  await host.site.kill();
  await host.site.start();
  await page.reload();
  await workspace.waitForScreen((screen) => screen.includes('echo remembered'), 'the history after a crash');
  expect(await workspace.type('cat note.txt; kubectl get deployment kept -o name')).toMatch(/remembered\ndeployment\.apps\/kept/);
}, 240_000);

test('a drop of the connection loses no keystroke', async () => {
  const workspace = await WorkspacePage.begin(page, host.site.url, 'first-deployment');
  await context.setOffline(true);
  await workspace.keyboard();
  await page.keyboard.type('echo typed-in-the-dark');
  await page.keyboard.press('Enter');
  await context.setOffline(false);
  await workspace.waitForScreen((screen) => /^typed-in-the-dark$/m.test(screen), 'what was typed offline');
}, 120_000);

test('a file written in the editor is there in the shell, and the other way round', async () => {
  const workspace = await WorkspacePage.begin(page, host.site.url, 'first-deployment');
  await workspace.type('echo "kind: Pod" > from-shell.yaml');
  await page.getByRole('button', { name: 'Files' }).click();
  await page.getByRole('menuitem', { name: 'from-shell.yaml' }).click();
  await page
    .locator('.monaco-editor .view-line')
    .filter({ hasText: /kind:\sPod/ })
    .click();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.keyboard.type('containr: 1');
  await page.keyboard.press('Control+s');
  await page.getByRole('status').filter({ hasText: 'Saved' }).last().waitFor();
  expect(await workspace.type('cat from-shell.yaml')).toContain('containr: 1');
}, 120_000);

test('kubectl edit opens the editor, and what is saved there is applied', async () => {
  const workspace = await WorkspacePage.begin(page, host.site.url, 'first-deployment');
  await workspace.type('kubectl create configmap note --from-literal=word=before');
  await workspace.keyboard();
  await page.keyboard.type('kubectl edit configmap note');
  await page.keyboard.press('Enter');
  await page.locator('.monaco-editor .view-line').filter({ hasText: 'before' }).dblclick();
  await page.keyboard.press('End');
  await page.keyboard.type('-and-after');
  await page.getByRole('button', { name: 'Save and close' }).click();
  await workspace.waitForScreen((screen) => screen.includes('configmap/note edited'), 'the edit');
  expect(await workspace.type("kubectl get configmap note -o jsonpath='{.data.word}'")).toContain('before-and-after');
}, 120_000);

test('the clock pauses, steps, flies and runs until idle', async () => {
  const workspace = await WorkspacePage.begin(page, host.site.url, 'first-deployment');
  const shown = () => page.getByRole('timer').innerText();
  await page.getByRole('button', { name: 'Pause the clock' }).click();
  await page.getByText('paused', { exact: true }).waitFor();
  const before = await shown();
  await page.waitForTimeout(1200);
  expect(await shown()).toBe(before);
  await page.getByRole('button', { name: 'Step one event' }).click();
  await page.getByRole('button', { name: 'Resume the clock' }).click();
  await page.getByRole('button', { name: '×100' }).click();
  await workspace.type('kubectl create deployment fast --image=nginx:1.27 --replicas=3');
  await page.getByRole('button', { name: 'Run until idle' }).click();
  expect(await workspace.type('kubectl get deployment fast')).toMatch(/fast\s+3\/3/);
}, 120_000);

test('F6 leaves the terminal and goes round the panes', async () => {
  const workspace = await WorkspacePage.begin(page, host.site.url, 'first-deployment');
  await workspace.keyboard();
  const visited: (string | undefined)[] = [];
  for (let turn = 0; turn < 5; turn++) {
    await page.keyboard.press('F6');
    visited.push(await page.evaluate(() => document.activeElement?.closest<HTMLElement>('[data-pane]')?.dataset['pane']));
  }
  expect(new Set(visited)).toEqual(new Set(['task', 'terminal', 'editor', 'cluster', 'clock']));
}, 120_000);

test('starting again brings the lab back to how it began', async () => {
  const workspace = await WorkspacePage.begin(page, host.site.url, 'first-deployment');
  await workspace.type('touch gone.txt');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Start the lab again' }).click();
  await page.getByRole('button', { name: 'Start again' }).click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  expect(await workspace.type('ls gone.txt')).toContain('No such file');
}, 120_000);

test('the kubeconfig of the sandbox can be downloaded', async () => {
  await WorkspacePage.begin(page, host.site.url, 'first-deployment');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Use your own kubectl' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download kubeconfig' }).click()]);
  expect(readFileSync(await download.path(), 'utf8')).toMatch(/server: http:\/\/localhost:\d+\/clusters\//);
}, 120_000);

test.each(looks)(
  'the workspace can be used by everybody at $width px in the $scheme scheme',
  async (look) => {
    const own = await openContext(host.browser, look);
    const room = await own.newPage();
    const heard = complaintsOf(room, host.site.url);
    await room.goto(`${host.site.url}/labs/first-deployment`);
    await room.getByRole('button', { name: 'Start the lab' }).click();
    await room.locator('[data-connection=live]').waitFor();
    const panes = look.width === 390 ? ['Task', 'Terminal', 'Editor', 'Cluster'] : ['all'];
    for (const pane of panes) {
      if (pane !== 'all') await room.getByRole('tablist', { name: 'Panes' }).getByRole('tab', { name: pane }).click();
      await room.waitForTimeout(1500);
      const { violations } = await new AxeBuilder({ page: room })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
        .analyze();
      expect(violations.map(({ id, nodes }) => `${pane} ${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`)).toEqual([]);
    }
    expect(await room.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect(heard).toEqual([]);
    await own.close();
  },
  120_000,
);
