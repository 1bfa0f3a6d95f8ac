import { mkdtempSync, rmSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isClusterToken, type Viewer } from '@/lib/accounts';
import { library, syncLibrary } from '@/lib/content';
import { createAttempt, saveLab, saveSubmission, shareDatabase, type Database } from '@/lib/db';
import type { GradingResult } from '@/lib/grading/verdict';
import {
  answerQuiz,
  completeLesson,
  getGradebook,
  getLab,
  getLesson,
  getSandboxPage,
  gradebookCsv,
  kubeconfigFor,
  listCourses,
  NotAllowed,
  NotFound,
  rememberPlace,
  startAttempt,
} from '@/lib/progress';
import { openTestDatabase } from '../../support/database';
import { addUser } from '../../support/learning';

const folder = mkdtempSync(join(tmpdir(), 'orrery-progress-'));
let database: Database;
beforeAll(async () => {
  process.env['ORRERY_DATA'] = folder;
  database = await openTestDatabase();
  shareDatabase(database);
  await syncLibrary(database.client);
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

async function viewer(about: Partial<Viewer> = {}): Promise<Viewer> {
  const name = about.name ?? 'Ada';
  const userId = await addUser(database.client, { name, role: about.role ?? 'learner', isAnonymous: about.isGuest ?? false });
  return { userId, name, email: `${userId}@example.com`, role: 'learner', isGuest: false, ...about };
}

const resultOf = (score: number): GradingResult => ({
  gradable: true,
  score,
  maxScore: 4,
  labSlug: 'first-deployment',
  labRevision: 1,
  engineVersion: '1',
  seed: '7',
  stateHash: 'h',
  simTime: 't',
  checks: [
    {
      id: 'one',
      stepId: 's',
      title: 'One',
      points: score,
      maxPoints: 3,
      verdict: score === 4 ? 'pass' : 'not-yet',
      message: 'Well.',
      visibility: 'public',
    },
    { id: 'two', stepId: 's', title: 'Two', points: 1, maxPoints: 1, verdict: 'pass', message: 'Yes.', visibility: 'public' },
  ],
});
const submit = (attemptId: string, score: number) =>
  saveSubmission(database.client, { id: randomUUID(), attemptId, key: randomUUID(), result: resultOf(score), snapshot: new Uint8Array() });

const itemOf = async (who: Viewer | undefined, slug: string) =>
  (await listCourses(who)).flatMap((course) => course.parts.flatMap((part) => part.items)).find((item) => item.slug === slug);

test('the catalogue is there for somebody who only looks, with nothing done', async () => {
  const [course] = await listCourses(undefined);
  expect(course).toMatchObject({ slug: 'the-kubernetes-machine', itemsDone: 0 });
  expect(course?.itemsTotal).toBeGreaterThanOrEqual(5);
  expect(course?.minutes).toBeGreaterThan(10);
});

test('a lesson is started by reading, done by finishing, and knows its neighbours', async () => {
  const ada = await viewer();
  expect((await itemOf(ada, 'introduction'))?.state).toBe('new');
  await rememberPlace(ada, 'introduction', 'the-watch');
  expect((await itemOf(ada, 'introduction'))?.state).toBe('started');
  await completeLesson(ada, 'introduction');
  expect((await itemOf(ada, 'introduction'))?.state).toBe('done');
  const page = await getLesson(ada, 'introduction');
  expect(page).toMatchObject({
    isCompleted: true,
    lastPlace: 'the-watch',
    place: { previous: undefined, next: { type: 'lab', slug: 'first-deployment' } },
  });
});

test('the latest answer to a question is kept, and how many tries it took', async () => {
  const ada = await viewer();
  expect(await answerQuiz(ada, 'introduction', 'q1', 2, false)).toEqual({ tries: 1 });
  expect(await answerQuiz(ada, 'introduction', 'q1', [1, 0], true)).toEqual({ tries: 2 });
  expect((await getLesson(ada, 'introduction')).answers).toEqual({ q1: { answer: [1, 0], isCorrect: true, tries: 2 } });
});

test('what nobody has written is not found', async () => {
  await expect(getLesson(undefined, 'nothing')).rejects.toThrow(NotFound);
  await expect(getLab(undefined, 'nothing')).rejects.toThrow(NotFound);
  await expect(startAttempt(await viewer(), 'nothing')).rejects.toThrow(NotFound);
});

test('starting a lab again goes on with the open attempt, unless a fresh one is wanted', async () => {
  const ada = await viewer();
  const first = await startAttempt(ada, 'first-deployment');
  expect((await startAttempt(ada, 'first-deployment')).sandboxId).toBe(first.sandboxId);
  const second = await startAttempt(ada, 'first-deployment', { isFresh: true });
  expect(second.sandboxId).not.toBe(first.sandboxId);
  expect(await getLab(ada, 'first-deployment')).toMatchObject({ attempt: { id: second.id }, attemptsCount: 2 });
});

test('the best submission counts, and a full score makes the lab done', async () => {
  const ada = await viewer();
  const { id } = await startAttempt(ada, 'first-deployment');
  await submit(id, 3);
  await submit(id, 1);
  expect(await itemOf(ada, 'first-deployment')).toMatchObject({ state: 'started', score: { best: 3, max: 4 } });
  await submit(id, 4);
  expect(await itemOf(ada, 'first-deployment')).toMatchObject({ state: 'done', score: { best: 4, max: 4 } });
});

test("a sandbox is its learner's and an instructor's to look at, nobody else's", async () => {
  const [ada, eve, grace] = [await viewer(), await viewer(), await viewer({ role: 'instructor' })];
  const { sandboxId } = await startAttempt(ada, 'first-deployment');
  expect((await getSandboxPage(ada, sandboxId)).lab.slug).toBe('first-deployment');
  expect((await getSandboxPage(grace, sandboxId)).lab.steps.length).toBeGreaterThan(0);
  await expect(getSandboxPage(eve, sandboxId)).rejects.toThrow(NotFound);
  await expect(kubeconfigFor(eve, sandboxId, 'https://orrery.test')).rejects.toThrow(NotFound);
  await expect(kubeconfigFor(grace, sandboxId, 'https://orrery.test')).rejects.toThrow(NotFound);
});

test('a kubeconfig carries its token where client-go will send it: as a bearer over TLS, in the path over plain http', async () => {
  const ada = await viewer();
  const { sandboxId } = await startAttempt(ada, 'first-deployment');
  const secure = parse(await kubeconfigFor(ada, sandboxId, 'https://orrery.test'));
  expect(secure.clusters[0].cluster.server).toBe(`https://orrery.test/clusters/${sandboxId}`);
  expect(isClusterToken(secure.users[0].user.token, sandboxId, 0)).toBe(true);
  const plain = parse(await kubeconfigFor(ada, sandboxId, 'http://localhost:3000'));
  expect(plain.clusters[0].cluster.server).toBe(`http://localhost:3000/clusters/${sandboxId}.${secure.users[0].user.token}`);
  expect(plain['current-context']).toBe(plain.contexts[0].name);
});

test("a learner's instructions carry the variant that their seed draws, the same every time", async () => {
  const ada = await viewer();
  const files = {
    'lab.yaml':
      'title: Tiers\nsummary: For ${tier}\nrevision: 1\nminutes: 5\ncluster: { topology: { controlPlanes: 1, workers: 1 } }\nvariants: { tier: [gold, silver] }\nsteps: [{ id: taint, checks: [] }]',
    'instructions.md': '## Taint it {#taint}\nFor ${tier}.',
  };
  await saveLab(database.client, { slug: 'tiers', title: 'Tiers', summary: '', minutes: 5, revision: 1, hash: 'a', source: { files } });
  const { id: labRevisionId } = await database.client.labRevision.findFirstOrThrow({ where: { labSlug: 'tiers' } });
  const texts = new Set<string>();
  for (let seed = 0; seed < 12; seed++) {
    const attempt = { id: randomUUID(), userId: ada.userId, labRevisionId, sandboxId: randomUUID(), seed: String(seed) };
    await createAttempt(database.client, attempt, 'tiers');
    const [first, again] = [await getSandboxPage(ada, attempt.sandboxId), await getSandboxPage(ada, attempt.sandboxId)];
    expect(again.lab).toEqual(first.lab);
    texts.add(first.lab.steps[0]?.text ?? '');
  }
  expect([...texts].sort()).toEqual(['For gold.', 'For silver.']);
});

test('the gradebook is for instructors: one row for a learner and a lab, with the latest checks', async () => {
  const [ada, grace] = [await viewer({ name: 'Ada of the book' }), await viewer({ role: 'instructor' })];
  const first = await startAttempt(ada, 'first-deployment');
  await submit(first.id, 2);
  const second = await startAttempt(ada, 'first-deployment', { isFresh: true });
  await submit(second.id, 1);
  const rows = (await getGradebook(grace)).filter((row) => row.learner === 'Ada of the book');
  expect(rows).toMatchObject([
    {
      labSlug: 'first-deployment',
      attempts: 2,
      submissions: 2,
      bestScore: 2,
      maxScore: 4,
      sandboxId: second.sandboxId,
      checks: [{ id: 'one', points: 1 }, { id: 'two' }],
    },
  ]);
  await expect(getGradebook(ada)).rejects.toThrow(NotAllowed);
  await expect(gradebookCsv(undefined)).rejects.toThrow(NotAllowed);
});

test('the CSV quotes what needs it and disarms what a spreadsheet would run', async () => {
  const [mallory, grace] = [await viewer({ name: '=HYPERLINK("http://evil"),x' }), await viewer({ role: 'instructor' })];
  await startAttempt(mallory, 'first-deployment');
  const lines = (await gradebookCsv(grace)).split('\r\n');
  expect(lines[0]).toMatch(/^learner,email,lab,/);
  expect(lines.find((line) => line.includes('HYPERLINK'))).toMatch(/^"'=HYPERLINK\(""http:\/\/evil""\),x",/);
});

test('the library in the files is consistent: what the curriculum names is there', async () => {
  const { curriculum, lessons, labs } = await library();
  for (const item of curriculum.courses.flatMap((course) => course.parts.flatMap((part) => part.items))) {
    expect('lesson' in item ? lessons.has(item.lesson) : labs.has(item.lab)).toBe(true);
  }
});
