import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterToken, ensureViewer, getViewer, handleAuth, isClusterToken, isInstructor } from '@/lib/accounts';
import { saveLessonProgress, shareDatabase, type Database } from '@/lib/db';
import { openTestDatabase } from '../../support/database';
import { addContent, addSandbox } from '../../support/learning';

const site = 'http://orrery.test';
const folder = mkdtempSync(join(tmpdir(), 'orrery-accounts-'));
let database: Database;
let labRevisionId: number;

beforeAll(async () => {
  process.env['ORRERY_DATA'] = folder;
  database = await openTestDatabase();
  shareDatabase(database);
  ({ labRevisionId } = await addContent(database.client));
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

/** One browser: keeps its cookies. */
class Browser {
  readonly #cookies = new Map<string, string>();

  get headers(): Headers {
    return new Headers({
      cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      host: 'orrery.test',
      'x-forwarded-for': '10.0.0.1',
    });
  }

  keep(cookies: readonly string[]): void {
    for (const cookie of cookies) {
      const [name = '', value = ''] = (cookie.split(';', 1)[0] ?? '').split('=');
      this.#cookies.set(name, value);
    }
  }

  async post(path: string, body: object, origin = site): Promise<Response> {
    const headers = this.headers;
    headers.set('content-type', 'application/json');
    headers.set('origin', origin);
    const response = await handleAuth(new Request(`${site}/api/auth${path}`, { method: 'POST', headers, body: JSON.stringify(body) }));
    this.keep(response.headers.getSetCookie());
    return response;
  }

  signUp = (email: string, more: object = {}) => this.post('/sign-up/email', { name: 'Ada', email, password: 'correct horse', ...more });
  viewer = () => getViewer(this.headers);

  async becomeGuest() {
    const { viewer, cookies } = await ensureViewer(this.headers);
    this.keep(cookies);
    return viewer;
  }
}

test('the first account on a fresh install runs it, the next are learners; a guest before them is not counted', async () => {
  await new Browser().becomeGuest();
  const [first, second] = [new Browser(), new Browser()];
  expect((await first.signUp('ada@example.com')).status).toBe(200);
  await second.signUp('bob@example.com');
  expect(await first.viewer()).toMatchObject({ name: 'Ada', email: 'ada@example.com', role: 'admin', isGuest: false });
  expect(await second.viewer()).toMatchObject({ role: 'learner' });
});

test('nobody makes himself an administrator or a guest by asking for it', async () => {
  const browser = new Browser();
  await browser.signUp('eve@example.com', { role: 'admin', isAnonymous: true });
  expect((await browser.viewer())?.role ?? 'learner').toBe('learner');
  expect((await database.client.user.findUnique({ where: { email: 'eve@example.com' } }))?.role ?? 'learner').toBe('learner');
});

test('whoever only looks is nobody; a guest is made on the spot and stays the same', async () => {
  const browser = new Browser();
  expect(await browser.viewer()).toBeUndefined();
  const guest = await browser.becomeGuest();
  expect(guest).toMatchObject({ isGuest: true, email: undefined, role: 'learner', name: expect.stringMatching(/^Guest \w+ \d\d$/) });
  expect(await browser.becomeGuest()).toEqual(guest);
  expect(isInstructor(guest)).toBe(false);
});

test('a guest who signs up keeps sandboxes and progress under the new account', async () => {
  const browser = new Browser();
  const guest = await browser.becomeGuest();
  const { sandboxId } = await addSandbox(database.client, guest.userId, labRevisionId);
  await saveLessonProgress(database.client, guest.userId, 'introduction', { place: 'watch' });
  await browser.signUp('carol@example.com');
  const carol = await browser.viewer();
  expect(carol).toMatchObject({ email: 'carol@example.com', isGuest: false });
  expect((await database.client.sandbox.findUniqueOrThrow({ where: { id: sandboxId } })).userId).toBe(carol?.userId);
  expect(await database.client.lessonProgress.findMany({ where: { userId: carol?.userId ?? '' } })).toMatchObject([{ place: 'watch' }]);
  expect(await database.client.user.findUnique({ where: { id: guest.userId } })).toBeNull();
});

test('a guest who signs in to an account they had brings their work along', async () => {
  await new Browser().signUp('dan@example.com');
  const browser = new Browser();
  const guest = await browser.becomeGuest();
  const { sandboxId } = await addSandbox(database.client, guest.userId, labRevisionId);
  expect((await browser.post('/sign-in/email', { email: 'dan@example.com', password: 'correct horse' })).status).toBe(200);
  expect((await database.client.sandbox.findUniqueOrThrow({ where: { id: sandboxId } })).userId).toBe((await browser.viewer())?.userId);
});

test('a wrong password, a short one and a taken address are refused', async () => {
  await new Browser().signUp('frank@example.com');
  expect((await new Browser().post('/sign-in/email', { email: 'frank@example.com', password: 'wrong wrong' })).status).toBe(401);
  expect((await new Browser().signUp('grace@example.com', { password: 'short' })).status).toBe(400);
  expect((await new Browser().signUp('frank@example.com')).status).toBe(422);
});

test('a signed-in browser takes no orders from another site', async () => {
  const browser = new Browser();
  await browser.signUp('heidi@example.com');
  expect((await browser.post('/sign-out', {}, 'https://evil.example')).status).toBe(403);
  expect(await browser.viewer()).toBeDefined();
  expect((await browser.post('/sign-out', {})).status).toBe(200);
  expect(await browser.viewer()).toBeUndefined();
});

test('the secret is made once and only its owner may read it', () => {
  expect(statSync(join(folder, 'secret')).mode & 0o077).toBe(0);
});

test('a cluster token opens one sandbox in one generation', () => {
  const token = clusterToken('one', 0);
  expect(isClusterToken(token, 'one', 0)).toBe(true);
  expect(isClusterToken(token, 'two', 0)).toBe(false);
  expect(isClusterToken(token, 'one', 1)).toBe(false);
  expect(isClusterToken('', 'one', 0)).toBe(false);
});
